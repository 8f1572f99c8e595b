package tree_test

import (
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/tree"
)

func TestNotPortable(t *testing.T) {
	for _, name := range []string{
		"a", "1.heic", "Grüße 2.jpg", "con1", "console.txt", "COM", "COM10", "lpt", ".hidden", "a..b", "👩‍🚀.png", "git",
	} {
		if why := tree.NotPortable(name); why != "" {
			t.Errorf("%q: %s", name, why)
		}
	}
	for name, want := range map[string]string{
		"": "empty", ".": "another folder", "..": "another folder", "a/b": "slash", `a\b`: "slash", "a\x00": "control",
		"a\nb": "control", "a\u0085": "control", "a\u202egnp": "control", "\xff": "UTF-8", "a:b": "Windows", "a?": "Windows",
		"a.": "dot or a space", "a ": "dot or a space", "con": "device", "NUL.txt": "device", "com1.tar.gz": "device",
		"LPT¹": "device", "aux .jpg": "device", ".git": "git's", ".GIT": "git's", "GIT~1": "git's",
		strings.Repeat("ä", 128): "255 bytes",
	} {
		if why := tree.NotPortable(name); !strings.Contains(why, want) {
			t.Errorf("%q: %q, want %q", name, why, want)
		}
	}
}

func TestPortable(t *testing.T) {
	for name, want := range map[string]string{
		"a.jpg": "a.jpg", "": "", "..": "", " . ": "", "a?b:c.": "a-b-c", "a/b\\c": "a-b-c", "a\x00\n\u202eb": "a---b", "\xff.jpg": "-.jpg",
		"con.jpg": "_con.jpg", "con ": "_con", ".git": "_.git", "git~1.": "_git~1", "a:b": "a-b",
		strings.Repeat("ä", 200) + ".jpg": strings.Repeat("ä", 90) + "-1321daad.jpg",
	} {
		if got := tree.Portable(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func FuzzPortable(f *testing.F) {
	for _, s := range []string{"a.jpg", "../a", "CON", "", strings.Repeat("ä", 300), "a\x00b", ".git", "git~1", ".g\u200cit", "nul .x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got := tree.Portable(name); got != "" && tree.NotPortable(got) != "" {
			t.Errorf("%q becomes %q: %s", name, got, tree.NotPortable(got))
		}
	})
}
