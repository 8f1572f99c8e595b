package scan

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/webpress/webpress/internal/tree"
)

// Wants returns what says whether the patterns of o want the file at a path that
// begins at the working directory, be it there or not. Nothing of the file is
// looked at, and git is not asked: a file that git ignores is wanted too.
//
// The error is that of Find.
func Wants(o Options) (func(file string) bool, error) {
	root, err := os.OpenRoot(o.Dir + "/.")
	if err != nil {
		return nil, fmt.Errorf("open working directory %q: %w", o.Dir, tree.Cause(err))
	}
	defer root.Close()
	t := workdir{root: root, dir: filepath.Clean(o.Dir)}
	if t.real, err = filepath.EvalSymlinks(t.dir); err != nil {
		return nil, fmt.Errorf("open working directory %q: %w", o.Dir, tree.Cause(err))
	}
	w, err := t.read(o)
	if err != nil {
		return nil, err
	}
	if o.takesNothing() {
		return func(string) bool { return false }, nil
	}
	return w.takes, nil
}
