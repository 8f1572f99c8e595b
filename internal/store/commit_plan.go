package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"webpress/internal/asset"
	"webpress/internal/git"
)

// A file is what one output comes to in a commit. Paths are from the top of the
// repository.
type file struct {
	output, origin string // the result's path and its source's
	name, source   string // the same as the user knows them
	blob           string // the id of the output's content
	sourceBlob     string // that of the source's, empty where not known
	before, after  int64  // sizes in bytes
	add, remove    bool
}

// plan turns a delivery into files, and leaves out what cannot be committed.
func (c Commit) plan(ctx context.Context, d Delivery, stored *asset.Stored) ([]file, error) {
	results := d.Files()
	names := make([]string, len(results))
	for i, r := range results {
		names[i] = r.Output
	}
	ignored, err := c.Repo.Ignored(ctx, names...)
	if err != nil {
		return nil, err
	}
	blobs, err := c.Repo.Hash(ctx, names)
	if err != nil {
		return nil, err
	}
	var all []file
	for _, r := range results {
		switch {
		case ignored[r.Output]:
			stored.Left = append(stored.Left, asset.Left{Path: r.Output, Reason: "git ignores it; take it out of .gitignore, or set `output`"})
		case blobs[r.Output] == "":
			stored.Left = append(stored.Left, asset.Left{Path: r.Output, Reason: "it is gone from the work tree"})
		default:
			all = append(all, file{
				output: d.InRepository(r.Output), origin: d.InRepository(r.Source.Path),
				name: r.Output, source: r.Source.Path, blob: blobs[r.Output], remove: r.Removed,
				sourceBlob: r.Source.Blob, before: r.Before, after: r.After,
			})
		}
	}
	return all, nil
}

// onto finds out what is to be done on top of the commit head: what it does not
// have already, but nothing whose source is another one there than here.
func (c Commit) onto(ctx context.Context, all []file, head string) (todo []file, left []asset.Left, err error) {
	if head == "" {
		return nil, nil, fmt.Errorf("there is no commit yet in this repository")
	}
	if err := c.Repo.Fetch(ctx, c.Remote, c.Branch, head); err != nil {
		return nil, nil, err
	}
	there, err := c.Repo.Blobs(ctx, head)
	if err != nil {
		return nil, nil, err
	}
	// The results were made of what is checked out. That is a merge commit for a
	// pull request at GitHub, and not Delivery.Head.
	here := there
	from, err := c.Repo.CheckedOut(ctx)
	if err != nil {
		return nil, nil, err
	}
	if from != "" && from != head {
		if here, err = c.Repo.Blobs(ctx, from); err != nil {
			return nil, nil, err
		}
	}
	for _, f := range all {
		made := here[f.origin]
		if f.sourceBlob != "" && here[f.origin] != "" {
			made = f.sourceBlob
		}
		if made != there[f.origin] && made != "" {
			// A source that is gone there may have been removed by another run with
			// the same result.
			if there[f.origin] == "" && there[f.output] == f.blob {
				continue
			}
			left = append(left, asset.Left{Path: f.name, Reason: "its source has changed on " + quote(c.Branch) + " since; it is left to the run for that"})
			continue
		}
		f.add = there[f.output] != f.blob
		f.remove = f.remove && there[f.origin] != ""
		if f.add || f.remove {
			todo = append(todo, f)
		}
	}
	return todo, left, nil
}

// changes are the files as git takes them.
func changes(files []file) []git.Change {
	var all []git.Change
	for _, f := range files {
		if f.add {
			all = append(all, git.Change{Path: f.output})
		}
		if f.remove {
			all = append(all, git.Change{Path: f.origin, Delete: true})
		}
	}
	return all
}

func quote(branch string) string { return strconv.Quote(branch) }

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// mergeLeft adds to old what it does not name yet.
func mergeLeft(old, add []asset.Left) []asset.Left {
	for _, l := range add {
		if !slices.ContainsFunc(old, func(o asset.Left) bool { return o.Path == l.Path }) {
			old = append(old, l)
		}
	}
	slices.SortFunc(old, func(a, b asset.Left) int { return cmp.Compare(a.Path, b.Path) })
	return old
}
