package convert

import (
	"errors"
	"fmt"
	"io"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/tree"
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

// failure is the Result of a job that failed with err.
func failure(j asset.Job, err error) asset.Result {
	hint := asset.HintOf(err)
	if m, ok := errors.AsType[*mistake](err); ok {
		hint = m.hint
	}
	result := asset.Fail(j.Source, err.Error(), hint)
	if e, ok := errors.AsType[*codec.Error](err); ok {
		result.Err.Crashed = e.Crashed
	}
	return failed(j, result)
}

// failed says which job a result of a source is about.
func failed(j asset.Job, result asset.Result) asset.Result {
	result.Target, result.Variant = j.Output, j.Recipe.Name
	return result
}

// cause is tree.Cause, with words for a file that ends too soon.
func cause(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("file became shorter during the run")
	}
	return tree.Cause(err)
}
