//go:build e2e

package e2e

import (
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	reSource = regexp.MustCompile(`<source type="(image/[a-z]+)" srcset="([^"]+)"`)
	reImage  = regexp.MustCompile(`<img\s[^>]*>`)
	reSrc    = regexp.MustCompile(`\ssrc="([^"]+)"`)
)

// TestExamples builds the sites of testdata/examples, and looks whether their pages have
// every format and width, and files behind all of them.
func TestExamples(t *testing.T) {
	for _, site := range []struct {
		name, photos, public string
		placeholder          string
		build                func(t *testing.T, dir string)
	}{
		{"eleventy", "photos", "public", "data:image/png;base64,", npmBuild},
		{"astro", "public/photos", "dist", "data:image/png;base64,", npmBuild},
		{"hugo", "static/photos", "public", "background-color: #", func(t *testing.T, dir string) {
			need(t, "hugo")
			must(t, dir, "hugo")
		}},
	} {
		t.Run(site.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(root(t), "testdata/examples", site.name))); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"mountains.heic", "dunes.jpg"} {
				put(t, dir, site.photos+"/"+name, picture(t, "demo/photos/"+name))
			}
			if r := docker(t, []string{"-v", dir + ":/work", "-w", "/work"}); r.code != 0 {
				t.Fatalf("webpress: exit code %d\n%s", r.code, r.out)
			}
			site.build(t, dir)
			page, err := os.ReadFile(filepath.Join(dir, site.public, "index.html"))
			if err != nil {
				t.Fatal(err)
			}
			text := string(page)

			var files, types []string
			for _, m := range reSource.FindAllStringSubmatch(text, -1) {
				types = append(types, m[1])
				for candidate := range strings.SplitSeq(m[2], ",") {
					files = append(files, strings.Fields(candidate)[0])
				}
			}
			if want := []string{"image/avif", "image/webp", "image/avif", "image/webp"}; !slices.Equal(types, want) {
				t.Errorf("sources of %q, want %q", types, want)
			}
			images := reImage.FindAllString(text, -1)
			for _, img := range images {
				files = append(files, reSrc.FindStringSubmatch(img)[1])
				wantText(t, img, site.placeholder)
			}
			wantText(t, strings.Join(images, "\n"), `width="1600" height="1200"`, `width="1200" height="1600"`)
			if len(images) != 2 || len(files) != 2*(2*2+1) {
				t.Errorf("%d images and the files %q, want 2 images of 5 files each", len(images), files)
			}
			for _, file := range files {
				name, err := url.PathUnescape(html.UnescapeString(file))
				if err != nil {
					t.Error(err)
				}
				if info, err := os.Stat(filepath.Join(dir, site.public, filepath.FromSlash(name))); err != nil || info.Size() == 0 {
					t.Errorf("the page wants %s: %v", file, err)
				}
			}
		})
	}
}

func npmBuild(t *testing.T, dir string) {
	need(t, "npm")
	must(t, dir, "npm", "install", "--no-audit", "--no-fund", "--silent")
	must(t, dir, "npm", "run", "build")
}
