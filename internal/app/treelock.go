package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

const (
	// lockTimeout is how long a run waits for another one in the same tree.
	lockTimeout = 10 * time.Minute
	// lockPoll is how often it looks whether that has ended.
	lockPoll = 50 * time.Millisecond
)

// lockTree keeps other runs of webpress out of the tree at root until release is
// called: two that write at once could each undo a part of what the other does. A
// run that only looks shares the tree with others that do.
//
// It locks the folder itself, so that nothing is left behind, also where the
// process is killed.
func (r *run) lockTree(ctx context.Context, root string, looks bool) (release func(), err error) {
	f := flock.New(root, flock.SetFlag(os.O_RDONLY))
	try := f.TryLock
	if looks {
		try = f.TryRLock
	}
	release = func() { _ = f.Unlock() }
	for began, logged := r.Now(), false; ; {
		locked, err := try()
		switch {
		case locked:
			return release, nil
		case errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOLCK), errors.Is(err, syscall.ENOSYS):
			// Some network file systems cannot. Nearly always there is no other run.
			return func() {}, nil
		case err != nil:
			return nil, fmt.Errorf("lock %q: %w", root, tree.Cause(err))
		case r.Now().Sub(began) > lockTimeout:
			return nil, &asset.Fault{
				Message: fmt.Sprintf("another webpress process has been running in %q for %s", root, lockTimeout),
				Hint:    "wait until it has ended, or end it, and start again",
			}
		case !logged:
			r.log.Line("another webpress process is running in this tree: waiting for it to finish")
			r.log.Flush()
			logged = true
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(lockPoll):
		}
	}
}
