package scan

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
)

func TestReaches(t *testing.T) {
	tests := map[string]struct {
		pattern  string
		yes, not []string
	}{
		"anywhere":      {"**/*.png", []string{".", "a", "a/b/c"}, []string{"vendor", "a/node_modules"}},
		"at the top":    {"*.png", []string{"."}, []string{"a"}},
		"one level":     {"*/*.png", []string{".", "a"}, []string{"a/b"}},
		"in a folder":   {"a/b/*.png", []string{".", "a", "a/b"}, []string{"ab", "a/bc", "a/b/c", "c"}},
		"below one":     {"a/b/**", []string{".", "a", "a/b", "a/b/c/d"}, []string{"ab", "a/c"}},
		"braces":        {"a/{b/c/d,e}.png", []string{"a/b/c"}, []string{"e"}},
		"vendor":        {"vendor/**", []string{".", "vendor/x"}, []string{"vendor/x/node_modules"}},
		"takes away":    {"!**", nil, []string{".", "a"}},
		"only folders":  {"a/*/", []string{"a", "a/b/c/d"}, []string{"b"}},
		"escaped names": {`\[a\]/*.png`, []string{".", "[a]"}, []string{"a"}},
	}
	left := newDefaults(t.TempDir())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := parse(tt.pattern)
			if err == nil {
				err = p.asGlob()
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, dir := range tt.yes {
				if !p.reaches(dir, left.folder(dir)) {
					t.Errorf("%q does not reach %q", tt.pattern, dir)
				}
			}
			for _, dir := range tt.not {
				if p.reaches(dir, left.folder(dir)) {
					t.Errorf("%q reaches %q", tt.pattern, dir)
				}
			}
		})
	}
}

func TestLiteral(t *testing.T) {
	for name, want := range map[string]string{
		"a.png": "a.png", "*.png": `\*.png`, "[a]?/{b,c}.png": `\[a\]\?/\{b,c\}.png`, `a\b\`: `a\\b\\`, "-é": "-é",
	} {
		got := Literal(name)
		if got != want {
			t.Errorf("Literal(%q) = %q, want %q", name, got, want)
		}
		if back, ok := NameOf(got); back != name || !ok {
			t.Errorf("NameOf(%q) = %q, %t, want %q", got, back, ok, name)
		}
	}
	for pattern, want := range map[string]string{`\a\!\].png`: "a!].png", `\\*`: "", `a\`: "", `\*?`: "", "{a}": "", "[a]": ""} {
		if got, ok := NameOf(pattern); got != want || ok != (want != "") {
			t.Errorf("NameOf(%q) = %q, %t, want %q", pattern, got, ok, want)
		}
	}
}

func TestSplit(t *testing.T) {
	for glob, want := range map[string][2]string{
		"*.png": {".", "*.png"}, "a/b/*/c": {"a/b", "*/c"}, `\[a\]/\.x/*`: {"[a]/.x", "*"}, "/*": {"/", "*"}, "/a/{b/c}": {"/a", "{b/c}"},
	} {
		if base, rest := split(glob); base != want[0] || rest != want[1] {
			t.Errorf("split(%q) = %q, %q, want %q", glob, base, rest, want)
		}
	}
}

func TestSplitPath(t *testing.T) {
	for _, tt := range []struct{ dir, name, in, pattern string }{
		{"/home/[x]/s", "/home/[x]/s/*.png", "/home/[x]/s", "*.png"},
		{"/home/[x]/s", "/home/[x]/*.png", "/home/[x]", "*.png"},
		{"/home/[x]/s", "/home/[x]/s/a/[b]/c.png", "/home/[x]/s/a", "[b]/c.png"},
		{"/home/s", "/home/[x]/*.png", "/home", "[x]/*.png"},
		{"/home/s", `/home/\[x\]/*.png`, "/home/[x]", "*.png"},
		{"/home/s", "/home//s/./*/a/../b.png", "/home/s", "*/b.png"},
		{"/", "/a/*", "/a", "*"},
		{"/a", "/*", "/", "*"},
	} {
		if in, pattern := Split(tt.dir, tt.name); in != tt.in || pattern != tt.pattern {
			t.Errorf("Split(%q, %q) = %q, %q, want %q, %q", tt.dir, tt.name, in, pattern, tt.in, tt.pattern)
		}
	}
}

func TestParents(t *testing.T) {
	for p, want := range map[string][]string{
		"a": {"."}, "a/b": {"a", "."}, "a/b/c": {"a/b", "a", "."}, ".": {"."},
	} {
		if diff := cmp.Diff(want, slices.Collect(parents(p))); diff != "" {
			t.Errorf("parents(%q) (-want +got):\n%s", p, diff)
		}
	}
}

func TestOutermost(t *testing.T) {
	for _, tt := range []struct{ dirs, want []string }{
		{[]string{".", "a", "b/c"}, []string{"."}},
		{[]string{"a", "a b", "a/b", "ab", "b/c", "b/c/d/e"}, []string{"a", "a b", "ab", "b/c"}},
		{nil, nil},
	} {
		if diff := cmp.Diff(tt.want, outermost(tt.dirs)); diff != "" {
			t.Errorf("outermost(%q) (-want +got):\n%s", tt.dirs, diff)
		}
	}
}

// Whatever the patterns, the search ends, finds only what is there, and calls
// every mistake a Fault. What is looked through by reaches is all that hits
// could match.
func FuzzPatterns(f *testing.F) {
	dir := f.TempDir()
	names := []string{
		"a.png", "b.JPG", "sub/c.png", "sub/[x]/d{1}.png", "vendor/e.png", ".hid/f.gif",
		"sub/deep/er/g.heic", "!h.png", "sub/i.webp", "漢/字.png",
	}
	for _, name := range names {
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
	for _, seed := range [][2]string{
		{"", ""}, {"**/*.png", "sub"}, {"!sub/**", "/sub/*.png"}, {"{a,b}.{png,JPG}", "!x"},
		{"sub/up/sub/c.png", "*"}, {"./sub/../a.png", "["}, {"sub/[[]x]/*", "**/"},
		{`\!h.png`, `\`}, {`\.hid/*`, `sub/\[x\]/*`}, {`\.\./*`, `\*.png`}, {"**/**/**/*e*/**", "漢/"}, {"/etc/passwd", "../x"}, {"sub/*/", ".hid"},
		{"[^a]*.png", "{,}"}, {"vendor\n!vendor\nsub/deep", "a.png"}, {"*/", "!*\nb.JPG"},
	} {
		f.Add(seed[0], seed[1], false)
		f.Add(seed[0], seed[1], true)
	}
	left := newDefaults(dir)
	f.Fuzz(func(t *testing.T, globs, ignore string, asPaths bool) {
		if len(globs) > 100 || len(ignore) > 100 {
			return
		}
		lines := strings.Split(globs, "\n")
		o := Options{
			Dir: dir, Globs: lines, Ignore: strings.Split(ignore, "\n"),
			Git: git.Options{Program: "no-such-git"},
		}
		if asPaths {
			o.Paths, o.Globs = lines, nil
		}
		found, err := Find(t.Context(), o)
		if err != nil {
			var fault *asset.Fault
			if !errors.As(err, &fault) {
				t.Fatalf("Find: %v is no Fault", err)
			}
			return
		}
		var last string
		for _, s := range found.Sources {
			if !slices.Contains(names, s.Path) || s.Path <= last {
				t.Errorf("source %q after %q", s.Path, last)
			}
			last = s.Path
		}
		for _, line := range lines {
			p, err := parse(line, dir)
			if err != nil || p.negate || p.asGlob() != nil {
				continue
			}
			for _, name := range names {
				for up := range parents(name) {
					if p.hits(name) && p.opensAll(left.file(name)) && !p.reaches(up, left.folder(up)) {
						t.Errorf("%q hits %q but does not reach %q", line, name, up)
					}
				}
			}
		}
	})
}
