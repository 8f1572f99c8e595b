package references

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

const sites = "../../testdata/sites"

// readSite reads the files of one of the sites of testdata.
func readSite(t *testing.T, name string) map[string]string {
	t.Helper()
	files := map[string]string{}
	root := os.DirFS(filepath.Join(sites, name))
	if err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, p)
		files[p] = string(data)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// siteNames are the sites of testdata that have images of their own.
func siteNames(t *testing.T) []string {
	t.Helper()
	dirs, err := os.ReadDir(sites)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range dirs {
		if d.IsDir() && d.Name() != "plain" {
			names = append(names, d.Name())
		}
	}
	if len(names) < 5 {
		t.Fatalf("only %q", names)
	}
	return names
}

// lookWebP gives every image of some files one result, beside it.
func lookWebP(files map[string]string) Lookup {
	return func(name string) (Source, bool) {
		if _, ok := files[name]; !ok || !IsImage(name) {
			return Source{}, false
		}
		result := strings.TrimSuffix(name, path.Ext(name)) + ".webp"
		return Source{Path: name, Width: 192, Height: 128, Results: []Result{{Path: result, Format: asset.WebP, Width: 192, Height: 128}}}, true
	}
}

var statusNames = []string{"none", "found", "external", "missing", "wrong case", "outside", "ambiguous"}

// TestSites lists what every reference of the sites of testdata leads to, and what it becomes.
// Run it with -update to write the lists, and read them: they are what webpress understands.
func TestSites(t *testing.T) {
	for _, site := range siteNames(t) {
		t.Run(site, func(t *testing.T) {
			files := readSite(t, site)
			s := siteOf(files, SiteOptions{})
			edited := maps.Clone(files)
			var b strings.Builder
			for _, name := range slices.Sorted(maps.Keys(files)) {
				lang, ok := Language(name)
				if !ok || Skip(name) {
					continue
				}
				refs, err := Find(lang, []byte(files[name]))
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				data, changes, findings, err := Rewrite(name, []byte(files[name]), s, lookWebP(files), Options{Mode: Update})
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				edited[name] = string(data)
				for _, r := range refs {
					res := s.Resolve(name, r)
					fmt.Fprintf(&b, "%s:%d:%d: %s %s: %s %s\n", name, r.Line, r.Column, r.Kind, r.Address, statusNames[res.Status], res.Path)
					for _, c := range changes {
						if c.Off == r.Off {
							fmt.Fprintf(&b, "  becomes %s\n", c.To)
						}
					}
					for _, f := range findings {
						if f.Off == r.Off {
							fmt.Fprintf(&b, "  %s: %s\n", f.Problem, f.Detail)
						}
					}
				}
			}
			golden := filepath.Join("testdata", "sites", site+".txt")
			got := strings.ReplaceAll(b.String(), " \n", "\n")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkEdited(t, files, edited)
		})
	}
}

// checkEdited reads a site again, with its results: what led to an image leads to that image,
// or to its result, and nothing else has changed.
func checkEdited(t *testing.T, files, edited map[string]string) {
	t.Helper()
	before := siteOf(files, SiteOptions{})
	for name := range maps.Clone(files) {
		if IsImage(name) {
			edited[strings.TrimSuffix(name, path.Ext(name))+".webp"] = "a result"
		}
	}
	after := siteOf(edited, SiteOptions{})
	for name, text := range files {
		lang, ok := Language(name)
		if !ok || Skip(name) {
			continue
		}
		was, _ := Find(lang, []byte(text))
		is, _ := Find(lang, []byte(edited[name]))
		if len(was) != len(is) {
			t.Errorf("%s: %d references, and %d after", name, len(was), len(is))
			continue
		}
		for i := range was {
			a, b := before.Resolve(name, was[i]), after.Resolve(name, is[i])
			result := strings.TrimSuffix(a.Path, path.Ext(a.Path)) + ".webp"
			if b.Status != a.Status || b.Path != a.Path && b.Path != result {
				t.Errorf("%s:%d: %s was %s, and %s is %s", name, was[i].Line, was[i].Address, a.Path, is[i].Address, b.Path)
			}
			if was[i].Address != is[i].Address && b.Path != result {
				t.Errorf("%s:%d: %s has become %s, which is %s", name, was[i].Line, was[i].Address, is[i].Address, b.Path)
			}
		}
	}
}

// TestKeepsMarkdown makes pictures of a page of Markdown in each site.
func TestKeepsMarkdown(t *testing.T) {
	for site, want := range map[string]map[string]bool{
		"jekyll": {"index.md": false}, "eleventy": {"src/posts/one.md": false}, "hugo": {"content/about.md": true},
		"docusaurus": {"docs/intro.md": true, "blog/2026-01-01-new/index.md": true}, "astro": {"src/content/posts/one.md": true},
	} {
		files := readSite(t, site)
		s := siteOf(files, SiteOptions{})
		for page, keep := range want {
			if got := s.KeepsMarkdown(page); got != keep {
				t.Errorf("%s: %s keeps its Markdown: %v, want %v", site, page, got, keep)
			}
			data, _, _, err := Rewrite(page, []byte(files[page]), s, lookWebP(files), Options{Mode: Picture, KeepMarkdown: s.KeepsMarkdown(page), Kramdown: s.IsKramdown(page)})
			if err != nil || strings.Contains(string(data), "<picture>") == keep || string(data) == files[page] {
				t.Errorf("%s: %s becomes (%v)\n%s", site, page, err, data)
			}
		}
	}
	s := siteOf(map[string]string{"docs/mkdocs.yml": "site_name: x", "web/hugo.yaml": "baseURL: /\nmarkup: { goldmark: { renderer: { unsafe: true } } }"}, SiteOptions{})
	for page, want := range map[string]bool{"docs/docs/x.md": true, "README.md": false, "web/content/x.md": false} {
		if got := s.KeepsMarkdown(page); got != want {
			t.Errorf("%s keeps its Markdown: %v, want %v", page, got, want)
		}
	}
}
