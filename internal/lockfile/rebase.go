package lockfile

import (
	"slices"
)

// Rebase lays over theirs, the content of a lock file elsewhere, what ours has
// changed against base, and returns the content that comes of it: theirs itself
// where that is nothing. leftOut are sources and outputs that keep what theirs says. Nil is a file that is not there.
func Rebase(base, theirs []byte, ours *File, leftOut map[string]bool) ([]byte, error) {
	from, err := Parse(base)
	if err != nil {
		from = New() // all of ours counts as changed then
	}
	l, err := Parse(theirs)
	if err != nil {
		return nil, err
	}
	for source, entries := range ours.bySource {
		for _, e := range entries {
			if !slices.Contains(from.bySource[source], e) && !left(e, leftOut) {
				l.Set(e)
			}
		}
	}
	for source, entries := range from.bySource {
		for _, e := range entries {
			if len(Find(ours.bySource[source], e.Output.Path)) == 0 && !left(e, leftOut) {
				l.DropOutput(source, e.Output.Path)
			}
		}
	}
	for source, f := range ours.fetched {
		if from.fetched[source] != f && !leftOut[source] {
			l.SetFetched(f)
		}
	}
	if !l.changed {
		return theirs, nil
	}
	return l.Encode(), nil
}

func left(e Entry, out map[string]bool) bool { return out[e.Source] || out[e.Output.Path] }
