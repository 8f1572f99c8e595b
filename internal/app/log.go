package app

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/webpress/webpress/internal/ci"
)

// A log prints lines to people. What a run did goes to the standard output,
// what went wrong to the standard error; in a CI everything goes to the
// standard output, because two streams arrive there in any order.
//
// All text passes through ci.Writer: file names cannot speak to the terminal
// or to the CI.
type log struct {
	out, err *ci.Writer
	// above clears what is in the way of a line, such as a progress bar.
	above func()
	// quiet leaves all out but errors and their hints; said is whether the message
	// that a hint belongs to was printed.
	quiet, said bool
	mu          sync.Mutex // workers print as well
}

func newLog(stdout, stderr io.Writer, inCI bool) *log {
	l := &log{out: ci.NewWriter(stdout), err: ci.NewWriter(stderr), above: func() {}}
	if inCI {
		l.err = l.out
	}
	return l
}

// line prints one line of what was done.
func (l *log) line(format string, args ...any) { l.print(l.out, !l.quiet, format, args...) }

// text prints several lines as they are.
func (l *log) text(s string) {
	if !l.quiet {
		l.result(s)
	}
}

// result prints several lines, also where only errors are wanted.
func (l *log) result(s string) { l.print(l.out, true, "%s", strings.TrimSuffix(s, "\n")) }

// error prints what went wrong, in the form of "webpress: verb object: cause".
func (l *log) error(format string, args ...any) { l.print(l.err, true, "webpress: "+format, args...) }

// warn prints what the user should know though nothing failed.
func (l *log) warn(format string, args ...any) {
	l.print(l.err, !l.quiet, "webpress: warning: "+format, args...)
}

// hint prints how to fix what was printed before.
func (l *log) hint(format string, args ...any) {
	l.mu.Lock()
	said := l.said
	l.mu.Unlock()
	l.print(l.err, said, "  hint: "+format, args...)
}

// print prints a line to w if it is to be said.
func (l *log) print(w io.Writer, say bool, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.said = say; say {
		l.above()
		fmt.Fprintf(w, format+"\n", args...)
	}
}

func (l *log) flush() {
	_ = l.out.Flush()
	_ = l.err.Flush()
}
