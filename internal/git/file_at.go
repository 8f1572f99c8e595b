package git

import (
	"context"
	"strings"
)

// FileAt is the content of a file as a commit has it, nil if it has none. The
// path is from the top.
func (r *Repo) FileAt(ctx context.Context, commit, path string) ([]byte, error) {
	out, err := r.atTop().run(ctx, strings.NewReader(commit+":"+path+"\n"), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	// "<id> blob <size>", the content and a line end; or "<name> missing".
	head, rest, ok := strings.Cut(string(out), "\n")
	field := strings.Fields(head)
	if !ok || len(field) != 3 || field[1] != "blob" || strings.HasSuffix(head, " missing") {
		return nil, nil
	}
	return []byte(strings.TrimSuffix(rest, "\n")), nil
}
