package lockfile

import (
	"maps"
	"path"
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// A Tree is what Split has to know of the files. Paths are from the root of the
// repository.
type Tree interface {
	// Blobs returns the git blob ids of those of paths that are regular files.
	Blobs(paths []string) (map[string]string, error)
	// There returns which of paths are files, be it that a sparse checkout has left
	// them out of the work tree.
	There(paths []string) (map[string]bool, error)
}

// A Why says what there is to do for a source.
type Why string

// The reasons, as a person reads them behind a colon.
const (
	WhyNew     Why = "it has no result yet"
	WhySource  Why = "it has changed since its result was made"
	WhyRecipe  Why = "its result was made with other settings"
	WhyMissing Why = "its result is gone"
	WhyMoved   Why = "its result is in another place"
	WhyEdited  Why = "its result was changed by hand"
	WhyRemove  Why = "it has its result, and is to be removed"
	WhyVerify  Why = "its result is to be verified"
)

// A Todo is a job that is not done, and why.
type Todo struct {
	asset.Job
	Why Why
	// Occupied reports whether another file is in the place of the result, which neither the
	// lock file nor the settings allow to replace.
	Occupied bool
	// Accepted reports whether the file in that place was accepted as the result, before its
	// source or the settings changed.
	Accepted bool
	// Grounds are the entries by which OwnsOutput is so, LikeGrounds those of ReuseFrom.
	Grounds, LikeGrounds []Entry
}

// A Split is what a run has to do and what it does not.
type Split struct {
	// Done are the results of jobs that have everything, in the order of the
	// jobs: Skipped, as UpToDate, NotSmaller or IsWebP, or Failed, where the decoder
	// crashed before.
	Done []asset.Result
	Todo []Todo
	// Before are the entries, as they were, of the outputs of Todo and of those that take
	// their places, and of those that have turned out to be elsewhere, or none: see
	// Orphans.
	Before []Entry
	// Wanted are the outputs of all jobs.
	Wanted Wanted
}

// Split holds jobs against the lock file, which has all jobs of a source. Paths in jobs and
// results begin at the working directory, which is the folder prefix of the repository.
//
// A job whose source's blob id, recipe and output agree with its entry is done. So is
// one whose source was renamed together with its output; its entry moves along. One
// that was renamed alone gets Job.ReuseFrom.
func (l *File) Split(jobs []asset.Job, prefix, codecs string, tree Tree) (Split, error) {
	s := splitter{
		File: l, prefix: prefix, digests: map[asset.Recipe]string{}, codecs: codecs,
		taken: map[string]bool{}, wanted: wantedBy(jobs, prefix),
	}
	now := s.resolve(jobs)
	if err := s.load(now, tree); err != nil {
		return Split{}, err
	}
	out := Split{Done: make([]asset.Result, 0, len(jobs)), Wanted: s.wanted}
	results, todos := make([]asset.Result, len(jobs)), make([]*Todo, len(jobs))
	kept := map[string]bool{} // sources of which an output is none, or cannot be made again
	for i, j := range jobs {
		results[i], todos[i] = s.one(now[i])
		if todos[i] != nil {
			todos[i].Output = j.Output
		} else if results[i].Target = j.Output; j.Hashed() {
			s.older(j, now[i])
		}
		if todos[i] == nil && j.Remove && (results[i].Output == "" || results[i].Output == j.Source.Path || s.accepted(j)) {
			kept[j.Source.Path] = true
		}
	}
	for i, j := range jobs {
		switch todo := todos[i]; {
		case todo != nil:
			todo.Remove = todo.Remove && !kept[j.Source.Path]
			out.Todo = append(out.Todo, *todo)
		case j.Remove && !kept[j.Source.Path]:
			// It is made again: a source is removed only if it was read.
			j.OwnsOutput = true
			out.Todo = append(out.Todo, Todo{Job: j, Why: WhyRemove, Grounds: s.of(j)})
		default:
			out.Done = append(out.Done, results[i])
		}
	}
	l.superseded = s.supersede(out.Todo)
	for _, t := range out.Todo {
		out.Before = append(out.Before, s.of(t.Job)...)
	}
	out.Before = append(out.Before, s.stale...)
	for _, e := range s.found {
		out.Before = append(out.Before, s.entries(e)...)
	}
	for key, old := range l.superseded {
		out.Before = append(out.Before, Find(l.BySource(key[0]), old)...)
	}
	for _, e := range s.found {
		l.Set(e)
	}
	for _, e := range s.gone {
		l.DropOutput(e.Source, e.Output.Path)
	}
	return out, nil
}

// supersede pairs an output that is new with the one of the same source that no job wants
// any more, as where the setting output has changed: it is made in its place. If there
// are several of either, which belong together is not known, and those that are not wanted
// are orphans.
func (s *splitter) supersede(todo []Todo) map[[2]string]string {
	added := map[string][]string{} // by source
	for _, t := range todo {
		if len(s.of(t.Job)) == 0 {
			source := s.at(t.Source.Path)
			added[source] = append(added[source], s.at(t.Output))
		}
	}
	pairs := map[[2]string]string{}
	for source, outputs := range added {
		var old []string
		for _, e := range s.BySource(source) {
			if e.HasFile() && s.wanted.not(e) && !slices.Contains(old, e.Output.Path) {
				old = append(old, e.Output.Path)
			}
		}
		if len(outputs) == 1 && len(old) == 1 {
			pairs[[2]string{source, outputs[0]}] = old[0]
		}
	}
	return pairs
}

// Supersedes is the path of the output that the last Split has paired with a new one of
// the same source, which takes its place. Paths are from the root.
func (l *File) Supersedes(source, output string) (string, bool) {
	old, ok := l.superseded[[2]string{source, output}]
	return old, ok
}

type splitter struct {
	*File
	prefix, codecs string
	digests        map[asset.Recipe]string
	wanted         Wanted
	// blobs are the ids of outputs, there the sources of entries that may have been
	// renamed.
	blobs map[string]string
	there map[string]bool
	// taken are the sources that are gone whose accepted outputs have gone to another.
	taken map[string]bool
	// found and gone are how the lock file changes.
	found, gone []Entry
	// stale are those of gone whose files may be there.
	stale []Entry
}

// of are the entries about a job.
func (s *splitter) of(j asset.Job) []Entry {
	return Find(s.BySource(s.at(j.Source.Path)), s.at(j.Output))
}

// entries are those about the same output as e.
func (s *splitter) entries(e Entry) []Entry { return Find(s.BySource(e.Source), e.Output.Path) }

// at is a path from the root.
func (s *splitter) at(name string) string { return above(s.prefix, name) }

// above is a path in the folder prefix from the root.
func above(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return path.Join(prefix, name)
}

func (s *splitter) digest(r asset.Recipe) string {
	d, ok := s.digests[r]
	if !ok {
		d = Digest(r, s.codecs)
		s.digests[r] = d
	}
	return d
}

// load asks the tree for all that one will want to know.
func (s *splitter) load(jobs []asset.Job, tree Tree) error {
	outputs, sources := make([]string, 0, len(jobs)), []string(nil)
	for _, j := range jobs {
		if e, ok := s.usual(j); ok {
			outputs = append(outputs, e.Output.Path) // and no more, if it is there
		} else {
			outputs, sources = s.about(j, outputs, sources)
		}
	}
	var err error
	if s.blobs, err = tree.Blobs(unique(outputs)); err != nil {
		return err
	}
	var more []string
	for _, j := range jobs {
		if e, ok := s.usual(j); ok && !s.intact(e.Output) {
			more, sources = s.about(j, more, sources)
		}
	}
	if len(more) > 0 {
		blobs, err := tree.Blobs(unique(more))
		if err != nil {
			return err
		}
		maps.Copy(s.blobs, blobs)
	}
	s.there, err = tree.There(unique(sources))
	return err
}

// usual is the entry of a job that is done, if its output is as it was made.
func (s *splitter) usual(j asset.Job) (Entry, bool) {
	output := s.at(j.Output)
	var found Entry
	n := 0
	for _, e := range s.BySource(s.at(j.Source.Path)) {
		if e.isOf(output) {
			found, n = e, n+1
		}
	}
	return found, n == 1 && found.Output.Path == output && found.HasFile() &&
		found.Blob == j.Source.Blob && found.Recipe == s.digest(j.Recipe)
}

// about adds the outputs and the sources that matter to a job that is not done.
func (s *splitter) about(j asset.Job, outputs, sources []string) (_, _ []string) {
	ask := func(e Entry) {
		if !e.HasFile() {
			return
		}
		outputs = append(outputs, e.Output.Path)
		for _, other := range s.ByOutput(e.Output.Path) {
			sources = append(sources, other.Source)
		}
	}
	for _, e := range s.BySource(s.at(j.Source.Path)) {
		ask(e)
	}
	output := s.at(j.Output)
	outputs = append(outputs, output)
	for _, e := range s.ByOutput(output) {
		sources = append(sources, e.Source)
	}
	if j.Source.Blob == "" {
		return outputs, sources
	}
	for _, e := range s.ByBlob(j.Source.Blob) {
		ask(e)
		sources = append(sources, e.Source)
	}
	return outputs, sources
}

func unique(paths []string) []string {
	slices.Sort(paths)
	return slices.Compact(paths)
}

// intact reports whether an output is as it was made.
func (s *splitter) intact(o Output) bool { return s.blobs[o.Path] == o.Blob }

// one decides about a job.
func (s *splitter) one(j asset.Job) (asset.Result, *Todo) {
	if e, ok := s.usual(j); ok && e.Status == Made && s.intact(e.Output) {
		return done(j, e), nil
	}
	source, output, recipe := s.at(j.Source.Path), s.at(j.Output), s.digest(j.Recipe)
	todo := Todo{Job: j, Why: WhyNew}
	for _, e := range s.BySource(source) {
		o := e.Output
		own := e.isOf(output)
		if !own && s.wanted != nil && !s.wanted.not(e) {
			// It is that of another job of the source, and may have the same bytes.
			if e.HasFile() && e.Blob == j.Source.Blob && e.Recipe == recipe && s.intact(o) && todo.ReuseFrom == "" && todo.Why == WhyNew {
				todo.ReuseFrom, todo.LikeGrounds = o.Path, []Entry{e}
			}
			continue
		}
		switch {
		case e.Status == Crashed:
			if own && e.Blob == j.Source.Blob && e.Recipe == s.crashDigest(j.Recipe, s.codecs) {
				return crashed(j), nil
			}
		case e.Blob != j.Source.Blob:
			if todo.Why == WhyNew {
				todo.Why = WhySource
			}
		case e.Recipe != recipe:
			if own || todo.Why == WhyNew {
				todo.Why = WhyRecipe
			}
		case !e.HasFile():
			s.keep(e, output)
			return done(j, e), nil
		case s.blobs[output] == o.Blob:
			e.Status = Made
			s.keep(e, output)
			return done(j, e), nil
		case own && s.blobs[output] == "":
			todo.Why = WhyMissing
		case own:
			todo.Why = WhyEdited
		case s.intact(o):
			todo.Why, todo.ReuseFrom, todo.RemoveReused = WhyMoved, o.Path, !s.needed(o.Path, source)
			todo.LikeGrounds = []Entry{e}
		default:
			todo.Why = WhyMissing
		}
	}
	if j.Source.Blob != "" && todo.Why != WhyEdited && todo.ReuseFrom == "" {
		if e, ok := s.twin(j.Source.Blob, recipe, source, output); ok {
			moved := !s.there[e.Source]
			if e.Output.Accepted {
				s.taken[e.Source], todo.Remove = true, false // it cannot be made again
			}
			if !e.HasFile() || s.blobs[output] == e.Output.Blob {
				if moved {
					s.gone = append(s.gone, e)
				}
				e.Source, e.Output.Path = source, output
				if e.HasFile() {
					e.Status = Made
				}
				s.found = append(s.found, e)
				return done(j, e), nil
			}
			todo.ReuseFrom, todo.RemoveReused = e.Output.Path, moved && e.Status != Removed && !s.needed(e.Output.Path, e.Source)
			todo.LikeGrounds = []Entry{e}
		}
	}
	// Lossy WebP made into WebP again and again gets worse each time.
	if source != output {
		todo.Grounds = append(s.owns(source, output), s.made(j.Source.Blob, output)...)
	}
	todo.OwnsOutput = len(todo.Grounds) > 0
	todo.Occupied = s.blobs[output] != "" && !todo.OwnsOutput && !j.Overwrite && source != output
	todo.Accepted = s.blobs[output] != "" && s.accepted(j)
	// Paths of jobs begin at the working directory.
	if like, ok := s.below(todo.ReuseFrom); ok && !todo.Remove {
		todo.ReuseFrom, todo.ReusedRating = like, ratingOf(todo.LikeGrounds)
	} else {
		todo.ReuseFrom, todo.RemoveReused = "", false
	}
	return asset.Result{}, &todo
}

// keep makes e, with its output at a path, the only entry of that output, where it is
// not.
func (s *splitter) keep(e Entry, output string) {
	was := e
	e.Output.Path = output
	if old := s.entries(e); len(old) != 1 || old[0] != e {
		s.found = append(s.found, e)
	}
	if was.Output.Path != "" && was.Output.Path != output && s.wanted.not(was) {
		s.gone = append(s.gone, was)
	}
}

// needed reports whether the file at an output's path is more than the result of a source: that
// of another one that is there, or a source.
func (s *splitter) needed(output, source string) bool {
	return s.wanted[output] != nil || slices.ContainsFunc(s.ByOutput(output), func(e Entry) bool {
		return e.Source != source && s.there[e.Source]
	})
}

// accepted reports whether the result of a job that is done was accepted as somebody has
// changed it. It cannot be made again.
func (s *splitter) accepted(j asset.Job) bool {
	return slices.ContainsFunc(s.of(j), func(e Entry) bool { return e.Output.Accepted && s.intact(e.Output) })
}

// below is a path from the working directory, where it is below that.
func (s *splitter) below(name string) (string, bool) { return Below(s.prefix, name) }

// Below is a path from the root as seen from the folder prefix, and whether it is
// below that. No path is below every folder.
func Below(prefix, name string) (string, bool) {
	switch {
	case name == "":
		return "", true
	case prefix == "":
		return name, true
	case len(name) > len(prefix) && name[:len(prefix)] == prefix && name[len(prefix)] == '/':
		return name[len(prefix)+1:], true
	}
	return "", false
}

// Settled is the result of a job whose source was found to have a content that the lock file knows:
// it is ok where that was converted for this output with these settings. Whether the output is there
// is not asked.
func (l *File) Settled(j asset.Job, prefix, codecs string) (asset.Result, bool) {
	digest := Digest(j.Recipe, codecs)
	for _, e := range Find(l.bySource[above(prefix, j.Source.Path)], above(prefix, j.Output)) {
		if e.Blob == j.Source.Blob && e.Recipe == digest && e.Status != Crashed {
			return done(j, e), true
		}
	}
	return asset.Result{}, false
}

// done is the result of a job that has nothing left to do.
func done(j asset.Job, e Entry) asset.Result {
	r := asset.Result{
		Source: j.Source, Target: j.Output, Variant: j.Recipe.Name, Status: asset.Skipped, Reason: asset.UpToDate,
		Before: j.Source.Size, After: e.Output.Size, Notes: slices.Clone(j.Source.Notes),
	}
	switch e.Status {
	case NotSmaller:
		r.Reason = asset.NotSmaller
	case IsWebP:
		r.Reason = asset.IsWebP
	case NotWider:
		r.Reason = asset.NotWider
	default:
		r.Output, r.Format = j.Output, j.Recipe.Format
		r.Width, r.Height, r.Rating = e.Output.Width, e.Output.Height, e.Output.Rating
	}
	return r
}
