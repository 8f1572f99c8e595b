package git

import (
	"bytes"
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// CheckedOut is the id of the commit that is checked out, empty if there is
// none yet.
func (r *Repo) CheckedOut(ctx context.Context) (string, error) {
	out, err := r.run(ctx, nil, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	if err != nil && exitCode(err) != 1 {
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}

// InCommit returns those of paths that a commit has as they are in the work
// tree, filters such as Git LFS applied. If the repository does not have the
// commit, as in a shallow clone of the merge commit of a pull request, the one
// that is checked out stands in for it. Paths that are not regular files are never
// among them.
//
// known has ids by path that need not be found out again, as File.Blob is: what was
// written since must not be in it. It may be nil, and an empty id is none.
func (r *Repo) InCommit(ctx context.Context, commit string, paths []string, known map[string]string) (map[string]bool, error) {
	top := r.atTop()
	prefix, err := r.prefix()
	if err != nil {
		return nil, err
	}

	if commit == "" || !top.has(ctx, commit) {
		if commit, err = r.CheckedOut(ctx); err != nil || commit == "" {
			return nil, err
		}
	}
	have, err := top.tree(ctx, commit, prefix)
	if err != nil {
		return nil, err
	}
	committed := map[string]bool{}
	var there []string // and yet to be looked at
	for _, p := range paths {
		switch id := have[path.Join(prefix, p)]; {
		case id == "":
		case known[p] == "":
			there = append(there, p)
		case known[p] == id && top.isRegular(path.Join(prefix, p)):
			committed[p] = true
		}
	}
	blobs, err := r.Hash(ctx, there)
	for _, p := range there {
		if blob := blobs[p]; blob != "" && blob == have[path.Join(prefix, p)] {
			committed[p] = true
		}
	}
	return committed, err
}

// Hash returns the ids that git has for the content of files in the work tree,
// filters such as Git LFS applied. What is not a regular file is not among them.
func (r *Repo) Hash(ctx context.Context, paths []string) (map[string]string, error) {
	return r.hash(ctx, paths)
}

// HashPlain is Hash without filters, and without any other change that git makes
// to a file on its way into a commit.
func (r *Repo) HashPlain(ctx context.Context, paths []string) (map[string]string, error) {
	return r.hash(ctx, paths, "--no-filters")
}

func (r *Repo) hash(ctx context.Context, paths []string, args ...string) (map[string]string, error) {
	top := r.atTop() // git hash-object takes the paths that it reads from there
	prefix, err := r.prefix()
	if err != nil {
		return nil, err
	}
	var names []string
	var in bytes.Buffer
	for _, p := range paths {
		name := path.Join(prefix, p)
		if !top.isRegular(name) {
			continue
		}
		names = append(names, p)
		in.WriteString(quoted(name) + "\n")
	}
	blobs := map[string]string{}
	if len(names) == 0 {
		return blobs, nil
	}
	out, err := top.run(ctx, &in, "hash-object", append(args, "--stdin-paths")...)
	if err != nil {
		return nil, err
	}
	for i, blob := range strings.Fields(string(out)) {
		if i < len(names) {
			blobs[names[i]] = blob
		}
	}
	return blobs, nil
}

// isRegular reports whether there is a regular file at a path, and no link to one.
func (r *Repo) isRegular(name string) bool {
	info, err := os.Lstat(filepath.Join(r.dir, filepath.FromSlash(name)))
	return err == nil && info.Mode().IsRegular()
}

// has reports whether the repository has a commit. A partial clone does not fetch
// it for that.
func (r *Repo) has(ctx context.Context, commit string) bool {
	if strings.HasPrefix(commit, "-") {
		return false
	}
	_, err := r.with("GIT_NO_LAZY_FETCH=1").run(ctx, nil, "cat-file", "-e", commit+"^{commit}")
	return err == nil
}

// tree returns the ids of the regular files of a commit below a folder, by path
// from the top.
func (r *Repo) tree(ctx context.Context, commit, under string) (map[string]string, error) {
	args := []string{"-r", "-z", "--full-tree", commit}
	if under != "." {
		args = append(args, "--", under+"/")
	}
	out, err := r.with("GIT_LITERAL_PATHSPECS=1").run(ctx, nil, "ls-tree", args...)
	if err != nil {
		return nil, err
	}
	blobs := map[string]string{}
	for record := range strings.SplitSeq(string(out), "\x00") {
		// mode type id TAB path
		meta, name, ok := strings.Cut(record, "\t")
		field := strings.Fields(meta)
		if ok && len(field) == 3 && strings.HasPrefix(field[0], "100") {
			blobs[name] = field[2]
		}
	}
	return blobs, nil
}

// quoted is a path as git reads it from a line: in C's quotes where a plain one
// would end early or be taken for a quoted one.
func quoted(name string) string {
	if !strings.ContainsAny(name, "\n\r\"") {
		return name
	}
	return `"` + strings.NewReplacer("\\", `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(name) + `"`
}

// Branch is the name of the branch that is checked out, empty if none is.
func (r *Repo) Branch(ctx context.Context) (string, error) {
	out, err := r.run(ctx, nil, "symbolic-ref", "--quiet", "--short", "HEAD")
	if err != nil && exitCode(err) != 1 {
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}
