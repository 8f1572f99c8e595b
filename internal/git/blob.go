package git

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// errEnough ends a command whose output has been read as far as it is wanted.
var errEnough = errors.New("enough was read")

// A head takes the first bytes that are written to it, as many as it has room for.
type head struct {
	data []byte
	room int64
}

// Write takes what there is room for.
func (h *head) Write(p []byte) (int, error) {
	n := int(min(int64(len(p)), h.room))
	h.data = append(h.data, p[:n]...)
	if h.room -= int64(n); n < len(p) {
		return n, errEnough
	}
	return n, nil
}

// BlobHead returns the first n bytes of a blob, or all of it where it has no more. It
// reads no more of it than about that, however large it is. A partial clone gets
// the blob from the server.
func (r *Repo) BlobHead(ctx context.Context, from Remote, blob string, n int64) ([]byte, error) {
	// Or else git reads all of a blob, before it writes the first byte of it.
	at := *r.atTop()
	at.env = configured(at.env, []setting{{"core.bigFileThreshold", strconv.FormatInt(min(n, 1<<20), 10)}})
	h := &head{room: n}
	at.out = h
	_, err := at.reach(ctx, from, "cat-file", "blob", blob)
	if err != nil && h.room == 0 && ctx.Err() == nil {
		err = nil // git complains of the closed pipe
	}
	return h.data, err
}

// BlobSize is the size of a blob in bytes. A partial clone gets it from the server.
func (r *Repo) BlobSize(ctx context.Context, from Remote, blob string) (int64, error) {
	out, err := r.atTop().reach(ctx, from, "cat-file", "-s", blob)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
}
