package lockfile

import "slices"

// DropStale leaves out what is not true of the tree: entries whose outputs are not as
// they were made. Of several for one output it keeps the one whose content is
// there, or else the last. It returns the entries of those sources of which nothing
// is left, sorted.
func (l *File) DropStale(tree Tree) ([]Entry, error) {
	var outputs, sources []string
	entries := l.Entries()
	for _, e := range entries {
		if e.HasFile() {
			outputs = append(outputs, e.Output.Path)
		}
		if len(Find(l.bySource[e.Source], e.Output.Path)) > 1 {
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
		kept := Find(agreed.bySource[e.Source], e.Output.Path)
		switch {
		case e.HasFile() && made[e.Output.Path] != e.Output.Blob:
			untrue = append(untrue, e)
		case len(kept) == 0 || kept[0].Blob != have[e.Source]:
			agreed.Set(e)
		}
	}
	*l = File{bySource: agreed.bySource, changed: true}
	return slices.DeleteFunc(untrue, func(e Entry) bool { return len(l.bySource[e.Source]) > 0 }), nil
}
