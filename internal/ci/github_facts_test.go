package ci

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	before = strings.Repeat("1", 40)
	after  = strings.Repeat("2", 40)
)

func TestGitHubFacts(t *testing.T) {
	base := []string{
		"GITHUB_ACTIONS", "true",
		"GITHUB_REPOSITORY", "octo/site",
		"GITHUB_SERVER_URL", "https://github.com",
		"GITHUB_API_URL", "https://api.github.com",
		"GITHUB_GRAPHQL_URL", "https://api.github.com/graphql",
		"GITHUB_WORKSPACE", "/github/workspace",
		"GITHUB_RUN_ID", "8800",
		"GITHUB_RUN_NUMBER", "3",
		"GITHUB_RETENTION_DAYS", "90",
		"GITHUB_ACTOR", "mona",
		"GITHUB_SHA", after,
	}
	common := Facts{
		Forge: "github", RetentionDays: 90,
		Repository: "octo/site", DefaultBranch: "main", Actor: "mona",
		SHA: after, HeadSHA: after,
		ServerURL: "https://github.com", APIURL: "https://api.github.com",
		GraphQLURL: "https://api.github.com/graphql",
		Workspace:  "/github/workspace", RunID: "8800",
		RunURL: "https://github.com/octo/site/actions/runs/8800",
	}
	tests := []struct {
		name  string
		event string // file in testdata/github
		env   []string
		want  func(f *Facts)
	}{
		{"push", "push.json",
			[]string{"GITHUB_EVENT_NAME", "push", "GITHUB_REF", "refs/heads/main"},
			func(f *Facts) { f.Event, f.EventName, f.Branch, f.BaseSHA = Push, "push", "main", before }},
		{"push of a new branch", "push-new-branch.json",
			[]string{"GITHUB_EVENT_NAME", "push", "GITHUB_REF", "refs/heads/feature/x"},
			func(f *Facts) { f.Event, f.EventName, f.Branch = Push, "push", "feature/x" }},
		{"push of a tag", "push.json",
			[]string{"GITHUB_EVENT_NAME", "push", "GITHUB_REF", "refs/tags/v1.0"},
			func(f *Facts) { f.Event, f.EventName, f.Tag, f.BaseSHA = Push, "push", "v1.0", before }},
		{"push by Dependabot", "push.json",
			[]string{"GITHUB_EVENT_NAME", "push", "GITHUB_REF", "refs/heads/main", "GITHUB_ACTOR", "dependabot[bot]"},
			func(f *Facts) {
				f.Event, f.EventName, f.Branch, f.BaseSHA = Push, "push", "main", before
				f.Actor, f.ReadOnly = "dependabot[bot]", true
			}},
		{"run on a schedule that Dependabot was the last to change", "push.json",
			[]string{"GITHUB_EVENT_NAME", "schedule", "GITHUB_REF", "refs/heads/main", "GITHUB_ACTOR", "dependabot[bot]"},
			func(f *Facts) {
				f.Event, f.EventName, f.Branch, f.Actor = Schedule, "schedule", "main", "dependabot[bot]"
			}},
		{"pull request within a repository that is a fork itself", "pull-request.json",
			[]string{"GITHUB_EVENT_NAME", "pull_request", "GITHUB_REF", "refs/pull/12/merge",
				"GITHUB_HEAD_REF", "photos/new", "GITHUB_BASE_REF", "main"},
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "pull_request", 12
				f.MergeCommit = true
				f.Branch, f.BaseBranch = "photos/new", "main"
				f.HeadSHA, f.BaseSHA = strings.Repeat("3", 40), before
				f.HeadRepository = "Octo/Site"
			}},
		{"pull request of a fork", "pull-request-fork.json",
			[]string{"GITHUB_EVENT_NAME", "pull_request", "GITHUB_REF", "refs/pull/13/merge",
				"GITHUB_HEAD_REF", "main", "GITHUB_BASE_REF", "main"},
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "pull_request", 13
				f.MergeCommit = true
				f.Branch, f.BaseBranch = "main", "main"
				f.HeadSHA, f.BaseSHA = strings.Repeat("4", 40), before
				f.HeadRepository, f.Fork, f.ReadOnly = "stranger/site", true, true
			}},
		{"pull request of a fork, with the base's token", "pull-request-fork.json",
			[]string{"GITHUB_EVENT_NAME", "pull_request_target", "GITHUB_REF", "refs/heads/main",
				"GITHUB_HEAD_REF", "main", "GITHUB_BASE_REF", "main"},
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "pull_request_target", 13
				f.Branch, f.BaseBranch = "main", "main"
				f.HeadSHA, f.BaseSHA = strings.Repeat("4", 40), before
				f.HeadRepository, f.Fork = "stranger/site", true
			}},
		{"pull request of a fork that is gone", "pull-request-deleted-fork.json",
			[]string{"GITHUB_EVENT_NAME", "pull_request", "GITHUB_REF", "refs/pull/14/merge",
				"GITHUB_HEAD_REF", "patch-1", "GITHUB_BASE_REF", "main"},
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "pull_request", 14
				f.MergeCommit = true
				f.Branch, f.BaseBranch = "patch-1", "main"
				f.HeadSHA, f.BaseSHA = strings.Repeat("5", 40), before
				f.Fork, f.ReadOnly = true, true
			}},
		{"pull request with a broken event file", "broken.json",
			[]string{"GITHUB_EVENT_NAME", "pull_request", "GITHUB_REF", "refs/pull/14/merge",
				"GITHUB_HEAD_REF", "patch-1", "GITHUB_BASE_REF", "main"},
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "pull_request", 14
				f.MergeCommit = true
				f.Branch, f.BaseBranch, f.DefaultBranch = "patch-1", "main", ""
				f.HeadSHA = ""
				f.Notices = []string{`read event "testdata/github/broken.json": unexpected end of JSON input`}
			}},
		{"push without an event file", "missing.json",
			[]string{"GITHUB_EVENT_NAME", "push", "GITHUB_REF", "refs/heads/main"},
			func(f *Facts) {
				f.Event, f.EventName, f.Branch, f.DefaultBranch = Push, "push", "main", ""
				f.Notices = []string{`read event "testdata/github/missing.json": no such file or directory`}
			}},
		{"workflow run", "workflow-run.json",
			[]string{"GITHUB_EVENT_NAME", "workflow_run", "GITHUB_REF", "refs/heads/main"},
			func(f *Facts) {
				f.Event, f.EventName, f.SourceRunID = WorkflowRun, "workflow_run", "7700"
				f.Branch, f.HeadSHA, f.HeadRepository = "photos/new", strings.Repeat("3", 40), "octo/site"
				f.PullRequest, f.BaseBranch, f.BaseSHA = 12, "main", before
			}},
		{"workflow run after one of Dependabot's", "workflow-run.json",
			[]string{"GITHUB_EVENT_NAME", "workflow_run", "GITHUB_REF", "refs/heads/main", "GITHUB_ACTOR", "dependabot[bot]"},
			func(f *Facts) {
				f.Event, f.EventName, f.SourceRunID, f.Actor = WorkflowRun, "workflow_run", "7700", "dependabot[bot]"
				f.Branch, f.HeadSHA, f.HeadRepository = "photos/new", strings.Repeat("3", 40), "octo/site"
				f.PullRequest, f.BaseBranch, f.BaseSHA = 12, "main", before
			}},
		{"workflow run of a fork", "workflow-run-fork.json",
			[]string{"GITHUB_EVENT_NAME", "workflow_run", "GITHUB_REF", "refs/heads/main"},
			func(f *Facts) {
				f.Event, f.EventName, f.SourceRunID = WorkflowRun, "workflow_run", "7701"
				f.Branch, f.HeadSHA, f.HeadRepository = "main", strings.Repeat("4", 40), "stranger/site"
				f.Fork = true
			}},
		{"schedule", "schedule.json",
			[]string{"GITHUB_EVENT_NAME", "schedule", "GITHUB_REF", "refs/heads/main"},
			func(f *Facts) { f.Event, f.EventName, f.Branch, f.Public = Schedule, "schedule", "main", true }},
		{"by hand", "schedule.json",
			[]string{"GITHUB_EVENT_NAME", "workflow_dispatch", "GITHUB_REF", "refs/heads/main"},
			func(f *Facts) { f.Event, f.EventName, f.Branch, f.Public = Manual, "workflow_dispatch", "main", true }},
		{"merge queue", "merge-group.json",
			[]string{"GITHUB_EVENT_NAME", "merge_group", "GITHUB_REF", "refs/heads/gh-readonly-queue/main/pr-12-1111"},
			func(f *Facts) { f.Event, f.EventName = Other, "merge_group" }},
		{"Gitea", "gitea-pull-request.json",
			[]string{"GITHUB_EVENT_NAME", "pull_request", "GITHUB_REF", "refs/pull/5/head", "GITEA_ACTIONS", "true",
				"GITHUB_HEAD_REF", "patch", "GITHUB_BASE_REF", "main", "GITHUB_REPOSITORY", "team/site",
				"GITHUB_SERVER_URL", "https://git.example.com/", "GITHUB_API_URL", "https://git.example.com/api/v1"},
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "pull_request", 5
				f.Branch, f.BaseBranch = "patch", "main"
				f.Repository, f.HeadRepository, f.Fork, f.ReadOnly = "team/site", "eve/site", true, true
				f.HeadSHA, f.BaseSHA = strings.Repeat("7", 40), before
				f.Forge = "gitea"
				f.ServerURL, f.APIURL, f.GraphQLURL = "https://git.example.com", "https://git.example.com/api/v1", ""
				f.RunURL = "https://git.example.com/team/site/actions/runs/3"
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := append(append(append([]string{}, base...), tt.env...),
				"GITHUB_EVENT_PATH", filepath.ToSlash(filepath.Join("testdata/github", tt.event)))
			want := common
			tt.want(&want)
			got := Detect(environ(env...), Options{}).Facts()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}
