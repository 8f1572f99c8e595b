//go:build e2e

package e2e

import (
	"cmp"
	goimage "image"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/webpress/webpress/internal/testfiles"
)

// A visit is what a browser has loaded of a page.
type visit struct {
	// images are the sizes of the images that were loaded, by path; failed are the paths
	// that were asked for in vain.
	images map[string]int
	failed []string
	bytes  int
	screen goimage.Image
}

// browser is the name of the browser on this machine.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if run(t, "", "sh", "-c", "command -v "+name).code == 0 {
			return name
		}
	}
	need(t, "chromium")
	return ""
}

var reLoaded = regexp.MustCompile(`\.(png|jpe?g|gif|webp|avif|heic)$`)

// open opens a page of a site in a browser, and waits until it has loaded.
func open(t *testing.T, dir, page string) visit {
	t.Helper()
	return openBelow(t, dir, "/", page)
}

// openBelow is open for a site whose addresses begin with base.
func openBelow(t *testing.T, dir, base, page string) visit {
	t.Helper()
	v := visit{images: map[string]int{}}
	var mu sync.Mutex
	files := http.StripPrefix(strings.TrimSuffix(base, "/"), http.FileServer(http.Dir(dir)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &counted{ResponseWriter: w, status: http.StatusOK}
		w.Header().Set("Cache-Control", "no-store")
		files.ServeHTTP(counted, r)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case counted.status >= http.StatusBadRequest && r.URL.Path != "/favicon.ico":
			v.failed = append(v.failed, r.URL.Path)
		case reLoaded.MatchString(r.URL.Path):
			v.images[r.URL.Path] = counted.size
		}
	}))
	defer server.Close()
	b := newTab(t)
	b.size(1000, 2600, false)
	b.call("Page.navigate", map[string]any{"url": server.URL + base + page}, nil)
	b.wait(`document.readyState === 'complete' && [...document.images].every((image) => image.complete)`)
	b.eval(`document.fonts.ready.then(() => true)`)
	b.settle()
	v.screen = b.screen()
	mu.Lock()
	defer mu.Unlock()
	for _, n := range v.images {
		v.bytes += n
	}
	return v
}

type counted struct {
	http.ResponseWriter
	status, size int
}

func (c *counted) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(p []byte) (int, error) {
	c.size += len(p)
	return c.ResponseWriter.Write(p)
}

// difference is the mean difference of two images of a screen, a channel, of 255.
func difference(t *testing.T, a, b goimage.Image) float64 {
	t.Helper()
	if a.Bounds() != b.Bounds() {
		t.Fatalf("%v and %v", a.Bounds(), b.Bounds())
	}
	sum, n := 0.0, 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y += 2 {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x += 2 {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, d := range []int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2)} {
				sum, n = sum+float64(max(d, -d))/257, n+1
			}
		}
	}
	return sum / float64(n)
}

// TestPages converts the images of a site, and opens it in a browser before and after: it
// loads the results, nothing is missing, and it looks the same.
func TestPages(t *testing.T) {
	browser(t)
	fresh := func(t *testing.T) string {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(root(t), "testdata/sites/plain"))); err != nil {
			t.Fatal(err)
		}
		for name, from := range map[string]string{
			"dunes.jpg": "photos/dunes.jpg", "mountains.heic": "photos/mountains.heic", "editor.png": "screens/editor.png",
			"compass.png": "icons/compass.png", "spinner.gif": "icons/spinner.gif", "editor@2x.png": "screens/editor.png",
		} {
			testfiles.Write(t, dir, "img/"+name, string(picture(t, "demo/"+from)))
		}
		must(t, dir, "git", "init", "-q")
		must(t, dir, "git", "add", ".")
		must(t, dir, "git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "A site")
		return dir
	}
	before := fresh(t)
	index, phone := open(t, before, "index.html"), open(t, before, "phone.html")
	for _, tt := range []struct {
		name  string
		flags []string
		want  []string // what the index loads
	}{
		{"update", []string{"--references=update"}, []string{"/img/compass.webp", "/img/dunes.webp", "/img/editor.webp", "/img/spinner.webp"}},
		{
			"picture", []string{"--references=picture", "--format=avif,webp"},
			[]string{"/img/compass.webp", "/img/dunes.avif", "/img/editor.avif", "/img/spinner.webp"},
		},
		{
			"widths", []string{"--references=picture", "--widths=480,960"},
			[]string{"/img/dunes-960.webp", "/img/editor-960.webp"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := fresh(t)
			if r := docker(t, []string{"-v", dir + ":/work", "-w", "/work"}, tt.flags...); r.code != 0 {
				t.Fatalf("exit code %d\n%s", r.code, r.out)
			}
			after := open(t, dir, "index.html")
			for _, name := range tt.want {
				if after.images[name] == 0 {
					t.Errorf("%s was not loaded, but %v", name, slices.Sorted(maps.Keys(after.images)))
				}
			}
			if len(after.failed) > 0 {
				t.Errorf("not found: %v", after.failed)
			}
			for name := range after.images {
				result := strings.TrimSuffix(name, path.Ext(name)) + ".webp"
				if _, err := os.Stat(filepath.Join(dir, result)); err == nil && path.Ext(name) != ".webp" && path.Ext(name) != ".avif" && name != "/img/compass.png" { // the icon
					t.Errorf("%s was loaded, which has the result %s", name, result)
				}
			}
			if d := difference(t, index.screen, after.screen); d > 2 {
				t.Errorf("the page looks different: by %.2f of 255", d)
			} else {
				t.Logf("a mean difference of %.2f of 255", d)
			}
			t.Logf("images of index.html: %d bytes before, %d after, %.0f %% less", index.bytes, after.bytes, 100-100*float64(after.bytes)/float64(index.bytes))
			if after.bytes*2 > index.bytes {
				t.Errorf("%d bytes are loaded, where it were %d", after.bytes, index.bytes)
			}
			// No browser but Safari shows a HEIC: what was white is an image now.
			seen := open(t, dir, "phone.html")
			if d := difference(t, phone.screen, seen.screen); d < 5 || len(seen.failed) > 0 || seen.images["/img/mountains.heic"] > 0 {
				t.Errorf("the HEIC still does not show: a difference of %.2f; loaded were %v", d, seen.images)
			}
			page, err := os.ReadFile(filepath.Join(dir, "index.html"))
			if err != nil {
				t.Fatal(err)
			}
			wantText(t, string(page), `content="https://www.example.com/img/dunes.jpg"`, `rel="icon" href="img/compass.png"`, `<!-- <img src="img/dunes.jpg"`, `'At "noon"'`)
			if tt.name != "update" {
				for _, img := range regexp.MustCompile(`<img [^>]*>`).FindAllString(strings.SplitN(string(page), "<!--", 2)[0], -1) {
					if !strings.Contains(img, "width=") || !strings.Contains(img, "height=") && !strings.Contains(img, `width="720"`) {
						t.Errorf("%s: the page jumps as it loads", img)
					}
				}
			}
			// Once more, nothing changes.
			must(t, dir, "git", "add", ".")
			if r := docker(t, []string{"-v", dir + ":/work", "-w", "/work"}, tt.flags...); r.code != 0 || must(t, dir, "git", "diff", "--stat") != "" {
				t.Errorf("a second run changes files: %s\n%s", must(t, dir, "git", "diff"), cmp.Or(r.out, ""))
			}
		})
	}
}
