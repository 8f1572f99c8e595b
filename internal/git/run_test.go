package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestError(t *testing.T) {
	tests := map[string]struct{ stderr, want string }{
		"git's own reason": {"fatal: bad index\n", "git ls-files: bad index"},
		"after a warning":  {"warning: slow\nfatal: bad index\nhint: mend it\n", "git ls-files: bad index"},
		"an error":         {"error: could not read\n", "git ls-files: could not read"},
		"several lines":    {"fatal: dubious ownership at '/x'\nTo add an exception, …\n", "git ls-files: dubious ownership at '/x'"},
		"nothing said":     {"", "git ls-files: exit status 128"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := &Error{Command: "ls-files", Stderr: tt.stderr, Err: errors.New("exit status 128")}
			if got := err.Error(); got != tt.want {
				t.Errorf("Error() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	base := []string{
		"HOME=/home/ada", "GIT_DIR=/x/.git", "GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_VALUE_0=c", "GIT_LITERAL_PATHSPECS=1",
		"GIT_SSH_COMMAND=ssh -x", "LC_ALL=de_DE.UTF-8",
	}
	want := []string{
		"HOME=/home/ada", "GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_VALUE_0=c",
		"GIT_SSH_COMMAND=ssh -x", "LC_ALL=de_DE.UTF-8",
		"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=/tree",
		"GIT_CONFIG_COUNT=2", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C",
	}
	got := environment(base, []setting{{"safe.directory", "/tree"}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

// A git that hangs ends with the context, also when it has children that keep
// its output open.
func TestRunEndsWithContext(t *testing.T) {
	program := filepath.Join(t.TempDir(), "git")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nsleep 9 &\nsleep 9\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	r := &Repo{dir: t.TempDir(), program: program, env: os.Environ()}
	start := time.Now()
	_, err := r.run(ctx, nil, "ls-files")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("run: %v, want %v", err, context.DeadlineExceeded)
	}
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("run took %v", took)
	}
}
