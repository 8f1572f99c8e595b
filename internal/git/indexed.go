package git

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// maxArgs is how many bytes of paths are given to git as arguments: it is far below
// what systems allow. If there are more, git lists everything.
const maxArgs = 64 << 10

// Tracked returns those of paths that the index has, whether they are there or not.
// Paths are relative to Dir. No paths cost no process.
func (r *Repo) Tracked(ctx context.Context, paths []string) (map[string]bool, error) {
	tracked := map[string]bool{}
	return tracked, r.indexed(ctx, paths, func(_ byte, _, name string) { tracked[name] = true })
}

// SparseSkipped returns the blob ids of those of paths that git has, and that a sparse
// checkout leaves out of the work tree: they are missing there, but not deleted. Paths are
// relative to Dir. No paths cost no process.
func (r *Repo) SparseSkipped(ctx context.Context, paths []string) (map[string]string, error) {
	hidden, exists := map[string]string{}, r.exists()
	return hidden, r.indexed(ctx, paths, func(tag byte, blob, name string) {
		if tag == 'S' && !exists(name) {
			hidden[name] = blob
		}
	})
}

// indexed calls yield for those of paths that the index has, with the tag that
// ls-files -t prints for them, and the blob id.
func (r *Repo) indexed(ctx context.Context, paths []string, yield func(tag byte, blob, name string)) error {
	asked, length := map[string]bool{}, 0
	for _, p := range paths {
		// git refuses to be asked about what is elsewhere.
		if filepath.IsLocal(filepath.FromSlash(p)) && !strings.Contains(p, "\x00") {
			asked[p] = true
			length += len(p) + 1
		}
	}
	if len(asked) == 0 {
		return nil
	}
	args := []string{"-z", "-t", "--stage", "--"}
	if length <= maxArgs {
		args = slices.AppendSeq(args, maps.Keys(asked))
	}
	out, err := r.with("GIT_LITERAL_PATHSPECS=1").run(ctx, nil, "ls-files", args...)
	if err != nil {
		return err
	}
	for record := range strings.SplitSeq(string(out), "\x00") {
		// "H 100644 <blob> 0\t<path>". A folder of such a name brings all that is below it.
		facts, name, _ := strings.Cut(record, "\t")
		if field := strings.Fields(facts); len(field) == 4 && asked[name] {
			yield(field[0][0], field[2], name)
		}
	}
	return nil
}
