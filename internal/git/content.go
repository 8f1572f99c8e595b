package git

import (
	"bytes"
	"context"
	"strings"
)

// CleanFilter returns the id and the content that git has in a commit for data as the
// file at a path from the top: filters such as Git LFS are applied, and ends of
// lines made what .gitattributes wants.
func (r *Repo) CleanFilter(ctx context.Context, path string, data []byte) (id string, content []byte, err error) {
	if id, err = r.hashData(ctx, data, "--path="+path); err != nil {
		return "", nil, err
	}
	if plain, err := r.hashData(ctx, data); err != nil || plain == id {
		return id, data, err
	}
	// Only a stored one can be read again.
	if id, err = r.hashData(ctx, data, "-w", "--path="+path); err != nil {
		return "", nil, err
	}
	content, err = r.run(ctx, nil, "cat-file", "blob", id)
	return id, content, err
}

// HashContent returns the id that git would have in a commit for data as the file at
// a path from the top. Nothing is stored.
func (r *Repo) HashContent(ctx context.Context, path string, data []byte) (string, error) {
	return r.hashData(ctx, data, "--path="+path)
}

// hashData is git hash-object for data that is in no file. Without --path nothing
// is applied.
func (r *Repo) hashData(ctx context.Context, data []byte, args ...string) (string, error) {
	top := r.atTop()
	// Data is ours and not the user's: what would become of its ends of lines in a
	// checkout is not a reason to refuse it.
	top.env = configured(top.env, []setting{{"core.safecrlf", "false"}})
	out, err := top.run(ctx, bytes.NewReader(data), "hash-object", append(args, "--stdin")...)
	return strings.TrimSpace(string(out)), err
}

// Content returns a file of a commit by the id of its blob and its path from the
// top, as a checkout would write it where its filters are filtered, and else as the
// commit has it. A partial clone gets it from the server.
func (r *Repo) Content(ctx context.Context, from Remote, path, blob string, filtered bool) ([]byte, error) {
	args := []string{"blob", blob}
	if filtered {
		args = []string{"--filters", "--path=" + path, blob}
	}
	return r.atTop().reach(ctx, from, "cat-file", args...)
}
