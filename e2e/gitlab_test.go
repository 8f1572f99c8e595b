//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGitLabPipelines runs the pipelines that README and the component offer, with
// the jobs' scripts in this machine's shell: gitlab-ci-local holds each file against
// GitLab's schema first.
func TestGitLabPipelines(t *testing.T) {
	need(t, "rsync")
	tools, bin := t.TempDir(), t.TempDir()
	npm(t, tools, "gitlab-ci-local@4.61.1")
	must(t, root(t), "go", "build", "-o", bin, ".")
	t.Setenv("PATH", bin+string(os.PathListSeparator)+filepath.Join(tools, "node_modules", ".bin")+
		string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("HOME", t.TempDir())
	for _, name := range []string{"CI", "GITHUB_ACTIONS"} {
		t.Setenv(name, "")
	}
	component := "include:\n  - local: templates/webpress.yml\n    inputs:\n      glob: \"{assets,x: y}/**,!raw/**\"\n      max-width: \"24\"\n      store: commit\n      commit-message: \"it's \\\"done\\\"\"\n"

	for _, tc := range []struct {
		name     string
		pipeline []byte
		flags    []string
		code     int
		want     []string
		// files are there afterwards, and pushed, on the branch of the server.
		files, pushed []string
	}{
		{
			name:     "job",
			pipeline: picture(t, "workflows/gitlab-ci.yml"),
			want:     []string{"3 images converted", "PASS"},
			files:    []string{"webpress/assets/420.webp", "webpress/webpress-report.json", "webpress.env"},
		},
		{
			name:     "the job that init writes",
			pipeline: []byte(must(t, root(t), "cat", "internal/setup/files/gitlab.yml")),
			want:     []string{"3 images converted", "PASS"},
			files:    []string{"webpress/assets/420.webp", "webpress/webpress-report.json"},
		},
		{
			name:     "check",
			pipeline: picture(t, "workflows/gitlab-check.yml"),
			flags: []string{
				"--variable", "CI_PIPELINE_SOURCE=merge_request_event", "--variable", "CI_MERGE_REQUEST_IID=1",
				"--variable", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main", "--variable", "CI_MERGE_REQUEST_DIFF_BASE_SHA=COMMIT",
			},
			code: 1,
			want: []string{`"assets/420.jpg" has not been converted yet`, "3 errors", "FAIL"},
		},
		{
			name:     "shards",
			pipeline: picture(t, "workflows/gitlab-shards.yml"),
			want:     []string{"4 shards joined: 3 results", "3 images converted"},
			pushed:   []string{"assets/420.webp", "assets/422.webp", "assets/444.webp", "webpress.lock"},
		},
		{
			name:     "component",
			pipeline: []byte(component),
			want:     []string{"3 images converted", "PASS"},
			pushed:   []string{"assets/420.webp", "assets/422.webp", "assets/444.webp", "webpress.lock"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, bare := t.TempDir(), t.TempDir()
			must(t, bare, "git", "init", "-q", "--bare", "-b", "main")
			put(t, dir, ".gitlab-ci.yml", tc.pipeline)
			put(t, dir, ".gitignore", []byte(".gitlab-ci-local\n"))
			source, err := os.ReadFile(filepath.Join(root(t), "templates", "webpress.yml"))
			if err != nil {
				t.Fatal(err)
			}
			put(t, dir, "templates/webpress.yml", source)
			commit(t, dir, bare)
			base := strings.TrimSpace(must(t, dir, "git", "rev-parse", "HEAD"))
			for _, name := range []string{"420.jpg", "422.jpg", "444.jpg"} {
				put(t, dir, "assets/"+name, picture(t, "pictures/jpeg/"+name))
			}
			record(t, dir, "Pictures")
			must(t, dir, "git", "push", "-q", "origin", "main")
			must(t, dir, "git", "remote", "set-head", "origin", "main")

			// It sets the variables of a CI other than GitLab.
			flags := []string{"--force-shell-executor", "--shell-isolation", "--variable", "GITLAB_CI=true"}
			for _, f := range tc.flags {
				flags = append(flags, strings.ReplaceAll(f, "COMMIT", base))
			}
			r := run(t, dir, "gitlab-ci-local", flags...)
			if r.code != tc.code {
				t.Errorf("exit code %d, want %d", r.code, tc.code)
			}
			wantText(t, r.out, append(tc.want, "json schema validated")...)
			for _, name := range tc.files {
				if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
					t.Error(err)
				}
			}
			if changed := strings.Fields(must(t, bare, "git", "diff-tree", "-r", "--no-commit-id", "--name-only", "main")); len(tc.pushed) > 0 &&
				strings.Join(changed, " ") != strings.Join(tc.pushed, " ") {
				t.Errorf("pushed %q, want %q", changed, tc.pushed)
			}
		})
	}
}
