//go:build e2e

package e2e

import (
	"html"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	reAddress = regexp.MustCompile(`\s(?:src|srcset|href|content)="([^"]+)"|url\(["']?([^"')]+)`)
	reIsImage = regexp.MustCompile(`\.(png|jpg|gif|webp|avif)([?#].*)?$`)
	// reHash is what generators put into the names of what they copy.
	reHash = regexp.MustCompile(`-[0-9a-f]{32}\b|\.[0-9a-f]{8}\b`)
)

// TestSitesBuilt builds sites before and after their images were converted. What a built page
// names is there, unless it was not there before either, and a browser loads the results and
// shows the same.
func TestSitesBuilt(t *testing.T) {
	for _, site := range []struct {
		name, out, base string
		build           func(t *testing.T, dir string)
	}{
		{"docusaurus", "build", "/manual/", npmBuild},
		{"astro", "dist", "/shop/", npmBuild},
		{"eleventy", "_site", "/", npmBuild},
		{"jekyll", "_site", "/notes/", func(t *testing.T, dir string) {
			need(t, "jekyll")
			must(t, dir, "jekyll", "build")
		}},
		{"hugo", "public", "/journal/", func(t *testing.T, dir string) {
			need(t, "hugo")
			must(t, dir, "hugo")
		}},
	} {
		t.Run(site.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(root(t), "testdata/sites", site.name))); err != nil {
				t.Fatal(err)
			}
			enlarge(t, dir)
			must(t, dir, "git", "init", "-q")
			must(t, dir, "git", "add", ".")
			must(t, dir, "git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "A site")
			put(t, dir, ".git/info/exclude", []byte("node_modules\npackage-lock.json\n.astro\n.docusaurus\n.jekyll-cache\nresources\n.hugo_build.lock\n"+site.out+"\n"))
			site.build(t, dir)
			before := builtImages(t, filepath.Join(dir, site.out), site.base)
			seen := openBelow(t, filepath.Join(dir, site.out), site.base, "")

			if r := docker(t, []string{"-v", dir + ":/work", "-w", "/work"}, "--references=picture", "--format=avif,webp"); r.code != 0 {
				t.Fatalf("exit code %d\n%s", r.code, r.out)
			}
			if err := os.RemoveAll(filepath.Join(dir, site.out)); err != nil {
				t.Fatal(err)
			}
			site.build(t, dir)
			after := builtImages(t, filepath.Join(dir, site.out), site.base)
			seenAfter := openBelow(t, filepath.Join(dir, site.out), site.base, "")

			missing, named := map[string]bool{}, map[string]bool{}
			for name, there := range before {
				missing[stem(name)] = !there
			}
			results := 0
			for name, there := range after {
				named[stem(name)] = true
				if !there && !missing[stem(name)] {
					t.Errorf("%s is not there", name)
				}
				if there && (path.Ext(name) == ".webp" || path.Ext(name) == ".avif") {
					results++
				}
			}
			for name := range before {
				// Astro puts a hash into the names of what it builds itself.
				if !named[stem(name)] && !strings.Contains(name, "/_astro/") {
					t.Errorf("%s is named no more", name)
				}
			}
			t.Logf("%d addresses of images before, %d after, %d of results", len(before), len(after), results)
			if results < 4 {
				t.Errorf("the pages name only %d results", results)
			}
			for _, name := range seenAfter.failed {
				if !slices.ContainsFunc(seen.failed, func(before string) bool { return stem(before) == stem(name) }) {
					t.Errorf("a browser asks in vain for %s, which it did not before, but for %v", name, seen.failed)
				}
			}
			t.Logf("a browser loads %v, before %v", seenAfter.images, seen.images)
			// Icons of the site stay, and what a generator resizes itself.
			if 4*seenAfter.bytes > 3*seen.bytes {
				t.Errorf("a browser loads %d bytes of images, before %d", seenAfter.bytes, seen.bytes)
			}
			if d := difference(t, seen.screen, seenAfter.screen); d > 2 {
				t.Errorf("the page looks different: by %.2f of 255", d)
			} else {
				t.Logf("a mean difference of %.2f of 255", d)
			}
		})
	}
}

// enlarge puts larger images into the place of those of a site: some generators put small ones
// into the page itself.
func enlarge(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(name) {
		case ".jpg":
			return os.WriteFile(name, picture(t, "demo/photos/dunes.jpg"), 0o644)
		case ".png":
			return os.WriteFile(name, picture(t, "demo/screens/editor.png"), 0o644)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// stem is an address without its ending, and without hashes.
func stem(name string) string {
	return reHash.ReplaceAllString(strings.TrimSuffix(name, path.Ext(name)), "")
}

// builtImages are the addresses of images of this site in built pages and style sheets, each behind
// the file that names it, and whether there is a file.
func builtImages(t *testing.T, dir, base string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	out := os.DirFS(dir)
	err := fs.WalkDir(out, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".html" && path.Ext(name) != ".css" {
			return err
		}
		page, err := fs.ReadFile(out, name)
		if err != nil {
			return err
		}
		here := &url.URL{Scheme: "https", Host: "site.example", Path: base + name}
		for _, m := range reAddress.FindAllStringSubmatch(string(page), -1) {
			for candidate := range strings.SplitSeq(m[1]+m[2], ",") {
				fields := strings.Fields(html.UnescapeString(candidate))
				if len(fields) == 0 || !reIsImage.MatchString(fields[0]) {
					continue
				}
				to, err := here.Parse(fields[0])
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				file, inside := strings.CutPrefix(to.Path, base)
				_, err = fs.Stat(out, file)
				found[name+": "+to.Path] = inside && err == nil
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
