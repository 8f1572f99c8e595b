package git

import (
	"errors"
	"strings"
	"testing"
)

// The texts are those that git prints for the answers of GitHub and GitLab.
func TestKind(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, stderr string
		kind         error
		text         string
	}{
		{
			"GitHub, a protected branch",
			"remote: error: GH006: Protected branch update failed for refs/heads/main.        \n" +
				"remote: error: Changes must be made through a pull request.        \n" +
				"To https://github.com/o/r.git\n ! [remote rejected] abc -> main (protected branch hook declined)\n" +
				"error: failed to push some refs to 'https://github.com/o/r.git'\n",
			ErrProtected, "the branch is protected: GH006: Protected branch update failed for refs/heads/main.; Changes must be made through a pull request.; protected branch hook declined",
		},
		{
			"GitHub, a ruleset",
			"remote: error: GH013: Repository rule violations found for refs/heads/main.\nremote: \nremote: - Cannot update this protected ref.\nremote: \n" +
				" ! [remote rejected] abc -> main (push declined due to repository rule violations)\n",
			ErrProtected, "",
		},
		{
			"GitHub, a token that reads",
			"remote: Permission to o/r.git denied to github-actions[bot].\nfatal: unable to access 'https://github.com/o/r.git/': The requested URL returned error: 403\n",
			ErrForbidden, "permission denied: Permission to o/r.git denied to github-actions[bot].",
		},
		{
			"GitHub, an archive",
			"remote: This repository was archived so it is read-only.\nfatal: unable to access 'https://github.com/o/r.git/': The requested URL returned error: 403\n",
			ErrForbidden, "",
		},
		{"GitHub, hidden", "remote: Repository not found.\nfatal: repository 'https://github.com/o/r.git/' not found\n", ErrNotFound, "repository not found: Repository not found."},
		{
			"GitHub, a wrong token",
			"remote: Invalid username or token. Password authentication is not supported for Git operations.\nfatal: Authentication failed for 'https://github.com/o/r.git/'\n",
			ErrUnauthorized, "",
		},
		{
			"GitLab, a protected branch",
			"remote: GitLab: You are not allowed to push code to protected branches on this project.\nTo https://gitlab.com/o/r.git\n" +
				" ! [remote rejected] abc -> main (pre-receive hook declined)\nerror: failed to push some refs to 'https://gitlab.com/o/r.git'\n",
			ErrProtected, "",
		},
		{
			"GitLab, a job token that may not push",
			"remote: You are not allowed to upload code.\nfatal: unable to access 'https://gitlab.com/o/r.git/': The requested URL returned error: 403\n",
			ErrForbidden, "permission denied: You are not allowed to upload code.",
		},
		{
			"GitLab, a wrong token",
			"remote: HTTP Basic: Access denied. The provided password or token is incorrect or your account has 2FA enabled\nfatal: Authentication failed for 'https://gitlab.com/o/r.git/'\n",
			ErrUnauthorized, "",
		},
		{
			"no token",
			"fatal: could not read Username for 'https://github.com': terminal prompts disabled\n",
			ErrUnauthorized, "not logged in: git push: could not read Username for 'https://github.com': terminal prompts disabled",
		},
		{"SSH", "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.\n", ErrForbidden, ""},
		{"moved", " ! [rejected] abc -> main (fetch first)\nerror: failed to push some refs to 'x'\n", ErrMoved, "the branch has moved: fetch first"},
		{"moved at the same moment", " ! [remote rejected] abc -> main (cannot lock ref 'refs/heads/main': is at a but expected b)\n", ErrMoved, ""},
		{"no server", "fatal: unable to access 'http://127.0.0.1:40301/r.git/': Failed to connect to 127.0.0.1 port 40301 after 0 ms: Couldn't connect to server\n", ErrUnreachable, ""},
		{"no such host", "fatal: unable to access 'https://x/': Could not resolve host: x\n", ErrUnreachable, ""},
		{"502", "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nfatal: the remote end hung up unexpectedly\n", ErrUnreachable, ""},
		{"another thing at a port like a status", "To http://127.0.0.1:40301/r.git\nfatal: bad object 4034010000000000000000000000000000000000\n", nil, "git push: bad object 4034010000000000000000000000000000000000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := kind(&Error{Command: "push", Stderr: tc.stderr, Err: errors.New("exit status 1")})
			for _, k := range kinds {
				if errors.Is(err, k.err) != (k.err == tc.kind) {
					t.Errorf("is %q: %v", k.err, errors.Is(err, k.err))
				}
			}
			if tc.text != "" && err.Error() != tc.text {
				t.Errorf("got %q", err)
			}
		})
	}
}

func TestWordsAreShort(t *testing.T) {
	t.Parallel()
	got := remoteMessage(strings.Repeat("remote: ünï ", 1000) + "\nremote: " + strings.Repeat("ü", 1000))
	if len(got) > mostWords+10 || !strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}
