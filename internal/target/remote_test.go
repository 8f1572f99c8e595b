package target

import (
	"bytes"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testgit"
)

// setOrigin gives the repository of a run another origin.
func setOrigin(t *testing.T, repo *git.Repo, address string) {
	t.Helper()
	testgit.Run(t, repo.Dir(), "remote", "set-url", "origin", address)
}

// An origin by SSH is left where the token can be used instead.
func TestOriginBySSH(t *testing.T) {
	const https = "https://github.com/octo/site.git"
	for _, tt := range []struct {
		name, origin, token string
		env                 map[string]string
		want                string // empty is origin
	}{
		{name: "checkout with ssh-key", origin: "git@github.com:octo/site.git", token: "t", env: gitHubEnv(), want: https},
		{name: "no token", origin: "git@github.com:octo/site.git", env: gitHubEnv()},
		{name: "token of the environment's", origin: "git@github.com:octo/site.git", env: gitHubEnv("GITHUB_TOKEN", "t"), want: https},
		{name: "address with a scheme", origin: "ssh://git@github.com:22/Octo/site", token: "t", env: gitHubEnv(), want: https},
		{name: "no user, a slash", origin: "GitHub.com:/octo/site.git/", token: "t", env: gitHubEnv(), want: https},
		{name: "another host", origin: "git@gitlab.com:octo/site.git", token: "t", env: gitHubEnv()},
		{name: "another repository", origin: "git@github.com:octo/other.git", token: "t", env: gitHubEnv()},
		{name: "by HTTPS", origin: "https://github.com/octo/site", token: "t", env: gitHubEnv()},
		{name: "a folder", origin: "/srv/octo/site.git", token: "t", env: gitHubEnv()},
		{name: "command line", origin: "git@github.com:octo/site.git", token: "t"},
		{
			name: "GitLab", origin: "ssh://git@gl.example:2222/group/sub/site.git", token: "t", env: map[string]string{
				"GITLAB_CI": "true", "CI_SERVER_URL": "https://gl.example:8443", "CI_PROJECT_PATH": "group/sub/site",
			}, want: "https://gl.example:8443/group/sub/site.git",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, repo := testChooser(t, config.Config{Token: tt.token}, tt.env)
			setOrigin(t, repo, tt.origin)
			if tt.want == "" {
				tt.want = tt.origin
			}
			to, err := c.remote(t.Context(), repo, c.Facts.Repository)
			if err != nil || to.URL != tt.want {
				t.Errorf("%+v, %v, want %s", to, err, tt.want)
			}
		})
	}
}

// A password in the address of origin is used where there is no token, and masked.
func TestPasswordOfOrigin(t *testing.T) {
	const address, plain = "https://ann:p%40ss@github.com/octo/site.git", "https://github.com/octo/site.git"
	for _, tt := range []struct {
		name, origin, token string
		env                 map[string]string
		want                git.Remote
		mask                bool
	}{
		{name: "command line", origin: address, want: git.Remote{URL: plain, User: "ann", Token: "p@ss"}},
		{name: "GitHub", origin: address, env: gitHubEnv(), want: git.Remote{URL: plain, User: "ann", Token: "p@ss"}, mask: true},
		{name: "a token", origin: address, token: "t", env: gitHubEnv(), want: git.Remote{URL: plain, Token: "t"}},
		{name: "no password", origin: "https://ann@github.com/octo/site.git", want: git.Remote{URL: plain}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, repo := testChooser(t, config.Config{Token: tt.token}, tt.env)
			var out bytes.Buffer
			c.CI = ci.Detect(func(name string) string { return tt.env[name] }, ci.Options{Out: &out})
			setOrigin(t, repo, tt.origin)
			to, err := c.remote(t.Context(), repo, c.Facts.Repository)
			if err != nil || to != tt.want {
				t.Errorf("%+v, %v, want %+v", to, err, tt.want)
			}
			if got := strings.Contains(out.String(), "::add-mask::p@ss"); got != tt.mask {
				t.Errorf("masked: %v: %q", got, out.String())
			}
		})
	}
}

// The token goes where the platform says that the repository is, and nowhere else.
func TestTokenOnlyForTheServerThatIsKnown(t *testing.T) {
	gitLabEnv := map[string]string{
		"GITLAB_CI": "true", "CI_SERVER_URL": "https://gl.example:8443/git", "CI_PROJECT_PATH": "group/sub/site", "CI_JOB_TOKEN": "j",
		"CI_REPOSITORY_URL": "http://gitlab-ci-token:j@gl.internal/git/group/sub/site.git",
	}
	for _, tt := range []struct {
		origin string
		env    map[string]string
		want   bool
	}{
		{"https://github.com/octo/site", gitHubEnv(), true},
		{"https://GitHub.com:443/Octo/site.git/", gitHubEnv(), true},
		{"http://github.com/octo/site", gitHubEnv(), false},
		{"https://github.com:8443/octo/site", gitHubEnv(), false},
		{"https://github.com.evil.example/octo/site", gitHubEnv(), false},
		{"https://github.com/evil/site", gitHubEnv(), false},
		{"https://github.com/octo/site/../../evil/site", gitHubEnv(), false},
		{"https://evil.example/octo/site", gitHubEnv(), false},
		{"https://github.com@evil.example/octo/site", gitHubEnv(), false},
		{"ext::sh -c evil", gitHubEnv(), false},
		{"/srv/octo/site.git", gitHubEnv(), false},
		{"https://gl.example:8443/git/group/sub/site.git", gitLabEnv, true},
		{"http://gl.internal/git/group/sub/site.git", gitLabEnv, true},
		{"https://gl.example/git/group/sub/site.git", gitLabEnv, false},
		{"https://elsewhere.example/r.git", nil, true}, // outside of a CI nothing is known
	} {
		t.Run(tt.origin, func(t *testing.T) {
			c, repo := testChooser(t, config.Config{Token: "t"}, tt.env)
			var out bytes.Buffer
			c.Log = console.New(console.Options{Stdout: &out, Stderr: &out, CI: true})
			setOrigin(t, repo, tt.origin)
			to, err := c.remote(t.Context(), repo, c.Facts.Repository)
			c.Log.Flush()
			if err != nil || (to.Token == "t") != tt.want {
				t.Errorf("%+v, %v", to, err)
			}
			if says := strings.Contains(out.String(), "the token is not used by git"); says == tt.want || strings.Count(out.String(), "\n") > 1 {
				t.Errorf("log: %q", out.String())
			}
		})
	}
}
