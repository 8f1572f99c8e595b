package git

import (
	"context"
	"strings"
)

// A Made is what is said of a file: that it was made of another one, and had a content
// then. Paths are from the top.
type Made struct {
	Source string
	Output string
	// Blob is the id of the content of Output.
	Blob string
}

// manyOutputs is more paths than git is asked about by name.
const manyOutputs = 200

// ShowsMade returns which of all the history of what is checked out bears out: where
// Output first had its content, Source was there too, or in the commit before. What a
// line of a file says that somebody has added later is no proof. Of a content that no
// commit has ever had for Output it is enough that one had Source: whoever knows that
// content has the file itself.
//
// first are the commits in which files first had their contents, where there are any.
//
// A shallow clone does not show where its oldest commits have their files from:
// those are no proof, and whole is false. Nothing is fetched.
func (r *Repo) ShowsMade(ctx context.Context, all []Made) (shown map[Made]bool, first map[Made]string, whole bool, err error) {
	top := r.atTop().with("GIT_NO_LAZY_FETCH=1", "GIT_LITERAL_PATHSPECS=1")
	shown, first = map[Made]bool{}, map[Made]string{}
	out, err := top.run(ctx, nil, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return nil, nil, false, err
	}
	whole = strings.TrimSpace(string(out)) != "true"
	if head, err := r.CheckedOut(ctx); err != nil || head == "" || len(all) == 0 {
		return shown, nil, whole, err
	}
	outputs := map[string]bool{}
	for _, m := range all {
		outputs[m.Output] = true
	}
	at, err := top.introductions(ctx, outputs, !whole)
	if err != nil {
		return nil, nil, false, err
	}
	var names []string
	var asked, never []Made
	for _, m := range all {
		commit := at[[2]string{m.Output, m.Blob}]
		if commit != "" {
			first[m] = commit
		}
		if commit == "" {
			never = append(never, m)
			continue
		}
		if strings.Contains(m.Source, "\n") {
			continue
		}
		names = append(names, commit+":"+m.Source, commit+"^:"+m.Source)
		asked = append(asked, m, m)
	}
	if whole {
		if err := top.hadSources(ctx, never, shown); err != nil {
			return nil, nil, false, err
		}
	}
	if len(names) == 0 {
		return shown, first, whole, nil
	}
	out, err = top.run(ctx, strings.NewReader(strings.Join(names, "\n")+"\n"), "cat-file", "--batch-check")
	if err != nil {
		return nil, nil, false, err
	}
	// "<id> blob <size>" or "<name> missing", one a line.
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	for i, line := range lines {
		if field := strings.Fields(line); i < len(asked) && len(field) == 3 && field[1] == "blob" && isID(field[0]) {
			shown[asked[i]] = true
		}
	}
	return shown, first, whole, nil
}

// hadSources marks those of all as shown whose sources some commit has had.
func (r *Repo) hadSources(ctx context.Context, all []Made, shown map[Made]bool) error {
	if len(all) == 0 {
		return nil
	}
	sources := map[string]bool{}
	for _, m := range all {
		sources[m.Source] = true
	}
	at, err := r.introductions(ctx, sources, false)
	if err != nil {
		return err
	}
	had := map[string]bool{}
	for file := range at {
		had[file[0]] = had[file[0]] || strings.Trim(file[1], "0") != ""
	}
	for _, m := range all {
		if had[m.Source] {
			shown[m] = true
		}
	}
	return nil
}

// introductions are the oldest commits that gave files of these names their contents, by
// path and id. With noRoots, commits without a parent do not count.
func (r *Repo) introductions(ctx context.Context, names map[string]bool, noRoots bool) (map[[2]string]string, error) {
	args := []string{
		"--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color",
		"--ignore-submodules=all", "--root", "--no-show-signature", "--no-notes", "-O/dev/null",
		"--format=commit %H %P", "HEAD", "--",
	}
	if len(names) <= manyOutputs {
		for name := range names {
			args = append(args, name)
		}
	}
	out, err := r.run(ctx, nil, "log", args...)
	if err != nil {
		return nil, err
	}
	first := map[[2]string]string{}
	commit, root := "", false
	fields := strings.Split(string(out), "\x00")
	for i := 0; i < len(fields); i++ {
		field := strings.TrimLeft(fields[i], "\n")
		if rest, ok := strings.CutPrefix(field, "commit "); ok {
			ids := strings.Fields(rest)
			if len(ids) > 0 {
				commit, root = ids[0], len(ids) == 1
			}
			continue
		}
		// :mode mode id id status NUL path
		meta := strings.Fields(field)
		if len(meta) != 5 || !strings.HasPrefix(field, ":") || i+1 == len(fields) {
			continue
		}
		i++
		if name := fields[i]; names[name] && !(root && noRoots) {
			first[[2]string{name, meta[3]}] = commit // newest first: the oldest stays
		}
	}
	return first, nil
}

// isID reports whether a text is a whole id of SHA-1 or SHA-256.
func isID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
