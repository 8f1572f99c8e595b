package git

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// What Push and the other commands that reach for a server return, by errors.Is.
var (
	// ErrMoved says that the branch is not any more where it was thought to be.
	ErrMoved = errors.New("the branch has moved")
	// ErrProtected says that a rule of the server or one of its hooks refused.
	ErrProtected = errors.New("the branch is protected")
	// ErrForbidden says that the token may not write, ErrUnauthorized that there is
	// none or that it is not known.
	ErrForbidden    = errors.New("permission denied")
	ErrUnauthorized = errors.New("not logged in")
	// ErrNoLFS says that a path is kept by Git LFS, and that git-lfs is missing.
	ErrNoLFS = errors.New("git-lfs is not installed")
)

// A Remote is a repository on a server, and how to get in.
type Remote struct {
	// URL is its address, without a password.
	URL string
	// User and Token are the name and the password for it. An empty Token leaves
	// it to what git is configured for. It is handed to git in its environment:
	// no argument, no file and no message ever holds it.
	User, Token string
}

// Origin is the address of the remote called origin, empty where there is none.
// A password in it is left out.
func (r *Repo) Origin(ctx context.Context) (string, error) {
	out, err := r.line(ctx, "remote", "get-url", "--push", "origin")
	if err != nil && exitCode(err) == 2 {
		return "", nil
	}
	if u, parsed := url.Parse(out); parsed == nil && u.User != nil && strings.HasPrefix(u.Scheme, "http") {
		u.User = nil
		out = u.String()
	}
	return out, err
}

// RemoteHead is the id of the last commit of a branch on a server, empty where
// there is no such branch.
func (r *Repo) RemoteHead(ctx context.Context, to Remote, branch string) (string, error) {
	out, err := r.reach(to).run(ctx, nil, "ls-remote", "--", to.URL, "refs/heads/"+branch)
	if err != nil {
		return "", kind(err)
	}
	for line := range strings.Lines(string(out)) {
		if id, ref, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok && ref == "refs/heads/"+branch {
			return id, nil
		}
	}
	return "", nil
}

// Fetch gets a commit, the last of a branch, unless it is there. A shallow clone
// stays so.
func (r *Repo) Fetch(ctx context.Context, from Remote, branch, commit string) error {
	if r.has(ctx, commit) {
		return nil
	}
	args := []string{"--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"}
	if shallow, err := r.line(ctx, "rev-parse", "--is-shallow-repository"); err != nil {
		return err
	} else if shallow == "true" {
		args = append(args, "--depth=1")
	}
	_, err := r.reach(from).run(ctx, nil, "fetch", append(args, "--", from.URL, "refs/heads/"+branch)...)
	return kind(err)
}

// Push makes commit the last one of a branch. Expected is what the branch ended
// with before, empty for one that is to be made: where that is not so any more,
// the error is ErrMoved. With lfs, what Git LFS keeps goes first.
func (r *Repo) Push(ctx context.Context, to Remote, commit, branch, expected string, lfs bool) error {
	at := r.reach(to)
	if lfs {
		if _, err := at.run(ctx, nil, "lfs", "version"); err != nil {
			return ErrNoLFS
		}
		if _, err := at.run(ctx, nil, "lfs", "push", to.URL, commit); err != nil {
			return kind(err)
		}
	}
	ref := "refs/heads/" + branch
	_, err := at.run(ctx, nil, "push", "--no-recurse-submodules", "--force-with-lease="+ref+":"+expected,
		"--", to.URL, commit+":"+ref)
	return kind(err)
}

// reach is r with what it takes to get into a server.
func (r *Repo) reach(to Remote) *Repo {
	// Hooks and helpers of a tree that is somebody else's are not run.
	add := []setting{{"core.hooksPath", "/dev/null"}}
	env := r.env[:len(r.env):len(r.env)]
	if to.Token != "" {
		user := to.User
		if user == "" {
			user = "x-access-token"
		}
		// An empty value forgets those before it: the token alone counts, and not one
		// that a checkout has left in the configuration.
		add = append(add, setting{"credential.helper", ""}, setting{"credential.helper", helper})
		if u, err := url.Parse(to.URL); err == nil && strings.HasPrefix(u.Scheme, "http") {
			add = append(add, setting{fmt.Sprintf("http.%s://%s/.extraheader", u.Scheme, u.Host), ""},
				setting{"http.extraheader", ""})
		}
		env = append(env, "WEBPRESS_GIT_USER="+user, "WEBPRESS_GIT_TOKEN="+to.Token)
	}
	at := *r
	at.env = environment(env, add)
	return &at
}

// helper answers git's question for a password from the environment.
const helper = `!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$WEBPRESS_GIT_USER" "$WEBPRESS_GIT_TOKEN"; }; f`

// kind adds to an error of git's what it comes to.
func kind(err error) error {
	var failed *Error
	if !errors.As(err, &failed) {
		return err
	}
	said := strings.ToLower(failed.Stderr)
	for _, k := range []struct {
		err   error
		words []string
	}{
		{ErrProtected, []string{"protected branch", "gh006", "gh013", "pre-receive hook declined", "update hook declined", "not allowed to push code to protected"}},
		{ErrMoved, []string{"non-fast-forward", "fetch first", "stale info", "cannot lock ref", "failed to update ref", "incorrect old value"}},
		{ErrForbidden, []string{"403", "permission denied", "permission to ", "not allowed to", "write access to repository not granted", "denied"}},
		{ErrUnauthorized, []string{"401", "authentication failed", "could not read username", "could not read password", "terminal prompts disabled", "invalid username"}},
	} {
		for _, w := range k.words {
			if strings.Contains(said, w) {
				return &refusal{k.err, failed}
			}
		}
	}
	return err
}

// A refusal is an error of git's with what it comes to.
type refusal struct {
	kind error
	err  *Error
}

func (e *refusal) Error() string   { return e.kind.Error() + " (" + e.err.Error() + ")" }
func (e *refusal) Unwrap() []error { return []error{e.kind, e.err} }
