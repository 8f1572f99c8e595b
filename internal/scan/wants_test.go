package scan

import "testing"

func TestWants(t *testing.T) {
	wants, err := Wants(Options{
		Dir: t.TempDir(), Globs: []string{"assets/**/*.{png,jpg}", "!assets/raw/**"}, Ignore: []string{"node_modules", "secret.png"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{
		"assets/a.png": true, "assets/x/y.jpg": true,
		"a.png": false, "assets/a.gif": false, "assets/raw/a.png": false, "assets/x/secret.png": false,
		"assets/node_modules/a.png": false, "assets": false, ".": false,
	} {
		if got := wants(file); got != want {
			t.Errorf("wants %s: %v, want %v", file, got, want)
		}
	}
	if _, err := Wants(Options{Dir: t.TempDir(), Globs: []string{"../x"}}); err == nil {
		t.Error("a pattern that leaves the tree is no error")
	}
	if wants, err := Wants(Options{Dir: t.TempDir()}); err != nil || !wants("x/A.JPG") || wants("x/a.txt") {
		t.Errorf("without patterns: %v", err)
	}
}
