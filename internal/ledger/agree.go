package ledger

import "slices"

// Agree leaves out what is not true of the tree: entries whose outputs are not as
// they were made. Of several for one source it keeps the one whose content is
// there, or else the last. It returns the entries of those sources of which nothing
// is left, sorted.
func (l *Ledger) Agree(tree Tree) ([]Entry, error) {
	var outputs, sources []string
	entries := l.Entries()
	for _, e := range entries {
		for _, o := range e.Outputs {
			outputs = append(outputs, o.Path)
		}
		if len(l.bySource[e.Source]) > 1 {
			sources = append(sources, e.Source)
		}
	}
	made, err := tree.Blobs(unique(outputs))
	if err != nil {
		return nil, err
	}
	have, err := tree.Blobs(unique(sources))
	if err != nil {
		return nil, err
	}
	agreed := New()
	var untrue []Entry
	for _, e := range entries {
		ok := true
		for _, o := range e.Outputs {
			ok = ok && made[o.Path] == o.Blob
		}
		kept := agreed.bySource[e.Source]
		switch {
		case !ok:
			untrue = append(untrue, e)
		case len(kept) == 0 || kept[0].Blob != have[e.Source]:
			agreed.bySource[e.Source] = []Entry{e}
		}
	}
	*l = Ledger{bySource: agreed.bySource, changed: true}
	return slices.DeleteFunc(untrue, func(e Entry) bool { return len(l.bySource[e.Source]) > 0 }), nil
}
