package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Error is a git command that failed.
type Error struct {
	// Command is the name of the command, such as ls-files.
	Command string
	// Stderr is everything that git wrote there.
	Stderr string
	// Err is why it ended: an *exec.ExitError, or what kept it from starting.
	Err error
}

// Error returns one line: the command, and git's own reason where it gave one.
func (e *Error) Error() string {
	reason := e.Err.Error()
	for line := range strings.Lines(e.Stderr) {
		line = strings.TrimSpace(line)
		fatal, found := strings.CutPrefix(line, "fatal: ")
		if !found {
			fatal, found = strings.CutPrefix(line, "error: ")
		}
		if found {
			reason = fatal
			break
		}
	}
	return fmt.Sprintf("git %s: %s", e.Command, reason)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// exitCode returns the exit code of the git that err is about, -1 where it did
// not exit by itself.
func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// run runs one git command in r.dir and returns what it wrote to its standard
// output.
func (r *Repo) run(ctx context.Context, stdin io.Reader, command string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, r.program, append([]string{command}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(r.env, "PWD="+r.dir)
	cmd.Stdin = stdin
	// A grandchild that keeps the pipes open must not keep us waiting.
	cmd.WaitDelay = 2 * time.Second
	var out, diagnosis bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnosis
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &Error{Command: command, Stderr: diagnosis.String(), Err: err}
	}
	return out.Bytes(), nil
}

// A setting is one git configuration value.
type setting struct{ key, value string }

// settings returns what git has to be told to read the work trees at tops.
func settings(tops []string) []setting {
	var all []setting
	for _, top := range tops {
		// A container runs as root on the runner's files; git would refuse.
		all = append(all, setting{"safe.directory", top})
	}
	// Having trusted a tree of somebody else's, start no program that its
	// configuration names.
	return append(all, setting{"core.fsmonitor", "false"})
}

// local are the variables that bind git to a certain repository; a hook has
// them set for the repository it runs in. The list is that of
// "git rev-parse --local-env-vars" without the configuration.
var local = []string{
	"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR",
	"GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE",
	"GIT_INTERNAL_SUPER_PREFIX", "GIT_NAMESPACE", "GIT_NO_REPLACE_OBJECTS",
	"GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE",
	"GIT_SHALLOW_FILE", "GIT_WORK_TREE",
	// These change what a path given to git means.
	"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS",
	"GIT_ICASE_PATHSPECS",
}

// environment returns base made fit for git: bound to no repository, asking no
// questions, speaking English, and with the settings added to those that base
// may hand over already.
func environment(base []string, add []setting) []string {
	env := make([]string, 0, len(base)+2*len(add)+4)
	count := 0
	for _, kv := range base {
		name, value, _ := strings.Cut(kv, "=")
		if name == "GIT_CONFIG_COUNT" {
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				count = n
			}
			continue
		}
		if !slices.Contains(local, name) {
			env = append(env, kv)
		}
	}
	// safe.directory is taken from here, but not from a repository's own
	// configuration; see "Protected configuration" in git-config(1).
	for _, s := range add {
		env = append(env,
			fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", count, s.key),
			fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", count, s.value))
		count++
	}
	return append(env,
		fmt.Sprintf("GIT_CONFIG_COUNT=%d", count),
		"GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0",
		"LC_ALL=C",
	)
}
