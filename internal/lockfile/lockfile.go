// Package lockfile knows what has been done already, so that nothing is done
// twice. It reads and writes webpress.lock, and holds the images of a run
// against it.
//
// # The file
//
// webpress.lock is text in UTF-8 with one line for each output, sorted by source and
// output, so that two branches that touch different images seldom touch the same place,
// and so that lines of both can stand together if git merges by union. Lines that
// begin with # are remarks; the first one has the version of the form. Fields are
// separated by a tab:
//
//	source  blob  size  format  recipe  status  output  dimensions  size  blob  [rating]
//
// Paths begin at the root of the repository, and are quoted as Go strings are
// where they would be mistaken otherwise. blob is the id that git has for a
// content: git's index then says what has changed, and no file has to be opened.
// recipe is what Digest returns for the settings. Dimensions are WIDTHxHEIGHT in
// pixels. A hyphen stands for what is not known, and for what there is not: an output
// that was not kept has no blob.
//
// rating is there where an output was scored: its quality, its score and how many times it
// was encoded for that, as in quality=82,score=80.31,tries=2. A file that has one is of
// version 3, and any other of version 2, which older versions of webpress read.
//
// A source that came from an address has a remark in front of its lines; see Fetched.
//
// # Version 1
//
// Version 1 had one line for each source, which is still read:
//
//	source  blob  size  format  recipe  status  [output  size  blob]...
//
// with a remark in front of it where an output was accepted:
//
//	# accepted  output  blob
//
// A merge may leave several lines for one output. All of them are read, and the
// one that agrees with the tree counts; the next change to that output leaves one.
package lockfile

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/webpress/webpress/internal/asset"
)

// Name is the name of the file at the root of the repository.
const Name = "webpress.lock"

// Version is the newest version of the file's form. A reader refuses newer ones.
const Version = 3

// versionUnrated is the version of a file without ratings.
const versionUnrated = 2

// A Status says what a source came to.
type Status string

// The statuses.
const (
	// Made is a source with this output.
	Made Status = "made"
	// Removed is a source that was removed once its outputs were there.
	Removed Status = "removed"
	// NotSmaller is a source whose output would not have been smaller.
	NotSmaller Status = "not-smaller"
	// IsWebP is a source that is what it would become.
	IsWebP Status = "is-webp"
	// NotWider is a source that is not wider than a smaller output.
	NotWider Status = "not-wider"
	// Crashed is a source that the decoder crashed on.
	Crashed Status = "crashed"
)

// An Entry is one line: what was done with a source for one of its outputs.
type Entry struct {
	// Source is the path from the root of the repository, with forward slashes.
	Source string
	// Blob is the git blob id of the source's content, Size its length in bytes.
	Blob string
	Size int64
	// Format is empty if it is not known: the run that wrote the entry did not
	// have the source. Size says nothing then.
	Format asset.Format
	// Recipe is the Digest of the settings.
	Recipe string
	Status Status
	Output Output
}

// An Output is one file that was made of a source, or that would have been.
type Output struct {
	// Path is from the root of the repository. It is empty only for a line of version
	// 1 that has no file.
	Path string
	// Width and Height are in pixels; 0 is not known.
	Width, Height int
	// Size is in bytes, Blob the git blob id of the content, empty if no file was
	// made.
	Size int64
	Blob string
	// Rating is what was found out as it was encoded. What was Accepted has none.
	asset.Rating
	// Accepted reports whether it was edited by hand, or put there by hand, and
	// it was taken for the result: it is not what webpress makes.
	Accepted bool
}

// HasFile reports whether an output was made.
func (e Entry) HasFile() bool { return e.Status == Made || e.Status == Removed }

// key is the source and the output.
func (e Entry) key() [2]string { return [2]string{e.Source, e.Output.Path} }

// isOf reports whether e is about the output at a path, which may have an asset.HashMark.
func (e Entry) isOf(output string) bool {
	return e.Output.Path == output || e.Output.Path == "" || asset.MatchesHash(output, e.Output.Path)
}

// Find returns the entries of several that are about the output at a path.
func Find(entries []Entry, output string) (found []Entry) {
	for _, e := range entries {
		if e.isOf(output) {
			found = append(found, e)
		}
	}
	return found
}

// A File is what webpress.lock says. The zero value is not ready: see New. Several
// goroutines may read it, while none changes it.
type File struct {
	// Decoders says the versions of what decodes sources: one that crashed is tried again
	// when they change. It is asked where there was a crash; nil is an empty text.
	Decoders func() string

	// bySource has more than one entry for an output only after a merge by union.
	bySource map[string][]Entry
	changed  bool
	// fetched is by source; see Fetched.
	fetched map[string]Fetched
	// superseded are the paths of the outputs that others are made in the place of, by
	// what key says of those: see Split.
	superseded map[[2]string]string
	// byOutput and byBlob are made when they are first needed, which may be in
	// several goroutines at once, and kept up to date from then on.
	byOutput, byBlob     map[string][]Entry
	onceOutput, onceBlob sync.Once
}

// New returns a ledger that knows of nothing.
func New() *File { return &File{bySource: map[string][]Entry{}} }

// Len is the number of sources.
func (l *File) Len() int { return len(l.bySource) }

// Sources are the paths of the sources, in no order.
func (l *File) Sources() iter.Seq[string] { return maps.Keys(l.bySource) }

// Changed reports whether Set or Drop have changed what was read.
func (l *File) Changed() bool { return l.changed }

// Set makes e all that is known of its output.
func (l *File) Set(e Entry) {
	old := Find(l.bySource[e.Source], e.Output.Path)
	if len(old) == 1 && old[0] == e {
		return
	}
	l.drop(e.Source, func(o Entry) bool { return o.isOf(e.Output.Path) })
	l.add(e)
	l.changed = true
	if l.byBlob != nil {
		l.byBlob[e.Blob] = append(l.byBlob[e.Blob], e)
	}
	if l.byOutput != nil && e.HasFile() {
		l.byOutput[e.Output.Path] = append(l.byOutput[e.Output.Path], e)
	}
}

// Drop forgets a source.
func (l *File) Drop(source string) { l.drop(source, func(Entry) bool { return true }) }

// DropOutput forgets one output of a source.
func (l *File) DropOutput(source, output string) {
	l.drop(source, func(e Entry) bool { return e.Output.Path == output })
}

// drop forgets those entries of a source that which picks.
func (l *File) drop(source string, which func(Entry) bool) {
	var left []Entry
	for _, e := range l.bySource[source] {
		if !which(e) {
			left = append(left, e)
			continue
		}
		l.changed = true
		gone := func(o Entry) bool { return o == e }
		if l.byBlob != nil {
			l.byBlob[e.Blob] = slices.DeleteFunc(l.byBlob[e.Blob], gone)
		}
		if l.byOutput != nil && e.HasFile() {
			l.byOutput[e.Output.Path] = slices.DeleteFunc(l.byOutput[e.Output.Path], gone)
		}
	}
	if len(left) > 0 {
		l.bySource[source] = left
	} else {
		delete(l.bySource, source)
	}
}

// add is Set that keeps what is there.
func (l *File) add(e Entry) {
	l.bySource[e.Source] = append(l.bySource[e.Source], e)
}

// Entries are all entries, sorted by source and output.
func (l *File) Entries() []Entry {
	all := make([]Entry, 0, len(l.bySource))
	for _, entries := range l.bySource {
		all = append(all, entries...)
	}
	slices.SortFunc(all, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Output.Path, b.Output.Path), cmp.Compare(a.Blob, b.Blob), cmp.Compare(a.Recipe, b.Recipe))
	})
	return all
}

// Results are the git blob ids of all outputs that were made.
func (l *File) Results() map[string]bool {
	ids := make(map[string]bool, len(l.bySource))
	for _, entries := range l.bySource {
		for _, e := range entries {
			if e.HasFile() {
				ids[e.Output.Blob] = true
			}
		}
	}
	return ids
}

// Has reports whether the file has just this line.
func (l *File) Has(e Entry) bool {
	return slices.Contains(l.bySource[e.Source], e)
}

// BySource is what is known of a source.
func (l *File) BySource(source string) []Entry { return l.bySource[source] }

// ByOutput are the entries that have an output at a path.
func (l *File) ByOutput(output string) []Entry {
	l.onceOutput.Do(func() {
		l.byOutput = make(map[string][]Entry, len(l.bySource))
		for _, entries := range l.bySource {
			for _, e := range entries {
				if e.HasFile() {
					l.byOutput[e.Output.Path] = append(l.byOutput[e.Output.Path], e)
				}
			}
		}
	})
	return l.byOutput[output]
}

// ByBlob are the entries of sources with a content, sorted by source.
func (l *File) ByBlob(blob string) []Entry {
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
func (l *File) Known(file, blob string) (format asset.Format, size int64, ok bool) {
	for _, e := range l.bySource[file] {
		if e.Blob == blob && e.Format != "" {
			return e.Format, e.Size, true
		}
	}
	for _, e := range l.ByOutput(file) {
		if e.Output.Blob == blob {
			return asset.FormatByName(file), e.Output.Size, true
		}
	}
	for _, e := range l.ByBlob(blob) {
		if e.Format != "" {
			return e.Format, e.Size, true
		}
	}
	return "", 0, false
}
