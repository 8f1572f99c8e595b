package references

import "slices"

// isFormer reports whether a reference names a result that is none any more: see Lookup.
func (w *rewriter) isFormer(i int) bool {
	return w.originals[i] && w.sources[i].Path != w.resolutions[i].Path
}

// removeFormer takes a <source> away that names former results alone, of the image of its <picture>: that
// gets others.
func (w *rewriter) removeFormer(el *element) bool {
	if el.name != "source" || el.dynamic != "" {
		return false
	}
	for _, i := range w.members[el] {
		if !w.isFormer(i) || !w.shows(el.picture, w.sources[i].Path) {
			return false
		}
	}
	at := span{el.off, el.end}
	if indent, ok := w.ownLine(el.off, el.end); ok && !el.pre {
		at.off -= len(indent)
		for at.end < len(w.src) && w.src[at.end] != '\n' {
			at.end++
		}
		at.end = min(at.end+1, len(w.src))
	}
	w.removed[el] = true
	w.edits = append(w.edits, edit{span: at})
	for _, i := range w.members[el] {
		w.done[i] = true
		w.changes = append(w.changes, Change{w.refs[i], w.refs[i].Address, "", w.sources[i].Path})
	}
	return true
}

// hadFormer reports whether a <source> of a <picture> is taken away.
func (w *rewriter) hadFormer(p *pictureElement) bool {
	return slices.ContainsFunc(p.sources, func(s *element) bool { return w.removed[s] })
}

// shows reports whether the <img> of a <picture> has an original, or a former result of it.
func (w *rewriter) shows(p *pictureElement, original string) bool {
	for i, r := range w.refs {
		if el := r.at.el; el != nil && el.name == "img" && el.picture == p && !el.extra && w.sources[i].Path == original {
			return true
		}
	}
	return false
}
