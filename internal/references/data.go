package references

import (
	"bytes"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	yamltoken "github.com/goccy/go-yaml/token"
)

// maxYAML is the length of the longest YAML that is read: the library needs time for it.
const maxYAML = 1 << 20

// frontMatter finds the references of what is before a page, and returns where the page is.
func (f *finder) frontMatter(s span) span {
	b := f.src[s.off:s.end]
	for _, fence := range []string{"---", "+++"} {
		if !bytes.HasPrefix(b, []byte(fence)) {
			continue
		}
		first := bytes.IndexByte(b, '\n')
		if first < 0 || len(bytes.TrimSpace(b[3:first])) > 0 {
			return s
		}
		for at := first + 1; at < len(b); {
			end := bytes.IndexByte(b[at:], '\n')
			if end < 0 {
				end = len(b) - at
			}
			line := string(bytes.TrimRight(b[at:at+end], " \t\r"))
			if line == fence || fence == "---" && line == "..." {
				head := span{s.off + first + 1, s.off + at}
				if fence == "---" {
					f.yaml(head)
				} else {
					f.toml(head)
				}
				return span{s.off + min(at+end+1, len(b)), s.end}
			}
			at += end + 1
		}
		return s
	}
	if f.lang == LangMarkdown && len(b) > 1 && b[0] == '{' && (isSpace(b[1]) || b[1] == '"') {
		if end := jsonEnd(b); end > 0 && (end == len(b) || isSpace(b[end])) {
			f.json(span{s.off, s.off + end})
			return span{s.off + end, s.end}
		}
	}
	return s
}

// yaml finds the strings of YAML. The tokens of the library count in characters, and not all of them
// exactly, so each is looked for from where the one before it ends, and must decode to its value.
func (f *finder) yaml(s span) {
	b := f.src[s.off:s.end]
	if len(b) > maxYAML || !mentionsImage(b) {
		return
	}
	at, line, seen := 0, 0, 0
	var keys yamlKeys
	var objects yamlObjects
	for _, t := range lexer.Tokenize(string(b)) {
		origin := strings.TrimSpace(t.Origin)
		if origin == "" {
			continue
		}
		from, to := locate(b, at, t.Type, origin)
		if to < 0 {
			continue
		}
		at = to
		if n := bytes.LastIndexByte(b[seen:from], '\n'); n >= 0 {
			line = seen + n + 1
		}
		seen = from
		var fm form
		var quote byte
		in := span{s.off + from, s.off + at}
		switch t.Type {
		case yamltoken.StringType:
			fm = yamlPlain
		case yamltoken.SingleQuoteType:
			fm, quote = yamlSingle, '\''
		case yamltoken.DoubleQuoteType:
			fm, quote = jsonString, '"'
		default:
			objects.token(t, from-line)
			continue
		}
		if quote != 0 {
			if at-from < 2 || b[from] != quote || b[at-1] != quote {
				continue
			}
			in.off, in.end = in.off+1, in.end-1
		}
		if t.Next != nil && t.Next.Type == yamltoken.MappingValueType {
			keys.key(t.Position.Column, t.Value)
			objects.key(from-line, t.Value)
			continue
		}
		if t.Prev != nil && (t.Prev.Type == yamltoken.LiteralType || t.Prev.Type == yamltoken.FoldedType) {
			continue
		}
		if fm.decode(f.src[in.off:in.end]) != t.Value {
			continue
		}
		kind := Data
		if isSocialKey(keys.path(t.Position.Column)) {
			kind = Social
		}
		why := ""
		if strings.Contains(t.Value, "{{") {
			why = byExpression
		}
		object, key := objects.value()
		object.mediaType(key, t.Value, in)
		if f.add(in, kind, place{form: fm, quote: quote}, why) {
			object.image(f, key)
		}
	}
	objects.end()
}

// locate finds a token at or behind a place. The library drops escapes from what is in double quotes.
func locate(b []byte, at int, kind yamltoken.Type, origin string) (from, to int) {
	if kind == yamltoken.DoubleQuoteType {
		n := bytes.IndexByte(b[at:], '"')
		if n < 0 {
			return 0, -1
		}
		if end := closing(b, at+n+1, '"'); end >= 0 {
			return at + n, end + 1
		}
		return 0, -1
	}
	n := bytes.Index(b[at:], []byte(origin))
	if n < 0 {
		return 0, -1
	}
	return at + n, at + n + len(origin)
}

// yamlKeys are the keys that a value stands in, by their column.
type yamlKeys struct {
	columns []int
	names   []string
}

func (k *yamlKeys) key(column int, name string) {
	n := len(k.columns)
	for n > 0 && k.columns[n-1] >= column {
		n--
	}
	k.columns, k.names = append(k.columns[:n], column), append(k.names[:n], name)
}

func (k *yamlKeys) path(column int) []string {
	n := len(k.columns)
	for n > 0 && k.columns[n-1] > column {
		n--
	}
	return k.names[:n]
}
