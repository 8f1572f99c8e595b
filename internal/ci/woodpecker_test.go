package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWoodpeckerFacts(t *testing.T) {
	woodpecker := []string{
		"CI", "woodpecker", "CI_REPO", "team/site", "CI_REPO_REMOTE_ID", "82", "CI_REPO_DEFAULT_BRANCH", "main",
		"CI_COMMIT_SHA", after, "CI_COMMIT_BRANCH", "main", "CI_PREV_COMMIT_SHA", before,
		"CI_PIPELINE_AUTHOR", "mona", "CI_FORGE_URL", "https://git.example.com", "CI_WORKSPACE", "/woodpecker/src",
		"CI_PIPELINE_NUMBER", "8", "CI_PIPELINE_URL", "https://ci.example.com/repos/7/pipeline/8",
	}
	common := Facts{
		Repository: "team/site", RepositoryID: "82", DefaultBranch: "main", SHA: after, HeadSHA: after,
		Actor: "mona", ServerURL: "https://git.example.com", Workspace: "/woodpecker/src",
		RunID: "8", RunURL: "https://ci.example.com/repos/7/pipeline/8",
	}
	drone := []string{
		"CI", "true", "DRONE", "true", "DRONE_REPO", "team/site", "DRONE_REPO_BRANCH", "main",
		"DRONE_COMMIT_SHA", after, "DRONE_COMMIT_AUTHOR", "mona", "DRONE_WORKSPACE", "/drone/src",
		"DRONE_SOURCE_BRANCH", "main", "DRONE_TARGET_BRANCH", "main", "DRONE_BRANCH", "main",
		"DRONE_BUILD_NUMBER", "8", "DRONE_BUILD_LINK", "https://drone.example.com/team/site/8",
	}
	droneCommon := Facts{
		Repository: "team/site", DefaultBranch: "main", SHA: after, HeadSHA: after, Actor: "mona",
		Workspace: "/drone/src", RunID: "8", RunURL: "https://drone.example.com/team/site/8",
	}
	tests := []struct {
		name   string
		base   []string
		common Facts
		env    []string
		want   func(f *Facts)
	}{
		{"push", woodpecker, common, []string{"CI_PIPELINE_EVENT", "push"},
			func(f *Facts) { f.Event, f.EventName, f.Branch = Push, "push", "main" }},
		{"pull request", woodpecker, common, []string{"CI_PIPELINE_EVENT", "pull_request",
			"CI_COMMIT_SOURCE_BRANCH", "photos", "CI_COMMIT_TARGET_BRANCH", "main", "CI_COMMIT_PULL_REQUEST", "3"},
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "pull_request", 3
				f.Branch, f.BaseBranch = "photos", "main"
			}},
		{"tag", woodpecker, common, []string{"CI_PIPELINE_EVENT", "tag", "CI_COMMIT_TAG", "v1"},
			func(f *Facts) { f.Event, f.EventName, f.Tag = Push, "tag", "v1" }},
		{"cron", woodpecker, common, []string{"CI_PIPELINE_EVENT", "cron"},
			func(f *Facts) { f.Event, f.EventName, f.Branch = Schedule, "cron", "main" }},
		{"Drone push", drone, droneCommon, []string{"DRONE_BUILD_EVENT", "push", "DRONE_COMMIT_BEFORE", before},
			func(f *Facts) { f.Event, f.EventName, f.Branch, f.BaseSHA = Push, "push", "main", before }},
		{"Drone pull request", drone, droneCommon, []string{"DRONE_BUILD_EVENT", "pull_request",
			"DRONE_SOURCE_BRANCH", "photos", "DRONE_PULL_REQUEST", "3", "DRONE_COMMIT_BEFORE", strings.Repeat("0", 40)},
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "pull_request", 3
				f.Branch, f.BaseBranch = "photos", "main"
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.common
			tt.want(&want)
			env := append(append([]string{}, tt.base...), tt.env...)
			if diff := cmp.Diff(want, Detect(environ(env...), Options{}).Facts()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDroneOutput(t *testing.T) {
	dir := t.TempDir()
	own, harness := filepath.Join(dir, "own"), filepath.Join(dir, "harness")
	c := Detect(environ("DRONE", "true", "DRONE_OUTPUT", harness), Options{Dotenv: own})
	if err := c.SetOutputs([]Output{{"converted", "2"}}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{own, harness} {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != "WEBPRESS_CONVERTED=2\n" {
			t.Errorf("%s: got %q", path, got)
		}
	}
}
