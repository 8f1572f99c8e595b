package ledger

import (
	"slices"
)

// Rebase lays over theirs, the content of a lock file elsewhere, what ours has
// changed against base, and returns the content that comes of it: theirs itself
// where that is nothing. leftOut are sources that keep what theirs says, and outputs
// whose sources do. Nil is a file that is not there.
func Rebase(base, theirs []byte, ours *Ledger, leftOut map[string]bool) ([]byte, error) {
	from, err := Parse(base)
	if err != nil {
		from = New() // all of ours counts as changed then
	}
	l, err := Parse(theirs)
	if err != nil {
		return nil, err
	}
	left := func(entries []Entry) bool {
		return slices.ContainsFunc(entries, func(e Entry) bool {
			return leftOut[e.Source] || slices.ContainsFunc(e.Outputs, func(o Output) bool { return leftOut[o.Path] })
		})
	}
	same := func(a, b []Entry) bool {
		return slices.EqualFunc(a, b, func(x, y Entry) bool { return x.is(y) })
	}
	for source, entries := range ours.bySource {
		if !same(entries, from.bySource[source]) && !left(entries) {
			l.put(source, entries)
		}
	}
	for source, entries := range from.bySource {
		if _, kept := ours.bySource[source]; !kept && !left(entries) {
			l.Drop(source)
		}
	}
	if !l.changed {
		return theirs, nil
	}
	return l.Encode(), nil
}

// put is Set for several entries.
func (l *Ledger) put(source string, entries []Entry) {
	if slices.EqualFunc(entries, l.bySource[source], func(x, y Entry) bool { return x.is(y) }) {
		return
	}
	l.Drop(source)
	l.bySource[source] = entries
	l.changed = true
}
