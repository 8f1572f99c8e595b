package git

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
)

// A Remote is a repository on a server, and how to get in.
type Remote struct {
	// URL is its address, without a password.
	URL string
	// User and Token are the name and the password for it. An empty Token leaves
	// it to what git is configured for. It is handed to git in its environment:
	// no argument, no file and no message ever holds it, and no other server is
	// told it.
	User, Token string
}

// Origin is the remote called origin, the zero value where there is none. A password
// in its address becomes its Token; a user without one is left out, as whoever
// answers git's question for a password knows the user too.
func (r *Repo) Origin(ctx context.Context) (Remote, error) {
	out, err := r.line(ctx, "remote", "get-url", "--push", "origin")
	if err != nil {
		if exitCode(err) == 2 {
			err = nil
		}
		return Remote{}, err
	}
	scheme, rest, ok := strings.Cut(out, "://")
	if !ok || !strings.HasPrefix(scheme, "http") {
		return Remote{URL: out}, nil
	}
	// A password that is not escaped may hold any of /@:, which no URL parser takes.
	at := strings.LastIndexByte(rest, '@')
	origin := Remote{URL: scheme + "://" + rest[at+1:]}
	if user, password, _ := strings.Cut(rest[:max(at, 0)], ":"); password != "" {
		origin.User, origin.Token = unescaped(user), unescaped(password)
	}
	return origin, nil
}

// unescaped is a part of an address as it is meant.
func unescaped(part string) string {
	if plain, err := url.PathUnescape(part); err == nil {
		return plain
	}
	return part
}

// RemoteHead is the id of the last commit of a branch on a server, empty where
// there is no such branch.
func (r *Repo) RemoteHead(ctx context.Context, to Remote, branch string) (string, error) {
	out, err := r.reach(ctx, to, "ls-remote", "--", to.URL, "refs/heads/"+branch)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(out)) {
		if id, ref, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok && ref == "refs/heads/"+branch {
			return id, nil
		}
	}
	return "", nil
}

// Fetch gets a commit, unless it is there: the last one of a branch, or, where
// branch is empty or ends with another commit by now, by its id. It returns
// ErrMoved where it could not be had. A shallow clone stays so.
func (r *Repo) Fetch(ctx context.Context, from Remote, branch, commit string) error {
	if r.has(ctx, commit) {
		return nil
	}
	args := []string{"--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance"}
	if shallow, err := r.line(ctx, "rev-parse", "--is-shallow-repository"); err != nil {
		return err
	} else if shallow == "true" {
		args = append(args, "--depth=1")
	}
	args = append(args, "--", from.URL)
	if branch != "" {
		if _, err := r.reach(ctx, from, "fetch", append(args, "refs/heads/"+branch)...); err != nil {
			return err
		}
		if r.has(ctx, commit) {
			return nil
		}
	}
	// Servers give what a branch begins with, and most give any commit.
	if _, err := r.reach(ctx, from, "fetch", append(args, commit)...); err != nil && branch == "" {
		return err
	}
	if !r.has(ctx, commit) {
		return ErrMoved
	}
	return nil
}

// Push makes commit the last one of a branch. Expected is what the branch ended
// with before, empty for one that is to be made: where that is not so any more,
// the error is ErrMoved. A push whose answer got lost may have come through:
// RemoteHead tells.
func (r *Repo) Push(ctx context.Context, to Remote, commit, branch, expected string) error {
	ref := "refs/heads/" + branch
	_, err := r.reach(ctx, to, "push", "--no-recurse-submodules", "--no-verify", "--force-with-lease="+ref+":"+expected,
		"--", to.URL, commit+":"+ref)
	return err
}

// atOnce is how many objects one call of git-lfs is given as arguments.
const atOnce = 500

// PushLFS uploads what Git LFS keeps of files, by the SHA-256 of their content in
// hex. A commit with such files is made before, and pushed afterwards.
func (r *Repo) PushLFS(ctx context.Context, to Remote, objects []string) error {
	for len(objects) > 0 {
		n := min(len(objects), atOnce)
		// Not the commit: all of its history would be looked through, and missed in
		// a shallow clone.
		if _, err := r.reach(ctx, to, "lfs", append([]string{"push", "--object-id", to.URL}, objects[:n]...)...); err != nil {
			return err
		}
		objects = objects[n:]
	}
	return nil
}

// reach runs a command that talks to a server.
func (r *Repo) reach(ctx context.Context, to Remote, command string, args ...string) ([]byte, error) {
	add := []setting{
		// Hooks of a tree that is somebody else's are not run.
		{"core.hooksPath", "/dev/null"},
		// A server that sends nothing at all for so many seconds hangs.
		{"http.lowSpeedLimit", "1"}, {"http.lowSpeedTime", "120"},
		{"lfs.activitytimeout", "120"}, {"lfs.dialtimeout", "30"},
	}
	at := *r
	env := r.env[:len(r.env):len(r.env)]
	user := to.User
	if user == "" {
		user = "x-access-token"
	}
	if to.Token != "" {
		// An empty value forgets those before it: the token alone counts, and not one
		// that a checkout has left in the configuration.
		add = append(add, setting{"credential.helper", ""})
		env = append(env, "GIT_TRACE_REDACT=1", "WEBPRESS_GIT_USER="+user, "WEBPRESS_GIT_TOKEN="+to.Token)
		if u, err := url.Parse(to.URL); err == nil && strings.HasPrefix(u.Scheme, "http") {
			server := u.Scheme + "://" + u.Host
			add = append(add,
				// For this server alone: .lfsconfig or a redirection may name another.
				setting{"credential." + server + ".helper", ""}, setting{"credential." + server + ".helper", helper},
				setting{"http.extraheader", ""}, setting{"http." + server + "/.extraheader", ""}, setting{"http." + to.URL + ".extraheader", ""},
				// Or else git-lfs finds it out, and writes it into the configuration.
				setting{"lfs." + strings.TrimSuffix(to.URL, "/") + "/info/lfs.access", "basic"})
		}
	}
	at.env = environment(env, add)
	out, err := at.run(ctx, nil, command, args...)
	if failed := (*Error)(nil); errors.As(err, &failed) {
		failed.Stderr = hide(failed.Stderr, to.Token, base64.StdEncoding.EncodeToString([]byte(user+":"+to.Token)))
		err = kind(failed)
	}
	return out, err
}

// hide makes secrets unreadable, should git ever say them.
func hide(text string, token, basic string) string {
	if token == "" {
		return text
	}
	return strings.NewReplacer(token, "***", url.QueryEscape(token), "***", basic, "***").Replace(text)
}

// helper answers git's question for a password from the environment.
const helper = `!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$WEBPRESS_GIT_USER" "$WEBPRESS_GIT_TOKEN"; }; f`

// ValidBranch says whether git takes a name as a branch's.
func (r *Repo) ValidBranch(ctx context.Context, name string) bool {
	_, err := r.run(ctx, nil, "check-ref-format", "refs/heads/"+name)
	return err == nil && !strings.HasPrefix(name, "-")
}
