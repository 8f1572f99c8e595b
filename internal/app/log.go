package app

import (
	"fmt"
	"io"
	"strings"

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
}

func newLog(stdout, stderr io.Writer, inCI bool) *log {
	l := &log{out: ci.NewWriter(stdout), err: ci.NewWriter(stderr), above: func() {}}
	if inCI {
		l.err = l.out
	}
	return l
}

// line prints one line of what was done.
func (l *log) line(format string, args ...any) {
	if l.said = !l.quiet; l.quiet {
		return
	}
	l.above()
	fmt.Fprintf(l.out, format+"\n", args...)
}

// text prints several lines as they are.
func (l *log) text(s string) {
	if !l.quiet {
		l.result(s)
	}
}

// result prints several lines, also where only errors are wanted.
func (l *log) result(s string) {
	l.above()
	fmt.Fprintln(l.out, strings.TrimSuffix(s, "\n"))
}

// error prints what went wrong, in the form of "webpress: verb object: cause".
func (l *log) error(format string, args ...any) {
	l.said = true
	l.above()
	fmt.Fprintf(l.err, "webpress: "+format+"\n", args...)
}

// warn prints what the user should know though nothing failed.
func (l *log) warn(format string, args ...any) {
	if l.quiet {
		l.said = false
		return
	}
	l.error("warning: "+format, args...)
}

// hint prints how to fix what was printed before.
func (l *log) hint(format string, args ...any) {
	if l.quiet && !l.said {
		return
	}
	l.above()
	fmt.Fprintf(l.err, "  hint: "+format+"\n", args...)
}

func (l *log) flush() {
	_ = l.out.Flush()
	_ = l.err.Flush()
}
