package scan_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/scan"
)

func TestMatcher(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("photos/a.png", "with space/ünï.png", "a[1].png", "vendor/x.png"))
	if err := os.Symlink("photos", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		patterns []string
		takes    []string
		not      []string
	}{
		"a glob":                     {[]string{"photos/**"}, []string{"photos/a.png", "photos/new/b.webp", "photos/x.txt"}, []string{"a.png", "photo/a.png"}},
		"a folder":                   {[]string{"photos"}, []string{"photos/a.png", "photos/b.webp", "photos/deep/c"}, []string{"photos2/a.png"}},
		"a folder that is not there": {[]string{"later/", "gone"}, []string{"later/a.png", "later/x/b.webp", "gone/a.png", "gone"}, []string{"photos/a.png", "later2/a.png"}},
		"a file that is not there":   {[]string{"new/a.png"}, []string{"new/a.png"}, []string{"new/b.png", "a.png"}},
		"no such folder taken away":  {[]string{"**", "!gone"}, []string{"a.png"}, []string{"gone/a.png", "gone"}},
		"the tree":                   {[]string{"."}, []string{"a.png", "x/y.webp", ".hid/a", "vendor/x.png"}, nil},
		"empty lines":                {[]string{"", " ", "photos"}, []string{"photos/a.png"}, []string{"a.png"}},
		"nothing":                    {nil, nil, []string{"a.png"}},
		"spellings of a path":        {[]string{"./photos//a.png", "x/../with space/"}, []string{"photos/a.png", "with space/b.webp"}, []string{"a.png", "photos/b.png"}},
		"folders by a glob":          {[]string{"*/"}, []string{"photos/a.png", "new/deep/x.webp"}, []string{"a.png"}},
		"braces with slashes":        {[]string{"{photos/raw,icons}/**/*.png"}, []string{"photos/raw/x.png", "icons/a/b.png"}, []string{"photos/a.png", "icons.png"}},
		"unicode":                    {[]string{"漢/字*.{png,jpg}", "ü b/**"}, []string{"漢/字1.png", "ü b/ c/é.webp"}, []string{"漢/1字.png", "ü/a.png"}},
		"a class":                    {[]string{"[a-c]?.png"}, []string{"a1.png", "bü.png"}, []string{"d1.png", "a.png"}},
		"escaped":                    {[]string{`x\{1\}.png`}, []string{"x{1}.png"}, []string{"x1.png"}},
		"a name that starts with !":  {[]string{`\!a.png`, "./!b.png"}, []string{"!a.png", "!b.png"}, []string{"a.png"}},
		"a link to a folder":         {[]string{"link"}, []string{"photos/b.webp"}, []string{"a.png"}},
		"a file":                     {[]string{"photos/a.png"}, []string{"photos/a.png"}, []string{"photos/b.png", "a.png"}},
		"a name":                     {[]string{"*.png"}, []string{"a.png"}, []string{"photos/a.png", "a.jpg"}},
		"braces":                     {[]string{"**/*.{jpg,png}"}, []string{"a.jpg", "photos/deep/b.png"}, []string{"a.gif"}},
		"space and accent":           {[]string{"with space/*"}, []string{"with space/ünï.png"}, []string{"withspace/x.png"}},
		"brackets in name":           {[]string{"a[1].png"}, []string{"a[1].png"}, []string{"a1.png"}},
		"taken away":                 {[]string{"photos/**", "!photos/raw/**"}, []string{"photos/a.png"}, []string{"photos/raw/a.png"}},
		"taken away alone":           {[]string{"!photos/**"}, []string{"a.png", "icons/b.webp"}, []string{"photos/a.png"}},
		"taken again":                {[]string{"**", "!photos/**", "photos/keep/**"}, []string{"photos/keep/a.png"}, []string{"photos/a.png"}},
		"vendor":                     {[]string{"**"}, []string{"vendor/x.png", "web/node_modules/y.png"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			matches, err := scan.Matcher(dir, tt.patterns)
			if err != nil {
				t.Fatal(err)
			}
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
}

func TestMatcherFaults(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("ok/a.png"))
	_, err := scan.Matcher(dir, []string{"../x/**", "ok/**", "/etc/**", "a{b", "/ok/*.png"})
	if err == nil {
		t.Fatal("no error")
	}
	var got []string
	for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
		fault, ok := errors.AsType[*asset.Fault](one)
		if !ok {
			t.Errorf("%v is no Fault", one)
			continue
		}
		got = append(got, fault.Message+" // "+strings.ReplaceAll(fault.Hint, dir, "DIR"))
	}
	const stay = `patterns start from the working directory "DIR" and stay in it; working-directory says where that is`
	want := []string{
		`glob "../x/**": leaves the working directory // ` + stay,
		`glob "/etc/**": leaves the working directory // ` + stay,
		`glob "a{b": malformed pattern // `,
		`glob "/ok/*.png": leaves the working directory // patterns start from the working directory "DIR": write ok/*.png`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Matcher (-want +got):\n%s", diff)
	}
	if _, err := scan.Matcher(filepath.Join(dir, "gone"), []string{"a"}); err == nil {
		t.Error("no error without the folder")
	}
}

// What a search takes by its patterns, they match.
func FuzzMatcher(f *testing.F) {
	dir := f.TempDir()
	for _, name := range []string{"a.png", "b.JPG", "sub/c.png", "sub/[x]/d{1}.png", "vendor/e.png", ".hid/f.gif", "sub/deep/er/g.heic", "!h.png", "漢/字 2.png"} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("GIF89a"), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	if err := os.Symlink("..", filepath.Join(dir, "sub", "up")); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"**/*.png", "!sub/**", "sub\n!sub/deep\nsub/deep/er/*", "{a,b}.{png,JPG}", "sub/up/sub/c.png", "./sub/../a.png", `\!h.png`, "漢/", "*/", "/etc",
		"vendor\n!vendor\nsub/deep", "sub/[[]x]/*", "sub/up", ".", "gone\n!gone/x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, globs string) {
		if len(globs) > 100 || strings.TrimSpace(globs) == "" {
			return
		}
		lines := strings.Split(globs, "\n")
		matches, err := scan.Matcher(dir, lines)
		found, findErr := scan.Find(t.Context(), scan.Options{Dir: dir, Globs: lines, Git: git.Options{Program: "no-such-git"}})
		if err != nil {
			if _, ok := errors.AsType[*asset.Fault](err); !ok || findErr == nil {
				t.Fatalf("Matcher: %v, Find: %v", err, findErr)
			}
			return
		}
		if findErr != nil {
			t.Fatalf("Find: %v", findErr)
		}
		for _, s := range found.Sources {
			if !matches(s.Path) {
				t.Errorf("%q takes %q and does not match it", globs, s.Path)
			}
		}
	})
}
