package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/project"
)

func TestRename(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"uses: old/name@v1":          "uses: New/Other@v1",
		"x old/name.":                "x New/Other.",
		"x old/name.\n":              "x New/Other.\n",
		"old/name old/name/old/name": "New/Other New/Other/New/Other",
		"//github.com/old/name.git":  "//github.com/New/Other.git",
		"ghcr.io/old/name:1":         "ghcr.io/new/other:1",
		"$FQDN/old/name/name@1":      "$FQDN/New/Other/name@1",
		"\"old/name/internal/app\"":  "\"New/Other/internal/app\"",
		"old/name-report.json":       "old/name-report.json",
		"old/name.lock":              "old/name.lock",
		"old/names":                  "old/names",
		"my-old/name":                "my-old/name",
	} {
		if got := rename(text, "old/name", "New/Other"); got != want {
			t.Errorf("rename(%q) = %q, want %q", text, got, want)
		}
	}
	const text, want = "Old/Name ghcr.io/old/name:1 Old/Name", "a/b ghcr.io/a/b:1 a/b"
	if got := rename(text, "Old/Name", "a/b"); got != want {
		t.Errorf("rename(%q) = %q, want %q", text, got, want)
	}
}

// tracked lists the files of the repository, or skips the test outside of one.
func tracked(t *testing.T, root string) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skip("this is not a git work tree: ", err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// TestOneName holds what files write in the forms of a published name against
// internal/project.
func TestOneName(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	forms := map[*regexp.Regexp]string{
		regexp.MustCompile(`ghcr\.io/([\w.-]+/[\w.-]+)`):                      strings.TrimPrefix(project.Image, "ghcr.io/"),
		regexp.MustCompile(`uses: ([\w.-]+/webpress)@`):                       project.Repository,
		regexp.MustCompile(`github(?:usercontent)?\.com/([\w-]+/webpress)\b`): project.Repository,
		regexp.MustCompile(`FQDN/([\w.-]+/[\w.-]+)/webpress@`):                project.Repository,
	}
	found := 0
	for _, name := range tracked(t, root) {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		for form, want := range forms {
			for _, m := range form.FindAllSubmatch(data, -1) {
				found++
				if string(m[1]) != want {
					t.Errorf("%s: %q names %s, and internal/project names %s", name, m[0], m[1], want)
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d names found", found)
	}
}

// TestRenameScript runs scripts/rename on a copy of the repository.
func TestRenameScript(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	files, dir := tracked(t, root), t.TempDir()
	for _, name := range files {
		// Images are large, and contain no name.
		if strings.HasPrefix(name, "testdata/demo/") || strings.HasPrefix(name, "testdata/pictures/") {
			continue
		}
		from, to := filepath.Join(root, name), filepath.Join(dir, name)
		info, err := os.Stat(from)
		if err != nil {
			continue // removed, and not yet committed
		}
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, info.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	in("git", "init", "-q")
	in("git", "add", "-A")
	in("scripts/rename", "Acme/img.press")

	old := regexp.MustCompile(`(^|[^\w.-])` + regexp.QuoteMeta(project.Repository) + `($|[^\w.-]|\.\s)`)
	for _, name := range tracked(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if old.MatchString(line) || strings.Contains(line, project.Image) {
				t.Errorf("%s still has the old name: %s", name, line)
			}
		}
	}
	for name, want := range map[string]string{
		"go.mod":                        "module github.com/Acme/img.press\n",
		"main.go":                       `"github.com/Acme/img.press/internal/app"`,
		"README.md":                     "uses: Acme/img.press@v1",
		".pre-commit-hooks.yaml":        "entry: ghcr.io/acme/img.press:1 ",
		"templates/webpress.yml":        "default: ghcr.io/acme/img.press:1\n",
		"schema/webpress.schema.json":   "https://raw.githubusercontent.com/Acme/img.press/v1/schema/webpress.schema.json",
		"internal/project/project.go":   `"Acme/img.press"`,
		"testdata/workflows/commit.yml": "uses: Acme/img.press@v1",
	} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(data), want) {
			t.Errorf("%s does not have %q: %v", name, want, err)
		}
	}
	in("go", "test", "./internal/project")
	in("go", "vet", "./internal/config/gen")
	if out := in("sh", "-c", "gofmt -l $(git ls-files '*.go')"); out != "" {
		t.Errorf("these files are not formatted:\n%s", out)
	}
	// A second time there is nothing to do, and a wrong name changes nothing.
	in("git", "add", "-A")
	in("scripts/rename", "Acme/img.press")
	for _, wrong := range []string{"", "acme", "a/b/c", "https://github.com/a/b", "a b/c", "-a/b"} {
		cmd := exec.Command("scripts/rename", wrong)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "OWNER/NAME") {
			t.Errorf("scripts/rename %q: %v\n%s", wrong, err, out)
		}
	}
	if out := in("git", "diff", "--stat"); out != "" {
		t.Errorf("renaming again has changed\n%s", out)
	}
}
