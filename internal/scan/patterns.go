package scan

import "slices"

// patterns are the patterns of one setting, ready to be asked about many files.
// What a question costs does not grow with the number of files and folders that
// are patterns, and with that of globs only if they begin alike.
type patterns struct {
	all     []pattern
	exact   map[string][]int // by the file
	folders map[string][]int // by the folder
	globs   map[string][]int // by the folder that all matches are below
	// wide reports whether a folder means all files below it.
	wide bool
}

func gatherPatterns(all []pattern) patterns {
	ps := patterns{
		all:   all,
		exact: map[string][]int{}, folders: map[string][]int{}, globs: map[string][]int{},
	}
	for i, p := range all {
		switch p.kind {
		case exact:
			ps.exact[p.path] = append(ps.exact[p.path], i)
		case folder:
			ps.folders[p.path] = append(ps.folders[p.path], i)
		case glob:
			ps.globs[p.base] = append(ps.globs[p.base], i)
		}
	}
	return ps
}

// takes reports whether any of the patterns does more than take away.
func (ps *patterns) takes() bool {
	return slices.ContainsFunc(ps.all, func(p pattern) bool { return !p.negate })
}

// last returns the last pattern that matches the file, nil if none does, and
// marks all that do and take. A pattern that takes has to have the closed names.
func (ps *patterns) last(file string, closed []closedName) *pattern {
	best := -1
	image := ps.wide || isImageName(file)
	consider := func(i int) {
		ps.all[i].hit = true
		best = max(best, i)
	}
	allows := func(p *pattern) bool {
		return p.negate || (image || !p.narrow) && p.opensAll(closed)
	}
	for _, i := range ps.exact[file] {
		consider(i)
	}
	for _, i := range ps.folders[file] { // the file is a folder itself
		if ps.all[i].negate {
			consider(i)
		}
	}
	for dir := range parents(file) {
		for _, i := range ps.folders[dir] {
			if allows(&ps.all[i]) {
				consider(i)
			}
		}
		for _, i := range ps.globs[dir] {
			p := &ps.all[i]
			// An earlier pattern changes nothing; it only has to learn that it
			// is of use.
			if i < best && (p.hit || p.negate) {
				continue
			}
			if allows(p) && p.hits(file) {
				consider(i)
			}
		}
	}
	if best < 0 {
		return nil
	}
	return &ps.all[best]
}
