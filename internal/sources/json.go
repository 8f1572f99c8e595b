package sources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// parseJSON reads objects, one after the other or in an array, or an array of addresses.
func parseJSON(b *builder, data []byte) error {
	j := &jsonReader{builder: b, data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	j.dec.UseNumber()
	array := bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("["))
	if array {
		if _, err := j.next(); err != nil {
			return err
		}
	}
	for {
		t, err := j.next()
		switch {
		case err == io.EOF && !array:
			return nil
		case err != nil:
			return j.wrongJSON(err)
		}
		line, column := j.line, j.column
		switch v := t.(type) {
		case json.Delim:
			switch v {
			case ']':
				return j.end()
			case '{':
				err = j.object(line)
			default:
				j.fail(line, column, "an array is not an image", `write it as {"url": "…", "id": "…"}`)
				err = j.skip()
			}
			if err != nil {
				return j.wrongJSON(err)
			}
		case string:
			j.address(line, column, v)
		default:
			j.fail(line, column, fmt.Sprintf("%v is not an image", t), `write it as {"url": "…", "id": "…"}`)
		}
	}
}

// A jsonReader reads one list.
type jsonReader struct {
	*builder
	data []byte
	dec  *json.Decoder
	// line and column are where the last token begins; at is its offset, and begin that of
	// its line.
	line, column, at, begin int
}

// next reads a token.
func (j *jsonReader) next() (json.Token, error) {
	from := int(j.dec.InputOffset())
	t, err := j.dec.Token()
	for from < len(j.data) && strings.IndexByte(" \t\r\n,:", j.data[from]) >= 0 {
		from++
	}
	j.seek(from)
	return t, err
}

// seek sets line and column.
func (j *jsonReader) seek(offset int) {
	offset = min(max(offset, j.at), len(j.data))
	passed := j.data[j.at:offset]
	if n := bytes.Count(passed, []byte("\n")); n > 0 {
		j.line += n
		j.begin = j.at + bytes.LastIndexByte(passed, '\n') + 1
	}
	j.at, j.column = offset, offset-j.begin+1
}

// object reads a row, of which the first brace was read.
func (j *jsonReader) object(line int) error {
	j.cells = j.cells[:0]
	var wrong *cell
	for {
		t, err := j.next()
		if err != nil {
			return err
		}
		key, ok := t.(string)
		if !ok { // the closing brace
			break
		}
		name := j.builder.column(key)
		v, err := j.next()
		if err != nil {
			return err
		}
		c := cell{name: name, line: j.line, column: j.column}
		switch v := v.(type) {
		case json.Delim:
			if err := j.skip(); err != nil {
				return err
			}
			if j.matters(name) && wrong == nil {
				wrong = &c
			}
			continue
		case nil:
			continue
		case string:
			c.value = strings.TrimSpace(v)
		default:
			c.value = fmt.Sprint(v)
		}
		if i := slices.IndexFunc(j.cells, func(old cell) bool { return old.name == name }); i >= 0 {
			if wrong == nil {
				wrong = &cell{name: name, line: c.line, column: c.column, value: "twice"}
			}
			continue
		}
		j.cells = append(j.cells, c)
	}
	switch {
	case wrong == nil:
		j.row(line, j.cells)
	case wrong.value != "":
		j.fail(wrong.line, wrong.column, fmt.Sprintf("the row has %s twice", show(wrong.name)), "remove one of them")
	default:
		j.fail(wrong.line, wrong.column, fmt.Sprintf("`%s` is not a text or a number", wrong.name), "write it as \"…\"")
	}
	return nil
}

// matters reports whether a column has a meaning, and is not only there.
func (b *builder) matters(column string) bool {
	return column == ColumnURL || column == ColumnPath || column == ColumnID || slices.Contains(b.settings, column)
}

// skip reads what is left of a value, of which the first bracket was read.
func (j *jsonReader) skip() error {
	for depth := 1; depth > 0; {
		t, err := j.next()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

// end refuses what follows an array.
func (j *jsonReader) end() error {
	switch _, err := j.next(); err {
	case io.EOF:
		return nil
	case nil:
		return j.wrong(j.line, j.column, "something follows the array", "put everything into one array, or one object on each line")
	default:
		return j.wrongJSON(err)
	}
}

// wrongJSON is what is wrong with a list as JSON.
func (j *jsonReader) wrongJSON(err error) error {
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		j.seek(int(s.Offset) - 1)
	}
	message := "invalid JSON: " + err.Error()
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
		message = "invalid JSON: it ends in the middle"
	}
	return j.wrong(j.line, j.column, message, "")
}
