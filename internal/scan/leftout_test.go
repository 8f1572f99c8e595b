package scan_test

import (
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/testgit"
)

// In a folder and in a git repository, the same is left out, and the same pattern opens it.
func TestLeftOut(t *testing.T) {
	tree := pngs(
		"a.png", "src/b.png", "src/.cache/c.png", ".github/d.png", ".github/.x/e.png", "dist/f.png", "src/build/g.png", "_site/h.png",
		"env/lib/i.png", "favicon.png", "src/favicon-32x32.png", "apple-touch-icon-180x180.png", "mstile-70x70.png",
		"vendor/j.png", "distance/k.png", "favicons/l.png", "src/favicon-story.png", "public/m.png", "build.png/n.png", ".hidden.png",
	)
	tree["env/pyvenv.cfg"], tree["dist/o.webp"] = "home = /usr/bin\n", webp
	open := []string{
		".hidden.png", "a.png", "build.png/n.png", "distance/k.png", "favicons/l.png", "public/m.png",
		"src/b.png", "src/favicon-story.png",
	}
	and := func(names ...string) []string {
		names = append(names, open...)
		slices.Sort(names)
		return names
	}
	seq := func(names ...string) iter.Seq[string] { return slices.Values(names) }
	tests := map[string]struct {
		paths, globs, ignore, open []string
		recorded                   iter.Seq[string]
		want                       []string
		notice                     string
	}{
		"by default":                  {want: open, notice: "6 images in .github, _site, dist and 2 other folders and 4 favicons left out; name them to convert them"},
		"the tree, typed":             {paths: []string{"."}, want: open, notice: "6 images in .github, _site, dist and 2 other folders and 4 favicons left out; name them to convert them"},
		"a wide pattern":              {globs: []string{"src/**/*.png"}, want: []string{"src/b.png", "src/favicon-story.png"}, notice: "2 images in src/.cache, src/build and 1 favicon left out; name them to convert them"},
		"one is meant":                {globs: []string{"d*/*.png"}, want: []string{"distance/k.png"}, notice: "1 image in dist left out; name it to convert it"},
		"a folder with one":           {paths: []string{"src"}, want: []string{"src/b.png", "src/favicon-story.png"}, notice: "2 images in src/.cache, src/build and 1 favicon left out; name them to convert them"},
		"nothing is meant":            {globs: []string{"a.png"}, want: []string{"a.png"}},
		"ignored, too":                {globs: []string{"d*/*.png"}, ignore: []string{"dist"}, want: []string{"distance/k.png"}},
		"a file":                      {paths: []string{"dist/f.png", "favicon.png", "env/lib/i.png"}, want: []string{"dist/f.png", "env/lib/i.png", "favicon.png"}},
		"a folder":                    {paths: []string{"dist"}, want: []string{"dist/f.png"}},
		"a folder with a slash":       {paths: []string{"./.github/"}, want: []string{".github/d.png"}, notice: "1 image in .github/.x left out; name it to convert it"},
		"a folder below it":           {paths: []string{"env/lib"}, want: []string{"env/lib/i.png"}},
		"a folder by a pattern":       {globs: []string{".github/**"}, want: []string{".github/d.png"}, notice: "1 image in .github/.x left out; name it to convert it"},
		"a typed pattern":             {paths: []string{"**/build/*"}, want: []string{"src/build/g.png"}},
		"in braces":                   {globs: []string{"{dist,_site,env/lib}/*.png"}, want: []string{"_site/h.png", "dist/f.png", "env/lib/i.png"}},
		"in an escaped folder":        {globs: []string{`\.github/*.png`, `src/\build/*`}, want: []string{".github/d.png", "src/build/g.png"}},
		"an escaped name":             {globs: []string{`**/\.github/*.png`}, want: []string{".github/d.png"}},
		"one more":                    {globs: []string{"**/*.png", "dist/*.png", "!**/a.png"}, want: slices.DeleteFunc(and("dist/f.png"), func(s string) bool { return s == "a.png" }), notice: "5 images in .github, _site, src/.cache and 1 other folder and 4 favicons left out; name them to convert them"},
		"a setting, and the tree":     {paths: []string{"."}, globs: []string{"src/**/*.png", "dist/*.png"}, want: []string{"dist/f.png", "src/b.png", "src/favicon-story.png"}, notice: "2 images in src/.cache, src/build and 1 favicon left out; name them to convert them"},
		"a setting is for its own":    {paths: []string{"."}, globs: []string{"*/*.png", "dist/x/**"}, want: []string{"build.png/n.png", "distance/k.png", "favicons/l.png", "public/m.png", "src/b.png", "src/favicon-story.png"}, notice: "3 images in .github, _site, dist and 1 favicon left out; name them to convert them"},
		"favicons by their pattern":   {globs: []string{"**/favicon*.png"}, want: []string{"favicon.png", "src/favicon-32x32.png", "src/favicon-story.png"}},
		"one of them":                 {globs: []string{"src/favicon-32x32.png"}, want: []string{"src/favicon-32x32.png"}},
		"others by theirs":            {globs: []string{"apple-touch-icon*", "mstile-*"}, want: []string{"apple-touch-icon-180x180.png", "mstile-70x70.png"}},
		"opened for all":              {globs: []string{"*/*.png"}, open: []string{"dist/x.png", "!_site"}, want: []string{"build.png/n.png", "dist/f.png", "distance/k.png", "favicons/l.png", "public/m.png", "src/b.png", "src/favicon-story.png"}, notice: "2 images in .github, _site and 1 favicon left out; name them to convert them"},
		"recorded":                    {globs: []string{"**/*.png"}, recorded: seq("dist/f.png", ".github/.x/e.png", "env/lib/i.png", "favicon.png", "gone/dist/z.png"), want: and("dist/f.png", ".github/.x/e.png", "env/lib/i.png", "favicon.png"), notice: "4 images in .github, _site, src/.cache and 1 other folder and 3 favicons left out; name them to convert them"},
		"recorded, and not meant":     {globs: []string{"distance/*"}, recorded: seq("dist/f.png"), want: []string{"distance/k.png"}},
		"recorded, and ignored":       {globs: []string{"d*/*"}, ignore: []string{"dist"}, recorded: seq("dist/f.png"), want: []string{"distance/k.png"}},
		"recorded, below what is not": {paths: []string{"src"}, recorded: seq("src/build/g.png"), want: []string{"src/b.png", "src/build/g.png", "src/favicon-story.png"}, notice: "1 image in src/.cache and 1 favicon left out; name them to convert them"},
	}
	for _, place := range []string{"folder", "repository"} {
		dir := t.TempDir()
		plant(t, dir, tree)
		if place == "repository" {
			testgit.Run(t, dir, "init", "--quiet")
			testgit.Run(t, dir, "add", "src", "dist", "env", "favicon.png")
		}
		for name, tt := range tests {
			t.Run(place+"/"+name, func(t *testing.T) {
				o := scan.Options{Dir: dir, Paths: tt.paths, Globs: tt.globs, Ignore: tt.ignore, Open: tt.open, Recorded: tt.recorded, Git: git.Options{Env: testgit.Env()}}
				found := find(t, o)
				diff(t, "Sources", tt.want, paths(found.Sources))
				var notices []string
				if tt.notice != "" {
					notices = []string{tt.notice}
				}
				diff(t, "Notices", notices, found.Notices)
				// What asks for one file says the same.
				wants, err := scan.Wants(o)
				try(t, err)
				var wanted []string
				for _, name := range slices.Sorted(maps.Keys(tree)) {
					if wants(name) && strings.HasSuffix(name, ".png") {
						wanted = append(wanted, name)
					}
				}
				diff(t, "Wants", tt.want, wanted)
			})
		}
	}
}

// Public is left out where a generator certainly writes it.
func TestLeftOutPublic(t *testing.T) {
	tests := map[string]struct {
		files files
		owner string
	}{
		"nothing beside it":        {nil, ""},
		"Hugo":                     {files{"hugo.toml": "title = 'x'\n"}, "Hugo"},
		"Hugo, by a folder":        {files{"config/_default/hugo.yaml": ""}, "Hugo"},
		"Hugo, older":              {files{"config.toml": "baseURL = 'x'\n", "archetypes/default.md": ""}, "Hugo"},
		"Hugo, elsewhere":          {files{"hugo.toml": "publishDir = 'docs'\n"}, ""},
		"Hugo, older, elsewhere":   {files{"config.toml": "publishDir = 'docs'\n", "archetypes/default.md": ""}, ""},
		"Gatsby":                   {files{"gatsby-config.ts": ""}, "Gatsby"},
		"Zola":                     {files{"zola.toml": "base_url = 'x'\n"}, "Zola"},
		"Hexo":                     {files{"_config.yml": "source_dir: source\npublic_dir: public # built\n"}, "Hexo"},
		"Hexo, elsewhere":          {files{"_config.yml": "public_dir: docs\n"}, ""},
		"Jekyll":                   {files{"_config.yml": "title: x\n"}, ""},
		"Next.js":                  {files{"next.config.mjs": ""}, ""},
		"Vite, with Hugo's folder": {files{"vite.config.ts": "", "hugo.toml": ""}, ""},
		"settings of something":    {files{"config.toml": "base_url = 'x'\n"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			plant(t, dir, pngs("site/public/img/a.png", "site/b.png"))
			for name, content := range tt.files {
				plant(t, dir, files{"site/" + name: content})
			}
			found := find(t, scan.Options{Dir: dir})
			if tt.owner == "" {
				diff(t, "Sources", []string{"site/b.png", "site/public/img/a.png"}, paths(found.Sources))
				return
			}
			diff(t, "Sources", []string{"site/b.png"}, paths(found.Sources))
			if len(found.LeftOut) != 1 || found.LeftOut[0].String() != "site/public left out: output of "+tt.owner+", 1 image" {
				t.Errorf("LeftOut = %q", found.LeftOut)
			}
			diff(t, "named", []string{"site/public/img/a.png"}, paths(find(t, scan.Options{Dir: dir, Globs: []string{"site/public/**"}}).Sources))
		})
	}
}

// Without git's list, only so many names are read, and no dependencies.
func TestLeftOutBounded(t *testing.T) {
	dir := t.TempDir()
	many := pngs("node_modules/x/a.png", "dist/node_modules/b.png", ".cache/c.png", "env/d.png", "favicon.png", "e.png")
	many["env/pyvenv.cfg"] = ""
	for i := range 3000 {
		many[fmt.Sprintf("dist/%d/x.png", i)] = png
	}
	plant(t, dir, many)
	found := find(t, scan.Options{Dir: dir})
	diff(t, "Sources", []string{"e.png"}, paths(found.Sources))
	var got []string
	for _, one := range found.LeftOut {
		got = append(got, one.String())
	}
	more := slices.IndexFunc(got, func(s string) bool { return strings.HasPrefix(s, "dist left out: build output, at least ") })
	if more < 0 {
		t.Fatalf("LeftOut = %q", got)
	}
	got = slices.Delete(got, more, more+1)
	if len(got) > 0 && strings.HasPrefix(got[0], ".cache left out: hidden folder") {
		got = got[1:] // counted before dist or after
	}
	diff(t, "LeftOut", []string{
		"env left out: virtual environment", "favicon.png left out: favicon", "node_modules left out: dependencies",
	}, got)
}

// With a filter, only what that takes is counted.
func TestLeftOutOnly(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("a.png", "dist/b.png", "dist/c.png", "with, comma/.x/d.png"))
	testgit.Run(t, dir, "init", "--quiet")
	found := find(t, scan.Options{Dir: dir, Only: func(file, _ string) bool { return file != "dist/b.png" }})
	diff(t, "Notices", []string{`2 images in dist, "with, comma/.x" left out; name them to convert them`}, found.Notices)
	try(t, os.RemoveAll(filepath.Join(dir, "with, comma")))
	found = find(t, scan.Options{Dir: dir, Only: func(file, _ string) bool { return file == "a.png" }})
	diff(t, "Notices", nil, found.Notices)
}

// A link to what is left out, where the link or its target is named.
func TestLeftOutLink(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("dist/photos/a.png"))
	plant(t, dir, files{"photos": "-> dist/photos"})
	diff(t, "Sources", []string{"dist/photos/a.png"}, paths(find(t, scan.Options{Dir: dir, Globs: []string{"photos"}}).Sources))
}

func TestDefaultMatcher(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("photos/a.png", "env/b.png"))
	plant(t, dir, files{"env/pyvenv.cfg": ""})
	tests := map[string]struct {
		patterns, named []string
		takes, not      []string
	}{
		"nothing":     {nil, nil, []string{"a.png", "photos/x.webp"}, []string{"dist/a.png", "env/b.png", ".x/a.png", "favicon.png", "vendor/a.png"}},
		"by another":  {nil, []string{"dist", "favicon.png"}, []string{"dist/a.png", "favicon.png", "a.png"}, []string{"env/b.png"}},
		"by itself":   {[]string{"dist/**", "env"}, nil, []string{"dist/a.png", "env/b.png"}, []string{"a.png", "dist/.x/a.png"}},
		"taken away":  {[]string{"!photos"}, nil, []string{"a.png"}, []string{"photos/a.png", "dist/a.png"}},
		"a wide one":  {[]string{"**/*.png"}, nil, []string{"photos/a.png"}, []string{"dist/a.png"}},
		"a later one": {[]string{"**", "!dist/x", "build/**"}, nil, []string{"build/a.png"}, []string{"dist/y.png", "dist/x/a.png"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			matches, err := scan.DefaultMatcher(dir, tt.patterns, tt.named)
			try(t, err)
			for _, file := range tt.takes {
				if !matches(file) {
					t.Errorf("%q does not match", file)
				}
			}
			for _, file := range tt.not {
				if matches(file) {
					t.Errorf("%q matches", file)
				}
			}
		})
	}
	if _, err := scan.DefaultMatcher(dir, []string{"../x"}, nil); err == nil {
		t.Error("a pattern that leaves the tree is no error")
	}
}
