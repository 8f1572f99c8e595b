package sources

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/tree"
)

const (
	// maxAddress is the most bytes that an address may have; servers refuse longer ones.
	maxAddress = 8 << 10
	// maxPath is the most bytes that a path may have, well below what systems allow.
	maxPath = 1000
)

// A cell is a value and where it is.
type cell struct {
	name, value  string
	line, column int
}

// A builder makes a List out of what a format has for each row.
type builder struct {
	file     string
	settings []string
	list     *List
	columns  map[string]bool
	// cells are those of the row that is being read, for the next one to use again.
	cells []cell
}

func (b *builder) wrong(line, column int, message, hint string) *Error {
	return &Error{File: b.file, Line: line, Column: column, Message: message, Hint: hint}
}

// fail leaves out a row.
func (b *builder) fail(line, column int, message, hint string) {
	b.list.Failed = append(b.list.Failed, b.wrong(line, column, message, hint))
}

// column is a name in the one spelling that it is known by.
func (b *builder) column(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if !b.columns[name] {
		b.columns[name] = true
		b.list.Columns = append(b.list.Columns, name)
	}
	return name
}

// address adds a row that is an address and nothing else.
func (b *builder) address(line, column int, address string) {
	b.column(ColumnURL)
	c := cell{ColumnURL, strings.TrimSpace(address), line, column}
	u := b.check(c)
	if u == nil {
		return
	}
	b.list.Rows = append(b.list.Rows, Row{
		Line: line, URL: c.value, Path: pathOf(u), Fields: []Field{{ColumnURL, c.value}},
	})
}

// row adds a row that begins in a line. What has no value in it is left out.
func (b *builder) row(line int, cells []cell) {
	cells = slices.DeleteFunc(cells, func(c cell) bool { return c.value == "" })
	find := func(name string) (cell, bool) {
		i := slices.IndexFunc(cells, func(c cell) bool { return c.name == name })
		if i < 0 {
			return cell{}, false
		}
		return cells[i], true
	}
	address, ok := find(ColumnURL)
	if !ok {
		b.fail(line, 0, "the row has no `url`", "give it one, or remove it")
		return
	}
	u := b.check(address)
	if u == nil {
		return
	}
	r := Row{Line: line, URL: address.value, Fields: make([]Field, len(cells))}
	name, ok := find(ColumnPath)
	if ok {
		r.Path = name.value
	} else if name, ok = find(ColumnID); ok {
		r.Path = name.value + extension(u, name.value)
	} else {
		b.fail(line, 0, "the row has neither a `path` nor an `id`", "give it one: results are called by it")
		return
	}
	if why := notPath(r.Path); why != "" {
		b.fail(name.line, name.column, fmt.Sprintf("`%s` %s: %s", name.name, show(name.value), why),
			"write it as products/17.jpg or as 17, in letters, digits, dots and hyphens")
		return
	}
	r.Path = path.Clean(r.Path)
	for i, c := range cells {
		r.Fields[i] = Field{c.name, c.value}
		if slices.Contains(b.settings, c.name) {
			if r.Settings == nil {
				r.Settings = map[string]string{}
			}
			r.Settings[c.name] = c.value
		}
	}
	b.list.Rows = append(b.list.Rows, r)
}

// check parses an address. It is nil if the row has failed.
func (b *builder) check(c cell) *url.URL {
	const example = "write it as https://shop.example/a.jpg"
	fail := func(message, hint string) *url.URL {
		b.fail(c.line, c.column, message, hint)
		return nil
	}
	if len(c.value) > maxAddress {
		return fail(fmt.Sprintf("the address has %d bytes, more than the limit of %d", len(c.value), maxAddress), "use a shorter one")
	}
	u, err := url.Parse(c.value)
	if err != nil {
		// The parser's own words have the address in them.
		return fail("the address is not a URL", example+", with % and two digits for special characters")
	}
	switch u.Scheme {
	case "http", "https", "s3", "gs", "az":
	case "":
		return fail("the address does not begin with https:// or another scheme", example)
	case "file":
		return fail("a list has no files of this machine", "name files as arguments or in `glob`")
	default:
		scheme := show(u.Scheme)
		if !strings.Contains(c.value, "://") {
			return fail("the address does not begin with https:// or another scheme", example)
		}
		return fail(scheme+" is not a scheme that webpress knows", "use an address that begins with https://, http://, s3://, gs:// or az://")
	}
	switch {
	case strings.Trim(u.Hostname(), ". ") == "":
		return fail("the address has no host", example)
	case u.User != nil:
		return fail("the address has a user or a password in it", "take it out, and set `header` to \"Authorization: Basic …\" for the host")
	case strings.Trim(u.Path, "/") == "" && u.Scheme != "http" && u.Scheme != "https":
		return fail("the address names a bucket and no object in it", "write it as "+u.Scheme+"://bucket/a.jpg")
	}
	return u
}

// duplicates fails all rows of which another one has the path.
func (b *builder) duplicates() {
	at := make(map[string]int, len(b.list.Rows))
	double := map[int]int{} // the index of a row, and of another with its path
	for i, r := range b.list.Rows {
		key := tree.Fold(r.Path)
		first, ok := at[key]
		if !ok {
			at[key] = i
			continue
		}
		double[i] = first
		if _, ok := double[first]; !ok {
			double[first] = i
		}
	}
	if len(double) == 0 {
		return
	}
	kept := b.list.Rows[:0:0]
	for i, r := range b.list.Rows {
		k, ok := double[i]
		if !ok {
			kept = append(kept, r)
			continue
		}
		other := b.list.Rows[k]
		hint := "give each a `path` or an `id` of its own"
		if r.URL == other.URL {
			hint = "remove one of them, or " + hint
		}
		b.fail(r.Line, 0, fmt.Sprintf("line %d would be called %s as well", other.Line, show(r.Path)), hint)
	}
	b.list.Rows = kept
}

// notPath says why a value cannot be a relative path, or a part of one, that is the same on
// all systems and leads nowhere else; empty if it can.
func notPath(value string) string {
	switch {
	case len(value) > maxPath:
		return fmt.Sprintf("it has %d bytes, more than the limit of %d", len(value), maxPath)
	case strings.HasPrefix(value, "/"):
		return "it begins at the root of the file system"
	case strings.HasSuffix(value, "/"):
		return "it ends as a folder does"
	case strings.Contains(value, "//"):
		return "it has two slashes in a row"
	}
	for name := range strings.SplitSeq(value, "/") {
		if why := tree.NotPortable(name); why != "" && name != "." {
			return why
		}
	}
	if path.Clean(value) == "." {
		return "it is no name"
	}
	return ""
}

// extensions are those of the images that webpress reads.
var extensions = []string{
	".avif", ".bmp", ".gif", ".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp",
}

// extension is what is added to an id to make a path of it: what the address ends with if
// that is the extension of an image. An id with a dot in it gets one in any case, as what
// follows that would be taken for it.
func extension(u *url.URL, id string) string {
	if ext := strings.ToLower(path.Ext(u.Path)); slices.Contains(extensions, ext) {
		return ext
	}
	if strings.Contains(path.Base(id), ".") {
		return ".image"
	}
	return ""
}

// pathOf is host and path of an address as a path that works on all systems. What cannot be
// in one becomes a hyphen.
func pathOf(u *url.URL) string {
	parts := []string{strings.ToLower(u.Hostname())}
	if port := u.Port(); port != "" {
		parts[0] += "-" + port
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if part = tree.Portable(part); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 1 || strings.HasSuffix(u.Path, "/") {
		parts = append(parts, "index")
	}
	parts[0] = tree.Portable(parts[0])
	name := strings.Join(parts, "/")
	if len(name) > maxPath {
		sum := sha256.Sum256([]byte(name))
		name = path.Join(parts[0], hex.EncodeToString(sum[:16])+path.Ext(parts[len(parts)-1]))
	}
	return name
}
