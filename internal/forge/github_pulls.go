package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// MaxFiles is how many files of a pull request GitHub lists.
const MaxFiles = 3000

// pullJSON is a pull request in the REST API.
type pullJSON struct {
	Number  int
	HTMLURL string `json:"html_url"`
	Title   string
	Body    string // null where empty
	Head    branchJSON
	Base    branchJSON
}

type branchJSON struct {
	Ref, SHA string
	// Repo is null where a fork is gone.
	Repo *struct {
		FullName string `json:"full_name"`
	}
}

func (p pullJSON) plain() PullRequest {
	return PullRequest{Number: p.Number, URL: p.HTMLURL, Title: p.Title, Head: p.Head.Ref, Base: p.Base.Ref, HeadSHA: p.Head.SHA}
}

// FindPullRequest finds the open pull request from the branch head of the same
// repository into base. found says whether there is one.
func (g GitHub) FindPullRequest(ctx context.Context, head, base string) (pull PullRequest, found bool, err error) {
	p, found, err := g.findPull(ctx, head, base)
	return p.plain(), found, err
}

func (g GitHub) findPull(ctx context.Context, head, base string) (pull pullJSON, found bool, err error) {
	t := task{fmt.Sprintf("find pull request from %q into %q", head, base), "pull-requests: read"}
	query := url.Values{"state": {"open"}, "head": {g.owner() + ":" + head}, "base": {base}}
	pulls, err := list[pullJSON](ctx, g, t, "/pulls", query)
	if err != nil {
		return pullJSON{}, false, err
	}
	for _, p := range pulls {
		// Gitea lists all, whatever head and base say; a fork of the same owner
		// answers to the same head.
		own := p.Head.Repo != nil && (p.Base.Repo == nil || strings.EqualFold(p.Head.Repo.FullName, p.Base.Repo.FullName))
		if own && p.Head.Ref == head && p.Base.Ref == base {
			return p, true, nil
		}
	}
	return pullJSON{}, false, nil
}

// CreatePullRequest opens a pull request within the repository. If there is
// an open one from Head into Base, that one is returned, and brought up to date in
// so far as its title and body are webpress's own.
func (g GitHub) CreatePullRequest(ctx context.Context, n NewPullRequest) (PullRequest, error) {
	t := task{fmt.Sprintf("open pull request from %q into %q", n.Head, n.Base), "pull-requests: write"}
	in := struct {
		Title string `json:"title"`
		Head  string `json:"head"`
		Base  string `json:"base"`
		Body  string `json:"body"`
	}{n.Title, n.Head, n.Base, n.marked()}
	var out pullJSON
	err := rest(ctx, g, t, http.MethodPost, "/pulls", in, &out)
	if errors.Is(err, ErrConflict) {
		if pull, found, e := g.findPull(ctx, n.Head, n.Base); e == nil && found {
			return g.renewPull(ctx, pull, n)
		}
	}
	return out.plain(), err
}

// renewPull brings title and body of an open pull request up to date.
func (g GitHub) renewPull(ctx context.Context, pull pullJSON, n NewPullRequest) (PullRequest, error) {
	var in struct {
		Title string `json:"title,omitempty"`
		Body  string `json:"body,omitempty"`
	}
	if in.Title, in.Body = n.renew(pull.Title, pull.Body); in.Title == "" && in.Body == "" {
		return pull.plain(), nil
	}
	t := task{fmt.Sprintf("update pull request #%d", pull.Number), "pull-requests: write"}
	var out pullJSON
	err := rest(ctx, g, t, http.MethodPatch, fmt.Sprintf("/pulls/%d", pull.Number), in, &out)
	return out.plain(), err
}

// AddLabels gives labels to a pull request or an issue, beside those it has.
// Labels that the repository does not know are made.
func (g GitHub) AddLabels(ctx context.Context, number int, labels []string) error {
	if len(labels) == 0 {
		return nil
	}
	in := struct {
		Labels []string `json:"labels"`
	}{labels}
	t := task{fmt.Sprintf("label pull request #%d", number), "pull-requests: write"}
	return rest(ctx, g, t, http.MethodPost, fmt.Sprintf("/issues/%d/labels", number), in, nil)
}

// ChangedFiles lists the files that a pull request changes. If complete is false,
// the list lacks files and may be empty: that of more than MaxFiles files is not
// requested.
func (g GitHub) ChangedFiles(ctx context.Context, number int) (files []ChangedFile, complete bool, err error) {
	t := task{fmt.Sprintf("list files of pull request #%d", number), "pull-requests: read"}
	var pull struct {
		// ChangedFiles is missing in what resembles GitHub.
		ChangedFiles int `json:"changed_files"`
	}
	if err := rest(ctx, g, t, http.MethodGet, fmt.Sprintf("/pulls/%d", number), nil, &pull); err != nil {
		return nil, false, err
	}
	if pull.ChangedFiles > MaxFiles {
		return nil, false, nil
	}
	type file struct {
		Filename, Status, SHA string
		Previous              string `json:"previous_filename"`
	}
	listed, err := list[file](ctx, g, t, fmt.Sprintf("/pulls/%d/files", number), url.Values{})
	if err != nil {
		return nil, false, err
	}
	for _, f := range listed {
		one := ChangedFile{Path: f.Filename, Previous: f.Previous, Status: f.Status, SHA: f.SHA}
		if one.Status == "deleted" { // Gitea's word
			one.Status = "removed"
		}
		files = append(files, one)
	}
	// A list of just as many may have been cut off. A list longer than
	// announced is that of a later push.
	return files, len(files) < MaxFiles && len(files) >= pull.ChangedFiles, nil
}
