package ci

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Line makes any text one line that is safe to print to a CI's log or to a
// terminal, whatever file names are part of it:
//
//   - line breaks, escape sequences, other control characters and characters
//     that are not seen or that turn the direction of writing are shown as \n,
//     \x1b, \u202e; bytes that are not UTF-8 as \xff;
//   - a line cannot be a workflow command. GitHub's runner takes lines that
//     start with ::, after any white space, and those with ##[ anywhere
//     (src/Runner.Common/ActionCommand.cs in actions/runner), so a backslash is
//     put before the colon or the bracket.
func Line(s string) string {
	var b strings.Builder
	// last is the last character that counts: the runner's comparison follows
	// the machine's culture, which may see through marks and joiners between
	// the colons or number signs.
	var last rune
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
			last = 'x'
		case hidden(r):
			b.WriteString(escape(r))
			last = 'x'
		default:
			if r == ':' && last == 0 || r == '[' && last == '#' {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
			if unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) {
				last = r
			}
		}
		i += n
	}
	return b.String()
}

// Visible shows what is not seen in s: line breaks, control characters and the
// like are replaced as in Line, so that a name is on one line and looks like
// what it is.
func Visible(s string) string { return visible(s, false) }

// visible is Visible; breaks keeps the line breaks.
func visible(s string, breaks bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r) && !(breaks && r == '\n'), r == '\t' && !breaks:
			b.WriteString(escape(r))
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// hidden reports whether r does something else than to show a character. The joiners
// of emoji and of several scripts are let be.
func hidden(r rune) bool {
	switch r {
	case '\t', '\u200c', '\u200d':
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

func escape(r rune) string {
	q := fmt.Sprintf("%+q", r)
	return q[1 : len(q)-1]
}

// A Writer passes whole lines on to another writer, each through Line, so that
// no file name in them can speak to the CI. It is safe for several goroutines.
type Writer struct {
	mu   sync.Mutex
	w    io.Writer
	part []byte
	// Paint, where it is set, adds colors to a line that is safe to print.
	Paint func(line string) string
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write passes on the lines that p completes, and keeps the rest for later.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.part = append(w.part, p...)
	end := bytes.LastIndexByte(w.part, '\n')
	if end < 0 {
		return len(p), nil
	}
	var b strings.Builder
	for line := range bytes.Lines(w.part[:end+1]) {
		text := Line(string(bytes.TrimSuffix(line, []byte("\n"))))
		if w.Paint != nil {
			text = w.Paint(text)
		}
		b.WriteString(text)
		b.WriteByte('\n')
	}
	w.part = append(w.part[:0], w.part[end+1:]...)
	if _, err := io.WriteString(w.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush ends a line that was begun, if there is one.
func (w *Writer) Flush() error {
	w.mu.Lock()
	begun := len(w.part) > 0
	w.mu.Unlock()
	if !begun {
		return nil
	}
	_, err := w.Write([]byte("\n"))
	return err
}
