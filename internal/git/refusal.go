package git

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
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
	// ErrNotFound says that there is no such repository, or that the user may
	// not know of it.
	ErrNotFound = errors.New("repository not found")
	// ErrUnreachable says that the server was not reached, or broke off. It may be
	// there a moment later.
	ErrUnreachable = errors.New("the server did not answer")
	// ErrTimeout says that the server was given all the time that there is.
	ErrTimeout = errors.New("the server took too long")
	// ErrNoLFS says that a path is kept by Git LFS, and that git-lfs is missing.
	ErrNoLFS = errors.New("git-lfs is not installed")
)

// kinds are the words that git and the forges have for the same, in lower case.
// The first that fits counts.
var kinds = []struct {
	err   error
	words []string
}{
	{ErrProtected, []string{
		"protected branch", "gh006", "gh013", "repository rule violations", "hook declined",
		"to push code to protected", "not allowed to push into this branch", "protected branches",
	}},
	{ErrMoved, []string{
		"non-fast-forward", "fetch first", "stale info", "cannot lock ref", "failed to update ref", "incorrect old value",
		"reference already exists", "failed to lock", "failed to write ref",
	}},
	{ErrUnauthorized, []string{
		"authentication failed", "could not read username", "could not read password", "terminal prompts disabled",
		"invalid username", "error: 401", "http 401", "access denied, check", "authentication required", "authorization error",
		"credentials for", "host key verification failed",
	}},
	{ErrForbidden, []string{
		"error: 403", "http 403", "permission denied", "permission to ", "not allowed to", "write access to repository",
		"you do not have permission", "forbidden", "archived", "read-only",
	}},
	{ErrNotFound, []string{"repository not found", "' not found", "could not be found", "error: 404", "does not appear to be a git repository"}},
	{ErrUnreachable, []string{
		"error: 5", "http 5", "error: 429", "could not resolve host", "failed to connect", "couldn't connect", "connection refused",
		"connection reset", "timed out", "timeout", "early eof", "hung up", "unexpected disconnect", "empty reply",
		"transfer closed", "operation too slow", "rpc failed", "recv failure", "send failure", "broken pipe",
	}},
}

// kind adds to an error of git's what it comes to.
func kind(failed *Error) error {
	if late := (*overdue)(nil); errors.As(failed.Err, &late) {
		return &refusal{ErrTimeout, failed}
	}
	said := strings.ToLower(failed.Stderr)
	for _, k := range kinds {
		for _, w := range k.words {
			if strings.Contains(said, w) {
				return &refusal{k.err, failed}
			}
		}
	}
	return failed
}

// A refusal is an error of git's with what it comes to.
type refusal struct {
	kind error
	err  *Error
}

// Error has the server's own words where there are some.
func (e *refusal) Error() string {
	if words := remoteMessage(e.err.Stderr); words != "" {
		return e.kind.Error() + ": " + words
	}
	return e.kind.Error() + ": " + e.err.Error()
}

// Unwrap returns what it comes to, and what git said.
func (e *refusal) Unwrap() []error { return []error{e.kind, e.err} }

// mostWords is how many bytes of a server's message are shown.
const mostWords = 500

// colours are the escape sequences that servers give their words.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// remoteMessage is what a server says on the way, and its reason for a ref, in one line.
func remoteMessage(stderr string) string {
	var said []string
	for line := range strings.Lines(colours.ReplaceAllString(stderr, "")) {
		line = strings.TrimSpace(line)
		words, ok := strings.CutPrefix(line, "remote:")
		if !ok {
			// ! [remote rejected] main -> main (protected branch hook declined)
			if _, words, ok = strings.Cut(line, "rejected]"); ok {
				_, words, ok = strings.Cut(words, " (")
				words = strings.TrimSuffix(words, ")")
			}
		}
		words = strings.TrimSpace(strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return -1
			}
			return r
		}, words))
		if ok && strings.Trim(words, "=-*. ") != "" {
			said = append(said, strings.TrimPrefix(words, "error: "))
		}
	}
	text := strings.Join(said, "; ")
	if len(text) > mostWords {
		text = strings.ToValidUTF8(text[:mostWords], "") + "…"
	}
	return text
}
