package ledger

import (
	"path"
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// Record writes down what has become of jobs. Results of jobs that are not among
// jobs, failures, and sources that git ignores or whose content is not known
// leave the ledger as it is. blobs are the ids of the outputs, by their path from
// the root.
func (l *Ledger) Record(jobs []asset.Job, results []asset.Result, prefix, codecs string, blobs map[string]string) {
	by := make(map[string]asset.Job, len(jobs))
	for _, j := range jobs {
		by[j.Source.Path] = j
	}
	for _, r := range results {
		j, ok := by[r.Source.Path]
		if !ok || r.Status == asset.Failed {
			continue
		}
		if e, ok := entry(j, r, prefix, codecs, blobs); ok {
			for i := range e.Outputs {
				e.Outputs[i].Accepted = l.accepted(e.Blob, e.Outputs[i].Blob)
			}
			if r.Replaced != "" {
				l.moved(path.Join(prefix, r.Replaced), e.Source)
			}
			l.Set(e)
		}
	}
}

// accepted says that a content was accepted for the result of a content: the result of
// a source that was renamed or copied is taken from there.
func (l *Ledger) accepted(source, output string) bool {
	return slices.ContainsFunc(l.With(source), func(e Entry) bool {
		return slices.ContainsFunc(e.Outputs, func(o Output) bool { return o.Accepted && o.Blob == output })
	})
}

// moved forgets the source whose output was moved.
func (l *Ledger) moved(output, to string) {
	for _, e := range slices.Clone(l.MadeAs(output)) {
		if e.Source != to {
			l.Drop(e.Source)
		}
	}
}

// entry is the line for a result.
func entry(j asset.Job, r asset.Result, prefix, codecs string, blobs map[string]string) (Entry, bool) {
	s := r.Source
	e := Entry{
		Source: path.Join(prefix, s.Path), Blob: s.Blob, Size: s.Size, Format: s.Format,
		Recipe: Digest(j.Recipe, codecs),
	}
	switch {
	case s.Blob == "" || s.Ignored:
		return e, false
	case r.Status == asset.Skipped && r.Reason == asset.NotSmaller:
		e.Status = NotSmaller
		return e, true
	case r.Status == asset.Skipped && r.Reason == asset.IsWebP:
		e.Status = IsWebP
		return e, true
	case r.Status == asset.Skipped && r.Reason != asset.UpToDate, r.Output == "":
		return e, false
	}
	o := Output{Path: path.Join(prefix, r.Output), Size: r.After}
	if o.Blob = blobs[o.Path]; o.Blob == "" {
		return e, false // gone since: the next run finds out
	}
	e.Status, e.Outputs = Made, []Output{o}
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
	// Edited says that it is not as it was made: somebody has changed it.
	Edited bool
	// Unproven says that it may be another file: nothing but the lock file says that it
	// was made of Source.
	Unproven bool
	// Moved says that its source is there, and has its output in another place now.
	Moved bool
}

// Orphans are the outputs of those sources that are gone, sorted by source, and
// then those of sources that before had in another place. wants says which
// sources the run is about; their paths are from the root. Entries whose outputs
// are gone as well are forgotten.
func (l *Ledger) Orphans(before []Entry, wants func(source string) bool, tree Tree) ([]Orphan, error) {
	var gone, stale []Entry
	var sources []string
	for _, e := range l.Entries() {
		if e.Status != Removed && wants(e.Source) {
			sources = append(sources, e.Source)
		}
	}
	there, err := tree.There(unique(sources))
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		if !there[source] {
			gone = append(gone, l.Of(source)...)
		}
	}
	for _, e := range before {
		now := l.Of(e.Source)
		for _, o := range e.Outputs {
			if len(now) == 1 && !now[0].has(o.Path) && wants(e.Source) && len(l.MadeAs(o.Path)) == 0 {
				stale = append(stale, Entry{Source: e.Source, Outputs: []Output{o}})
			}
		}
	}
	var outputs []string
	for _, e := range append(gone, stale...) {
		for _, o := range e.Outputs {
			outputs = append(outputs, o.Path)
		}
	}
	blobs, err := tree.Blobs(unique(outputs))
	if err != nil {
		return nil, err
	}
	var orphans []Orphan
	forget := map[string]bool{}
	for i, e := range append(gone, stale...) {
		left := false
		for _, o := range e.Outputs {
			if blob := blobs[o.Path]; blob != "" && !l.shared(o.Path, e.Source) {
				orphans = append(orphans, Orphan{Source: e.Source, Output: o, Edited: blob != o.Blob || o.Accepted, Moved: i >= len(gone)})
				left = true
			}
		}
		if !left && i < len(gone) {
			forget[e.Source] = true
		}
	}
	for source := range forget {
		l.Drop(source)
	}
	return orphans, nil
}

// has says that e has an output at a path.
func (e Entry) has(output string) bool {
	for _, o := range e.Outputs {
		if o.Path == output {
			return true
		}
	}
	return false
}

// shared says that an output is that of another source too.
func (l *Ledger) shared(output, source string) bool {
	for _, e := range l.MadeAs(output) {
		if e.Source != source {
			return true
		}
	}
	return false
}
