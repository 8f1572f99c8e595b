package config

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/webpress/webpress/internal/tree"
)

// fileNames are the names under which a file of settings is looked for.
var fileNames = []string{"webpress.yml", "webpress.yaml", ".webpress.yml", ".webpress.yaml"}

// What a file of settings may be. The parser's time grows with the square of the
// nesting, so that a small file could keep it busy for minutes.
const (
	maxFile     = 256 << 10 // bytes
	maxNesting  = 1000
	maxMistakes = 50 // after which we stop reading
	// maxRead is how many bytes the names and values may have with what aliases
	// stand for: a file without any has fewer.
	maxRead = 2 * maxFile
)

// openFile reads the file of settings: the one that was asked for, or the one
// that is in dir or in the nearest folder above it, up to the root of the repository
// that dir is in. Outside of a repository it is dir alone. name is its path as seen from
// dir. Without one, all that is returned is empty.
func openFile(dir string, asked *found) (name string, data []byte, mistakes Mistakes) {
	if asked != nil {
		name = asked.value.(string)
		data, err := readAll(within(dir, name))
		if err != nil {
			m := asked.where
			m.Message = fmt.Sprintf("%s cannot be read: %s", quote(name), tree.Cause(err).Error())
			return name, nil, Mistakes{m}
		}
		return name, data, nil
	}
	up := ""
	for _, folder := range toRoot(dir) {
		name, data, mistakes = fileIn(folder, up)
		if name != "" || len(mistakes) > 0 {
			break
		}
		up += "../"
	}
	return name, data, mistakes
}

// fileIn reads the file of settings in a folder; up leads there from the working
// directory.
func fileIn(folder, up string) (name string, data []byte, mistakes Mistakes) {
	for _, n := range fileNames {
		d, err := readAll(filepath.Join(folder, n))
		n = up + n
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			return n, nil, Mistakes{{Where: n, Message: "it cannot be read: " + tree.Cause(err).Error(), File: n}}
		case name != "":
			return name, data, Mistakes{{Where: n, Message: "there is also a " + name + "; keep one of them", File: n}}
		default:
			name, data = n, d
		}
	}
	return name, data, nil
}

func readAll(path string) ([]byte, error) {
	data, err := tree.Read(path, maxFile)
	if _, ok := errors.AsType[*tree.SizeError](err); ok {
		err = errors.New("larger than 256 KiB")
	}
	return data, err
}

// within is path as seen from dir.
func within(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// A file reads one webpress.yml.
type file struct {
	name     string
	anchors  map[string]ast.Node
	mistakes Mistakes
	// lists are the sections of each of shapes.
	lists map[string][]section
	// read counts the bytes of names and values. stopped says that what follows is
	// not looked at.
	read    int
	stopped bool
}

// parseFile reads the settings in a webpress.yml; name is what messages call it.
func parseFile(name string, data []byte) (source, *file) {
	f := &file{name: name, anchors: map[string]ast.Node{}, lists: map[string][]section{}}
	src := source{}
	if tooDeep(data) {
		f.mistakes = Mistakes{{Where: name, Message: "it is nested too deeply", File: name}}
		return src, f
	}
	parsed, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		f.mistakes = Mistakes{f.syntax(err)}
		return src, f
	}
	seen := map[string]int{}
	var docs []ast.Node
	for _, d := range parsed.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType && d.Body.Type() != ast.NullType {
			docs = append(docs, d.Body)
		}
	}
	for i, body := range docs {
		if i > 0 {
			f.wrong(body.GetToken(), "", "there is a second document; put all settings into one")
			break
		}
		for _, pair := range f.pairs(body) {
			if f.full(pair.Key.GetToken()) {
				break
			}
			f.pair(src, seen, pair)
		}
	}
	return src, f
}

// full reports whether to stop at tok, and says why the first time.
func (f *file) full(tok *token.Token) bool {
	why := "there are too many mistakes"
	switch {
	case f.stopped:
		return true
	case f.read > maxRead:
		why = "with what each * stands for, the file is too large"
	case len(f.mistakes) < maxMistakes:
		return false
	}
	f.stopped = true
	f.wrong(tok, "", "this and what follows was not checked: "+why)
	return true
}

// tooDeep reports whether data may be nested more than maxNesting times. It does
// not mind quotes; a false alarm takes a thousand brackets that do not close.
func tooDeep(data []byte) bool {
	brackets, dashes := 0, 0
	for i, c := range data {
		switch c {
		case '[', '{':
			brackets++
		case ']', '}':
			brackets = max(brackets-1, 0)
		case '\n':
			dashes = 0
		case '-', '?':
			if i+1 < len(data) && data[i+1] == ' ' {
				dashes++
			}
		}
		if brackets > maxNesting || dashes > maxNesting {
			return true
		}
	}
	return false
}

// pairs are the keys and values of a document or a section.
func (f *file) pairs(n ast.Node) []*ast.MappingValueNode {
	switch n := f.unwrap(n, "").(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	case nil:
	default:
		f.wrong(n.GetToken(), "", "settings are written as name: value, one per line")
	}
	return nil
}

// pair reads one line of the file into src.
func (f *file) pair(src source, seen map[string]int, p *ast.MappingValueNode) {
	tok := p.Key.GetToken()
	key, ok := f.scalar(p.Key)
	if !ok {
		f.wrong(tok, "", "the name of a setting must be a plain word")
		return
	}
	s, of := byName[key], shapes[key]
	switch {
	case of.list != "" && seen[key] == 0:
		seen[key] = line(tok)
		f.sections(of, p.Value)
		return
	case key == variantsKey && seen[key] == 0:
		seen[key] = line(tok)
		src[key] = found{f.variants(p.Value), "", f.at(tok, key)}
		return
	case s == nil && seen[key] == 0:
		f.wrong(tok, key, unknown(key, func(name string) string { return name }, rulesKey, budgetsKey))
		return
	case seen[key] != 0:
		f.wrong(tok, key, fmt.Sprintf("it is already set in line %d", seen[key]))
		return
	case s.Secret:
		f.wrong(tok, key, "secrets must not be in a file; use the input or the variable WEBPRESS_"+s.Env())
		return
	case s.NotInFile:
		f.wrong(tok, key, fmt.Sprintf("it cannot be set in a file; use the flag --%s, the input or the variable WEBPRESS_%s", s.Name, s.Env()))
		return
	}
	seen[key] = line(tok)
	f.value(src, s, p.Value)
}

// value reads what stands behind the name of s.
func (f *file) value(src source, s *Setting, n ast.Node) {
	n = f.unwrap(n, s.Name)
	if n == nil {
		return
	}
	tok := n.GetToken()
	if seq, ok := n.(*ast.SequenceNode); ok {
		if s.Kind != List {
			f.wrong(tok, s.Name, "a list is not "+s.Allowed())
			return
		}
		f.list(src, s, seq)
		return
	}
	if s.Kind == PerFormat {
		switch n.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			f.qualities(src, s, n)
			return
		}
	}
	text, ok := f.scalar(n)
	switch {
	case n.Type() == ast.NullType:
		f.wrong(tok, s.Name, "it needs a value: "+s.Allowed())
	case !ok:
		f.wrong(tok, s.Name, "a mapping is not "+s.Allowed())
	default:
		f.mistakes = append(f.mistakes, src.take(s, text, f.at(tok, s.Name))...)
		if why := f.strays(s, src[s.Name].value); why != "" {
			f.wrong(tok, s.Name, fmt.Sprintf("%s %s; a flag, an input or the variable WEBPRESS_%s may name any path", quote(text), why, s.Env()))
		}
	}
}

// strays says why a path is not for webpress.yml, which may come with the branch of a
// stranger: it leaves the tree, or is git's own. It is empty for all others.
func (f *file) strays(s *Setting, value any) string {
	name, ok := value.(string)
	if !ok || s.check != "file" && s.check != "folder" || s.check == "file" && name == "-" {
		return ""
	}
	slashed := strings.ReplaceAll(name, `\`, "/")
	switch {
	case path.IsAbs(slashed), filepath.IsAbs(name), filepath.VolumeName(name) != "", !filepath.IsLocal(filepath.FromSlash(slashed)):
		return "is outside of the tree"
	case path.Clean(slashed) == ".":
		return "is the whole tree"
	case tree.InGit(slashed):
		return "is inside git's own folder"
	}
	return ""
}

func (f *file) list(src source, s *Setting, seq *ast.SequenceNode) {
	elements := []string{}
	for _, n := range seq.Values {
		if f.full(n.GetToken()) {
			break
		}
		n = f.unwrap(n, s.Name)
		if n == nil {
			continue
		}
		text, ok := f.scalar(n)
		if !ok || strings.TrimSpace(text) == "" {
			f.wrong(n.GetToken(), s.Name, "an element of the list is not a text")
			continue
		}
		element, err := s.element(text)
		if err != nil {
			message := fmt.Sprintf("%s is not %s", quote(text), s.allowedElement())
			if err != errNotAllowed {
				message += ": " + err.Error()
			}
			f.wrong(n.GetToken(), s.Name, message)
			continue
		}
		elements = append(elements, element)
	}
	src[s.Name] = found{elements, strings.Join(elements, "\n"), f.at(seq.GetToken(), s.Name)}
}

// scalar is the text of a plain value.
func (f *file) scalar(n ast.Node) (text string, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		text = strings.TrimSpace(n.GetToken().Value)
	default:
		return "", false
	}
	f.read += len(text) + 1
	return text, true
}

// unwrap follows anchors and aliases to what they hold. It is nil if that
// was a mistake.
func (f *file) unwrap(n ast.Node, key string) ast.Node {
	switch n := n.(type) {
	case *ast.AnchorNode:
		held := f.unwrap(n.Value, key)
		f.anchors[n.Name.GetToken().Value] = held // after, so that none holds itself
		return held
	case *ast.AliasNode:
		held := f.anchors[n.Value.GetToken().Value]
		if held == nil {
			f.wrong(n.GetToken(), key, "a value that starts with * has to be quoted")
		}
		return held
	case *ast.TagNode:
		switch {
		case !strings.HasPrefix(n.Start.Value, "!!"):
			f.wrong(n.GetToken(), key, "a value that starts with ! has to be quoted")
			return nil
		case n.Value == nil:
			f.wrong(n.GetToken(), key, "it has no value")
			return nil
		}
		return f.unwrap(n.Value, key)
	}
	return n
}

// syntax is the mistake of a file that is no YAML.
func (f *file) syntax(err error) Mistake {
	var y yaml.Error
	if !errors.As(err, &y) {
		return Mistake{Where: f.name, File: f.name, Message: "invalid YAML: " + err.Error()}
	}
	m := f.at(y.GetToken(), "")
	m.Message = "invalid YAML: " + y.GetMessage()
	switch t := y.GetToken(); {
	case strings.Contains(m.Message, "tab character"), strings.Contains(m.Message, "'\t'"):
		m.Message = "invalid YAML: a line is indented with a tab; use spaces"
	case t != nil && strings.ContainsAny(t.Value, "*!{"):
		m.Message += "; values that start with *, ! or { have to be quoted"
	}
	return m
}

func (f *file) wrong(tok *token.Token, key, message string) {
	m := f.at(tok, key)
	m.Message = message
	f.mistakes = append(f.mistakes, m)
}

// at is the place of a token, in a mistake without a message.
func (f *file) at(tok *token.Token, key string) Mistake {
	m := Mistake{Where: f.name, File: f.name}
	if tok != nil && tok.Position != nil {
		m.Line, m.Column = tok.Position.Line, tok.Position.Column
		m.Where += fmt.Sprintf(":%d:%d", m.Line, m.Column)
	}
	if key != "" {
		if strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }) || len(key) > 100 {
			key = quote(key)
		}
		m.Where += ": " + key
	}
	return m
}

func line(tok *token.Token) int {
	if tok == nil || tok.Position == nil {
		return 1
	}
	return tok.Position.Line
}
