package git

import (
	"bytes"
	"context"
	"os"
	"path"
	"path/filepath"

	"strings"
)

// A File is one file of the work tree.
type File struct {
	// Path is relative to Repo.Dir and has forward slashes.
	Path string
	// Blob is the id that git has for the file's content, where git knows that
	// the file is unmodified; else empty. Under a filter such as Git LFS it is
	// the id of the filtered content.
	Blob string
	// Index is the id of the content that the index has, also where the file was
	// modified since; empty for what is untracked, or not merged yet.
	Index string
	// Untracked reports whether git does not have the file, and does not ignore it.
	Untracked bool
	// Link reports whether the index has a symbolic link there.
	Link bool
}

// Files returns the files below Dir that are tracked, or untracked and not
// ignored, and that are there; symbolic links are among them, submodules and
// other repositories in the tree are not. With under, only the files that have
// one of these paths or are below one. They come in no particular order.
func (r *Repo) Files(ctx context.Context, under ...string) ([]File, error) {
	// One call answers all: -v marks each line by what it is about. The index
	// comes with blob ids (-s); modified and deleted files come once more.
	args := []string{
		"-z", "-v", "--stage", "--cached", "--others", "--deleted",
		"--modified", "--exclude-standard",
	}
	if len(under) > 0 {
		args = append(append(args, "--"), under...)
	}
	out, err := r.with("GIT_LITERAL_PATHSPECS=1").run(ctx, nil, "ls-files", args...)
	if err != nil {
		return nil, err
	}
	return parseFiles(out, r.exists()), nil
}

// exists returns what says whether there is something at a path. It is quick for
// paths in the order of the index: a sparse checkout leaves out whole folders.
func (r *Repo) exists() func(name string) bool {
	missing := "\x00" // a folder, with its slash; no path begins with this
	there := func(name string) bool {
		_, err := os.Lstat(filepath.Join(r.dir, filepath.FromSlash(name)))
		return err == nil
	}
	return func(name string) bool {
		if strings.HasPrefix(name, missing) {
			return false
		}
		if there(name) {
			return true
		}
		if dir := path.Dir(name); dir != "." && !there(dir) {
			missing = dir + "/"
		}
		return false
	}
}

// parseFiles reads the output of ls-files. The tags are those of its options
// -t and -v. exists is asked about files that a sparse checkout may have left
// out.
func parseFiles(out []byte, exists func(string) bool) []File {
	// All paths and ids are parts of one string: there may be 200,000 of them.
	text := string(out)
	files := make([]File, 0, bytes.Count(out, []byte{0}))
	// What a line says of a file that another line was about. git prints it right
	// after that one, and did so at the end before 2.35: then late holds it.
	var late map[string]byte
	gone := ""
	for len(text) > 0 {
		var record string
		record, text, _ = strings.Cut(text, "\x00")
		// An untracked file is "? path", any other "tag mode blob stage\tpath".
		if len(record) < 3 || record[1] != ' ' {
			continue
		}
		tag, rest := record[0], record[2:]
		if tag == '?' {
			// A trailing slash: the root of another repository.
			if !strings.HasSuffix(rest, "/") {
				files = append(files, File{Path: rest, Untracked: true})
			}
			continue
		}
		meta, name, ok := strings.Cut(rest, "\t")
		mode, meta, _ := strings.Cut(meta, " ")
		id, _, ok2 := strings.Cut(meta, " ")
		if !ok || !ok2 || mode == ModeSubmodule {
			continue
		}
		last := len(files) - 1
		again := last >= 0 && files[last].Path == name
		f := File{Path: name, Blob: id, Index: id, Link: mode == ModeLink}
		switch tag {
		case 'R': // deleted
			switch {
			case again:
				files, gone = files[:last], name
			case gone != name:
				late = noted(late, name, tag)
			}
			continue
		case 'C': // modified; a deleted file is that, too
			switch {
			case again:
				files[last].Blob = ""
			case gone != name:
				late = noted(late, name, tag)
			}
			continue
		case 'M': // unmerged: one line a side
			if again {
				continue
			}
			f.Blob, f.Index = "", ""
		case 'S', 's': // git does not look whether the file is there
			if !exists(name) {
				continue
			}
			f.Blob = ""
		case 'H':
		default: // lower case: git is configured not to look for changes
			f.Blob = ""
		}
		files = append(files, f)
	}
	if len(late) == 0 {
		return files
	}
	kept := files[:0]
	for _, f := range files {
		switch late[f.Path] {
		case 'R':
			continue
		case 'C':
			f.Blob = ""
		}
		kept = append(kept, f)
	}
	return kept
}

// noted adds what a tag says of a file. That it is gone outweighs the rest.
func noted(late map[string]byte, name string, tag byte) map[string]byte {
	if late == nil {
		late = map[string]byte{}
	}
	if late[name] != 'R' {
		late[name] = tag
	}
	return late
}

// Ignored returns those of paths that git ignores: by .gitignore, by
// .git/info/exclude or by the user's own settings. A tracked file is not
// ignored. A path through a symbolic link or into a submodule is an error.
func (r *Repo) Ignored(ctx context.Context, paths ...string) (map[string]bool, error) {
	ignored := map[string]bool{}
	var in bytes.Buffer
	for _, p := range paths {
		if p == "." && r.dir == r.top {
			continue // cannot be ignored, and git does not like the question
		}
		// ./ keeps git from reading a name that starts with a colon as magic.
		if p != "." {
			in.WriteString("./")
		}
		in.WriteString(p)
		in.WriteByte(0)
	}
	if in.Len() == 0 {
		return ignored, nil
	}
	out, err := r.run(ctx, &in, "check-ignore", "-z", "--stdin")
	if err != nil && exitCode(err) != 1 { // 1: none is ignored
		return nil, err
	}
	for p := range strings.SplitSeq(string(out), "\x00") {
		if p != "" {
			ignored[strings.TrimPrefix(p, "./")] = true
		}
	}
	return ignored, nil
}
