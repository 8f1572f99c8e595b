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

	"github.com/webpress/webpress/internal/asset"
)

// A Store is a place that results go to. A store does the same delivery twice
// without harm: what is there already is not made again.
type Store interface {
	// Name is what logs and reports call it: commit, artifact, folder, none.
	Name() string
	// Deliver delivers. Files that could not be delivered while others could are in
	// Stored.Left, and no error. The error is an *asset.HintError, or the context's; what
	// was done until then is in Stored also where there is one.
	Deliver(ctx context.Context, d Delivery) (asset.Receipt, error)
}

// A Delivery is what a run has to hand over.
type Delivery struct {
	// Dir is the working directory as an absolute path. All paths in Results are
	// relative to it.
	Dir string
	// Prefix is the path of Dir below the root of its repository, with forward
	// slashes, and empty if Dir is the root.
	Prefix string
	// Results are those of the run, in any order: stores take what they need,
	// see Files.
	Results []asset.Result
	// Remove reports whether the source of an output is to be removed. It is gone from
	// the work tree by then. Nil is never.
	Remove func(asset.Source) bool
	// Deleted are outputs that nothing needs any more, as their sources are gone or
	// renamed. They are gone from the work tree by then. What a result has replaced
	// counts without being named here: see Outdated.
	Deleted []string
	// Edits are files that are regenerated on top of whatever the branch has, in this
	// order, such as the lock file. Only a Commit makes them: an artifact or a folder
	// goes to a run that makes them itself.
	Edits []Edit
	// Recipe returns the recipe of an output. Nil is not known.
	Recipe func(source asset.Source, output string) asset.Recipe
	// Committed reports whether the commit Head has the output at this path already, as
	// it is in the work tree. Nil is not known: then no output counts as delivered
	// by an earlier run.
	Committed func(output string) bool
	// Report is the JSON form of the run's report.
	Report []byte
	// Page makes the report to look at, for a bundle that holds these files. Nil makes none.
	Page func(ctx context.Context, files []File) []byte
	// Head is the id of the commit that the run is on, empty if not known. For
	// a pull request it is the last commit of its branch.
	Head string
	// Shard is which part of all images the run was about, such as 2/4; empty is
	// all of them. An artifact or a folder of a shard is made also where it holds no
	// results: the job that merges the shards waits for it.
	Shard string
}

// An Edit changes a file that several runs may change at once: it is not delivered as it
// is in the work tree, but regenerated from what the branch has.
type Edit struct {
	// Path is from the root of the repository.
	Path string
	// Off is what turns it off, such as lock: false.
	Off string
	// Headline is the first line of the message of a commit that has no image. It is
	// given the numbers of lines that are new and gone; remarks do not count.
	Headline func(path string, added, dropped int) string
	// Update returns the content that is to be committed on top of a commit that
	// has theirs, nil if it has no such file. It is called again whenever the
	// branch has moved, after those of the edits before it. Its error leaves the file
	// out, and nothing else.
	//
	// leftOut has the paths, from the root of the repository, of the sources whose
	// results are not true there: they cannot be committed, or the source is another
	// one. It has the paths of outdated outputs, too, that are not deleted.
	Update func(theirs []byte, leftOut map[string]bool) ([]byte, error)
}

// A File is one output to be delivered.
type File struct {
	asset.Result
	// Removed reports whether the source is to be removed with it: never where source
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
		f := File{Result: r, Removed: d.removes(r)}
		if f.Removed || d.Committed == nil || !d.Committed(r.Output) {
			files = append(files, f)
		}
	}
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(a.Output, b.Output) })
	return slices.CompactFunc(files, func(a, b File) bool { return a.Output == b.Output })
}

// removes reports whether the source of a result is to be removed.
func (d Delivery) removes(r asset.Result) bool {
	return d.Remove != nil && r.Source.Path != r.Output && d.Remove(r.Source)
}

// Outdated are the outputs that are to be deleted, sorted, each once: those in
// Deleted, and those that results have replaced. What is an output of a result as
// well is not among them.
func (d Delivery) Outdated() []string {
	outdated := slices.Clone(d.Deleted)
	made := map[string]bool{}
	for _, r := range d.Results {
		if r.Output != "" && r.Status != asset.Failed {
			made[r.Output] = true
		}
		if r.Replaced != "" {
			outdated = append(outdated, r.Replaced)
		}
	}
	slices.Sort(outdated)
	return slices.DeleteFunc(slices.Compact(outdated), func(name string) bool { return made[name] })
}

// Empty reports whether there is nothing to hand over.
func (d Delivery) Empty() bool {
	return len(d.Files()) == 0 && len(d.Outdated()) == 0 && len(d.Edits) == 0 && d.Shard == ""
}

// InRepository is the path of name, which is relative to Dir, from the root of
// the repository.
func (d Delivery) InRepository(name string) string { return path.Join(d.Prefix, name) }
