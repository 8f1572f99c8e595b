package scan_test

import (
	"errors"
	"testing"

	"webpress/internal/asset"
	"webpress/internal/scan"
)

func TestMatcher(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("photos/a.png", "with space/ünï.png", "a[1].png", "vendor/x.png"))
	tests := map[string]struct {
		patterns []string
		takes    []string
		not      []string
	}{
		"a glob":           {[]string{"photos/**"}, []string{"photos/a.png", "photos/new/b.webp", "photos/x.txt"}, []string{"a.png", "photo/a.png"}},
		"a folder":         {[]string{"photos"}, []string{"photos/a.png", "photos/b.webp", "photos/deep/c"}, []string{"photos2/a.png"}},
		"a folder to come": {[]string{"later/"}, nil, []string{"photos/a.png"}},
		"a file":           {[]string{"photos/a.png"}, []string{"photos/a.png"}, []string{"photos/b.png", "a.png"}},
		"a name":           {[]string{"*.png"}, []string{"a.png"}, []string{"photos/a.png", "a.jpg"}},
		"braces":           {[]string{"**/*.{jpg,png}"}, []string{"a.jpg", "photos/deep/b.png"}, []string{"a.gif"}},
		"space and accent": {[]string{"with space/*"}, []string{"with space/ünï.png"}, []string{"withspace/x.png"}},
		"brackets in name": {[]string{"a[1].png"}, []string{"a[1].png"}, []string{"a1.png"}},
		"taken away":       {[]string{"photos/**", "!photos/raw/**"}, []string{"photos/a.png"}, []string{"photos/raw/a.png"}},
		"taken away alone": {[]string{"!photos/**"}, []string{"a.png", "icons/b.webp"}, []string{"photos/a.png"}},
		"taken again":      {[]string{"**", "!photos/**", "photos/keep/**"}, []string{"photos/keep/a.png"}, []string{"photos/a.png"}},
		"vendor":           {[]string{"**"}, []string{"vendor/x.png", "web/node_modules/y.png"}, nil},
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
	_, err := scan.Matcher(dir, []string{"../x/**", "ok/**", "/etc/**"})
	if fault, ok := errors.AsType[*asset.Fault](err); !ok || fault.Hint == "" {
		t.Errorf("error %v", err)
	}
}
