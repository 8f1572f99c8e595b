package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/asset"
)

// head is the first line; the number is the Version.
const head = "# webpress.lock, version "

// accepted begins the remark on an output that is Accepted.
const accepted = "# accepted\t"

// unknown stands for a format that was not looked at.
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

var errConflict = errors.New("here are the marks of a merge that git could not finish")

// Parse reads a lock file. The error is a *Fault.
func Parse(data []byte) (*Ledger, error) {
	l := New()
	text := string(data) // once: entries are parts of it
	marks := acceptedIn(text)
	n := 0
	for line := range strings.Lines(text) {
		n++
		e, ok, err := parseLine(n, line)
		marks.set(e)
		if err != nil {
			return nil, &Fault{n, err}
		}
		if ok {
			l.add(e)
		}
	}
	return l, nil
}

// Salvage reads what can be read of a lock file: both sides of a merge that was
// not finished, and every line that is whole. It returns the lines that it had to
// leave out.
func Salvage(data []byte) (l *Ledger, lost []*Fault) {
	l = New()
	marks := acceptedIn(string(data))
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		e, ok, err := parseLine(n, line)
		marks.set(e)
		switch {
		case errors.Is(err, errConflict):
		case err != nil:
			lost = append(lost, &Fault{n, err})
		case ok:
			l.add(e)
		}
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

// set marks the outputs of e that are accepted.
func (m marks) set(e Entry) {
	if len(m) == 0 {
		return
	}
	for i := range e.Outputs {
		o := &e.Outputs[i]
		o.Accepted = m[[2]string{o.Path, o.Blob}]
	}
}

// parseLine reads line n. Not ok is one that has no entry.
func parseLine(n int, line string) (e Entry, ok bool, err error) {
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if n == 1 {
		line = strings.TrimPrefix(line, "\ufeff")
	}
	switch {
	case line == "":
		return e, false, nil
	case line[0] == '#':
		if version, found := strings.CutPrefix(line, head); found {
			return e, false, checkVersion(version)
		}
		return e, false, nil
	case isConflict(line):
		return e, false, errConflict
	}
	field := make([]string, 0, 9)
	for part := range strings.SplitSeq(line, "\t") {
		field = append(field, part)
	}
	if len(field) < 6 || len(field)%3 != 0 {
		return e, false, fmt.Errorf("it has %s, and a line has 6, and 3 more for each output", count(len(field), "field"))
	}
	if e.Source, err = parsePath(field[0]); err != nil {
		return e, false, err
	}
	e.Blob, e.Format, e.Recipe, e.Status = field[1], asset.Format(field[3]), field[4], Status(field[5])
	if e.Size, err = parseSize(field[2]); err != nil {
		return e, false, err
	}
	switch {
	case !isBlob(e.Blob):
		return e, false, fmt.Errorf("%s is no blob id", show(e.Blob))
	case len(e.Recipe) != digestLen || !isHex(e.Recipe):
		return e, false, fmt.Errorf("%s is no digest of a recipe", show(e.Recipe))
	case field[3] == unknown:
		e.Format = ""
	case !isFormat(e.Format):
		return e, false, fmt.Errorf("%s is no format", show(field[3]))
	}
	for i := 6; i < len(field); i += 3 {
		o := Output{Blob: field[i+2]}
		if o.Path, err = parsePath(field[i]); err != nil {
			return e, false, err
		}
		// Results may be replaced and removed: nothing else may pass for one, whoever
		// has written the line.
		if !strings.EqualFold(path.Ext(o.Path), ".webp") {
			return e, false, fmt.Errorf("%s is no result: it does not end in .webp", show(o.Path))
		}
		if o.Size, err = parseSize(field[i+1]); err != nil {
			return e, false, err
		}
		if !isBlob(o.Blob) {
			return e, false, fmt.Errorf("%s is no blob id", show(o.Blob))
		}
		e.Outputs = append(e.Outputs, o)
	}
	switch e.Status {
	case Made, Removed:
		if len(e.Outputs) == 0 {
			return e, false, fmt.Errorf("it is %s, and has no output", e.Status)
		}
	case NotSmaller, IsWebP:
		if len(e.Outputs) > 0 {
			return e, false, fmt.Errorf("it is %s, and has an output", e.Status)
		}
	default:
		return e, false, fmt.Errorf("%s is no status", show(field[5]))
	}
	return e, true, nil
}

func checkVersion(text string) error {
	digits, _, _ := strings.Cut(text, ".")
	v, err := strconv.Atoi(digits)
	switch {
	case err != nil || v < 1:
		return fmt.Errorf("%s is no version", show(digits))
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
			return "", fmt.Errorf("%s is not quoted right", show(text))
		}
	}
	switch {
	case p == "" || strings.ContainsRune(p, 0):
		return "", fmt.Errorf("%s is no path", show(p))
	case path.IsAbs(p), !filepath.IsLocal(filepath.FromSlash(p)):
		return "", fmt.Errorf("%s is outside of the tree", show(p))
	case path.Clean(p) != p || p == ".":
		return "", fmt.Errorf("%s is not written in the shortest way", show(p))
	}
	// Nearly no path has it, which is quickly told.
	if strings.Contains(p, ".") && strings.Contains(strings.ToLower(p), ".git") {
		for name := range strings.SplitSeq(p, "/") {
			if strings.EqualFold(name, ".git") {
				return "", fmt.Errorf("%s is in git's own folder", show(p))
			}
		}
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
		return 0, fmt.Errorf("%s is no size", show(text))
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
func (l *Ledger) Encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%d. Written by webpress, which does nothing twice by it.\n", head, Version)
	b.WriteString("# After a merge that left it in conflict: webpress relock\n")
	for _, e := range l.Entries() {
		for _, o := range e.Outputs {
			if o.Accepted {
				b.WriteString(accepted + quotePath(o.Path) + "\t" + o.Blob + "\n")
			}
		}
		e.write(&b)
	}
	return b.Bytes()
}

// write adds the line of e.
func (e Entry) write(b *bytes.Buffer) {
	b.WriteString(quotePath(e.Source))
	for _, f := range []string{e.Blob, strconv.FormatInt(e.Size, 10), cmp.Or(string(e.Format), unknown), e.Recipe, string(e.Status)} {
		b.WriteByte('\t')
		b.WriteString(f)
	}
	for _, o := range e.Outputs {
		for _, f := range []string{quotePath(o.Path), strconv.FormatInt(o.Size, 10), o.Blob} {
			b.WriteByte('\t')
			b.WriteString(f)
		}
	}
	b.WriteByte('\n')
}
