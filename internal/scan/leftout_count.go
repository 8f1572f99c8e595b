package scan

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// LeftOut is a folder that was left out by default, or a favicon.
type LeftOut struct {
	Path string
	// Why is the reason.
	Why string
	// Images is how many images are in it, as far as they were counted. More says that
	// there may be others.
	Images int
	More   bool
}

func (l LeftOut) String() string {
	switch {
	case l.Why == whyFavicon:
		return fmt.Sprintf("%s left out: favicon", plain(l.Path))
	case l.More && l.Images == 0:
		return fmt.Sprintf("%s left out: %s", plain(l.Path), l.Why)
	}
	return fmt.Sprintf("%s left out: %s, %s", plain(l.Path), l.Why, atLeast(l.Images, l.More, "image"))
}

// To count the images in folders that are left out, where git does not list them, so many
// names are read at most: of all of them, and of each.
const maxCounted, maxCountedIn = 2000, 250

// leftOut is what the search has left out by default: folders that it did not enter, and
// images elsewhere. listed are the folders that git lists files of.
type leftOut struct {
	folders, files []string
	listed         map[string]bool
}

func (o *leftOut) folder(dir string, listed bool) {
	if !listed {
		o.folders = append(o.folders, dir)
		return
	}
	if o.listed == nil {
		o.listed = map[string]bool{}
	}
	o.listed[dir] = true
}

func (o *leftOut) file(file string) {
	if len(o.files) < maxPassed {
		o.files = append(o.files, file)
	}
}

// holds reports whether a file lies in one of the folders that git lists files of.
func (o *leftOut) holds(file string) bool {
	for dir := range parents(file) {
		if o.listed[dir] {
			return true
		}
	}
	return false
}

// leftOut counts what was left out by default and would be taken otherwise, sorted by
// path. only is Options.Only. The patterns that would take it count as used from then on.
func (l *lister) leftOut(only func(file, blob string) bool) []LeftOut {
	all := map[string]LeftOut{}
	count := func(file string) {
		if only != nil && !only(file, l.files[file].Blob) || !l.wanted.leavesOut(file) {
			return
		}
		name, why := l.wanted.outermost(file)
		one := all[name]
		one.Path, one.Why = name, why
		one.Images++
		all[name] = one
	}
	if len(l.shut.listed) > 0 {
		for file := range l.files {
			if l.shut.holds(file) && IsPicture(file) {
				count(file)
			}
		}
	}
	for _, file := range l.shut.files {
		count(file)
	}
	budget := maxCounted
	for _, dir := range l.shut.folders {
		name, why := l.wanted.outermost(dir + "/.")
		more := true
		// Other people's code is known to be left out.
		if why != whyDependencies && why != whyVenv {
			more = l.countIn(dir, &budget, count)
		}
		if more {
			one := all[name]
			one.Path, one.Why, one.More = name, why, true
			all[name] = one
		}
	}
	sorted := make([]LeftOut, 0, len(all))
	for _, one := range all {
		one.Path = l.show(one.Path)
		sorted = append(sorted, one)
	}
	slices.SortFunc(sorted, func(a, b LeftOut) int { return strings.Compare(a.Path, b.Path) })
	return sorted
}

// countIn calls count for the images below dir, and says whether there may be more: it
// reads as many names as the budget allows.
func (l *lister) countIn(dir string, budget *int, count func(file string)) (more bool) {
	for stack := []string{dir}; len(stack) > 0; {
		dir := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if *budget <= 0 {
			return true
		}
		f, err := openNow(l.root, dir)
		if err != nil {
			continue
		}
		most := min(*budget, maxCountedIn)
		entries, _ := f.ReadDir(most)
		f.Close()
		*budget -= len(entries)
		more = more || len(entries) == most
		for _, e := range entries {
			switch p := path.Join(dir, e.Name()); {
			case e.IsDir() && e.Name() != ".git" && l.wanted.left.why(p) != whyDependencies:
				stack = append(stack, p)
			case e.Type().IsRegular() && IsPicture(p):
				count(p)
			}
		}
	}
	return more
}

// maxNamed is how many folders a notice names.
const maxNamed = 3

// leftNotice says what was left out by default and might have been meant, empty where
// there is nothing. Dependencies and virtual environments never are.
func leftNotice(all []LeftOut) string {
	var folders []string
	var images, favicons, others int
	var more bool
	for _, one := range all {
		switch {
		case one.Images == 0, one.Why == whyDependencies, one.Why == whyVenv:
			continue
		case one.Why == whyFavicon:
			favicons++
			continue
		case len(folders) < maxNamed:
			folders = append(folders, plain(one.Path))
		default:
			others++
		}
		images, more = images+one.Images, more || one.More
	}
	var parts []string
	if images > 0 {
		in := strings.Join(folders, ", ")
		if others > 0 {
			in += " and " + count(others, "other folder")
		}
		parts = append(parts, atLeast(images, more, "image")+" in "+in)
	}
	if favicons > 0 {
		parts = append(parts, count(favicons, "favicon"))
	}
	it := "them"
	if images+favicons == 1 && !more {
		it = "it"
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s left out; name %s to convert %s", strings.Join(parts, " and "), it, it)
}

func atLeast(n int, more bool, what string) string {
	if more {
		return "at least " + count(n, what)
	}
	return count(n, what)
}

// plain is a path as it is, or quoted where it would be misread.
func plain(name string) string {
	if q := strconv.Quote(name); q != `"`+name+`"` || strings.ContainsAny(name, " ,;") {
		return q
	}
	return name
}
