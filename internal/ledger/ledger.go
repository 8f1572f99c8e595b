// Package ledger knows what has been done already, so that nothing is done
// twice. It reads and writes webpress.lock, and holds the pictures of a run
// against it.
//
// # The file
//
// webpress.lock is text in UTF-8 with one line a source, sorted by path, so that
// two branches that touch different pictures seldom touch the same place, and so
// that lines of both can stand together where git merges by union. Lines that
// begin with # are remarks; the first one has the version of the form. Fields are
// separated by a tab:
//
//	path  blob  size  format  recipe  status  [output  size  blob]...
//
// Paths begin at the root of the repository, and are quoted as Go strings are
// where they would be mistaken otherwise. blob is the id that git has for a
// content: git's index then tells what has changed, and no file has to be opened.
// recipe is what Digest returns for the settings.
//
// An output that was accepted as somebody has changed it has a remark in front of the
// line of its source, which older versions pass over:
//
//	# accepted  output  blob
//
// A merge may leave several lines for one source. All of them are read, and the
// one that agrees with the tree counts; the next change to that source leaves one.
package ledger

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/webpress/webpress/internal/asset"
)

// Name is the name of the file at the root of the repository.
const Name = "webpress.lock"

// Version is the version of the file's form. A reader refuses newer ones.
const Version = 1

// A Status says what a source came to.
type Status string

// The statuses.
const (
	// Made is a source with outputs.
	Made Status = "made"
	// Removed is a source that was removed once its outputs were there.
	Removed Status = "removed"
	// NotSmaller is a source whose output would not have been smaller.
	NotSmaller Status = "not-smaller"
	// IsWebP is a source that is what it would become.
	IsWebP Status = "is-webp"
)

// An Entry is one line: what was done with a source.
type Entry struct {
	// Source is the path from the root of the repository, with forward slashes.
	Source string
	// Blob is the git blob id of the source's content, Size its length in bytes.
	Blob string
	Size int64
	// Format is empty where it is not known: the run that wrote the entry did not
	// have the source. Size says nothing then.
	Format asset.Format
	// Recipe is the Digest of the settings.
	Recipe string
	Status Status
	// Outputs are what was made, none for NotSmaller and IsWebP.
	Outputs []Output
}

// An Output is one file that was made of a source.
type Output struct {
	// Path is from the root of the repository.
	Path string
	// Size is in bytes, Blob the git blob id of the content.
	Size int64
	Blob string
	// Accepted says that somebody has changed it by hand, or put it there, and that
	// it was taken for the result: it is not what webpress makes.
	Accepted bool
}

// is says that e and f are the same in every field.
func (e Entry) is(f Entry) bool {
	return e.Source == f.Source && e.Blob == f.Blob && e.Size == f.Size && e.Format == f.Format &&
		e.Recipe == f.Recipe && e.Status == f.Status && slices.Equal(e.Outputs, f.Outputs)
}

// A Ledger is what webpress.lock says. The zero value is not ready: see New. Several
// goroutines may read it, while none changes it.
type Ledger struct {
	// bySource has more than one entry a source only after a merge by union.
	bySource map[string][]Entry
	changed  bool
	// byOutput and byBlob are made when they are first needed, which may be in
	// several goroutines at once, and kept up to date from then on.
	byOutput, byBlob     map[string][]Entry
	onceOutput, onceBlob sync.Once
}

// New returns a ledger that knows of nothing.
func New() *Ledger { return &Ledger{bySource: map[string][]Entry{}} }

// Len is the number of sources.
func (l *Ledger) Len() int { return len(l.bySource) }

// Changed says that Set or Drop have changed what was read.
func (l *Ledger) Changed() bool { return l.changed }

// Set makes e all that is known of its source.
func (l *Ledger) Set(e Entry) {
	if old := l.bySource[e.Source]; len(old) == 1 && old[0].is(e) {
		return
	}
	l.Drop(e.Source)
	l.bySource[e.Source] = []Entry{e}
	l.changed = true
	if l.byBlob != nil {
		l.byBlob[e.Blob] = append(l.byBlob[e.Blob], e)
	}
	if l.byOutput != nil {
		for _, o := range e.Outputs {
			l.byOutput[o.Path] = append(l.byOutput[o.Path], e)
		}
	}
}

// Drop forgets a source.
func (l *Ledger) Drop(source string) {
	old, ok := l.bySource[source]
	if !ok {
		return
	}
	delete(l.bySource, source)
	l.changed = true
	gone := func(e Entry) bool { return e.Source == source }
	for _, e := range old {
		if l.byBlob != nil {
			l.byBlob[e.Blob] = slices.DeleteFunc(l.byBlob[e.Blob], gone)
		}
		if l.byOutput != nil {
			for _, o := range e.Outputs {
				l.byOutput[o.Path] = slices.DeleteFunc(l.byOutput[o.Path], gone)
			}
		}
	}
}

// add is Set that keeps what is there.
func (l *Ledger) add(e Entry) {
	l.bySource[e.Source] = append(l.bySource[e.Source], e)
}

// Entries are all entries, sorted by source.
func (l *Ledger) Entries() []Entry {
	all := make([]Entry, 0, len(l.bySource))
	for _, entries := range l.bySource {
		all = append(all, entries...)
	}
	slices.SortFunc(all, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Blob, b.Blob), cmp.Compare(a.Recipe, b.Recipe))
	})
	return all
}

// Made says that some line has a content for an output at a path.
func (l *Ledger) Made(output, blob string) bool {
	return slices.ContainsFunc(l.MadeAs(output), func(e Entry) bool {
		return slices.ContainsFunc(e.Outputs, func(o Output) bool { return o.Path == output && o.Blob == blob })
	})
}

// Has says that the file has just this line.
func (l *Ledger) Has(e Entry) bool {
	return slices.ContainsFunc(l.bySource[e.Source], e.is)
}

// Of is what is known of a source.
func (l *Ledger) Of(source string) []Entry { return l.bySource[source] }

// MadeAs are the entries that have an output at a path.
func (l *Ledger) MadeAs(output string) []Entry {
	l.onceOutput.Do(func() {
		l.byOutput = make(map[string][]Entry, len(l.bySource))
		for _, entries := range l.bySource {
			for _, e := range entries {
				for _, o := range e.Outputs {
					l.byOutput[o.Path] = append(l.byOutput[o.Path], e)
				}
			}
		}
	})
	return l.byOutput[output]
}

// With are the entries of sources with a content, sorted by source.
func (l *Ledger) With(blob string) []Entry {
	l.onceBlob.Do(func() {
		l.byBlob = make(map[string][]Entry, len(l.bySource))
		for _, source := range slices.Sorted(maps.Keys(l.bySource)) {
			for _, e := range l.bySource[source] {
				l.byBlob[e.Blob] = append(l.byBlob[e.Blob], e)
			}
		}
	})
	return l.byBlob[blob]
}

// Known is what the content of a file was found to be when it was looked at last,
// be it under this or another path, or when it was made.
func (l *Ledger) Known(file, blob string) (format asset.Format, size int64, ok bool) {
	for _, e := range l.bySource[file] {
		if e.Blob == blob && e.Format != "" {
			return e.Format, e.Size, true
		}
	}
	for _, e := range l.MadeAs(file) {
		for _, o := range e.Outputs {
			if o.Path == file && o.Blob == blob {
				return asset.WebP, o.Size, true
			}
		}
	}
	for _, e := range l.With(blob) {
		if e.Format != "" {
			return e.Format, e.Size, true
		}
	}
	return "", 0, false
}
