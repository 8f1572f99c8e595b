package ci

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGitLabFacts(t *testing.T) {
	base := []string{
		"GITLAB_CI", "true", "CI", "true",
		"CI_PROJECT_PATH", "group/sub/site", "CI_PROJECT_ID", "42",
		"CI_DEFAULT_BRANCH", "main", "CI_COMMIT_SHA", after,
		"CI_SERVER_URL", "https://gitlab.example.com",
		"CI_API_V4_URL", "https://gitlab.example.com/api/v4",
		"CI_API_GRAPHQL_URL", "https://gitlab.example.com/api/graphql",
		"CI_PROJECT_DIR", "/builds/group/sub/site",
		"CI_PIPELINE_ID", "900", "CI_JOB_URL", "https://gitlab.example.com/group/sub/site/-/jobs/901",
		"GITLAB_USER_LOGIN", "mona",
		"CI_COMMIT_BEFORE_SHA", strings.Repeat("0", 40),
	}
	common := Facts{
		Forge:      "gitlab",
		Repository: "group/sub/site", RepositoryID: "42", DefaultBranch: "main",
		SHA: after, HeadSHA: after, Actor: "mona",
		ServerURL: "https://gitlab.example.com", APIURL: "https://gitlab.example.com/api/v4",
		GraphQLURL: "https://gitlab.example.com/api/graphql",
		Workspace:  "/builds/group/sub/site", RunID: "900",
		RunURL: "https://gitlab.example.com/group/sub/site/-/jobs/901",
	}
	mergeRequest := []string{
		"CI_PIPELINE_SOURCE", "merge_request_event", "CI_MERGE_REQUEST_IID", "7", "CI_MERGE_REQUEST_EVENT_TYPE", "detached",
		"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "photos", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main",
		"CI_MERGE_REQUEST_DIFF_BASE_SHA", before,
		"CI_MERGE_REQUEST_PROJECT_ID", "42", "CI_MERGE_REQUEST_PROJECT_PATH", "group/sub/site",
		"CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "42", "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "group/sub/site",
	}
	tests := []struct {
		name string
		env  []string
		want func(f *Facts)
	}{
		{"push", []string{"CI_PIPELINE_SOURCE", "push", "CI_COMMIT_BRANCH", "main", "CI_COMMIT_BEFORE_SHA", before},
			func(f *Facts) { f.Event, f.EventName, f.Branch, f.BaseSHA = Push, "push", "main", before }},
		{"push of a tag", []string{"CI_PIPELINE_SOURCE", "push", "CI_COMMIT_TAG", "v1"},
			func(f *Facts) { f.Event, f.EventName, f.Tag = Push, "push", "v1" }},
		{"public", []string{"CI_PIPELINE_SOURCE", "schedule", "CI_COMMIT_BRANCH", "main", "CI_PROJECT_VISIBILITY", "public"},
			func(f *Facts) { f.Event, f.EventName, f.Branch, f.Public = Schedule, "schedule", "main", true }},
		{"internal", []string{"CI_PIPELINE_SOURCE", "schedule", "CI_COMMIT_BRANCH", "main", "CI_PROJECT_VISIBILITY", "internal"},
			func(f *Facts) { f.Event, f.EventName, f.Branch = Schedule, "schedule", "main" }},
		{"schedule", []string{"CI_PIPELINE_SOURCE", "schedule", "CI_COMMIT_BRANCH", "main"},
			func(f *Facts) { f.Event, f.EventName, f.Branch = Schedule, "schedule", "main" }},
		{"by hand", []string{"CI_PIPELINE_SOURCE", "web", "CI_COMMIT_BRANCH", "main"},
			func(f *Facts) { f.Event, f.EventName, f.Branch = Manual, "web", "main" }},
		{"merge request", mergeRequest,
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "merge_request_event", 7
				f.Branch, f.BaseBranch, f.BaseSHA = "photos", "main", before
				f.HeadRepository = "group/sub/site"
			}},
		{"merged results", append(mergeRequest, "CI_MERGE_REQUEST_EVENT_TYPE", "merged_result", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", strings.Repeat("3", 40)),
			func(f *Facts) {
				f.MergeCommit = true
				f.Event, f.EventName, f.PullRequest = PullRequest, "merge_request_event", 7
				f.Branch, f.BaseBranch, f.BaseSHA = "photos", "main", before
				f.HeadRepository, f.HeadSHA = "group/sub/site", strings.Repeat("3", 40)
			}},
		{"merge train that moves forward", append(mergeRequest, "CI_MERGE_REQUEST_EVENT_TYPE", "merge_train", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", after),
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "merge_request_event", 7
				f.Branch, f.BaseBranch, f.BaseSHA = "photos", "main", before
				f.HeadRepository = "group/sub/site"
			}},
		{"merge request of a fork, in the fork", append(mergeRequest,
			"CI_PROJECT_ID", "77", "CI_PROJECT_PATH", "stranger/site",
			"CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "77", "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "stranger/site"),
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "merge_request_event", 7
				f.Branch, f.BaseBranch, f.BaseSHA = "photos", "main", before
				f.HeadRepository, f.Fork, f.ReadOnly = "stranger/site", true, true
			}},
		{"child pipeline of a merge request's", append(mergeRequest, "CI_PIPELINE_SOURCE", "parent_pipeline"),
			func(f *Facts) {
				f.Event, f.EventName, f.PullRequest = PullRequest, "parent_pipeline", 7
				f.Branch, f.BaseBranch, f.BaseSHA = "photos", "main", before
				f.HeadRepository = "group/sub/site"
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := common
			tt.want(&want)
			env := append(append([]string{}, base...), tt.env...)
			if diff := cmp.Diff(want, Detect(environ(env...), Options{}).Facts()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGitLabGroup(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1700000000, 0)
	c := Detect(environ("GITLAB_CI", "true"), Options{Out: &out, Now: func() time.Time { return now }})
	end := c.Group("photos\r\x1b[0Ksection_end:1:x")
	now = now.Add(2 * time.Second)
	end()
	c.Group("more")()
	want := "\x1b[0Ksection_start:1700000000:webpress_1[collapsed=true]\r\x1b[0Kphotos\\r\\x1b[0Ksection_end:1:x\n" +
		"\x1b[0Ksection_end:1700000002:webpress_1\r\x1b[0K\n" +
		"\x1b[0Ksection_start:1700000002:webpress_2[collapsed=true]\r\x1b[0Kmore\n" +
		"\x1b[0Ksection_end:1700000002:webpress_2\r\x1b[0K\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestDotenv(t *testing.T) {
	files := "[\n {\"path\": \"a $HOME b.png\"}\n]"
	tests := []struct {
		name, there string
		outputs     []Output
		want        string
		wantLog     string
	}{
		{name: "new file", outputs: []Output{{"converted", "3"}, {"bytes-saved", "-12"}, {"files", files}},
			want: "WEBPRESS_CONVERTED=3\nWEBPRESS_BYTES_SAVED=-12\nWEBPRESS_FILES=[{\"path\":\"a \\u0024HOME b.png\"}]\n"},
		{name: "others' lines stay, ours are replaced", there: "A=1\nWEBPRESS_CONVERTED=9\nB=2",
			outputs: []Output{{"converted", "3"}}, want: "A=1\nB=2\nWEBPRESS_CONVERTED=3\n"},
		{name: "what the format cannot say is left out",
			outputs: []Output{{"report", "a\nB=1"}, {"x", " lead"}, {"y", "$PATH"}, {"z", "\xff"}, {"ok", "a-b"}, {"s", "a touch pwned"}, {"a", "a`id`"}, {"b", "a;id"}, {"c", "(id)"}, {"d", `a"`}},
			want:    "WEBPRESS_OK=a-b\n",
			wantLog: "outputs that a dotenv file cannot hold are left out of \"PATH\": report, x, y, z, s, a, b, c, d\n"},
		{name: "too large", outputs: []Output{{"files", "[" + strings.Repeat("1,", 2600) + "1]"}, {"failed", "0"}},
			want:    "WEBPRESS_FAILED=0\n",
			wantLog: "outputs that a dotenv file cannot hold are left out of \"PATH\": files\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out.env")
			if tt.there != "" {
				if err := os.WriteFile(path, []byte(tt.there), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			c := Detect(environ("GITLAB_CI", "true"), Options{Out: &out, Dotenv: path})
			for range 2 { // the second call changes nothing
				out.Reset()
				if err := c.SetOutputs(tt.outputs); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.wantLog, strings.ReplaceAll(out.String(), path, "PATH")); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDotenvSourced has a shell read the file: names in it stay names.
func TestDotenvSourced(t *testing.T) {
	dir := t.TempDir()
	names := []string{
		"`touch pwned`.png", "$(touch pwned).png", `a";touch pwned;".png`, "a';touch pwned;'.png", `\`, `\\`, `a\"`, `a\u0060`, "a\nb",
		"<(touch pwned)", "a&touch pwned&", "{a,b}*?~", "!!", "a b", "\u2028é", `\"; touch pwned #`,
	}
	data, err := json.Marshal(map[string]any{"names": names})
	if err != nil {
		t.Fatal(err)
	}
	var html bytes.Buffer // without what Marshal escapes
	e := json.NewEncoder(&html)
	e.SetEscapeHTML(false)
	if err := e.Encode([]any{names}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "out.env")
	c := Detect(environ("CI", "woodpecker"), Options{Out: io.Discard, Dotenv: path})
	if err := c.SetOutputs([]Output{{"a", string(data)}, {"b", html.String()}}); err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"sh", "bash"} {
		cmd := exec.CommandContext(t.Context(), shell, "-c", `. ./out.env && printf '%s\n%s' "$WEBPRESS_A" "$WEBPRESS_B"`)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", shell, err, out)
		}
		if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
			t.Fatalf("%s ran a name", shell)
		}
		// Quotes are syntax to the shell, and gone: what is left of the names is not.
		for _, sign := range []string{"touch pwned)", "u0060touch pwned"} {
			if !strings.Contains(string(out), sign) {
				t.Errorf("%s: %q is not in %s", shell, sign, out)
			}
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		_, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		var got any
		if err := json.Unmarshal([]byte(value), &got); err != nil {
			t.Fatal(err)
		}
		switch v := got.(type) {
		case map[string]any:
			got = v["names"]
		case []any:
			got = v[0]
		}
		want := make([]any, len(names))
		for i, name := range names {
			want[i] = name
		}
		if diff := cmp.Diff(any(want), got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDotenvFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c := Detect(environ("GITLAB_CI", "true"), Options{Dotenv: filepath.Join(file, "x")})
	if err := c.SetOutputs([]Output{{"a", "b"}}); err == nil || !strings.Contains(err.Error(), "outputs ") {
		t.Errorf("got %v", err)
	}
}
