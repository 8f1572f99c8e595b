package notify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/httpclient"
)

// A Comment is the one comment that webpress has on a pull or merge request. It
// is found by its invisible first line, and updated by every run.
type Comment struct {
	Forge       forge.Client
	PullRequest int
	// Key distinguishes the comments of several jobs on one pull request; it may be empty.
	Key string
}

// CommentResult says what became of a comment.
type CommentResult string

const (
	// CommentSkipped: there was nothing to report, and no earlier comment.
	CommentSkipped CommentResult = ""
	// Created: there is a new comment.
	Created CommentResult = "created"
	// Updated: the earlier comment says what is so now.
	Updated CommentResult = "updated"
	// Unchanged: the earlier comment says so already.
	Unchanged CommentResult = "unchanged"
)

// Marker is the first line of a comment. key distinguishes the comments of
// several jobs on one pull request; it may be empty.
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

// Send makes the comment say what body returns for a limit in bytes, such as
// report.Report's Markdown. news reports whether there is something to report:
// without it an earlier comment is updated, but none is made. The URL is the
// comment's, if the forge returns it.
//
// A comment that the token may not change is left alone, and there will be
// another one, which later runs change.
//
// An error is a *forge.Error, in which errors.As also finds an *asset.Fault with
// its hint, or wraps the context's.
func (c Comment) Send(ctx context.Context, news bool, body func(limit int) string) (result CommentResult, url string, err error) {
	earlier, err := c.earlier(ctx)
	if err != nil {
		return CommentSkipped, "", err
	}
	if len(earlier) == 0 && !news {
		return CommentSkipped, "", nil
	}
	text := Marker(c.Key) + "\n"
	text += body(c.Forge.CommentLimit() - len(text))
	for _, e := range earlier {
		if same(e.Body, text) {
			return Unchanged, e.URL, nil
		}
	}
	for _, e := range earlier {
		made, err := c.Forge.UpdateComment(ctx, c.PullRequest, e.ID, text)
		switch {
		case err == nil:
			return Updated, firstURL(made, e), nil
		case !errors.Is(err, forge.ErrForbidden) && !errors.Is(err, forge.ErrNotFound):
			return CommentSkipped, e.URL, err
		}
		// Another account's, or deleted meanwhile.
	}
	if !news {
		return CommentSkipped, "", nil
	}
	made, err := c.Forge.CreateComment(ctx, c.PullRequest, text)
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
		return CommentSkipped, "", err
	}
	return Created, made.URL, nil
}

// earlier are the own comments that begin with the marker, oldest first.
func (c Comment) earlier(ctx context.Context) ([]forge.Comment, error) {
	all, err := c.Forge.Comments(ctx, c.PullRequest)
	if err != nil {
		return nil, err
	}
	marker := Marker(c.Key)
	var earlier []forge.Comment
	for _, one := range all {
		if line, _, _ := strings.Cut(strings.TrimLeft(one.Body, "\ufeff \t\r\n"), "\n"); strings.TrimSpace(line) == marker {
			earlier = append(earlier, one)
		}
	}
	if len(earlier) > 0 {
		own := c.Forge.MayOwn(ctx)
		earlier = slices.DeleteFunc(earlier, func(one forge.Comment) bool { return !own(one) })
	}
	return earlier, nil
}

// same compares bodies: forges change the ends of lines and of the whole.
func same(a, b string) bool { return plainText(a) == plainText(b) }

func plainText(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// unanswered reports whether what was asked for may have been done.
func unanswered(err error) bool {
	e, ok := errors.AsType[*httpclient.Error](err)
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
