package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// mergeJSON is a merge request in the API.
type mergeJSON struct {
	IID    int
	WebURL string `json:"web_url"`
	Title  string
	Body   string `json:"description"` // null where empty
	SHA    string
	Source string `json:"source_branch"`
	Target string `json:"target_branch"`
	// The projects differ where it comes from a fork.
	SourceProject int64 `json:"source_project_id"`
	TargetProject int64 `json:"target_project_id"`
}

func (m mergeJSON) plain() PullRequest {
	return PullRequest{Number: m.IID, URL: m.WebURL, Title: m.Title, Head: m.Source, Base: m.Target, HeadSHA: m.SHA}
}

// FindPullRequest finds the open merge request from the branch head of the same
// project into base. found says whether there is one.
func (g GitLab) FindPullRequest(ctx context.Context, head, base string) (merge PullRequest, found bool, err error) {
	m, found, err := g.findMerge(ctx, head, base)
	return m.plain(), found, err
}

func (g GitLab) findMerge(ctx context.Context, head, base string) (merge mergeJSON, found bool, err error) {
	t := task{fmt.Sprintf("find merge request from %q into %q", head, base), "read_api"}
	query := url.Values{"state": {"opened"}, "source_branch": {head}, "target_branch": {base}}
	merges, err := list[mergeJSON](ctx, g, t, "/merge_requests", query)
	if err != nil {
		return mergeJSON{}, false, err
	}
	for _, m := range merges {
		if m.SourceProject == m.TargetProject && m.Source == head && m.Target == base {
			return m, true, nil
		}
	}
	return mergeJSON{}, false, nil
}

// CreatePullRequest opens a merge request within the project. If there is an
// open one from Head into Base, that one is returned, and brought up to date in so
// far as its title and description are webpress's own.
func (g GitLab) CreatePullRequest(ctx context.Context, n NewPullRequest) (PullRequest, error) {
	t := task{fmt.Sprintf("open merge request from %q into %q", n.Head, n.Base), "api"}
	in := struct {
		Source      string `json:"source_branch"`
		Target      string `json:"target_branch"`
		Title       string `json:"title"`
		Description string `json:"description"`
	}{n.Head, n.Base, n.Title, n.marked()}
	var out mergeJSON
	err := rest(ctx, g, t, http.MethodPost, "/merge_requests", in, &out)
	if errors.Is(err, ErrConflict) {
		if merge, found, e := g.findMerge(ctx, n.Head, n.Base); e == nil && found {
			return g.renewMerge(ctx, merge, n)
		}
	}
	return out.plain(), err
}

// renewMerge brings title and description of an open merge request up to date.
func (g GitLab) renewMerge(ctx context.Context, merge mergeJSON, n NewPullRequest) (PullRequest, error) {
	var in struct {
		Title       string `json:"title,omitempty"`
		Description string `json:"description,omitempty"`
	}
	if in.Title, in.Description = n.renew(merge.Title, merge.Body); in.Title == "" && in.Description == "" {
		return merge.plain(), nil
	}
	t := task{fmt.Sprintf("update merge request !%d", merge.IID), "api"}
	var out mergeJSON
	err := rest(ctx, g, t, http.MethodPut, fmt.Sprintf("/merge_requests/%d", merge.IID), in, &out)
	return out.plain(), err
}

// AddLabels gives labels to a merge request, beside those it has. Labels that
// the project does not know are made. A comma in a label would part it in two.
func (g GitLab) AddLabels(ctx context.Context, number int, labels []string) error {
	if len(labels) == 0 {
		return nil
	}
	in := struct {
		Labels string `json:"add_labels"`
	}{strings.Join(labels, ",")}
	t := task{fmt.Sprintf("label merge request !%d", number), "api"}
	return rest(ctx, g, t, http.MethodPut, fmt.Sprintf("/merge_requests/%d", number), in, nil)
}

// ChangedFiles lists the files that a merge request changes. If complete is
// false, the list lacks files and may be empty: GitLab keeps no
// more than its limits of files, lines and bytes in a diff, which are 1,000 files at
// gitlab.com, and none right after a push. GitLab before 15.7 does not know the
// request: ErrNotFound.
func (g GitLab) ChangedFiles(ctx context.Context, number int) (files []ChangedFile, complete bool, err error) {
	t := task{fmt.Sprintf("list files of merge request !%d", number), "read_api"}
	var merge struct {
		// Changes is a number as a string, with a + where there are more, and null
		// until GitLab has counted them.
		Changes string `json:"changes_count"`
	}
	if err := rest(ctx, g, t, http.MethodGet, fmt.Sprintf("/merge_requests/%d", number), nil, &merge); err != nil {
		return nil, false, err
	}
	count, bad := strconv.Atoi(merge.Changes)
	if bad != nil {
		return nil, false, nil
	}
	type diff struct {
		Old     string `json:"old_path"`
		New     string `json:"new_path"`
		Added   bool   `json:"new_file"`
		Renamed bool   `json:"renamed_file"`
		Removed bool   `json:"deleted_file"`
	}
	diffs, err := list[diff](ctx, g, t, fmt.Sprintf("/merge_requests/%d/diffs", number), url.Values{})
	if err != nil {
		return nil, false, err
	}
	for _, d := range diffs {
		one := ChangedFile{Path: d.New, Status: "modified"}
		switch {
		case d.Added:
			one.Status = "added"
		case d.Removed:
			one.Path, one.Status = d.Old, "removed"
		case d.Renamed:
			one.Previous, one.Status = d.Old, "renamed"
		}
		files = append(files, one)
	}
	return files, len(files) >= count, nil
}
