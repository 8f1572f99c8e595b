package target

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/httpclient"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/testgit"
)

// testChooser chooses for a run in a git repository with an origin.
func testChooser(t *testing.T, s config.Config, env map[string]string) (*Chooser, *git.Repo) {
	t.Helper()
	dir := testgit.Init(t)
	testgit.Run(t, dir, "remote", "add", "origin", "https://u:p@github.com/octo/site.git")
	repo, err := git.Open(t.Context(), dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.WorkingDirectory = dir
	return chooser(s, repo, env), repo
}

func chooser(s config.Config, repo *git.Repo, env map[string]string) *Chooser {
	platform := ci.Detect(func(name string) string { return env[name] }, ci.Options{})
	log := console.New(console.Options{Stdout: io.Discard, Stderr: io.Discard})
	return &Chooser{
		Access: Access{
			CI: platform, Facts: platform.Facts(), Secrets: platform.Secrets(), Token: s.Token, GitLabToken: s.GitlabToken,
			HTTP: httpclient.New(httpclient.Options{Retries: s.Retries}), Log: log,
		},
		Settings: s, Repo: repo, Now: time.Now,
	}
}

func gitHubEnv(more ...string) map[string]string {
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/work",
		"GITHUB_REPOSITORY": "octo/site", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_API_URL": "https://api.github.com",
	}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

func TestChooseStores(t *testing.T) {
	// {"scp": "Actions.Results:run:job"}
	const jwt = "e30.eyJzY3AiOiJBY3Rpb25zLlJlc3VsdHM6cnVuOmpvYiJ9.x"
	upload := []string{"ACTIONS_RESULTS_URL", "https://results.example", "ACTIONS_RUNTIME_TOKEN", jwt}
	dependabot := append([]string{"GITHUB_ACTOR", "dependabot[bot]"}, upload...)
	for _, tt := range []struct {
		name     string
		settings config.Config
		env      map[string]string
		want     []string
		kept     string
		err      string
	}{
		{name: "command line"},
		{name: "command in a workflow", env: gitHubEnv()},
		{name: "action", settings: config.Config{Action: true}, env: gitHubEnv(), want: []string{"commit"}},
		{name: "action, nothing wanted", settings: config.Config{Action: true, Store: []string{"none"}, ArtifactDir: "x"}, env: gitHubEnv()},
		{name: "all", settings: config.Config{Store: []string{"artifact", "commit"}, ArtifactDir: "x"}, env: gitHubEnv(upload...), want: []string{"commit", "artifact", "folder"}},
		{name: "folder alone", settings: config.Config{ArtifactDir: "x"}, want: []string{"folder"}},
		{name: "GitLab", settings: config.Config{Store: []string{"artifact"}, ArtifactDir: "x"}, env: map[string]string{"GITLAB_CI": "true"}, want: []string{"folder"}},
		{name: "GitLab without a folder", settings: config.Config{Store: []string{"artifact"}}, env: map[string]string{"GITLAB_CI": "true"}, err: "upload artifact"},
		{name: "no protocol 4, but a folder", settings: config.Config{Store: []string{"artifact"}, ArtifactDir: "x"}, env: gitHubEnv("ACTIONS_RUNTIME_TOKEN", jwt), want: []string{"folder"}, kept: "only copied to artifact-dir"},
		{name: "tag", settings: config.Config{Action: true}, env: gitHubEnv("GITHUB_REF", "refs/tags/v1"), kept: `the run is for the tag "v1"`},
		{name: "tag, by name", settings: config.Config{Store: []string{"commit"}}, env: gitHubEnv("GITHUB_REF", "refs/tags/v1"), kept: `the run is for the tag "v1"`},
		{name: "tag with a branch", settings: config.Config{Store: []string{"commit"}, CommitBranch: "b"}, env: gitHubEnv("GITHUB_REF", "refs/tags/v1"), want: []string{"commit"}},
		{name: "merge queue", settings: config.Config{Action: true}, env: gitHubEnv("GITHUB_EVENT_NAME", "merge_group"), kept: "the run is not for a branch that stays"},
		{name: "merge queue, by name", settings: config.Config{Store: []string{"commit"}}, env: gitHubEnv("GITHUB_EVENT_NAME", "merge_group"), kept: "the run is not for a branch that stays"},
		{name: "read-only token", settings: config.Config{Action: true}, env: gitHubEnv(dependabot...), want: []string{"artifact"}, kept: "started by dependabot[bot], and may only read"},
		{name: "read-only token, no uploads", settings: config.Config{Action: true}, env: gitHubEnv("GITHUB_ACTOR", "dependabot[bot]"), kept: "may only read"},
		{name: "graphql without a token", settings: config.Config{Store: []string{"commit"}, CommitMethod: "graphql"}, env: gitHubEnv(), err: "no token for it"},
		{name: "pull request without a commit", settings: config.Config{OpenPullRequest: true, CommitBranch: "b"}, kept: "`store` has no commit"},
		{name: "pull request without a token", settings: config.Config{Store: []string{"commit"}, OpenPullRequest: true, CommitBranch: "b"}, env: gitHubEnv(), err: "there is no token"},
		{name: "pull request", settings: config.Config{Store: []string{"commit"}, OpenPullRequest: true, CommitBranch: "b", Token: "t"}, env: gitHubEnv(), want: []string{"commit"}},
		{
			name: "merge request with the job's token", settings: config.Config{Store: []string{"commit"}, OpenPullRequest: true, CommitBranch: "b"},
			env: map[string]string{"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "main", "CI_JOB_TOKEN": "t"}, err: "GitLab's job token may not",
		},
		{
			name: "pull request at a forge that is not known", settings: config.Config{Store: []string{"commit"}, OpenPullRequest: true, CommitBranch: "b", Token: "t"},
			env: map[string]string{"CI": "woodpecker", "CI_COMMIT_BRANCH": "main"}, err: "Woodpecker does not say which forge",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := testChooser(t, tt.settings, tt.env)
			to, err := c.Choose(t.Context())
			var names []string
			for _, s := range to.List {
				names = append(names, s.Name())
			}
			var kept string
			for _, k := range to.Skipped {
				kept += strings.Join(k.Notes, "\n")
			}
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || asset.HintOf(err) == "" {
					t.Errorf("error %v with hint %q, want %s", err, asset.HintOf(err), tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, names); diff != "" {
				t.Errorf("stores (-want +got):\n%s", diff)
			}
			if tt.kept == "" && kept != "" || !strings.Contains(kept, tt.kept) {
				t.Errorf("kept %q, want %q", kept, tt.kept)
			}
		})
	}
}

func TestCommit(t *testing.T) {
	type made struct {
		Branch, Author, URL, User, Token string
		API                              bool
	}
	const actionsBot = "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>"
	origin := "https://github.com/octo/site.git"
	for _, tt := range []struct {
		name     string
		settings config.Config
		env      map[string]string
		want     made
	}{
		{"command line", config.Config{}, nil, made{"main", "", origin, "u", "p", false}},
		{"GitHub", config.Config{Token: "t"}, gitHubEnv(), made{"work", actionsBot, origin, "", "t", true}},
		{"GitHub, a token of the environment's", config.Config{}, gitHubEnv("GITHUB_TOKEN", "t"), made{"work", actionsBot, origin, "x-access-token", "t", true}},
		{"Gitea", config.Config{Token: "t"}, gitHubEnv("GITEA_ACTIONS", "true"), made{"work", "webpress <webpress@noreply.github.com>", origin, "", "t", false}},
		{
			"Gitea, and origin is elsewhere", config.Config{Token: "t"}, gitHubEnv("GITEA_ACTIONS", "true", "GITHUB_SERVER_URL", "https://git.example"),
			made{"work", "webpress <webpress@noreply.git.example>", origin, "u", "p", false},
		},
		{
			"GitLab", config.Config{CommitBranch: "b", CommitAuthor: "A <a@b>"}, map[string]string{"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "x", "CI_JOB_TOKEN": "t"},
			made{"b", "A <a@b>", origin, "gitlab-ci-token", "t", false},
		},
		{
			"GitLab with a token", config.Config{Token: "p"}, map[string]string{"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "x", "CI_JOB_TOKEN": "t", "CI_SERVER_URL": "https://gl.example"},
			made{"x", "webpress <webpress@noreply.gl.example>", origin, "oauth2", "p", false},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.settings.Store = []string{"commit"}
			c, _ := testChooser(t, tt.settings, tt.env)
			to, err := c.Choose(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			commit := to.List[0].(store.Commit)
			got := made{commit.Branch, commit.Author, commit.Remote.URL, commit.Remote.User, commit.Remote.Token, commit.GitHub != nil}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("commit (-want +got):\n%s", diff)
			}
		})
	}
}

// GraphQL cannot set an author: asking for both is an error.
func TestAuthorOfGraphQL(t *testing.T) {
	for _, tt := range []struct {
		method, author string
		warns          bool
	}{
		{"graphql", "A <a@b>", true}, {"graphql", "", false}, {"auto", "A <a@b>", false}, {"push", "A <a@b>", false},
	} {
		c, _ := testChooser(t, config.Config{Store: []string{"commit"}, CommitMethod: tt.method, CommitAuthor: tt.author, Token: "t"}, gitHubEnv())
		var out bytes.Buffer
		c.Log = console.New(console.Options{Stdout: &out, Stderr: &out})
		to, err := c.Choose(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.Log.Flush()
		if got := strings.Contains(out.String(), "commit-author is not used"); got != tt.warns {
			t.Errorf("%+v: %q", tt, out.String())
		}
		if c := to.List[0].(store.Commit); c.AuthorSet != (tt.author != "") {
			t.Errorf("%+v: chosen %v", tt, c.AuthorSet)
		}
	}
}

func TestCommitURL(t *testing.T) {
	for _, tt := range []struct {
		facts ci.Facts
		want  string
	}{
		{ci.Facts{}, ""},
		{ci.Facts{Forge: "github", ServerURL: "https://h", Repository: "o/r"}, "https://h/o/r/commit/1"},
		{ci.Facts{Forge: "gitea", ServerURL: "https://h", Repository: "o/r", HeadRepository: "f/r", Fork: true}, "https://h/f/r/commit/1"},
		{ci.Facts{Forge: "gitlab", ServerURL: "https://h", Repository: "g/s/r"}, "https://h/g/s/r/-/commit/1"},
		{ci.Facts{Forge: "other", ServerURL: "https://h", Repository: "o/r"}, ""},
	} {
		a := Access{Facts: tt.facts}
		if got := a.CommitURL("1"); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.facts, got, tt.want)
		}
		if got := a.CommitURL(""); got != "" {
			t.Errorf("%q for no commit", got)
		}
	}
}

// If the platform does not say whether a pull request comes from a fork, its
// branch is ours only if it ends with the same commit.
func TestBranchOfAFork(t *testing.T) {
	env := map[string]string{
		"CI": "woodpecker", "CI_PIPELINE_EVENT": "pull_request", "CI_COMMIT_SOURCE_BRANCH": "patch", "CI_COMMIT_TARGET_BRANCH": "main",
	}
	_, repo := testChooser(t, config.Config{}, env)
	git := func(args ...string) string { return testgit.Run(t, repo.Dir(), args...) }
	origin := t.TempDir()
	git("init", "-q", "--bare", origin)
	git("remote", "set-url", "origin", origin)
	git("commit", "-q", "--allow-empty", "-m", "x")
	head := git("rev-parse", "HEAD")
	for _, tt := range []struct {
		name, head string
		ours       bool
	}{
		{"no such branch", head, false}, {"pushed", head, true}, {"another commit", strings.Repeat("1", 40), false},
	} {
		if tt.name == "pushed" {
			git("push", "-q", "origin", "HEAD:refs/heads/patch")
		}
		env["CI_COMMIT_SHA"] = tt.head
		c := chooser(config.Config{Store: []string{"commit"}, WorkingDirectory: repo.Dir()}, repo, env)
		to, err := c.Choose(t.Context())
		if err != nil || len(to.List) == 1 != tt.ours || len(to.Skipped) == 0 != tt.ours {
			t.Errorf("%s: %+v, %v", tt.name, to, err)
		}
	}
}

// What webpress.yml says of the branch is not used on a pull request, which may have
// changed it: a token that may do more than its author would push there.
func TestBranchOfFile(t *testing.T) {
	for _, fromFile := range []bool{false, true} {
		s := config.Config{Store: []string{"commit"}, CommitBranch: "main", Token: "p"}
		if fromFile {
			s.FromFile = map[string]config.Mistake{"commit-branch": {Where: "webpress.yml:1:16: commit-branch"}}
		}
		c, _ := testChooser(t, s, gitHubEnv())
		c.Facts.Event, c.Facts.HeadRepository = ci.PullRequest, c.Facts.Repository
		to, err := c.Choose(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := "main"
		if fromFile {
			want = c.Facts.Branch
		}
		if commit, ok := to.List[0].(store.Commit); !ok || commit.Branch != want {
			t.Errorf("from the file %v: %+v, want the branch %q", fromFile, to.List, want)
		}
	}
}

// A branch that cannot be looked at is no branch of a fork: the store fails, with a
// hint.
func TestBranchNotSeen(t *testing.T) {
	for _, tt := range []struct {
		name       string
		status     int
		dry        bool
		want, hint string
	}{
		{name: "expired token", status: 401, want: "not logged in", hint: "has not expired"},
		{name: "server down", status: 503, want: "did not answer", hint: "can be reached"},
		{name: "dry run", status: 401, dry: true, want: "not logged in", hint: "has not expired"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
				http.Error(w, "no", tt.status)
			}))
			defer server.Close()
			c, repo := testChooser(t, config.Config{Store: []string{"commit"}, Token: "expired", DryRun: tt.dry}, map[string]string{
				"CI": "woodpecker", "CI_PIPELINE_EVENT": "pull_request", "CI_COMMIT_SHA": strings.Repeat("1", 40),
				"CI_COMMIT_SOURCE_BRANCH": "patch", "CI_COMMIT_TARGET_BRANCH": "main",
			})
			setOrigin(t, repo, server.URL+"/octo/site.git")
			to, err := c.Choose(t.Context())
			if err != nil || len(to.List) != 1 || len(to.Skipped) != 0 {
				t.Fatalf("%+v, %v", to, err)
			}
			failed, ok := to.List[0].(store.Failed)
			if !ok || !strings.Contains(failed.Err.Error(), tt.want) || !strings.Contains(asset.HintOf(failed.Err), tt.hint) {
				t.Errorf("%+v, want %q with the hint %q", to.List[0], tt.want, tt.hint)
			}
		})
	}
}
