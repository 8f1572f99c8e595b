package notify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/wire"
)

// A Comment is the one comment that webpress has on a pull or merge request. It
// is found again by its first line, which nobody sees, and changed by every run.
// CommentOnGitHub and CommentOnGitLab make one.
type Comment struct {
	// Marker is the first line: see Marker.
	Marker string
	// Limit is how long a comment may be in characters.
	Limit int
	// List returns the comments of the pull request, oldest first.
	List func(ctx context.Context) ([]forge.Comment, error)
	// Own says whether webpress may have written a comment. Others' are left
	// alone, even if they begin like its own.
	Own func(ctx context.Context, one forge.Comment) bool
	// Create makes one, and Update gives one another body.
	Create func(ctx context.Context, body string) (forge.Comment, error)
	Update func(ctx context.Context, id int64, body string) (forge.Comment, error)
}

// Told says what became of a comment.
type Told string

const (
	// TellNothing: there was nothing to tell, and no earlier comment.
	TellNothing Told = ""
	// Created: there is a new comment.
	Created Told = "created"
	// Updated: the earlier comment says what is so now.
	Updated Told = "updated"
	// Unchanged: the earlier comment says so already.
	Unchanged Told = "unchanged"
)

// Marker is the first line of a comment. key tells the comments of several jobs
// on one pull request apart; it may be empty.
func Marker(key string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '/', r == '_':
			return r
		}
		return '_' // two hyphens could end the comment of HTML
	}, key)
	switch {
	case key == "":
		safe = "report"
	case safe != key:
		// Two keys must not become one.
		safe += fmt.Sprintf(".%x", sha256.Sum256([]byte(key)))[:9]
	}
	return "<!-- webpress:" + safe + " -->"
}

// CommentOnGitHub is the comment with the given key on a pull request.
func CommentOnGitHub(g forge.GitHub, pullRequest int, key string) Comment {
	return Comment{
		Marker: Marker(key), Limit: forge.MaxComment,
		List: func(ctx context.Context) ([]forge.Comment, error) { return g.Comments(ctx, pullRequest) },
		Own:  func(_ context.Context, one forge.Comment) bool { return g.MayOwn(one) },
		Create: func(ctx context.Context, body string) (forge.Comment, error) {
			return g.CreateComment(ctx, pullRequest, body)
		},
		Update: func(ctx context.Context, id int64, body string) (forge.Comment, error) {
			return g.UpdateComment(ctx, pullRequest, id, body)
		},
	}
}

// CommentOnGitLab is the note with the given key on a merge request.
func CommentOnGitLab(g forge.GitLab, mergeRequest int, key string) Comment {
	var asked bool
	var self string // empty where the forge does not tell
	own := func(ctx context.Context, one forge.Comment) bool {
		if !asked {
			self, _ = g.User(ctx)
			asked = true
		}
		return self == "" || one.Author == self
	}
	return Comment{
		Marker: Marker(key), Limit: forge.MaxNote,
		List: func(ctx context.Context) ([]forge.Comment, error) { return g.Comments(ctx, mergeRequest) },
		Own:  own,
		Create: func(ctx context.Context, body string) (forge.Comment, error) {
			return g.CreateComment(ctx, mergeRequest, body)
		},
		Update: func(ctx context.Context, id int64, body string) (forge.Comment, error) {
			return g.UpdateComment(ctx, mergeRequest, id, body)
		},
	}
}

// Send makes the comment say what body returns for a limit in bytes, such as
// report.Report's Markdown. news says that there is something to tell: without
// it an earlier comment is brought up to date, but none is made. The URL is the
// comment's, where the forge tells it.
//
// A comment that the token may not change is left alone, and there will be
// another one, which later runs change.
//
// An error is a *forge.Error, in which errors.As also finds an *asset.Fault with
// its hint, or wraps the context's.
func (c Comment) Send(ctx context.Context, news bool, body func(limit int) string) (told Told, url string, err error) {
	earlier, err := c.earlier(ctx)
	if err != nil {
		return TellNothing, "", err
	}
	if len(earlier) == 0 && !news {
		return TellNothing, "", nil
	}
	text := c.Marker + "\n"
	text += body(c.Limit - len(text))
	for _, e := range earlier {
		if same(e.Body, text) {
			return Unchanged, e.URL, nil
		}
	}
	for _, e := range earlier {
		made, err := c.Update(ctx, e.ID, text)
		switch {
		case err == nil:
			return Updated, firstURL(made, e), nil
		case !errors.Is(err, forge.ErrForbidden) && !errors.Is(err, forge.ErrNotFound):
			return TellNothing, e.URL, err
		}
		// Somebody else's, or deleted meanwhile.
	}
	if !news {
		return TellNothing, "", nil
	}
	made, err := c.Create(ctx, text)
	if err != nil && ctx.Err() == nil && unanswered(err) {
		// It may have been made all the same.
		if again, e := c.earlier(ctx); e == nil {
			for _, one := range again {
				if same(one.Body, text) {
					return Created, one.URL, nil
				}
			}
		}
	}
	if err != nil {
		return TellNothing, "", err
	}
	return Created, made.URL, nil
}

// earlier are the own comments that begin with the marker, oldest first.
func (c Comment) earlier(ctx context.Context) ([]forge.Comment, error) {
	all, err := c.List(ctx)
	if err != nil {
		return nil, err
	}
	var earlier []forge.Comment
	for _, one := range all {
		if line, _, _ := strings.Cut(strings.TrimLeft(one.Body, "\ufeff \t\r\n"), "\n"); strings.TrimSpace(line) == c.Marker && c.Own(ctx, one) {
			earlier = append(earlier, one)
		}
	}
	return earlier, nil
}

// same compares bodies: forges change the ends of lines and of the whole.
func same(a, b string) bool { return plainText(a) == plainText(b) }

func plainText(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// unanswered says that what was asked for may have been done.
func unanswered(err error) bool {
	e, ok := errors.AsType[*wire.Error](err)
	return ok && (e.Status == 0 || e.Status >= http.StatusInternalServerError)
}

// firstURL is the URL of a comment, as the answer or the list has it.
func firstURL(comments ...forge.Comment) string {
	for _, c := range comments {
		if c.URL != "" {
			return c.URL
		}
	}
	return ""
}
