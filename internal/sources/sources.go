// Package sources reads lists of images that are somewhere else: one address each, what it
// is to be called here, and settings and facts of its own.
//
// By the ending of its name, a list is
//
//   - CSV (.csv, .tsv): RFC 4180, with a comma, a semicolon or a tab between fields. The
//     first line has the names of the columns: url, and path or id.
//   - JSON (.json, .jsonl, .ndjson): an object for each image, one a line or in an array,
//     or an array of addresses.
//   - YAML (.yml, .yaml): a list of mappings, or of addresses.
//   - text (.txt): one address a line. What follows # at the beginning of a line or after a
//     space is a remark.
//
// All are UTF-8, with or without a byte order mark. In a list of nothing but addresses, an
// image is called as its address is.
package sources

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// MaxList is the most bytes that a list may have.
const MaxList = 256 << 20

// The columns that mean something.
const (
	ColumnURL  = "url"
	ColumnPath = "path"
	ColumnID   = "id"
)

// A List is what a list says.
type List struct {
	// Columns are the names of all columns, in the order in which they first occur.
	Columns []string
	// Rows are the images, in the order of the list.
	Rows []Row
	// Failed are rows that are not among Rows, and why, in the order of the list. The
	// others do not depend on them.
	Failed []*Error
}

// A Row is one image.
type Row struct {
	// Line is where it is in the list, from 1.
	Line int
	// URL is its address, absolute.
	URL string
	// Path is what the image is called: a relative path that works on all systems, other
	// than that of every other row. It is the column path, or else the column id with the
	// extension of the address, or else host and path of the address.
	Path string
	// Fields are all columns that have a value, in the order of the list.
	Fields []Field
	// Settings are those of Fields that are settings; nil if there are none. Their
	// values are not checked.
	Settings map[string]string
}

// A Field is a value in a column.
type Field struct{ Name, Value string }

// Field is the value of a column, empty if there is none.
func (r Row) Field(column string) string {
	for _, f := range r.Fields {
		if f.Name == column {
			return f.Value
		}
	}
	return ""
}

// Place is the value of a column as a part of a path. It may have folders in it. Its error
// is an *asset.Fault: there is no value, or it would lead out of the folder, or it is not
// the same on all systems.
func (r Row) Place(column string) (string, error) {
	value := r.Field(column)
	why := notPath(value)
	switch {
	case value == "":
		why = "it has no value"
	case why == "":
		return value, nil
	default:
		why = show(value) + ": " + why
	}
	return "", &asset.Fault{
		Message: fmt.Sprintf("{%s} of line %d: %s", column, r.Line, why),
		Hint:    "use another column in `output`, or change the value",
	}
}

// Read reads the list in a file. settings are the names of the columns that are settings.
// The error is an *Error, or says why the file cannot be read.
func Read(file string, settings []string) (*List, error) {
	data, err := tree.Read(file, MaxList)
	if err != nil {
		hint := ""
		if _, ok := errors.AsType[*tree.SizeError](err); ok {
			hint = "split it into several lists"
		} else if errors.Is(err, os.ErrNotExist) {
			hint = "check `sources`"
		}
		return nil, &asset.HintError{What: fmt.Sprintf("read %q", file), Why: tree.Cause(err), Hint: hint}
	}
	return Parse(file, data, settings)
}

// Parse reads a list; name is what messages call it, and says its format. The error is an
// *Error, about the list as a whole.
func Parse(name string, data []byte, settings []string) (*List, error) {
	b := &builder{file: name, settings: settings, list: &List{}, columns: map[string]bool{}}
	parse := map[string]func(*builder, []byte) error{
		".csv": parseCSV, ".tsv": parseCSV, ".json": parseJSON, ".jsonl": parseJSON, ".ndjson": parseJSON,
		".yml": parseYAML, ".yaml": parseYAML, ".txt": parseText,
	}[strings.ToLower(path.Ext(name))]
	if parse == nil {
		return nil, b.wrong(0, 0, "its format is not known by its name", "let it end in .csv, .jsonl, .json, .yml or .txt")
	}
	data, err := b.decode(data)
	if err != nil {
		return nil, err
	}
	if err := parse(b, data); err != nil {
		return nil, err
	}
	b.duplicates()
	slices.SortStableFunc(b.list.Failed, func(x, y *Error) int { return x.Line - y.Line })
	return b.list, nil
}

// decode takes the byte order mark off a list, and refuses what is not UTF-8.
func (b *builder) decode(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, b.wrong(0, 0, "it is UTF-16", "save it as UTF-8; Excel calls that \"CSV UTF-8\"")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	at := bytes.IndexByte(data, 0)
	what, hint := "a zero byte", "save it as text in UTF-8"
	if at < 0 && !utf8.Valid(data) {
		what, hint = "a character that is not UTF-8", "save it as UTF-8; Excel calls that \"CSV UTF-8\""
		for at = 0; ; {
			r, size := utf8.DecodeRune(data[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
	}
	if at >= 0 {
		line := 1 + bytes.Count(data[:at], []byte("\n"))
		column := at - bytes.LastIndexByte(data[:at], '\n')
		return nil, b.wrong(line, column, what, hint)
	}
	if !bytes.Contains(data, []byte("\n")) {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n")) // as old programs end lines
	}
	return data, nil
}
