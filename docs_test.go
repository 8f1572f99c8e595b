package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	docLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	docHeading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	docCode    = regexp.MustCompile("(?s)```.*?```")
	notInID    = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// TestDocLinks checks that relative links of the documentation lead somewhere, down to
// the heading. GitHub makes a heading's id by lower case, hyphens for spaces, and
// leaving out punctuation.
func TestDocLinks(t *testing.T) {
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Errorf("%v", err)
		}
		return docCode.ReplaceAllString(string(data), "")
	}
	links := 0
	for _, doc := range append(docs, "README.md", "CONTRIBUTING.md", "SECURITY.md") {
		for _, m := range docLink.FindAllStringSubmatch(read(doc), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			name, id, _ := strings.Cut(m[1], "#")
			target := doc
			if name != "" {
				target = filepath.Join(filepath.Dir(doc), name)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", doc, m[1], err)
				continue
			}
			if id == "" {
				continue
			}
			found := false
			for _, h := range docHeading.FindAllStringSubmatch(read(target), -1) {
				found = found || strings.ReplaceAll(notInID.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-") == id
			}
			if !found {
				t.Errorf("%s links to %s: %s has no such heading", doc, m[1], target)
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links were found", links)
	}
}
