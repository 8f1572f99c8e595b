package git

import (
	"bytes"
	"context"
	"strconv"
	"strings"
)

// Contents returns the contents of blobs by their ids, all by one call of git, and
// all in memory. What is not a blob, or is not there, is not among them.
func (r *Repo) Contents(ctx context.Context, ids []string) (map[string][]byte, error) {
	contents := map[string][]byte{}
	if len(ids) == 0 {
		return contents, nil
	}
	out, err := r.run(ctx, strings.NewReader(strings.Join(ids, "\n")+"\n"), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	for len(out) > 0 {
		// "<id> blob <size>", the content and a line end; or "<name> missing".
		head, rest, _ := bytes.Cut(out, []byte("\n"))
		out = rest
		field := strings.Fields(string(head))
		if len(field) != 3 {
			continue
		}
		size, err := strconv.Atoi(field[2])
		if err != nil || size < 0 || size > len(rest) {
			break
		}
		if field[1] == "blob" {
			contents[field[0]] = rest[:size:size]
		}
		out = bytes.TrimPrefix(rest[size:], []byte("\n"))
	}
	return contents, nil
}
