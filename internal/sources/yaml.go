package sources

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// The parser's time grows with the square of the nesting, and its memory is many times the
// text's: rows are given to it one by one.
const (
	maxRow   = 64 << 10 // bytes
	maxDepth = 50
)

// parseYAML reads a list of mappings or of addresses.
func parseYAML(b *builder, data []byte) error {
	const hint = "write each image as `- url: …`, with its other columns below"
	text, n := string(data), 1
	// What is in front of the list.
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		bare := strings.TrimSpace(line)
		if bare != "" && bare != "---" && bare[0] != '#' && bare[0] != '%' {
			break
		}
		text, n = rest, n+1
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	indent := len(text) - len(strings.TrimLeft(text, " "))
	if text[indent] == '[' {
		return b.yamlRows(text, n)
	}
	if !beginsRow(text, indent) {
		return b.wrong(n, indent+1, "it is not a list", hint)
	}
	begin := 0
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '\n')
		next := len(text)
		if end >= 0 {
			next = at + end + 1
		}
		if next == len(text) || beginsRow(text[next:], indent) {
			row := text[begin:next]
			if err := b.yamlRows(row, n); err != nil {
				e, ok := errors.AsType[*Error](err)
				if !ok {
					return err
				}
				b.list.Failed = append(b.list.Failed, e)
			}
			n += strings.Count(row, "\n")
			begin = next
		}
		at = next
	}
	return nil
}

// beginsRow reports whether text begins with a dash behind so many spaces.
func beginsRow(text string, indent int) bool {
	if len(text) <= indent || strings.Trim(text[:indent], " ") != "" || text[indent] != '-' {
		return false
	}
	rest := text[indent+1:]
	return rest == "" || strings.IndexByte(" \t\r\n", rest[0]) >= 0
}

// yamlRows adds the rows of a list that begins in a line. Its error is an *Error, about all
// of them.
func (b *builder) yamlRows(text string, line int) error {
	switch {
	case len(text) > maxRow:
		return b.wrong(line, 0, fmt.Sprintf("the row has more than %d kB", maxRow>>10), "write each image as `- url: …`, with its other columns below")
	case tooDeep(text):
		return b.wrong(line, 0, "the row is nested too deeply", "write each image as `- url: …`, with its other columns below")
	}
	parsed, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		y, ok := errors.AsType[yaml.Error](err)
		if !ok {
			return b.wrong(line, 0, "invalid YAML", "")
		}
		e := b.at(y.GetToken().Position.Line, y.GetToken().Position.Column, line)
		e.Message, e.Hint = "invalid YAML: "+y.GetMessage(), "put double quotes around values with special characters in them"
		return e
	}
	if len(parsed.Docs) != 1 || parsed.Docs[0].Body == nil {
		return b.wrong(line, 0, "there is more than one document", "remove the --- in between")
	}
	list, ok := parsed.Docs[0].Body.(*ast.SequenceNode)
	if !ok {
		return b.wrong(line, 0, "it is not a list", "write each image as `- url: …`, with its other columns below")
	}
	for _, n := range list.Values {
		b.yamlRow(n, line)
	}
	return nil
}

// at is an error at a place in a row.
func (b *builder) at(inRow, column, line int) *Error {
	return b.wrong(line+inRow-1, column, "", "")
}

// yamlRow adds one row of a list that begins in a line.
func (b *builder) yamlRow(n ast.Node, line int) {
	var pairs []*ast.MappingValueNode
	at := n.GetToken().Position
	begin := line + at.Line - 1
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
		if len(pairs) > 0 && !n.IsFlowStyle {
			begin = line + pairs[0].Key.GetToken().Position.Line - 1
		}
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
		begin = line + n.Key.GetToken().Position.Line - 1
	case *ast.NullNode:
		return
	default:
		if address, ok := scalar(n); ok {
			b.address(begin, at.Column, address)
			return
		}
		b.fail(begin, at.Column, "the row is neither an address nor a mapping", "write it as `- url: …`, with its other columns below")
		return
	}
	b.cells = b.cells[:0]
	for _, p := range pairs {
		key, ok := scalar(p.Key)
		where := p.Value.GetToken().Position
		if !ok {
			where = p.Key.GetToken().Position
			b.fail(line+where.Line-1, where.Column, "the name of a column is not a plain word", "write it as name: value")
			return
		}
		name := b.column(key)
		if p.Value.Type() == ast.NullType {
			continue
		}
		value, ok := scalar(p.Value)
		switch {
		case !ok && b.matters(name):
			b.fail(line+where.Line-1, where.Column, fmt.Sprintf("`%s` is not a text or a number", name), "put double quotes around values with special characters in them")
			return
		case !ok:
			continue
		case slices.ContainsFunc(b.cells, func(c cell) bool { return c.name == name }):
			b.fail(line+where.Line-1, where.Column, fmt.Sprintf("the row has %s twice", show(name)), "remove one of them")
			return
		}
		b.cells = append(b.cells, cell{name, strings.TrimSpace(value), line + where.Line - 1, where.Column})
	}
	b.row(begin, b.cells)
}

// scalar is the text of a plain value, as it is written: an id of 007 stays one.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(n.GetToken().Value), true
	}
	return "", false
}

// tooDeep reports whether a row may be nested more than maxDepth times. It does not mind quotes.
func tooDeep(row string) bool {
	brackets, dashes := 0, 0
	for i := range len(row) {
		switch row[i] {
		case '[', '{':
			brackets++
		case ']', '}':
			brackets = max(brackets-1, 0)
		case '\n':
			dashes = 0
		case '-', '?':
			if i+1 < len(row) && row[i+1] == ' ' {
				dashes++
			}
		}
		if brackets > maxDepth || dashes > maxDepth {
			return true
		}
	}
	return false
}
