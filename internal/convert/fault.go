package convert

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"webpress/internal/asset"
	"webpress/internal/codec"
)

// A mistake is an error that the user can mend, and how.
type mistake struct {
	error
	hint string
}

func (m *mistake) Unwrap() error { return m.error }

// named adds the path to an error of the codec, and carries its hint on.
func named(verb, path string, err error) error {
	out := fmt.Errorf("%s %q: %w", verb, path, err)
	if e, ok := errors.AsType[*codec.Error](err); ok && e.Hint != "" {
		return &mistake{out, e.Hint}
	}
	return out
}

// failure is the Result of a source that failed with err.
func failure(s asset.Source, err error) asset.Result {
	var hint string
	if m, ok := errors.AsType[*mistake](err); ok {
		hint = m.hint
	}
	return asset.Fail(s, err.Error(), hint)
}

// cause takes err out of what the standard library wraps it in: the path is
// told already, and the name of a system call says nothing to a user.
func cause(err error) error {
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		err = pathErr.Err
	case errors.As(err, &linkErr):
		err = linkErr.Err
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("file became shorter during the run")
	}
	return err
}
