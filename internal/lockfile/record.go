package lockfile

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// Record writes down what has become of jobs. Results of jobs that are not among
// jobs, failures, and sources that git ignores or whose content is not known
// leave the lock file as it is. blobs are the ids of the outputs, by their path from
// the root.
func (l *File) Record(jobs []asset.Job, results []asset.Result, prefix, codecs string, blobs map[string]string) {
	by := make(map[string]asset.Job, len(jobs))
	for _, j := range jobs {
		by[j.Output] = j
	}
	kept := map[string]bool{} // sources that stay, for they have not become all that they should
	for _, r := range results {
		kept[r.Source.Path] = kept[r.Source.Path] || r.Status == asset.Failed || r.Output == ""
	}
	for _, r := range results {
		j, ok := by[r.Target]
		if !ok {
			continue
		}
		if r.Status == asset.Failed {
			l.recordCrash(j, r, prefix, codecs)
			continue
		}
		j.Remove = j.Remove && !kept[r.Source.Path]
		if e, ok := entry(j, r, prefix, codecs, blobs); ok {
			e.Output.Accepted = e.HasFile() && l.accepted(e.Blob, e.Output.Blob)
			if r.Replaced != "" {
				l.moved(path.Join(prefix, r.Replaced), e)
			}
			output := path.Join(prefix, j.Output)
			if old, ok := l.superseded[[2]string{e.Source, output}]; ok {
				l.DropOutput(e.Source, old)
			}
			if j.Hashed() { // of older contents
				l.drop(e.Source, func(o Entry) bool { return o.isOf(output) && o.key() != e.key() })
			}
			l.Set(e)
		}
	}
}

// recordCrash writes down that the decoder crashed on a source, but where there is an output
// of an earlier content, which would be unknown then.
func (l *File) recordCrash(j asset.Job, r asset.Result, prefix, codecs string) {
	s := r.Source
	if r.Err == nil || !r.Err.Crashed || s.Blob == "" || s.Ignored {
		return
	}
	source, output := path.Join(prefix, s.Path), path.Join(prefix, j.Output)
	if slices.ContainsFunc(Find(l.BySource(source), output), Entry.HasFile) {
		return
	}
	l.Set(Entry{
		Source: source, Blob: s.Blob, Size: s.Size, Format: s.Format, Status: Crashed,
		Recipe: l.crashDigest(j.Recipe, codecs), Output: Output{Path: output},
	})
}

// crashDigest is the Digest of what a crash depends on.
func (l *File) crashDigest(r asset.Recipe, codecs string) string {
	decoders := ""
	if l.Decoders != nil {
		decoders = l.Decoders()
	}
	return Digest(r, codecs+", decoders "+decoders)
}

// crashed is the result of a job whose source the decoder has crashed on.
func crashed(j asset.Job) asset.Result {
	r := asset.Fail(j.Source, fmt.Sprintf("decode %q: the decoder crashed in an earlier run, and is not tried again", j.Source.Path),
		"replace the file, or exclude it; `webpress --verify` tries it again")
	r.Err.Crashed = true
	r.Target, r.Variant = j.Output, j.Recipe.Name
	return r
}

// accepted reports whether a content was accepted as the result of a content: the result of
// a source that was renamed or copied is taken from there.
func (l *File) accepted(source, output string) bool {
	return slices.ContainsFunc(l.ByBlob(source), func(e Entry) bool {
		return e.Output.Accepted && e.Output.Blob == output
	})
}

// moved forgets the output that was moved to that of an entry.
func (l *File) moved(output string, to Entry) {
	for _, e := range slices.Clone(l.ByOutput(output)) {
		if e.Source != to.Source || e.Output.Path != to.Output.Path {
			l.DropOutput(e.Source, e.Output.Path)
		}
	}
}

// entry is the line for a result.
func entry(j asset.Job, r asset.Result, prefix, codecs string, blobs map[string]string) (Entry, bool) {
	s := r.Source
	e := Entry{
		Source: path.Join(prefix, s.Path), Blob: s.Blob, Size: s.Size, Format: s.Format,
		Recipe: Digest(j.Recipe, codecs), Output: Output{Path: path.Join(prefix, cmp.Or(r.Output, j.Output)), Size: r.After},
	}
	o := &e.Output
	switch {
	case s.Blob == "" || s.Ignored:
		return e, false
	case r.Status == asset.Skipped && r.Reason == asset.NotSmaller:
		e.Status = NotSmaller
		return e, true
	case r.Status == asset.Skipped && r.Reason == asset.IsWebP:
		e.Status = IsWebP
		return e, true
	case r.Status == asset.Skipped && r.Reason == asset.NotWider:
		e.Status = NotWider
		return e, true
	case r.Status == asset.Skipped && r.Reason != asset.UpToDate, r.Output == "":
		return e, false
	}
	if o.Blob = blobs[o.Path]; o.Blob == "" {
		return e, false // gone since: the next run finds out
	}
	o.Width, o.Height, o.Rating = r.Width, r.Height, r.Rating
	e.Status = Made
	switch {
	case o.Path == e.Source:
		// Its own output: what it was is gone.
		e.Blob, e.Size, e.Format = o.Blob, o.Size, r.Format
	case j.Remove:
		e.Status = Removed
	}
	return e, true
}

// An Orphan is an output that nothing needs any more.
type Orphan struct {
	// Source is what it was made of, and Output what is left of it. Both are from
	// the root.
	Source string
	Output
	// Edited reports whether it was edited after it was made.
	Edited bool
	// IsSource reports whether it is an image in its own right.
	IsSource bool
	// Unproven reports whether it may be another file: nothing but the lock file says that it
	// was made of Source.
	Unproven bool
	// Moved reports whether its source is there, and has its output in another place now.
	Moved bool
	// Unwanted reports whether its source is there, and no setting asks for this output.
	Unwanted bool
}

// Orphans are the outputs of those sources that are gone, those that no job wants any
// more, and those of sources that before had in another place, in this order, each
// sorted by source. wants says which sources the run is about, wanted which outputs the
// jobs of a source have, and whether it has any jobs; paths are from the root. Entries
// whose outputs are gone as well are forgotten.
func (l *File) Orphans(before []Entry, wants func(source string) bool, wanted Wanted, tree Tree) ([]Orphan, error) {
	var gone, stale []Orphan
	var sources []string
	entries := l.Entries()
	for _, e := range entries {
		if e.Status != Removed && wants(e.Source) {
			sources = append(sources, e.Source)
		}
	}
	there, err := tree.There(unique(sources))
	if err != nil {
		return nil, err
	}
	asked := make(map[string]bool, len(sources))
	for _, source := range sources {
		asked[source] = true
	}
	var unwanted []Orphan
	for _, e := range entries {
		o := Orphan{Source: e.Source, Output: e.Output}
		switch {
		case !asked[e.Source]:
		case !there[e.Source]:
			gone = append(gone, o)
		case e.Output.Path != "" && wanted.not(e):
			o.Unwanted = true
			unwanted = append(unwanted, o)
		}
	}
	for _, e := range before {
		if e.HasFile() && len(l.BySource(e.Source)) > 0 && wants(e.Source) && len(l.ByOutput(e.Output.Path)) == 0 {
			stale = append(stale, Orphan{Source: e.Source, Output: e.Output, Moved: true})
		}
	}
	all := slices.Concat(gone, unwanted, stale)
	var outputs []string
	for _, o := range all {
		if o.Blob != "" {
			outputs = append(outputs, o.Path)
		}
	}
	blobs, err := tree.Blobs(unique(outputs))
	if err != nil {
		return nil, err
	}
	var orphans []Orphan
	left := map[string]bool{}
	for _, o := range all {
		blob := blobs[o.Path]
		if o.Blob == "" || blob == "" || o.Path == o.Source || l.shared(o.Path, o.Source) {
			if o.Unwanted {
				l.DropOutput(o.Source, o.Path)
			}
			continue
		}
		o.Edited = blob != o.Blob || o.Accepted
		o.IsSource = wanted[o.Path] != nil || len(l.BySource(o.Path)) > 0
		orphans = append(orphans, o)
		left[o.Source] = true
	}
	for _, o := range gone {
		if !left[o.Source] {
			l.Drop(o.Source)
		}
	}
	return orphans, nil
}

// Wanted are the outputs that the jobs of sources have, by source: paths from the root.
type Wanted map[string][]string

// wantedBy are the outputs of jobs, whose paths begin at the folder prefix.
func wantedBy(jobs []asset.Job, prefix string) Wanted {
	w := make(Wanted, len(jobs))
	for _, j := range jobs {
		source := above(prefix, j.Source.Path)
		w[source] = append(w[source], above(prefix, j.Output))
	}
	return w
}

// not reports whether a source has jobs, and none of them wants the output of e.
func (w Wanted) not(e Entry) bool {
	outputs, known := w[e.Source]
	return known && !slices.ContainsFunc(outputs, func(output string) bool {
		return output == e.Output.Path || asset.MatchesHash(output, e.Output.Path)
	})
}

// shared reports whether an output is that of another source too.
func (l *File) shared(output, source string) bool {
	for _, e := range l.ByOutput(output) {
		if e.Source != source {
			return true
		}
	}
	return false
}
