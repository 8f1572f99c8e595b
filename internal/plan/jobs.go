package plan

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/tree"
)

// UniqueTemplate is the template that gives a.png and a.jpg outputs of their own.
const UniqueTemplate = "{dir}/{name}.{ext}.webp"

// A Spec is one output that the settings ask for of a source.
type Spec struct {
	Recipe asset.Recipe
	// Narrower is that of asset.Job.
	Narrower int
	// Overwrite replaces whatever file is in the place of the output; Remove deletes
	// the source once its output was written and decoded again.
	Overwrite, Remove bool
	// Names lets the output lie outside of the working directory, and says how it is
	// called then. Nil confines it.
	Names *tree.Names
	// Places are those of the template that belong to this source alone.
	Places map[string]string
}

// Jobs are the specs of every source, with the paths of its outputs.
//
// Sources that cannot be converted for reasons seen from the paths alone come
// back as results instead of jobs: those whose outputs would be the same file,
// those whose output would be another source or lie outside the tree, and files of that
// format that are the output of another source, which are skipped as IsWebP or IsResult.
//
// Two output paths count as the same file also where they differ only in upper
// and lower case or in the Unicode form of their characters: A.png and a.jpg would
// be two files on Linux, and one of them would be lost in the first checkout on
// macOS or Windows. Sources that differ only so are left alone: that tree has chosen
// its file systems already.
func Jobs(sources []asset.Source, specs func(asset.Source) []Spec) (jobs []asset.Job, settled []asset.Result) {
	all := make([]asset.Job, 0, len(sources))
	fail := make([]*asset.Fault, 0, len(sources))
	for _, s := range sources {
		for _, w := range specs(s) {
			out, fault := expand(w.Recipe.Output, s, w.Names, w.Places)
			all, fail = append(all, asset.Job{
				Source: s, Recipe: w.Recipe, Output: out, Narrower: w.Narrower, Overwrite: w.Overwrite, Remove: w.Remove,
			}), append(fail, fault)
		}
	}

	made := make([]bool, len(all))
	outputIsSource(all, made, fail)
	outputCollisions(all, made, fail)

	jobs = make([]asset.Job, 0, len(all))
	for i, j := range all {
		switch {
		case made[i]:
			settled = append(settled, asset.Skip(j, madeAs(j.Source.Format)))
		case fail[i] != nil:
			failed := asset.Fail(j.Source, fail[i].Message, fail[i].Hint)
			failed.Err.Output = fail[i].Output
			settled = append(settled, failed)
		default:
			jobs = append(jobs, j)
		}
	}
	KeepSources(jobs, settled)
	return jobs, settled
}

// KeepSources lets no job remove a source of which another output is settled without
// having been made.
func KeepSources(jobs []asset.Job, settled []asset.Result) {
	kept := make(map[string]bool, len(settled))
	for _, one := range settled {
		kept[one.Source.Path] = true
	}
	for i := range jobs {
		jobs[i].Remove = jobs[i].Remove && !kept[jobs[i].Source.Path]
	}
}

// expand fills the template in for s. {dir} is the folder of the source, {name}
// its name without the extension, {ext} the extension as it is written, without
// the dot; a name without one gets that of its format.
func expand(template string, s asset.Source, names *tree.Names, places map[string]string) (string, *asset.Fault) {
	for _, column := range config.Columns(template) {
		value, ok := places[column]
		if value == "" {
			what := "is empty in its row of the list"
			if !ok {
				what = "is no column of the list"
			}
			return "", &asset.Fault{
				Message: fmt.Sprintf("convert %q: {%s} of the output %s", s.Path, column, what),
				Hint:    "add it to the list, or leave it out of `output`",
			}
		}
		template = strings.ReplaceAll(template, "{"+column+"}", value)
	}
	dir, base := path.Split(s.Path)
	name, ext := splitExt(base)
	if ext == "" {
		ext = string(s.Format)
	}
	if !path.IsAbs(dir) {
		dir = "./" + dir
	}
	out := fill(template, path.Clean(dir), name, ext)
	clean := path.Clean(strings.ReplaceAll(out, "//", "/"))
	if strings.Contains(template, asset.HashMark) && strings.Count(out, asset.HashMark) > 1 {
		return "", &asset.Fault{
			Message: fmt.Sprintf("convert %q: its path has %s in it, and so has the `output` of the settings", s.Path, asset.HashMark),
			Hint:    "rename it",
		}
	}
	if names != nil {
		clean = names.Of(clean)
	}
	if names == nil && !filepath.IsLocal(filepath.FromSlash(clean)) || clean == "." {
		return "", &asset.Fault{
			Message: fmt.Sprintf("convert %q: output %q is outside the working directory", s.Path, out),
			Hint:    fmt.Sprintf("let `output` be a path below it, such as %s", UniqueTemplate),
			Output:  UniqueTemplate,
		}
	}
	if tree.InGit(clean) {
		return "", &asset.Fault{
			Message: fmt.Sprintf("convert %q: output %q is inside git's own folder", s.Path, clean),
			Hint:    fmt.Sprintf("let `output` be another path, such as %s", UniqueTemplate),
			Output:  UniqueTemplate,
		}
	}
	return clean, nil
}

// fill puts dir, name and ext in the places that a template has for them.
func fill(template, dir, name, ext string) string {
	var b strings.Builder
	b.Grow(len(template) + len(dir) + len(name) + len(ext))
	for rest := template; rest != ""; {
		i := strings.IndexByte(rest, '{')
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		rest = rest[i:]
		for _, place := range [...]struct{ mark, value string }{{"{dir}", dir}, {"{name}", name}, {"{ext}", ext}, {"{", "{"}} {
			if after, ok := strings.CutPrefix(rest, place.mark); ok {
				b.WriteString(place.value)
				rest = after
				break
			}
		}
	}
	return b.String()
}

// splitExt cuts base at its last dot. The dot of a hidden file is part of its
// name.
func splitExt(base string) (name, ext string) {
	i := strings.LastIndexByte(base, '.')
	if i <= 0 {
		return base, ""
	}
	return base[:i], base[i+1:]
}

// madeAs is why the result of an earlier run is left alone.
func madeAs(format asset.Format) asset.Reason {
	if format == asset.WebP {
		return asset.IsWebP
	}
	return asset.IsResult
}

// outputIsSource finds jobs whose output is the path of another source. If that is of the
// format of the output, it is taken for the result of an earlier run, with all of its jobs:
// it is made, and left alone, as its results would have results in each run. Any file there
// but a WebP may be an image in its own right as well, which the job must not touch, also
// where it differs so little from the output that macOS or Windows take it for the same file.
func outputIsSource(all []asset.Job, made []bool, fail []*asset.Fault) {
	// The first job of each source: those of one are neighbors.
	at, folded := make(map[string]int, len(all)), make(map[string]int, len(all))
	for i, j := range all {
		if i == 0 || all[i-1].Source.Path != j.Source.Path {
			at[j.Source.Path], folded[tree.Fold(j.Source.Path)] = i, i
		}
	}
	for i, j := range all {
		k, exact := at[j.Output]
		if !exact {
			var near bool
			if k, near = folded[tree.Fold(j.Output)]; !near || tree.Fold(j.Output) == tree.Fold(j.Source.Path) {
				continue
			}
		}
		source := all[k].Source
		if source.Path == j.Source.Path || fail[i] != nil {
			continue
		}
		hint := "set another `output`, such as "
		if exact && (source.Format == asset.WebP || source.Format == j.Recipe.Format) {
			for n := k; n < len(all) && all[n].Source.Path == source.Path; n++ {
				made[n] = true
			}
			if source.Format == asset.WebP {
				continue
			}
			hint = "if it is an earlier result that webpress.lock does not know, remove it, and add --lock; else " + hint
		}
		other := apart(all, []int{i, k})
		fail[i] = &asset.Fault{
			Message: fmt.Sprintf("convert %q: output %q is a source itself", j.Source.Path, j.Output),
			Hint:    hint + other,
			Output:  other,
		}
	}
}

// outputCollisions fails every job whose output another job would write too.
func outputCollisions(all []asset.Job, made []bool, fail []*asset.Fault) {
	groups := make(map[string][]int, len(all))
	for i, j := range all {
		if fail[i] == nil && !made[i] {
			key := tree.Fold(j.Output)
			groups[key] = append(groups[key], i)
		}
	}
	for _, group := range groups {
		if len(group) < 2 {
			continue
		}
		other := apart(all, group)
		for _, i := range group {
			if k := slices.IndexFunc(group, func(k int) bool { return k != i && all[k].Source.Path == all[i].Source.Path }); k >= 0 {
				fail[i] = &asset.Fault{
					Message: fmt.Sprintf("convert %q: two of its outputs would be one file, %q and %q", all[i].Source.Path, all[i].Output, all[group[k]].Output),
					Hint:    "let each `output` of its settings have {variant}, {width} or {format} in its name",
				}
			} else if others := clashing(all, group, i); others != "" {
				fail[i] = &asset.Fault{
					Message: fmt.Sprintf("convert %q: output %q is also the output of %s",
						all[i].Source.Path, all[i].Output, others),
					Hint:   "keep them apart with `output: \"" + other + "\"`",
					Output: other,
				}
			}
		}
	}
}

// clashing names the jobs of group that job i clashes with, three at most: a
// template without {name} makes all sources of a tree clash with each other.
func clashing(all []asset.Job, group []int, i int) string {
	var names []string
	for _, k := range group {
		if k == i || !clash(all[i], all[k]) {
			continue
		}
		if len(names) == 3 {
			return strings.Join(names, ", ") + " and others"
		}
		names = append(names, strconv.Quote(all[k].Source.Path))
	}
	return strings.Join(names, ", ")
}

// clash reports whether two jobs, whose outputs are one to some file system, cannot both be done.
// Sources that differ in case alone show that this file system is case-sensitive.
func clash(a, b asset.Job) bool {
	return a.Output == b.Output || tree.Fold(a.Source.Path) != tree.Fold(b.Source.Path)
}

// apart is a template near the one the jobs have, under which each has an
// output of its own.
func apart(all []asset.Job, group []int) string {
	template := all[group[0]].Recipe.Output
	withExt := template
	if !strings.Contains(template, "{ext}") {
		withExt = strings.Replace(template, "{name}", "{name}.{ext}", 1)
	}
	inDir := func(t string) string {
		if strings.Contains(t, "{dir}") {
			return t
		}
		dir, base := path.Split(t)
		return dir + "{dir}/" + base
	}
	for _, t := range []string{withExt, inDir(template), inDir(withExt)} {
		if distinct(t, all, group) {
			return t
		}
	}
	return UniqueTemplate
}

// distinct reports whether under template each job of group has an output of its own,
// which is none of their sources.
func distinct(template string, all []asset.Job, group []int) bool {
	outs := make([]string, 0, 2*len(group))
	for _, i := range group {
		out, fault := expand(template, all[i].Source, nil, nil)
		if fault != nil {
			return false
		}
		outs = append(outs, tree.Fold(out), tree.Fold(all[i].Source.Path))
	}
	slices.Sort(outs)
	return len(slices.Compact(outs)) == 2*len(group)
}
