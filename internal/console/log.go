// Package console is what a person reads in a terminal or in the log of a CI: lines,
// errors, hints and the progress of a run.
//
// Its voice: what a run did goes to standard output, everything else to standard error;
// in a CI all goes to standard output, because two streams arrive there in any order.
// Lines are in lower case without a full stop, an error has the form "webpress: verb
// object: cause", how to fix it is on a line of its own below, and each error is printed
// once. All text passes through ci.Writer: file names cannot speak to the terminal or to
// the CI.
package console

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
)

// Options are where a Log prints to, and how.
type Options struct {
	Stdout, Stderr io.Writer
	// CI reports whether both streams are those of a CI's log.
	CI bool
	// Quiet leaves all out but errors and their hints.
	Quiet bool
	// Color is the setting of that name, and Getenv the environment, nil for none.
	Color  string
	Getenv func(string) string
}

// A Log prints lines to people. Several goroutines may use it.
type Log struct {
	out, err *ci.Writer
	quiet    bool

	mu sync.Mutex
	// above clears what is in the way of a line, such as a progress bar.
	above func()
	// said is whether the message that a hint belongs to was printed.
	said bool
}

// New makes a Log.
func New(o Options) *Log {
	l := &Log{out: ci.NewWriter(o.Stdout), err: ci.NewWriter(o.Stderr), quiet: o.Quiet, above: func() {}}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if colors(o.Color, o.Stdout, o.Getenv) {
		l.out.Paint = paint
	}
	if colors(o.Color, o.Stderr, o.Getenv) {
		l.err.Paint = paint
	}
	if o.CI {
		l.err = l.out
	}
	return l
}

// Line prints one line of what was done.
func (l *Log) Line(format string, args ...any) { l.print(l.out, !l.quiet, format, args...) }

// Text prints several lines as they are.
func (l *Log) Text(s string) {
	if !l.quiet {
		l.Result(s)
	}
}

// Result prints several lines, also where only errors are wanted.
func (l *Log) Result(s string) { l.print(l.out, true, "%s", strings.TrimSuffix(s, "\n")) }

// Error prints what went wrong.
func (l *Log) Error(format string, args ...any) { l.print(l.err, true, "webpress: "+format, args...) }

// Warn prints what the user should know though nothing failed.
func (l *Log) Warn(format string, args ...any) {
	l.print(l.err, !l.quiet, "webpress: warning: "+format, args...)
}

// Library prints what a library says, beside what the run says.
func (l *Log) Library(format string, args ...any) { l.print(l.err, !l.quiet, format, args...) }

// Hint prints how to fix what was printed before.
func (l *Log) Hint(format string, args ...any) {
	l.mu.Lock()
	said := l.said
	l.mu.Unlock()
	l.print(l.err, said, "  hint: "+format, args...)
}

// Fault prints an error and, where that is known, how to fix it.
func (l *Log) Fault(err error) {
	l.Error("%s", err)
	l.hintOf(err)
}

// Soft prints an error that the run does not fail for, and how to fix it.
func (l *Log) Soft(err error) {
	l.Warn("%s", err)
	l.hintOf(err)
}

func (l *Log) hintOf(err error) {
	if hint := asset.HintOf(err); hint != "" {
		l.Hint("%s", hint)
	}
}

// Flush prints what is left of lines without an end.
func (l *Log) Flush() {
	_ = l.out.Flush()
	_ = l.err.Flush()
}

// print prints a line to w if it is to be said.
func (l *Log) print(w io.Writer, say bool, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.said = say; say {
		l.above()
		fmt.Fprintf(w, format+"\n", args...)
	}
}

// setAbove has clear called before each line.
func (l *Log) setAbove(clear func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.above = clear
}
