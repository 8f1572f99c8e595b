package git

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestError(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ stderr, want string }{
		"git's own reason": {"fatal: bad index\n", "git ls-files: bad index"},
		"after a warning":  {"warning: slow\nfatal: bad index\nhint: fix it\n", "git ls-files: bad index"},
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

// What git is given is named; a token is among what is not.
func TestInherit(t *testing.T) {
	t.Parallel()
	passes := []string{
		"PATH=/bin", "HOME=/home/ada", "GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_VALUE_0=c", "GIT_CONFIG_COUNT=1",
		"GIT_SSH_COMMAND=ssh -x", "LC_ALL=de_DE.UTF-8", "https_proxy=http://p", "SSH_AUTH_SOCK=/s", "TMPDIR=/t",
		"GIT_COMMITTER_NAME=Ada", "GIT_PROXY_COMMAND=/p",
	}
	stays := []string{
		"GIT_DIR=/x/.git", "GIT_WORK_TREE=/x", "GIT_INDEX_FILE=i", "GIT_LITERAL_PATHSPECS=1", "GIT_EXTERNAL_DIFF=evil",
		"GIT_EDITOR=vi", "GIT_PAGER=less", "GIT_TEMPLATE_DIR=/x", "GIT_ATTR_SOURCE=x", "INPUT_TOKEN=t", "PLUGIN_TOKEN=t",
		"WEBPRESS_TOKEN=t", "ACTIONS_RUNTIME_TOKEN=t", "GITHUB_TOKEN=t", "CI_JOB_TOKEN=t", "NPM_TOKEN=t", "AWS_SECRET_ACCESS_KEY=t",
		"CI_NETRC_PASSWORD=t", "GIT_CONFIG=x", "BASH_ENV=/x", "LD_PRELOAD=x",
	}
	want := append(slices.Clone(passes),
		"GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_EDITOR=:", "GIT_PAGER=cat", "GIT_NO_REPLACE_OBJECTS=1", "LC_ALL=C")
	if diff := cmp.Diff(want, inherit(slices.Concat(passes, stays))); diff != "" {
		t.Errorf("inherit (-want +got):\n%s", diff)
	}
}

func TestConfigured(t *testing.T) {
	t.Parallel()
	base := []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_VALUE_0=c", "HOME=/h"}
	want := []string{
		"GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_VALUE_0=c", "HOME=/h",
		"GIT_CONFIG_KEY_1=x.y", "GIT_CONFIG_VALUE_1=z", "GIT_CONFIG_COUNT=2",
	}
	if diff := cmp.Diff(want, configured(base, []setting{{"x.y", "z"}})); diff != "" {
		t.Errorf("configured (-want +got):\n%s", diff)
	}
}

// A git that hangs ends with the context, also when it has children that keep
// its output open.
func TestRunEndsWithContext(t *testing.T) {
	t.Parallel()
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

// fake is a Repo whose git is a script.
func fake(t *testing.T, script string) *Repo {
	t.Helper()
	program := filepath.Join(t.TempDir(), "git")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return &Repo{dir: t.TempDir(), program: program, env: os.Environ()}
}

// until waits for a file that a script makes.
func until(t *testing.T, path string) {
	t.Helper()
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("the test is over")
		}
		runtime.Gosched()
	}
}

// What changes something comes to its end when the run is over; what only reads does
// not.
func TestWritersFinish(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]error{"update-ref": nil, "ls-files": context.Canceled} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			r := fake(t, ": >started\nwhile [ ! -e go ]; do sleep 0.01; done\necho done\n")
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				until(t, filepath.Join(r.dir, "started"))
				cancel()
				if want == nil {
					_ = os.WriteFile(filepath.Join(r.dir, "go"), nil, 0o644)
				}
			}()
			out, err := r.run(ctx, nil, command)
			if !errors.Is(err, want) || want == nil && string(out) != "done\n" {
				t.Errorf("%q, %v, want %v", out, err, want)
			}
			if out, err := r.run(ctx, nil, command); !errors.Is(err, context.Canceled) {
				t.Errorf("one more: %q, %v", out, err)
			}
		})
	}
}

// A command has its limit as a whole, whatever it says meanwhile.
func TestTimeout(t *testing.T) {
	t.Parallel()
	r := fake(t, "while :; do echo still here; sleep 0.01; done\n")
	r.timeout = 50 * time.Millisecond
	_, err := r.RemoteHead(t.Context(), Remote{URL: "https://example.org/r.git", Token: "t"}, "main")
	if !errors.Is(err, ErrTimeout) || errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "git ls-remote: not done after 50ms") {
		t.Errorf("err = %v", err)
	}
}

// git and what it starts are in a group of their own, and have no terminal.
func TestOwnGroup(t *testing.T) {
	t.Parallel()
	r := fake(t, "sh -c 'ps -o sid= -p $$'\nps -o sid= -p $$\n")
	out, err := r.run(t.Context(), nil, "ls-files")
	if err != nil {
		t.Skip("no ps here: ", err)
	}
	own, err := exec.CommandContext(t.Context(), "ps", "-o", "sid=", "-p", strconv.Itoa(os.Getpid())).Output()
	if err != nil {
		t.Skip("no ps here: ", err)
	}
	sids := strings.Fields(string(out))
	if len(sids) != 2 || sids[0] != sids[1] || sids[0] == strings.TrimSpace(string(own)) {
		t.Errorf("sessions %q, and ours is %q", sids, own)
	}
}
