package codec

import (
	"errors"
	"strings"
)

// An Error is why an image could not be decoded or encoded. It does not name
// the file: the caller adds the path.
type Error struct {
	// Op is the format or library that failed, such as "png" or "heic".
	Op string
	// Code is the library's own error code, or 0 if there is none.
	Code int
	// Detail is the cause, lower case, without a full stop.
	Detail string
	// Hint, if any, says how to fix it.
	Hint string
	// Crashed reports whether the process that decoded the image crashed.
	Crashed bool `json:"-"`
}

// What errors of damaged files of all formats begin with, and how to fix it.
const (
	cutShort  = "the file is cut short"
	damaged   = "the file is damaged"
	againHint = "copy, download or export it again"
)

// exportHint is for images that are sound but of a kind that is not read.
const exportHint = "export it again as a plain HEIC, JPEG or PNG"

// withHint gives an error its hint where the file is not what it was.
func withHint(err error) error {
	e, ok := errors.AsType[*Error](err)
	if ok && e.Hint == "" && (strings.Contains(e.Detail, "cut short") || strings.Contains(e.Detail, "damaged")) {
		e.Hint = againHint
	}
	return err
}

// Error returns "op: detail".
func (e *Error) Error() string { return e.Op + ": " + e.Detail }
