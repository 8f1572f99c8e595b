package git

import "context"

// A Kind says what became of a file.
type Kind string

// The kinds. A renamed file is one that was deleted and one that was added; a file
// of which the mode changed, or that a symbolic link took the place of, is modified.
const (
	Added    Kind = "added"
	Modified Kind = "modified"
	Deleted  Kind = "deleted"
)

// A Difference is a file that two states of the tree do not have alike.
type Difference struct {
	// Path is relative to Repo.Dir and has forward slashes.
	Path string
	Kind Kind
}

// Changed returns the files below Dir that differ between a commit and the work
// tree, staged or not. Untracked files are not among them: Files tells them. A file
// that git was told to forget is deleted here, and may be there, untracked, all the
// same.
func (r *Repo) Changed(ctx context.Context, base string) ([]Difference, error) {
	return nil, nil
}

// Sizes returns the sizes in bytes of all regular files that a commit has below
// Dir, as git keeps them: what Git LFS tracks has the size of its pointer. A partial
// clone does not know them all: that is an error, and nothing is fetched.
func (r *Repo) Sizes(ctx context.Context, commit string) (map[string]int64, error) {
	return nil, nil
}
