package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
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

// exitCode returns the exit code of the git that err is about, -1 if it did
// not exit by itself.
func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// writers are the commands that change something: when the run ends, they are let
// come to their end. Half of a push, or an index without the branch that it belongs
// to, is worse than a second's wait.
var writers = map[string]bool{
	"add": true, "commit-tree": true, "hash-object": true, "lfs": true, "push": true, "read-tree": true,
	"update-index": true, "update-ref": true, "write-tree": true,
}

// grace is how long a writer has after the run was ended. GitHub's runner kills what
// is left 10 seconds after it cancels a job, docker stop as well.
const grace = 5 * time.Second

// An overdue command took longer than it may.
type overdue struct {
	command string
	limit   time.Duration
}

func (e *overdue) Error() string { return fmt.Sprintf("not done after %s", e.limit) }

// run runs one git command in r.dir and returns what it wrote to its standard
// output. git and its children are a session of their own: a Ctrl-C in a terminal or
// the signal of timeout(1) to the whole process group reaches webpress alone, which
// then ends them; and no child finds a terminal to ask for a password at.
func (r *Repo) run(ctx context.Context, stdin io.Reader, command string, args ...string) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	limit := cmp.Or(r.timeout, DefaultTimeout)
	late := &overdue{command, limit}
	limited, cancel := context.WithTimeoutCause(ctx, limit, late)
	defer cancel()
	running, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	if r.patience > 0 {
		look := time.AfterFunc(r.patience, func() {
			if err := r.specialInTree(running); err != nil {
				end(err)
			}
		})
		defer look.Stop()
	}
	defer context.AfterFunc(limited, func() {
		if writers[command] && ctx.Err() != nil {
			select {
			case <-running.Done():
			case <-time.After(grace):
			}
		}
		end(nil)
	})()

	cmd := exec.CommandContext(running, r.program, append([]string{command}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(slices.Clip(r.env), "PWD="+r.dir)
	cmd.Stdin = stdin
	apart(cmd)
	// A grandchild that keeps the pipes open must not keep us waiting.
	cmd.WaitDelay = 2 * time.Second
	var out, diagnosis bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnosis
	if r.out != nil {
		cmd.Stdout = r.out
	}
	err := cmd.Run()
	if running.Err() != nil {
		killGroup(cmd)
	}
	switch {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case context.Cause(running) != nil && context.Cause(running) != context.Canceled:
		return nil, context.Cause(running)
	case context.Cause(limited) == late:
		return nil, &Error{Command: command, Err: late}
	}
	return nil, &Error{Command: command, Stderr: diagnosis.String(), Err: err}
}
