package scan

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/webpress/webpress/internal/asset"
)

// A place is a folder outside of the working directory, and what was named in it.
type place struct {
	dir   string
	paths []string
	// wide reports whether a folder or a pattern was named: git is asked what it ignores.
	wide bool
}

// findOutside finds the images at o.Outside, each place by itself, and adds them to
// found. Of the settings, those that begin at the working directory say nothing there.
func findOutside(ctx context.Context, o Options, found *Found) error {
	var places []place
	for _, name := range o.Outside {
		p := placeOf(o.Dir, name)
		i := slices.IndexFunc(places, func(q place) bool { return q.dir == p.dir && q.wide == p.wide })
		if i < 0 {
			places = append(places, p)
		} else {
			places[i].paths = append(places[i].paths, p.paths...)
		}
	}
	var ignore []string
	for _, pattern := range o.Ignore {
		if !strings.Contains(strings.TrimSuffix(pattern, "/"), "/") {
			ignore = append(ignore, pattern)
		}
	}
	for _, p := range places {
		shown := func(name string) string { return o.Names.Of(filepath.Join(p.dir, filepath.FromSlash(name))) }
		if info, err := os.Stat(p.dir); err != nil || !info.IsDir() {
			for _, name := range p.paths {
				source := asset.Source{Path: shown(name)}
				found.Failed = append(found.Failed, asset.Fail(source, fmt.Sprintf("find %q: no such file", source.Path), ""))
			}
			continue
		}
		there, err := find(ctx, Options{
			Dir: p.dir, Paths: p.paths, Ignore: ignore, Git: o.Git, noGit: !p.wide, shown: shown,
			MaxFileSize: o.MaxFileSize, MaxFileSizeOf: o.MaxFileSizeOf,
		})
		if err != nil {
			return err
		}
		for _, s := range there.Sources {
			// Nothing of it is written down for later runs.
			s.Path, s.Blob, s.Ignored = shown(s.Path), "", true
			found.Sources = append(found.Sources, s)
		}
		for _, one := range there.Failed {
			one.Source.Path = shown(one.Source.Path)
			found.Failed = append(found.Failed, one)
		}
		found.Notices = append(found.Notices, there.Notices...)
		found.LeftOut = append(found.LeftOut, there.LeftOut...)
		found.Opened += there.Opened
		found.None = found.None && there.None
	}
	slices.SortFunc(found.Sources, func(a, b asset.Source) int { return strings.Compare(a.Path, b.Path) })
	found.Sources = slices.CompactFunc(found.Sources, func(a, b asset.Source) bool { return a.Path == b.Path })
	slices.SortFunc(found.Failed, func(a, b asset.Result) int { return strings.Compare(a.Source.Path, b.Source.Path) })
	return nil
}

// placeOf is where a name is, which is absolute: a folder, a file that is there or not,
// or a pattern. dir is the working directory.
func placeOf(dir, name string) place {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return place{dir: filepath.Clean(name), paths: []string{"./"}, wide: true}
	case err == nil:
		// What a link points to is taken in its place, as it is in the working directory.
		if real, err := filepath.EvalSymlinks(name); err == nil {
			if l, err := os.Lstat(name); err == nil && l.Mode()&os.ModeSymlink != 0 {
				name = real
			}
		}
	default:
		in, pattern := Split(dir, name)
		if plain, ok := NameOf(pattern); ok {
			name = filepath.Join(in, filepath.FromSlash(plain))
		} else if doublestar.ValidatePattern(pattern) {
			return place{dir: in, paths: []string{pattern}, wide: true}
		}
	}
	return place{dir: filepath.Dir(name), paths: []string{"./" + Literal(filepath.Base(name))}}
}

// takesNothing reports whether of the working directory nothing was named: all names are
// outside of it.
func (o Options) takesNothing() bool {
	return len(o.Outside) > 0 && !slices.ContainsFunc(o.Paths, func(p string) bool { return !strings.HasPrefix(p, "!") })
}

// show is the path of a file of the tree for people.
func (t workdir) show(name string) string {
	if t.shown == nil {
		return name
	}
	return t.shown(name)
}
