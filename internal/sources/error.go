package sources

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/asset"
)

// An Error is what is wrong with a list or with one of its rows. It shows nothing of an
// address, which may be a secret.
type Error struct {
	// File is the list. Line and Column are a place in it, from 1; 0 is not known.
	File         string
	Line, Column int
	// Message is one lower-case line, Hint says how to fix it.
	Message, Hint string
}

// Error returns one line without the hint.
func (e *Error) Error() string {
	where := e.File
	if e.Line > 0 {
		where += ":" + strconv.Itoa(e.Line)
		if e.Column > 0 {
			where += ":" + strconv.Itoa(e.Column)
		}
	}
	return where + ": " + e.Message
}

// As makes errors.As find an *asset.Fault in e.
func (e *Error) As(target any) bool {
	fault, ok := target.(**asset.Fault)
	if ok {
		*fault = &asset.Fault{Message: e.Error(), Hint: e.Hint}
	}
	return ok
}

// show quotes a value for a message, and not endlessly.
func show(s string) string {
	const most = 60
	if len(s) <= most {
		return strconv.Quote(s)
	}
	for s = s[:most]; !utf8.ValidString(s); {
		s = s[:len(s)-1]
	}
	return strconv.Quote(s) + "…"
}

// names lists columns for a hint, ten at most.
func names(columns []string) string {
	const most = 10
	var quoted []string
	for _, c := range columns[:min(len(columns), most)] {
		quoted = append(quoted, show(c))
	}
	text := strings.Join(quoted, ", ")
	if more := len(columns) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
