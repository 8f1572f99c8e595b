package git

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// A Remote is a repository on a server, and how to get in.
type Remote struct {
	// URL is its address, without a password.
	URL string
	// User and Token are the name and the password for it. An empty Token leaves
	// it to what git is configured for. It is handed to git in its environment:
	// no argument, no file and no message ever holds it, and no other server
	// receives it.
	User, Token string
}

// Origin is the remote called origin, the zero value if there is none. A password
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
		return Remote{URL: out}, r.refuseInside(out)
	}
	// A password that is not escaped may hold any of /@:, which no URL parser takes.
	at := strings.LastIndexByte(rest, '@')
	origin := Remote{URL: scheme + "://" + rest[at+1:]}
	if user, password, _ := strings.Cut(rest[:max(at, 0)], ":"); password != "" {
		origin.User, origin.Token = unescaped(user), unescaped(password)
	}
	return origin, nil
}

// refuseInside is an error where an address is a folder of the work tree: it may have
// come with the files, and a push would run its hooks.
func (r *Repo) refuseInside(address string) error {
	path, ok := strings.CutPrefix(address, "file://")
	if !ok && strings.Contains(address, ":") {
		return nil // by SSH, or a helper of git's
	}
	if !within(r.top, resolve(from(r.dir, path))) {
		return nil
	}
	return &asset.Fault{
		Message: fmt.Sprintf("the remote origin is %q, which is inside of the work tree", address),
		Hint:    "set its address with `git remote set-url origin ADDRESS`",
	}
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
	out, err := r.reach(ctx, to, "ls-remote", "--", there, "refs/heads/"+branch)
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
	args = append(args, "--", there)
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
// the error is ErrMoved. A push whose answer got lost may have succeeded:
// RemoteHead shows it.
func (r *Repo) Push(ctx context.Context, to Remote, commit, branch, expected string) error {
	ref := "refs/heads/" + branch
	_, err := r.reach(ctx, to, "push", "--no-recurse-submodules", "--no-verify", "--force-with-lease="+ref+":"+expected,
		"--no-signed", "--no-follow-tags", "--", there, commit+":"+ref)
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
		if _, err := r.reach(ctx, to, "lfs", append([]string{"push", "--object-id", there}, objects[:n]...)...); err != nil {
			return err
		}
		objects = objects[n:]
	}
	return nil
}

// there stands for the server in the arguments of reach.
const there = "\x00"

// reach runs a command that talks to a server, which the arguments name by there.
//
// git is not given the address itself: it would look it up among the names of its
// remotes ([remote "https://…"]) and rewrite it (url.….insteadOf). A random name
// and address stand for it, which no configuration can match.
func (r *Repo) reach(ctx context.Context, to Remote, command string, args ...string) ([]byte, error) {
	alias := "webpress-" + strings.ToLower(rand.Text())
	args = slices.Clone(args)
	for i := range args {
		if args[i] == there {
			args[i] = alias
		}
	}
	address := alias + "://server" // git-lfs cuts off a slash at the end
	add := []setting{
		{"remote." + alias + ".url", address},
		{"url." + to.URL + ".insteadOf", address}, {"url." + to.URL + ".pushInsteadOf", address},
		// A server that sends next to nothing for so many seconds hangs. What it says
		// while its hooks run is a few bytes each 5 seconds.
		{"http.lowSpeedLimit", "1000"}, {"http.lowSpeedTime", "300"},
		{"lfs.activitytimeout", "120"}, {"lfs.dialtimeout", "30"},
	}
	at := *r
	env := slices.Clip(r.env)
	user := cmp.Or(to.User, "x-access-token")
	if u, err := url.Parse(to.URL); to.Token != "" && err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		if command == "lfs" || command == "cat-file" && r.lfs {
			if err := r.lfsElsewhere(ctx, u); err != nil {
				return nil, err
			}
		}
		env = append(env, "GIT_TRACE_REDACT=1", "WEBPRESS_GIT_USER="+user, "WEBPRESS_GIT_TOKEN="+to.Token)
		add = append(add, r.only(u)...)
	}
	at.env = configured(env, add)
	out, err := at.run(ctx, nil, command, args...)
	if failed := (*Error)(nil); errors.As(err, &failed) {
		failed.Stderr = hide(failed.Stderr, to.Token, base64.StdEncoding.EncodeToString([]byte(user+":"+to.Token)))
		err = kind(failed)
	}
	return out, err
}

// only lets the token alone count, for one server alone, and takes back what the
// repository has set for the way there: a proxy, another address for the host, a
// certificate that is not looked at.
func (r *Repo) only(server *url.URL) []setting {
	root := server.Scheme + "://" + server.Host
	// An empty value forgets those before it: not what a checkout has left in the
	// configuration. .lfsconfig or a redirection may name another server.
	add := []setting{
		{"credential.helper", ""}, {"credential." + root + ".helper", ""},
		{"http.extraheader", ""}, {"http." + root + "/.extraheader", ""}, {"http." + server.String() + ".extraheader", ""},
	}
	for _, v := range r.values {
		section, sub, name := v.split()
		switch {
		case section == "credential" && name == "helper", section == "http" && name == "extraheader":
			add = append(add, setting{v.key, ""})
		case section == "remote" && v.own && name == "proxy":
			add = append(add, setting{v.key, r.protected("http.proxy", r.proxy(server.Scheme))})
		case section == "http" && v.own:
			instead, ok := map[string]string{
				"proxy": r.proxy(server.Scheme), "proxyauthmethod": "anyauth", "sslverify": "true", "cookiefile": "",
				"curloptresolve": "", "emptyauth": "auto", "followredirects": "initial",
			}[name]
			if ok && sub != "" {
				instead = r.protected("http."+name, instead)
			}
			if ok {
				add = append(add, setting{v.key, r.protected(v.key, instead)})
			}
		}
	}
	return append(add,
		setting{"credential." + root + ".helper", helper},
		// Or else git-lfs finds it out, and writes it into the configuration.
		setting{"lfs." + strings.TrimSuffix(server.String(), "/") + "/info/lfs.access", "basic"})
}

// protected is what the user, the system or the environment has set, or else
// otherwise.
func (r *Repo) protected(key, otherwise string) string {
	if values := protectedValues(r.values, key); len(values) > 0 {
		return last(values)
	}
	return otherwise
}

// proxy is that of the environment: to set an empty one means none.
func (r *Repo) proxy(scheme string) string {
	for _, name := range []string{scheme + "_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"} {
		if name == "HTTPS_PROXY" && scheme != "https" {
			continue // curl takes http_proxy in lower case alone
		}
		if value := lookup(r.env, name); value != "" {
			return value
		}
	}
	return ""
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

// ValidBranch reports whether git takes a name as a branch's.
func (r *Repo) ValidBranch(ctx context.Context, name string) bool {
	_, err := r.run(ctx, nil, "check-ref-format", "refs/heads/"+name)
	return err == nil && !strings.HasPrefix(name, "-")
}
