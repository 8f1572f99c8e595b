package codec

// An Error is why a picture could not be decoded or encoded. It does not name
// the file: whoever knows the path adds it.
type Error struct {
	// Op is the format or library that failed, such as "png" or "libheif".
	Op string
	// Code is the library's own error code, or 0 where there is none.
	Code int
	// Detail is the cause, lower case, without a full stop.
	Detail string
	// Hint, where there is one, says how to mend it.
	Hint string
}

// Error returns "op: detail".
func (e *Error) Error() string { return e.Op + ": " + e.Detail }
