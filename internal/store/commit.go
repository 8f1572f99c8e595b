package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"webpress/internal/asset"
	"webpress/internal/forge"
	"webpress/internal/git"
)

// The ways to commit.
const (
	MethodAuto    = "auto"
	MethodGraphQL = "graphql"
	MethodREST    = "rest"
	MethodPush    = "push"
)

// A Commit puts results, and the removal of their sources, into a commit on a
// branch of the repository's server. By GraphQL and REST it is GitHub that commits,
// and signs; by push it is git.
type Commit struct {
	// Repo is the work tree, which Delivery.Dir is in.
	Repo *git.Repo
	// Branch is the branch to commit to. It is made, from Delivery.Head, where it
	// does not exist.
	Branch string
	// Method is one of those above; empty is auto: GraphQL where it is there and can
	// do it, or else push.
	Method string
	// GitHub is the API, nil where there is none.
	GitHub *forge.GitHub
	// Remote is the repository as git reaches it.
	Remote git.Remote
	// Message is the whole text of the commit's message; empty is DefaultMessage.
	Message string
	// Author is Name <email>; empty is whom git is configured for. GraphQL ignores it.
	Author string
	// Pull is the pull request that is wanted for Branch, nil for none.
	Pull *Pull
	// Logf tells what is done; nil tells nobody.
	Logf func(format string, args ...any)
	// Wait is the shortest pause before another attempt where the branch has moved;
	// 0 is half a second.
	Wait time.Duration
}

// attempts is how often a commit is made anew because the branch has moved.
const attempts = 6

var _ Store = Commit{}

// Name returns commit.
func (Commit) Name() string { return "commit" }

// Put commits the files of d that the branch does not have. Where the branch has
// moved since Delivery.Head, it commits on top of that; a file whose source was
// changed there is left out.
func (c Commit) Put(ctx context.Context, d Delivery) (asset.Stored, error) {
	stored := asset.Stored{Store: c.Name()}
	if c.Repo == nil {
		return stored, c.error(errors.New("the working directory is in no git repository"), "check the repository out first, or set `store` to none")
	}
	if c.Branch == "" {
		return stored, c.error(errors.New("no branch is checked out"), "set `commit-branch`")
	}
	all, err := c.plan(ctx, d, &stored)
	if err != nil {
		return stored, c.explain(err)
	}
	for attempt := 0; ; attempt++ {
		var done bool
		done, err = c.try(ctx, d, all, &stored)
		if err == nil {
			if done {
				return c.pull(ctx, d, all, stored)
			}
			return stored, nil
		}
		if !moved(err) || attempt == attempts-1 || ctx.Err() != nil {
			return stored, c.explain(err)
		}
		c.logf("%s has moved; trying again on top of it", quote(c.Branch))
		if err := c.pause(ctx, attempt); err != nil {
			return stored, err
		}
	}
}

// try makes one commit on top of what the branch is now. done says that the
// branch has everything, by this commit or by an earlier one.
func (c Commit) try(ctx context.Context, d Delivery, all []file, stored *asset.Stored) (done bool, err error) {
	stored.Paths, stored.Removed = nil, nil
	head, err := c.head(ctx)
	if err != nil {
		return false, err
	}
	fresh := head == ""
	if fresh {
		head = d.Head
	}
	files, left, err := c.onto(ctx, all, head)
	if err != nil {
		return false, err
	}
	stored.Left = mergeLeft(stored.Left, left)
	if len(files) == 0 {
		if len(left) == 0 {
			stored.Notes = appendOnce(stored.Notes, fmt.Sprintf("%s has it all already", quote(c.Branch)))
		}
		return len(left) == 0 && !fresh, nil
	}
	way, err := c.way(ctx, files, head)
	if err != nil {
		return false, err
	}
	var made forge.Commit
	if way == MethodPush {
		made, err = c.push(ctx, files, head, fresh)
	} else {
		made, err = c.byAPI(ctx, way, files, head, fresh)
		if errors.Is(err, forge.ErrUnsupported) && c.auto() {
			c.logf("the API cannot do it (%s); pushing by git instead", err)
			made, err = c.push(ctx, files, head, fresh)
		}
	}
	if err != nil {
		return false, err
	}
	if made.OID == "" {
		return true, nil
	}
	stored.Ref, stored.URL = made.OID, made.URL
	for _, f := range files {
		if f.add {
			stored.Paths = append(stored.Paths, f.name)
		}
		if f.remove {
			stored.Removed = append(stored.Removed, f.source)
		}
	}
	slices.Sort(stored.Paths)
	slices.Sort(stored.Removed)
	return true, nil
}

// head is the last commit of the branch on the server, empty where there is none.
func (c Commit) head(ctx context.Context) (string, error) {
	if c.GitHub == nil || c.Method == MethodPush {
		return c.Repo.RemoteHead(ctx, c.Remote, c.Branch)
	}
	head, err := c.GitHub.BranchHead(ctx, c.Branch)
	if errors.Is(err, forge.ErrNotFound) {
		// A repository that the token may not see is not found either.
		if _, other := c.GitHub.Info(ctx); other != nil {
			return "", other
		}
		return "", nil
	}
	return head, err
}

// moved says that another attempt makes sense.
func moved(err error) bool {
	return errors.Is(err, git.ErrMoved) || errors.Is(err, forge.ErrStale) || errors.Is(err, forge.ErrConflict)
}

func (c Commit) auto() bool { return c.Method == "" || c.Method == MethodAuto }

func (c Commit) logf(format string, args ...any) {
	if c.Logf != nil {
		c.Logf("commit: "+format, args...)
	}
}

// pause waits before another attempt, twice as long each time, and not in step
// with others that do the same.
func (c Commit) pause(ctx context.Context, attempt int) error {
	wait := c.Wait
	if wait == 0 {
		wait = 500 * time.Millisecond
	}
	wait <<= attempt
	timer := time.NewTimer(wait/2 + rand.N(wait))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
