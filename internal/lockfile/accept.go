package lockfile

import (
	"path"

	"github.com/webpress/webpress/internal/asset"
)

// Accept takes the file in the place of a job's output for its result: size is its
// length in bytes, and blob its git blob id. It is held as long as the content of the
// source, its recipe and that file stay as they are. Sources that git ignores, or whose
// content is not known, are not written down: Accept is false then.
func (l *File) Accept(j asset.Job, prefix, codecs string, size int64, blob string) bool {
	r := asset.Result{Source: j.Source, Status: asset.Converted, Output: j.Output, Format: j.Recipe.Format, After: size}
	e, ok := entry(j, r, prefix, codecs, map[string]string{path.Join(prefix, j.Output): blob})
	if !ok {
		return false
	}
	e.Status, e.Output.Accepted = Made, true
	l.Set(e)
	return true
}
