package references

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A form is how a language writes an address: what it escapes, and how.
type form uint8

const (
	plain     form = iota // as it is
	entity                // an attribute of HTML
	bareDest              // a destination of Markdown
	angleDest             // the same in <>
	cssURL                // url() without quotes
	cssString
	jsString
	yamlPlain
	yamlSingle
	jsonString // also the basic strings of TOML and what YAML has in double quotes
)

// special holds the bytes that begin an escape in each form.
var special = [...]string{
	plain: "", entity: "&", bareDest: `\&`, angleDest: `\&`, cssURL: `\`, cssString: `\`,
	jsString: `\`, yamlPlain: "", yamlSingle: "'", jsonString: `\`,
}

// decode returns what raw means.
func (f form) decode(raw []byte) string {
	if special[f] == "" || !bytes.ContainsAny(raw, special[f]) {
		return string(raw)
	}
	var b strings.Builder
	for i := 0; i < len(raw); {
		n, s := f.unit(raw[i:])
		b.WriteString(s)
		i += n
	}
	return b.String()
}

// unit decodes the first character or escape of b, which is not empty, and says how many
// bytes it has.
func (f form) unit(b []byte) (n int, s string) {
	if strings.IndexByte(special[f], b[0]) >= 0 {
		switch {
		case b[0] == '&':
			n, s = entityUnit(b)
		case b[0] == '\'':
			if len(b) > 1 && b[1] == '\'' {
				n, s = 2, "'"
			}
		case len(b) == 1:
		case f == bareDest || f == angleDest:
			if isPunct(b[1]) {
				n, s = 2, string(b[1:2])
			}
		case f == cssURL || f == cssString:
			n, s = cssUnit(b)
		default:
			n, s = scriptUnit(b)
		}
		if n > 0 {
			return n, s
		}
	}
	return 1, string(b[:1])
}

// entityUnit decodes a character reference that ends with a semicolon. Without one, it is
// one in old pages only, and a query such as ?a=1&copy=2 has none.
func entityUnit(b []byte) (int, string) {
	end := bytes.IndexByte(b[:min(len(b), 34)], ';')
	if end < 2 {
		return 0, ""
	}
	raw := string(b[:end+1])
	if s := html.UnescapeString(raw); s != raw && !strings.HasSuffix(s, ";") {
		return end + 1, s
	}
	return 0, ""
}

func cssUnit(b []byte) (int, string) {
	n := 1
	for n < len(b) && n < 7 && isHex(b[n]) {
		n++
	}
	switch {
	case n > 1:
		v, _ := strconv.ParseUint(string(b[1:n]), 16, 32)
		if n < len(b) && isSpace(b[n]) {
			n++
		}
		return n, string(rune(v))
	case b[1] == '\n':
		return 2, ""
	case b[1] == '\r':
		if len(b) > 2 && b[2] == '\n' {
			return 3, ""
		}
		return 2, ""
	}
	_, size := utf8.DecodeRune(b[1:])
	return 1 + size, string(b[1 : 1+size])
}

var simpleEscapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", 'b': "\b", 'f': "\f", 'v': "\v", '0': "\x00", '\n': ""}

// scriptUnit decodes the escapes of JavaScript, JSON, TOML and YAML, which agree in all that
// an address may hold.
func scriptUnit(b []byte) (int, string) {
	hex := func(from, n int) (rune, bool) {
		if len(b) < from+n {
			return 0, false
		}
		v, err := strconv.ParseUint(string(b[from:from+n]), 16, 32)
		return rune(v), err == nil
	}
	switch b[1] {
	case 'x':
		if r, ok := hex(2, 2); ok {
			return 4, string(r)
		}
	case 'u':
		if len(b) > 2 && b[2] == '{' {
			if end := bytes.IndexByte(b[:min(len(b), 12)], '}'); end > 3 {
				if r, ok := hex(3, end-3); ok {
					return end + 1, string(r)
				}
			}
			return 0, ""
		}
		r, ok := hex(2, 4)
		if !ok {
			return 0, ""
		}
		if r >= 0xD800 && r < 0xDC00 && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			if low, ok := hex(8, 4); ok && low >= 0xDC00 && low < 0xE000 {
				return 12, string((r-0xD800)<<10 + low - 0xDC00 + 0x10000)
			}
		}
		return 6, string(r)
	case 'U':
		if r, ok := hex(2, 8); ok {
			return 10, string(r)
		}
	default:
		if s, ok := simpleEscapes[b[1]]; ok {
			return 2, s
		}
		_, size := utf8.DecodeRune(b[1:])
		return 1 + size, string(b[1 : 1+size])
	}
	return 0, ""
}

// encode writes s in this form, within the quote. It is false where that cannot be done.
func (f form) encode(s string, quote byte) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c == 0x7F {
			return "", false
		}
		switch f {
		case plain:
			if strings.IndexByte("\"'[]{}<>", c) >= 0 {
				return "", false
			}
			b.WriteByte(c)
		case entity:
			switch {
			case c == '&':
				b.WriteString("&amp;")
			case c == '"' && quote != '\'':
				b.WriteString("&quot;")
			case c == quote || quote == 0 && strings.IndexByte(" '=<>`", c) >= 0:
				b.WriteString("&#" + strconv.Itoa(int(c)) + ";")
			default:
				b.WriteByte(c)
			}
		case bareDest, angleDest:
			if c == ' ' && f == bareDest {
				return "", false
			}
			if strings.IndexByte(`()<>\&`, c) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		case cssURL:
			if strings.IndexByte(` "'()\`, c) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		case cssString, jsString, jsonString:
			if c == quote || c == '\\' {
				b.WriteByte('\\')
			}
			if c == '$' && quote == '`' {
				return "", false
			}
			b.WriteByte(c)
		case yamlSingle:
			if c == '\'' {
				b.WriteByte(c)
			}
			b.WriteByte(c)
		case yamlPlain:
			// What would need quotes in some place is not worth the rules for where it does.
			if strings.IndexByte("\"'#[]{},&*!|>%@`", c) >= 0 || c == ':' && !strings.HasPrefix(s[i:], "://") {
				return "", false
			}
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// replace writes address in the place of raw. What both have in common at their beginning and
// their end stays as it is written, so that an edit is as small as it can be and keeps the
// author's way of escaping.
func (f form) replace(raw []byte, address string, quote byte) (string, bool) {
	type mark struct{ raw, decoded int }
	marks := []mark{{}}
	var b strings.Builder
	for i := 0; i < len(raw); {
		n, s := f.unit(raw[i:])
		b.WriteString(s)
		i += n
		marks = append(marks, mark{i, b.Len()})
	}
	old := b.String()
	head := 0
	for head+1 < len(marks) && strings.HasPrefix(address, old[:marks[head+1].decoded]) {
		head++
	}
	tail := len(marks) - 1
	for tail > head {
		rest := old[marks[tail-1].decoded:]
		if !strings.HasSuffix(address, rest) || len(rest) > len(address)-marks[head].decoded {
			break
		}
		tail--
	}
	middle, ok := f.encode(address[marks[head].decoded:len(address)-(len(old)-marks[tail].decoded)], quote)
	if !ok {
		return "", false
	}
	out := string(raw[:marks[head].raw]) + middle + string(raw[marks[tail].raw:])
	return out, f.decode([]byte(out)) == address
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'
}

func isPunct(c byte) bool {
	return '!' <= c && c <= '/' || ':' <= c && c <= '@' || '[' <= c && c <= '`' || '{' <= c && c <= '~'
}

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' || c >= 0x80
}
