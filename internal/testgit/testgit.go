// Package testgit runs git for tests and serves repositories over HTTP.
package testgit

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Env returns the environment of git in tests: an author, and no settings of the user or
// the system.
func Env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
	}
}

// Command returns a git command that runs in dir.
func Command(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = dir, Env()
	return cmd
}

// Run runs git in dir, and returns its standard output without white space around it.
func Run(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := Command(dir, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %q: %v\n%s%s", args, err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// Init makes an empty repository with the branch main, and returns its folder.
func Init(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	Run(t, dir, "init", "--quiet", "--initial-branch=main")
	return dir
}

// CommitAll commits everything in the work tree dir.
func CommitAll(t testing.TB, dir, message string) {
	t.Helper()
	Run(t, dir, "add", "--all")
	Run(t, dir, "commit", "--quiet", "--message="+message)
}

// NeedLFS skips the test if git-lfs is not installed.
func NeedLFS(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("git-lfs"); err != nil {
		t.Skip("git-lfs is not installed: ", err)
	}
}
