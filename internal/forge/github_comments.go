package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxComment is the length of a comment at GitHub in characters.
const maxComment = 65536

// CommentLimit is the length of a comment in characters.
func (g GitHub) CommentLimit() int { return maxComment }

// commentJSON is a comment in the REST API.
type commentJSON struct {
	ID      int64
	Body    string
	HTMLURL string `json:"html_url"`
	// User is null where the account is gone.
	User *struct{ Login, Type string }
}

func (c commentJSON) plain() Comment {
	one := Comment{ID: c.ID, Body: c.Body, URL: c.HTMLURL}
	if c.User != nil {
		one.Author, one.Bot = c.User.Login, c.User.Type == "Bot"
	}
	return one
}

// A commentBody is what is sent to make or change a comment.
type commentBody struct {
	Body string `json:"body"`
}

// Comments lists the comments of a pull request or an issue, oldest first. Those
// on lines of code are not among them.
func (g GitHub) Comments(ctx context.Context, number int) ([]Comment, error) {
	// Who lists comments is about to write one: name what will do for both.
	t := task{fmt.Sprintf("list comments of pull request #%d", number), "pull-requests: write"}
	page, err := list[commentJSON](ctx, g, t, fmt.Sprintf("/issues/%d/comments", number), url.Values{})
	if err != nil {
		return nil, err
	}
	var comments []Comment
	for _, c := range page {
		comments = append(comments, c.plain())
	}
	return comments, nil
}

// MayOwn returns which comments the account behind the token may have written: an app's
// token belongs to a bot, a person's does not. What kind a token is of is seen
// from its beginning; where it is not, as at Gitea, any comment may be its own.
//
// Anyone who may write to a repository may change the comments of others in it, so
// that a refusal says nothing about the author.
func (g GitHub) MayOwn(context.Context) func(Comment) bool {
	kind, _, _ := strings.Cut(g.Token, "_")
	return func(c Comment) bool {
		switch kind {
		case "ghs":
			return c.Bot
		case "ghp", "gho", "ghu", "github":
			return !c.Bot
		}
		return true
	}
}

// CreateComment comments on a pull request or an issue. It is not repeated where
// a connection broke: then the comment may be there or not.
func (g GitHub) CreateComment(ctx context.Context, number int, body string) (Comment, error) {
	t := task{fmt.Sprintf("comment on pull request #%d", number), "pull-requests: write"}
	var out commentJSON
	_, err := do(ctx, g, t, g.request(http.MethodPost, fmt.Sprintf("/issues/%d/comments", number)), commentBody{body}, &out)
	return out.plain(), err
}

// UpdateComment gives a comment of the pull request another body.
func (g GitHub) UpdateComment(ctx context.Context, number int, id int64, body string) (Comment, error) {
	t := task{fmt.Sprintf("update comment on pull request #%d", number), "pull-requests: write"}
	var out commentJSON
	err := rest(ctx, g, t, http.MethodPatch, fmt.Sprintf("/issues/comments/%d", id), commentBody{body}, &out)
	return out.plain(), err
}
