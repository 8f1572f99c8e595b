package forge

import "context"

// A Client is the API of one repository at a forge. Pull requests are merge requests at
// GitLab, and their numbers those that people use there.
type Client interface {
	// BranchHead is the id of the last commit of a branch.
	BranchHead(ctx context.Context, branch string) (string, error)

	// ChangedFiles lists the files that a pull request changes. complete says that these
	// are all.
	ChangedFiles(ctx context.Context, number int) (files []ChangedFile, complete bool, err error)
	// FindPullRequest finds the open one from one branch to another.
	FindPullRequest(ctx context.Context, head, base string) (pull PullRequest, found bool, err error)
	// CreatePullRequest opens one, or gives the one that is open a new title and body.
	CreatePullRequest(ctx context.Context, n NewPullRequest) (PullRequest, error)
	AddLabels(ctx context.Context, number int, labels []string) error

	// Comments lists the comments on a pull request, oldest first.
	Comments(ctx context.Context, number int) ([]Comment, error)
	CreateComment(ctx context.Context, number int, body string) (Comment, error)
	UpdateComment(ctx context.Context, number int, id int64, body string) (Comment, error)
	// MayOwn returns which comments the account behind the token may have written.
	MayOwn(ctx context.Context) func(Comment) bool
	// CommentLimit is the length of a comment in characters.
	CommentLimit() int
}

var (
	_ Client = GitHub{}
	_ Client = GitLab{}
)
