package sources

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// parseCSV reads a list with a line of column names.
func parseCSV(b *builder, data []byte) error {
	separator, header := separatorOf(data)
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = separator, -1, true
	if header == nil {
		if _, err := r.Read(); err != nil && err != io.EOF {
			return b.csvError(err)
		}
		return b.wrong(0, 0, "it is empty", "let its first line be url,path")
	}
	if err := b.header(header); err != nil {
		return err
	}
	columns := make([]string, len(header))
	for i, name := range header {
		if strings.TrimSpace(name) != "" { // spreadsheets have columns without a name
			columns[i] = b.column(name)
		}
	}
	if _, err := r.Read(); err != nil {
		return b.csvError(err)
	}
	for {
		record, err := r.Read()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return b.csvError(err)
		}
		b.record(r, columns, record)
	}
}

// record adds a line. One with nothing but separators is none.
func (b *builder) record(r *csv.Reader, columns, record []string) {
	line, _ := r.FieldPos(0)
	b.cells = b.cells[:0]
	for i, value := range record {
		if value = strings.TrimSpace(value); value == "" {
			continue
		}
		if i >= len(columns) {
			at, column := r.FieldPos(i)
			b.fail(at, column, fmt.Sprintf("the row has %d fields, and the header %d", len(record), len(columns)),
				fmt.Sprintf("put double quotes around a value that has a %s in it", separatorName(r.Comma)))
			return
		}
		if columns[i] != "" {
			at, column := r.FieldPos(i)
			b.cells = append(b.cells, cell{columns[i], value, at, column})
		}
	}
	if len(b.cells) > 0 {
		b.row(line, b.cells)
	}
}

// header checks the names of the columns.
func (b *builder) header(header []string) error {
	found := make([]string, 0, len(header))
	for _, name := range header {
		if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
			continue
		}
		if slices.Contains(found, name) {
			return b.wrong(1, 0, fmt.Sprintf("two columns are called %s", show(name)), "rename one of them")
		}
		found = append(found, name)
	}
	switch {
	case slices.ContainsFunc(found, func(name string) bool { return strings.Contains(name, "://") }):
		return b.wrong(1, 0, "the first line does not have the names of the columns", "put a line in front of it: url,path")
	case !slices.Contains(found, ColumnURL):
		return b.wrong(1, 0, "there is no column `url`; there are "+names(found), "call the column with the addresses url")
	case !slices.Contains(found, ColumnPath) && !slices.Contains(found, ColumnID):
		return b.wrong(1, 0, "there is neither a column `path` nor a column `id`; there are "+names(found),
			"call the column with what tells the images apart id; a list of nothing but addresses ends in .txt")
	}
	return nil
}

// separatorOf is what is between the fields of a list, and the fields of its first line:
// that separator by which there is a column url, or else which gives the most columns.
// There are no fields if the list is empty or begins with what is not CSV.
func separatorOf(data []byte) (separator rune, header []string) {
	separator = ','
	for _, one := range []rune{',', ';', '\t'} {
		r := csv.NewReader(bytes.NewReader(data))
		r.Comma = one
		fields, err := r.Read()
		if err != nil {
			continue
		}
		isURL := func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), ColumnURL) }
		has, had := slices.ContainsFunc(fields, isURL), slices.ContainsFunc(header, isURL)
		if header == nil || has && !had || has == had && len(fields) > len(header) {
			separator, header = one, fields
		}
	}
	return separator, header
}

func separatorName(separator rune) string {
	return map[rune]string{',': "comma", ';': "semicolon", '\t': "tab"}[separator]
}

// csvError is what is wrong with a list as CSV.
func (b *builder) csvError(err error) error {
	e, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return b.wrong(0, 0, "it cannot be read: "+err.Error(), "")
	}
	message := "invalid CSV: " + e.Err.Error()
	switch e.Err {
	case csv.ErrBareQuote:
		message = "invalid CSV: a double quote is inside of a value that does not begin with one"
	case csv.ErrQuote:
		message = fmt.Sprintf("invalid CSV: the double quote in line %d is not closed, or something follows the one that closes it", e.StartLine)
	}
	return b.wrong(e.Line, e.Column, message, `put double quotes around the whole value, and write those in it twice: "a ""b"" c"`)
}
