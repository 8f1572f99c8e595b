package forge

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// FindPullRequestOf finds the open pull request from a branch of another
// repository, or of the same, whose last commit is sha. found says whether there
// is one. A run that was started by the end of another does not get the pull
// request if that comes from a fork.
func (g GitHub) FindPullRequestOf(ctx context.Context, repository, branch, sha string) (pull PullRequest, found bool, err error) {
	owner, _, _ := strings.Cut(repository, "/")
	t := task{fmt.Sprintf("find pull request from %q of %s", branch, repository), "pull-requests: read"}
	query := url.Values{"state": {"open"}, "head": {owner + ":" + branch}}
	pulls, err := list[pullJSON](ctx, g, t, "/pulls", query)
	if err != nil {
		return PullRequest{}, false, err
	}
	for _, p := range pulls {
		// Gitea lists all, whatever head says.
		if p.Head.Repo != nil && strings.EqualFold(p.Head.Repo.FullName, repository) && p.Head.Ref == branch && p.Head.SHA == sha {
			return p.plain(), true, nil
		}
	}
	return PullRequest{}, false, nil
}
