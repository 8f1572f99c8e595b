package git

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// ErrNoBase says that there is no commit to compare with. The error that wraps it
// has the reason, and wraps an *asset.Fault with a hint, too.
var ErrNoBase = errors.New("no commit to compare with")

// BaseOptions say what to compare with. The first that is given and found counts;
// nothing given is a run at home.
type BaseOptions struct {
	// Ref is the branch, the tag or the commit that the user named. A branch may be
	// one of origin's. It is an error where it is not found.
	Ref string
	// Merge is the id of the commit that the platform made by merging a pull request
	// into its base. It counts while it is what is checked out.
	Merge string
	// SHA is the commit that the platform names as the base.
	SHA string
	// Branch is the name of the branch that a pull request is to be merged into.
	Branch string
}

// Base finds the commit to compare the work tree with, and says in a few words what
// it is, to be read after "the".
//
// It is where the history of what is checked out left that of what o names, so that
// what others did since is not among the changes. Nothing is fetched for it. It
// returns an error that is ErrNoBase if there is none.
func (r *Repo) Base(ctx context.Context, o BaseOptions) (commit, how string, err error) {
	quiet := r.with("GIT_NO_LAZY_FETCH=1")
	head, err := quiet.CheckedOut(ctx)
	if err != nil {
		return "", "", err
	}
	if head == "" {
		return "", "", noBase("nothing is committed yet", "")
	}
	f := finder{quiet, head}
	switch {
	case o.Ref != "":
		return f.named(ctx, o.Ref)
	case o.Merge != "" && o.Merge == head:
		if parent, err := f.merged(ctx); err != nil || parent != "" {
			return parent, "first parent of the pull request's merge commit", err
		}
	}
	if o.SHA != "" {
		if id, err := f.resolve(ctx, o.SHA); err != nil {
			return "", "", err
		} else if id != "" {
			return f.since(ctx, id, "the CI's base "+short(id), "CI's base "+short(id))
		}
	}
	switch {
	case o.Branch != "":
		return f.branch(ctx, "origin/"+o.Branch)
	case o.SHA != "":
		return "", "", f.missing(ctx, "the CI's base "+short(o.SHA))
	case o.Merge != "":
		return "", "", f.missing(ctx, "the base of the pull request")
	}
	return f.home(ctx)
}

// Fetched reports whether there are branches of a remote: some of what is committed may be in
// another repository already.
func (r *Repo) Fetched(ctx context.Context) (bool, error) {
	out, err := r.run(ctx, nil, "for-each-ref", "--count=1", "--format=%(refname)", "refs/remotes")
	return strings.TrimSpace(string(out)) != "", err
}

// A finder looks for a base of what is checked out, which is head.
type finder struct {
	*Repo
	head string
}

// named is the base by what the user named.
func (f finder) named(ctx context.Context, ref string) (commit, how string, err error) {
	for _, name := range []string{ref, "origin/" + ref} {
		id, err := f.resolve(ctx, name)
		if err != nil {
			return "", "", err
		}
		if id != "" {
			return f.since(ctx, id, name, "commit "+name)
		}
	}
	return "", "", noBase(fmt.Sprintf("%q is not a branch, tag or commit in this clone", ref), fetchIt)
}

// since is the merge base of id and what is checked out. If they have none, because
// history is cut short or was rewritten, it is id: what others did is then among
// the changes, but no change is missed.
func (f finder) since(ctx context.Context, id, name, itself string) (commit, how string, err error) {
	commit, err = f.mergeBase(ctx, id)
	switch {
	case err != nil:
		return "", "", err
	case commit == "":
		return id, itself + ", as its history does not meet the one that is checked out", nil
	}
	return commit, f.how(commit, name), nil
}

// branch is the base by the branch of a pull request. Unlike since, it is not the
// branch itself: nothing says that it is the right one to compare with.
func (f finder) branch(ctx context.Context, name string) (commit, how string, err error) {
	id, err := f.resolve(ctx, name)
	if err != nil {
		return "", "", err
	}
	if id == "" {
		return "", "", f.missing(ctx, fmt.Sprintf("the branch %q", name))
	}
	commit, err = f.mergeBase(ctx, id)
	switch {
	case err != nil:
		return "", "", err
	case commit == "":
		return "", "", f.apart(ctx, name)
	case commit == f.head:
		// Merged by now, or the branch of the same name in a fork, where that is what
		// was cloned: it does not show where the pull request began.
		return "", "", noBase(fmt.Sprintf("%q has all of what is checked out already", name), "")
	}
	return commit, f.how(commit, name), nil
}

// home is the base if nothing is configured: what origin has, or else the branch
// that others build on.
func (f finder) home(ctx context.Context) (commit, how string, err error) {
	on, err := f.Branch(ctx)
	if err != nil {
		return "", "", err
	}
	reason := noBase("there is neither origin/HEAD nor another branch main or master", "name one with the setting `base`")
	for _, name := range []string{"origin/HEAD", "main", "origin/main", "master", "origin/master"} {
		if name == on {
			continue
		}
		id, err := f.resolve(ctx, name)
		if err != nil {
			return "", "", err
		}
		// A detached commit may be the very one that was pushed: a CI's checkout.
		if id == "" || id == f.head && on == "" && name != "origin/HEAD" {
			continue
		}
		if commit, err = f.mergeBase(ctx, id); err != nil {
			return "", "", err
		}
		if commit != "" {
			return commit, f.how(commit, name), nil
		}
		reason = f.apart(ctx, name)
	}
	return "", "", reason
}

// merged is the first of the two parents of what is checked out, empty if it
// does not have two, or where history ends before them.
func (f finder) merged(ctx context.Context) (string, error) {
	out, err := f.line(ctx, "rev-list", "--parents", "--max-count=1", f.head)
	if err != nil {
		return "", err
	}
	field := strings.Fields(out)
	if len(field) != 3 {
		return "", nil
	}
	return field[1], nil
}

// resolve is the id of the commit that a name stands for, empty if there is no
// such name or where the commit is not here.
func (f finder) resolve(ctx context.Context, name string) (string, error) {
	if strings.HasPrefix(name, "-") || strings.ContainsAny(name, "\x00\n") {
		return "", nil
	}
	id, err := f.line(ctx, "rev-parse", "--verify", "--quiet", name+"^{commit}")
	if err != nil {
		if exitCode(err) > 0 {
			return "", nil // also what is no name at all
		}
		return "", err
	}
	if strings.Trim(id, "0123456789abcdef") != "" {
		return "", nil // ^main is all but main
	}
	return id, nil
}

// mergeBase is where the histories of id and of what is checked out met last, empty
// where they do not.
func (f finder) mergeBase(ctx context.Context, id string) (string, error) {
	out, err := f.line(ctx, "merge-base", id, f.head)
	if exitCode(err) == 1 {
		return "", nil
	}
	return out, err
}

func (f finder) how(commit, name string) string {
	if commit == f.head {
		return "commit that is checked out, as " + name + " has it"
	}
	return "merge base with " + name
}

// What to do about a history that is too short.
const (
	fetchAll = "let the checkout have the whole history: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` at GitLab, `git fetch --unshallow` elsewhere"
	fetchIt  = "fetch it first, or let the checkout have the whole history: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` at GitLab"
)

// missing is the error where what is not there: a commit or a branch.
func (f finder) missing(ctx context.Context, what string) error {
	if f.shallow(ctx) {
		return noBase(what+" is not here, as the clone is shallow", fetchAll)
	}
	return noBase(what+" is not here", fetchIt)
}

// apart is the error where a branch has no commit in common with what is checked
// out.
func (f finder) apart(ctx context.Context, name string) error {
	if f.shallow(ctx) {
		return noBase(fmt.Sprintf("the clone is shallow: history ends before it meets that of %q", name), fetchAll)
	}
	return noBase(fmt.Sprintf("what is checked out has no commit in common with %q", name), "")
}

func (f finder) shallow(ctx context.Context) bool {
	out, err := f.line(ctx, "rev-parse", "--is-shallow-repository")
	return err == nil && out == "true"
}

// short is an id as people write it.
func short(id string) string { return id[:min(len(id), 7)] }

// A baseless is an ErrNoBase with its reason.
type baseless struct{ *asset.Fault }

func noBase(reason, hint string) error {
	return baseless{&asset.Fault{Message: ErrNoBase.Error() + ": " + reason, Hint: hint}}
}

// Unwrap returns what it is, and the fault.
func (e baseless) Unwrap() []error { return []error{ErrNoBase, e.Fault} }
