package lockfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// head is the first line; the number is the Version.
const head = "# webpress.lock, version "

// accepted begins the remark on an output that is Accepted.
const accepted = "# accepted\t"

// unknown stands for what is not known, and for what there is not.
const unknown = "-"

// A Fault is what is wrong with a lock file.
type Fault struct {
	// Line counts from 1.
	Line int
	Why  error
}

// Error returns one line.
func (f *Fault) Error() string { return fmt.Sprintf("line %d: %v", f.Line, f.Why) }

// Unwrap returns Why.
func (f *Fault) Unwrap() error { return f.Why }

// ErrNewer says that a newer webpress has written the file.
var ErrNewer = errors.New("it was written by a newer webpress")

var errConflict = errors.New("unresolved merge conflict markers")

// Parse reads a lock file. One of version 1 counts as changed: it is to be written in the
// new form. The error is a *Fault.
func Parse(data []byte) (*File, error) {
	l := New()
	text := string(data) // once: entries are parts of it
	l.changed = strings.HasPrefix(strings.TrimPrefix(text, "\ufeff"), head+"1.")
	marks := acceptedIn(text)
	n := 0
	for line := range strings.Lines(text) {
		n++
		entries, err := parseLine(n, line)
		if err != nil {
			return nil, &Fault{n, err}
		}
		for _, e := range entries {
			l.add(marks.set(e))
		}
		if strings.HasPrefix(line, fetchedMark) {
			l.readFetched(line)
		}
	}
	return l, nil
}

// ParseLenient reads what can be read of a lock file: both sides of a merge that was
// not finished, and every line that is whole. It returns the lines that it had to
// leave out.
func ParseLenient(data []byte) (l *File, lost []*Fault) {
	l = New()
	marks := acceptedIn(string(data))
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		entries, err := parseLine(n, line)
		if err != nil && !errors.Is(err, errConflict) {
			lost = append(lost, &Fault{n, err})
		}
		for _, e := range entries {
			l.add(marks.set(e))
		}
		l.readFetched(line)
	}
	l.changed = true
	return l, lost
}

// marks are the outputs that are accepted, by path and blob id.
type marks map[[2]string]bool

// acceptedIn are the remarks on accepted outputs. What is no such remark is none of
// our business.
func acceptedIn(text string) marks {
	if !strings.Contains(text, accepted) {
		return nil
	}
	m := marks{}
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), accepted)
		name, blob, two := strings.Cut(rest, "\t")
		if !ok || !two || !isBlob(blob) {
			continue
		}
		if p, err := parsePath(name); err == nil {
			m[[2]string{p, blob}] = true
		}
	}
	return m
}

// set marks the output of e if it is accepted.
func (m marks) set(e Entry) Entry {
	e.Output.Accepted = e.Output.Accepted || m[[2]string{e.Output.Path, e.Output.Blob}]
	return e
}

// The numbers of fields of a line: those of version 1 without outputs, and for each, and
// those of version 2, and with a rating.
const fields1, fieldsOutput1, fields2, fields3 = 6, 3, 10, 11

// plusAccepted is added to the status of an output that was accepted.
const plusAccepted = "+accepted"

// parseLine reads the entries in line n: none where it is a remark, several in a line of
// version 1.
func parseLine(n int, line string) ([]Entry, error) {
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if n == 1 {
		line = strings.TrimPrefix(line, "\ufeff")
	}
	switch {
	case line == "":
		return nil, nil
	case line[0] == '#':
		if version, found := strings.CutPrefix(line, head); found {
			return nil, checkVersion(version)
		}
		return nil, nil
	case isConflict(line):
		return nil, errConflict
	}
	field := make([]string, 0, fields3)
	for part := range strings.SplitSeq(line, "\t") {
		field = append(field, part)
	}
	if len(field) != fields2 && len(field) != fields3 && (len(field) < fields1 || (len(field)-fields1)%fieldsOutput1 != 0) {
		return nil, fmt.Errorf("got %s, want %d", count(len(field), "field"), fields2)
	}
	e, err := parseSource(field[:fields1])
	if err != nil {
		return nil, err
	}
	switch len(field) {
	case fields3:
		if e.Output.Rating, err = parseRating(field[10]); err != nil {
			return nil, err
		}
		fallthrough
	case fields2:
		err := e.parseOutput(field[6], field[7], field[8], field[9])
		return []Entry{e}, err
	}
	if !e.HasFile() {
		if len(field) > fields1 {
			return nil, fmt.Errorf("it is %s, and has an output", e.Status)
		}
		return []Entry{e}, nil
	}
	if len(field) == fields1 {
		return nil, fmt.Errorf("it is %s, and has no output", e.Status)
	}
	var entries []Entry
	for i := fields1; i < len(field); i += fieldsOutput1 {
		one := e
		if err := one.parseOutput(field[i], unknown, field[i+1], field[i+2]); err != nil {
			return nil, err
		}
		entries = append(entries, one)
	}
	return entries, nil
}

// parseSource reads the first fields of a line.
func parseSource(field []string) (e Entry, err error) {
	if e.Source, err = parsePath(field[0]); err != nil {
		return e, err
	}
	status, accepted := strings.CutSuffix(field[5], plusAccepted)
	e.Blob, e.Format, e.Recipe, e.Status = field[1], asset.Format(field[3]), field[4], Status(status)
	if e.Size, err = parseSize(field[2]); err != nil {
		return e, err
	}
	e.Output.Accepted = accepted
	switch {
	case !isBlob(e.Blob):
		return e, fmt.Errorf("%s is not a blob id", show(e.Blob))
	case len(e.Recipe) != digestLen || !isHex(e.Recipe):
		return e, fmt.Errorf("%s is not a digest of a recipe", show(e.Recipe))
	case field[3] == unknown:
		e.Format = ""
	case !isFormat(e.Format):
		return e, fmt.Errorf("%s is not a format", show(field[3]))
	}
	switch e.Status {
	case Made, Removed:
		return e, nil
	case NotSmaller, IsWebP, NotWider, Crashed:
		if !accepted {
			return e, nil
		}
	}
	return e, fmt.Errorf("%s is not a status", show(field[5]))
}

// parseOutput reads the fields of an output.
func (e *Entry) parseOutput(name, dimensions, size, blob string) (err error) {
	o := &e.Output
	if o.Path, err = parsePath(name); err != nil {
		return err
	}
	// Results may be replaced and removed: nothing else may pass for one, whoever
	// has written the line.
	if e.HasFile() && asset.FormatByName(o.Path) == "" {
		return fmt.Errorf("%s is not a result: no format has its extension", show(o.Path))
	}
	if dimensions != unknown {
		w, h, ok := strings.Cut(dimensions, "x")
		width, err := parseSize(w)
		height, err2 := parseSize(h)
		if !ok || err != nil || err2 != nil || max(width, height) > maxSide || min(width, height) < 1 {
			return fmt.Errorf("%s are not dimensions such as 1200x900", show(dimensions))
		}
		o.Width, o.Height = int(width), int(height)
	}
	if o.Size, err = parseSize(size); err != nil {
		return err
	}
	switch {
	case e.HasFile() && isBlob(blob):
		o.Blob = blob
	case e.HasFile() || blob != unknown:
		return fmt.Errorf("%s is not a blob id", show(blob))
	}
	return nil
}

// maxSide is more pixels than any format holds on a side.
const maxSide = 1 << 24

func checkVersion(text string) error {
	digits, _, _ := strings.Cut(text, ".")
	v, err := strconv.Atoi(digits)
	switch {
	case err != nil || v < 1:
		return fmt.Errorf("%s is not a version", show(digits))
	case v > Version:
		return fmt.Errorf("%w: its version is %d, and this webpress reads %d", ErrNewer, v, Version)
	}
	return nil
}

// isConflict knows the lines that git puts around the sides of a conflict.
func isConflict(line string) bool {
	for _, mark := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if rest, ok := strings.CutPrefix(line, mark); ok && (rest == "" || rest[0] == ' ') {
			return true
		}
	}
	return false
}

// parsePath reads a path as quotePath writes it, and refuses what is not in the
// tree or belongs to git.
func parsePath(text string) (string, error) {
	p := text
	if strings.HasPrefix(text, `"`) {
		var err error
		if p, err = strconv.Unquote(text); err != nil {
			return "", fmt.Errorf("%s is not quoted correctly", show(text))
		}
	}
	switch {
	case p == "" || strings.ContainsRune(p, 0):
		return "", fmt.Errorf("%s is not a path", show(p))
	case path.IsAbs(p), !filepath.IsLocal(filepath.FromSlash(p)):
		return "", fmt.Errorf("%s is outside of the tree", show(p))
	case path.Clean(p) != p || p == ".":
		return "", fmt.Errorf("%s is not written in the shortest way", show(p))
	}
	if tree.InGit(p) {
		return "", fmt.Errorf("%s is in git's own folder", show(p))
	}
	return p, nil
}

// quotePath writes a path so that it stays on its line and in its field.
func quotePath(p string) string {
	plain := p != "" && p[0] != '"' && p[0] != '#' && p[0] != ' ' && p[len(p)-1] != ' ' && utf8.ValidString(p) && !isConflict(p)
	for i := 0; plain && i < len(p); i++ {
		plain = p[i] >= ' ' && p[i] != 0x7f
	}
	if plain {
		return p
	}
	return strconv.Quote(p)
}

func parseSize(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, fmt.Errorf("%s is not a size", show(text))
	}
	return n, nil
}

// isBlob knows the ids of git: SHA-1's or SHA-256's.
func isBlob(s string) bool { return (len(s) == 40 || len(s) == 64) && isHex(s) }

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isFormat(f asset.Format) bool {
	switch f {
	case asset.HEIC, asset.AVIF, asset.JPEG, asset.PNG, asset.GIF, asset.TIFF, asset.BMP, asset.WebP:
		return true
	}
	return false
}

// show quotes a part of the file for a message, and not endlessly.
func show(s string) string {
	const most = 60
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// Encode returns the file.
func (l *File) Encode() []byte {
	var b bytes.Buffer
	entries := l.Entries()
	version := versionUnrated
	if slices.ContainsFunc(entries, func(e Entry) bool { return e.Output.Rated() }) {
		version = Version
	}
	fmt.Fprintf(&b, "%s%d. Generated by webpress. Do not edit; commit this file.\n", head, version)
	b.WriteString("# After a merge conflict, run: webpress repair-lock\n")
	last := ""
	for _, e := range entries {
		if f, ok := l.fetched[e.Source]; ok && e.Source != last {
			b.WriteString(f.String())
		}
		last = e.Source
		e.write(&b)
	}
	return b.Bytes()
}

// write adds the line of e.
func (e Entry) write(b *bytes.Buffer) {
	b.WriteString(quotePath(e.Source))
	status := string(e.Status)
	if e.Output.Accepted {
		status += plusAccepted
	}
	field := func(texts ...string) {
		for _, f := range texts {
			b.WriteByte('\t')
			b.WriteString(f)
		}
	}
	field(e.Blob, strconv.FormatInt(e.Size, 10), cmp.Or(string(e.Format), unknown), e.Recipe, status)
	// A line of version 1 without an output stays one.
	if o := e.Output; o.Path != "" {
		dimensions := unknown
		if o.Width > 0 && o.Height > 0 {
			dimensions = fmt.Sprintf("%dx%d", o.Width, o.Height)
		}
		field(quotePath(o.Path), dimensions, strconv.FormatInt(o.Size, 10), cmp.Or(o.Blob, unknown))
		if o.Rated() {
			field(formatRating(o.Rating))
		}
	}
	b.WriteByte('\n')
}
