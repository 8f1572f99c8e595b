package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// A TreeEntry is a change to a tree: a file with its blob, or a path that is to
// be gone from it.
type TreeEntry struct {
	// Path is from the root of the repository.
	Path string
	// Mode is git's, such as 100644, 100755 or 120000; empty is 100644.
	Mode string
	// SHA is the id of the file's blob. Empty deletes the path.
	SHA string
}

// A Person is an author.
type Person struct {
	Name, Email string
	// Date is now where it is zero.
	Date time.Time
}

// A NewCommit is a commit to be made of a tree.
type NewCommit struct {
	Message string
	// Tree is the id of its tree, Parents those of the commits before it.
	Tree    string
	Parents []string
	// Author is who the token belongs to where it is nil. GitHub signs only
	// commits without one, and those only for bots.
	Author *Person
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

// CreateBlob stores content, MaxBlob bytes at most, and returns its id: what git
// hash-object says of it.
func (g GitHub) CreateBlob(ctx context.Context, content Content) (string, error) {
	t := task{"upload blob", "contents: write"}
	if content.Size > MaxBlob {
		return "", &Error{
			Op: t.op, Kind: ErrTooLarge, Hint: "let the file go by git push, or keep it with Git LFS",
			Err: fmt.Errorf("%w: %d bytes, and %d are the most", ErrTooLarge, content.Size, MaxBlob),
		}
	}
	body := &text{}
	body.raw(`{"encoding":"base64","content":`)
	body.base64("", content)
	body.raw(`}`)
	r := g.request(http.MethodPost, "/git/blobs")
	r.Idempotent = true // the id is made of the content
	body.into(&r)
	var blob struct{ SHA string }
	if _, err := do(ctx, g, t, r, nil, &blob); err != nil {
		return "", err
	}
	return blob.SHA, nil
}

// CreateTree makes a tree of the one with the id base and entries, and returns
// its id.
func (g GitHub) CreateTree(ctx context.Context, base string, entries []TreeEntry) (string, error) {
	t := task{"create tree", "contents: write"}
	type entry struct {
		Path string  `json:"path"`
		Mode string  `json:"mode"`
		Type string  `json:"type"`
		SHA  *string `json:"sha"` // null deletes
	}
	in := struct {
		BaseTree string  `json:"base_tree,omitempty"`
		Tree     []entry `json:"tree"`
	}{BaseTree: base, Tree: []entry{}}
	for _, e := range entries {
		if err := utf8Only(t, e.Path); err != nil {
			return "", err
		}
		one := entry{Path: e.Path, Mode: firstOf(e.Mode, "100644"), Type: "blob"}
		if e.SHA != "" {
			one.SHA = &e.SHA
		}
		in.Tree = append(in.Tree, one)
	}
	var tree struct{ SHA string }
	err := rest(ctx, g, t, http.MethodPost, "/git/trees", in, &tree)
	return tree.SHA, err
}

// CreateCommit makes a commit that is on no branch yet.
func (g GitHub) CreateCommit(ctx context.Context, c NewCommit) (Commit, error) {
	type person struct {
		Name  string `json:"name"`
		Email string `json:"email"`
		Date  string `json:"date,omitempty"`
	}
	in := struct {
		Message string   `json:"message"`
		Tree    string   `json:"tree"`
		Parents []string `json:"parents,omitempty"`
		Author  *person  `json:"author,omitempty"`
	}{c.Message, c.Tree, c.Parents, nil}
	if c.Author != nil {
		in.Author = &person{Name: c.Author.Name, Email: c.Author.Email}
		if !c.Author.Date.IsZero() {
			in.Author.Date = c.Author.Date.UTC().Format(time.RFC3339)
		}
	}
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
