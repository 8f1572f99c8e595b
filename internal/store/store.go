// Package store delivers results to where they are wanted: into a commit, into
// an artifact of the CI, into a folder that the CI takes up. The results are in
// the work tree before any store sees them, and stay there whatever a store does.
//
// It also checks what another run has delivered, before a run with more rights
// makes use of it: see Verify.
package store

import (
	"cmp"
	"context"
	"path"
	"slices"

	"webpress/internal/asset"
)

// A Store is a place that results go to. A store does the same delivery twice
// without harm: what is there already is not made again.
type Store interface {
	// Name is what logs and reports call it: commit, artifact, folder, none.
	Name() string
	// Put delivers. Files that could not be delivered while others could are in
	// Stored.Left, and no error. The error is an *Error, or the context's; what
	// was done until then is in Stored also where there is one.
	Put(ctx context.Context, d Delivery) (asset.Stored, error)
}

// A Delivery is what a run has to hand over.
type Delivery struct {
	// Dir is the working directory as an absolute path. All paths in Results are
	// relative to it.
	Dir string
	// Prefix is the path of Dir below the root of its repository, with forward
	// slashes, and empty where Dir is the root.
	Prefix string
	// Results are those of the run, in any order: stores take what they need,
	// see Files.
	Results []asset.Result
	// Remove says that the source of every output is to be removed. Those sources
	// are gone from the work tree by then.
	Remove bool
	// Recipe tells what was wanted of a source. Nil is not known.
	Recipe func(asset.Source) asset.Recipe
	// Committed says that the commit Head has the output at this path already, as
	// it is in the work tree. Nil is not known: then no output counts as delivered
	// by an earlier run.
	Committed func(output string) bool
	// Report is the JSON form of the run's report.
	Report []byte
	// Head is the id of the commit that the run is on, empty where not known. For
	// a pull request it is the last commit of its branch.
	Head string
}

// A File is one output to be delivered.
type File struct {
	asset.Result
	// Removed says that the source is to be removed with it: never where source
	// and output are one path.
	Removed bool
}

// Files are the outputs that are not known to be in the commit already, sorted
// by path, each once. Those that were up to date are among them: a run may have
// been killed after it had written them, and before they were delivered.
func (d Delivery) Files() []File {
	var files []File
	for _, r := range d.Results {
		made := r.Status == asset.Converted || r.Status == asset.Skipped && r.Reason == asset.UpToDate
		if !made || r.Output == "" {
			continue
		}
		f := File{Result: r, Removed: d.Remove && r.Source.Path != r.Output}
		if f.Removed || d.Committed == nil || !d.Committed(r.Output) {
			files = append(files, f)
		}
	}
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(a.Output, b.Output) })
	return slices.CompactFunc(files, func(a, b File) bool { return a.Output == b.Output })
}

// InRepository is the path of name, which is relative to Dir, from the root of
// the repository.
func (d Delivery) InRepository(name string) string { return path.Join(d.Prefix, name) }

// An Error is why a store could not deliver.
type Error struct {
	// What was to be done, such as `upload artifact "webp"`.
	What string
	// Why it was not, in plain words. It may wrap the cause.
	Why error
	// Hint, where not empty, says what to change.
	Hint string
}

// Error returns one line without the hint.
func (e *Error) Error() string { return e.What + ": " + e.Why.Error() }

// Unwrap returns Why.
func (e *Error) Unwrap() error { return e.Why }

// As makes errors.As find an *asset.Fault in e, which is the form in which all
// rooms tell a mistake and its mend.
func (e *Error) As(target any) bool {
	fault, ok := target.(**asset.Fault)
	if ok {
		*fault = &asset.Fault{Message: e.Error(), Hint: e.Hint}
	}
	return ok
}
