package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/webpress/webpress/internal/httpclient"
)

// maxNote is the length of a comment at GitLab in characters.
const maxNote = 1_000_000

// CommentLimit is the length of a comment in characters.
func (g GitLab) CommentLimit() int { return maxNote }

// MayOwn returns which comments the account behind the token may have written: all, where
// GitLab does not name it.
func (g GitLab) MayOwn(ctx context.Context) func(Comment) bool {
	self, _ := g.User(ctx)
	return func(c Comment) bool { return self == "" || c.Author == self }
}

// GitLab is one project at GitLab.
type GitLab struct {
	// Client sends.
	Client *httpclient.Client
	// APIURL is that of version 4 of the API, such as https://gitlab.com/api/v4.
	APIURL string
	// Project is its number, or its full path.
	Project string
	// Token is a personal, project or group access token, with the scope api.
	Token string
	// JobToken reports whether Token is the job's own. That one may do next to nothing
	// here: neither notes nor merge requests.
	JobToken bool
}

// BranchHead is the id of the last commit of a branch.
func (g GitLab) BranchHead(ctx context.Context, branch string) (string, error) {
	t := task{fmt.Sprintf("read branch %q", branch), "read_api"}
	var out struct{ Commit struct{ ID string } }
	err := rest(ctx, g, t, http.MethodGet, "/repository/branches/"+url.PathEscape(branch), nil, &out)
	return out.Commit.ID, err
}

// User is the name of the account behind the token.
func (g GitLab) User(ctx context.Context) (string, error) {
	r := g.request(http.MethodGet, "")
	r.URL = strings.TrimRight(g.APIURL, "/") + "/user"
	var out struct{ Username string }
	_, err := do(ctx, g, task{"read the token's user", "read_api"}, r, nil, &out)
	return out.Username, err
}

// Comments lists the notes of a merge request that people and bots wrote, oldest
// first.
func (g GitLab) Comments(ctx context.Context, number int) ([]Comment, error) {
	// Who lists notes is about to write one: name what will do for both.
	t := task{fmt.Sprintf("list notes of merge request !%d", number), "api"}
	query := url.Values{"sort": {"asc"}, "order_by": {"created_at"}}
	notes, err := list[noteJSON](ctx, g, t, fmt.Sprintf("/merge_requests/%d/notes", number), query)
	if err != nil {
		return nil, err
	}
	var comments []Comment
	for _, n := range notes {
		if !n.System {
			comments = append(comments, n.plain())
		}
	}
	return comments, nil
}

// CreateComment writes a note below a merge request. It is not repeated where a
// connection broke: then the note may be there or not.
func (g GitLab) CreateComment(ctx context.Context, number int, body string) (Comment, error) {
	t := task{fmt.Sprintf("comment on merge request !%d", number), "api"}
	var out noteJSON
	_, err := do(ctx, g, t, g.request(http.MethodPost, fmt.Sprintf("/merge_requests/%d/notes", number)), commentBody{body}, &out)
	return out.plain(), err
}

// UpdateComment gives a note of the merge request another body.
func (g GitLab) UpdateComment(ctx context.Context, number int, id int64, body string) (Comment, error) {
	t := task{fmt.Sprintf("update note on merge request !%d", number), "api"}
	var out noteJSON
	err := rest(ctx, g, t, http.MethodPut, fmt.Sprintf("/merge_requests/%d/notes/%d", number, id), commentBody{body}, &out)
	return out.plain(), err
}

// noteJSON is a note in the API.
type noteJSON struct {
	ID     int64
	Body   string
	System bool
	Author *struct{ Username string }
}

func (n noteJSON) plain() Comment {
	c := Comment{ID: n.ID, Body: n.Body}
	if n.Author != nil {
		c.Author = n.Author.Username
	}
	return c
}

func (g GitLab) client() *httpclient.Client { return g.Client }

// request asks for path, below the project.
func (g GitLab) request(method, path string) httpclient.Request {
	r := httpclient.Request{
		Method: method,
		URL:    strings.TrimRight(g.APIURL, "/") + "/projects/" + url.PathEscape(g.Project) + path,
		Header: http.Header{},
	}
	switch {
	case g.Token == "":
	case g.JobToken:
		r.Header.Set("Job-Token", g.Token)
	default:
		r.Header.Set("Private-Token", g.Token)
	}
	return r
}
