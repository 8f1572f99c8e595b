package git

import (
	"context"
	"errors"
)

// ErrNoBase says that there is no commit to compare with. The error around it has
// the reason.
var ErrNoBase = errors.New("no commit to compare with")

// BaseOptions say what to compare with. The first that is given counts; nothing
// given is a run at home.
type BaseOptions struct {
	// Ref is the branch, the tag or the commit that the user named. A branch may be
	// one of origin's.
	Ref string
	// Merge is the id of the commit that the platform made by merging a pull request
	// into its base. It counts as long as it is what is checked out.
	Merge string
	// SHA is the commit that the platform names as the base.
	SHA string
	// Branch is the name of the branch that a pull request is to be merged into.
	Branch string
}

// Base finds the commit to compare the work tree with, and says in a few words how.
// Nothing is fetched for it. It returns an error that is ErrNoBase where there is
// none.
func (r *Repo) Base(ctx context.Context, o BaseOptions) (commit, how string, err error) {
	return "", "", ErrNoBase
}
