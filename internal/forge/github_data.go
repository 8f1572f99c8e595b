package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// A NewCommit is a commit to be made of a tree, by whom the token belongs to. GitHub
// signs those of bots.
type NewCommit struct {
	Message string
	// Tree is the id of its tree, Parents those of the commits before it.
	Tree    string
	Parents []string
}

// A CommitInfo is a commit as it is in the repository.
type CommitInfo struct {
	OID, URL, Message string
	// Tree is the id of its tree, Parents those of the commits before it.
	Tree    string
	Parents []string
}

// commitJSON is a commit in the REST API.
type commitJSON struct {
	SHA     string
	HTMLURL string `json:"html_url"`
	Message string
	Tree    struct{ SHA string }
	Parents []struct{ SHA string }
}

// refJSON is a ref in the REST API.
type refJSON struct {
	Ref    string
	Object struct{ SHA, Type string }
}

// BranchHead is the id of the last commit of a branch, which is named without
// refs/heads/.
func (g GitHub) BranchHead(ctx context.Context, branch string) (string, error) {
	t := task{fmt.Sprintf("read branch %q", branch), "contents: read"}
	var ref refJSON
	if err := rest(ctx, g, t, http.MethodGet, "/git/ref/heads/"+pathOf(branch), nil, &ref); err != nil {
		return "", err
	}
	return ref.Object.SHA, nil
}

// Commit reads a commit.
func (g GitHub) Commit(ctx context.Context, oid string) (CommitInfo, error) {
	t := task{"read commit " + oid, "contents: read"}
	var c commitJSON
	if err := rest(ctx, g, t, http.MethodGet, "/git/commits/"+pathOf(oid), nil, &c); err != nil {
		return CommitInfo{}, err
	}
	info := CommitInfo{OID: c.SHA, URL: c.HTMLURL, Message: c.Message, Tree: c.Tree.SHA}
	for _, p := range c.Parents {
		info.Parents = append(info.Parents, p.SHA)
	}
	return info, nil
}

// CreateCommit makes a commit that is on no branch yet.
func (g GitHub) CreateCommit(ctx context.Context, c NewCommit) (Commit, error) {
	in := struct {
		Message string   `json:"message"`
		Tree    string   `json:"tree"`
		Parents []string `json:"parents,omitempty"`
	}{c.Message, c.Tree, c.Parents}
	var out commitJSON
	// Made twice, one of them stays unused.
	err := rest(ctx, g, task{"create commit", "contents: write"}, http.MethodPost, "/git/commits", in, &out)
	return Commit{OID: out.SHA, URL: out.HTMLURL}, err
}

// UpdateRef moves a branch forward to the commit oid, and never in another
// direction: ErrStale is returned where the branch holds commits that oid does
// not build on.
func (g GitHub) UpdateRef(ctx context.Context, branch, oid string) error {
	in := struct {
		SHA   string `json:"sha"`
		Force bool   `json:"force"`
	}{oid, false}
	t := task{fmt.Sprintf("move branch %q to its new commit", branch), "contents: write"}
	return rest(ctx, g, t, http.MethodPatch, "/git/refs/heads/"+pathOf(branch), in, nil)
}

// CreateRef makes a branch that ends with the commit oid. ErrConflict is
// returned where there is one that ends otherwise.
func (g GitHub) CreateRef(ctx context.Context, branch, oid string) error {
	in := struct {
		Ref string `json:"ref"`
		SHA string `json:"sha"`
	}{"refs/heads/" + branch, oid}
	t := task{fmt.Sprintf("create branch %q", branch), "contents: write"}
	err := rest(ctx, g, t, http.MethodPost, "/git/refs", in, nil)
	if errors.Is(err, ErrConflict) {
		// It may be our own, made by an attempt whose answer was lost.
		if head, e := g.BranchHead(ctx, branch); e == nil && head == oid {
			return nil
		}
	}
	return err
}
