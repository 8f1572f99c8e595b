package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/webpress/webpress/internal/config"
)

var docBlock = regexp.MustCompile("(?ms)^ *```(yaml|sh)\n(.*?)^ *```$")

// TestDocCode holds the code in the documentation against what webpress takes: YAML is
// the steps of a workflow, or else settings; a line of sh that begins with webpress is a
// command line.
func TestDocCode(t *testing.T) {
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]bool{"args": true}
	for _, s := range config.Settings() {
		settings[s.Name] = true
	}
	others := map[string]bool{"docs/gitlab.md": true, "docs/hooks.md": true} // in YAML of other programs
	files, commands := 0, 0
	for _, doc := range append(docs, "README.md") {
		data, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range docBlock.FindAllStringSubmatch(string(data), -1) {
			switch text := m[2]; {
			case m[1] == "sh":
				for line := range strings.Lines(text) {
					if strings.HasPrefix(line, "webpress ") {
						checkCommandLine(t, doc, line)
						commands++
					}
				}
			case strings.HasPrefix(text, "- uses:"):
				checkSteps(t, doc, []byte("steps:\n"+text), settings)
			case strings.Contains(text, "runs-on:"):
				checkWorkflow(t, doc, text)
				checkSteps(t, doc, []byte(text), settings)
			case !others[doc]:
				files++
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, "webpress.yml"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				c, err := config.Load(nil, config.Env{Dir: dir})
				if err != nil {
					t.Errorf("%s: %v in\n%s", doc, err, text)
				}
				if slices.Contains(c.Store, config.StoreCommit) {
					t.Errorf("%s: whoever copies this commits and pushes on the next run, on their own machine too:\n%s", doc, text)
				}
			}
		}
	}
	if files < 8 || commands < 12 {
		t.Errorf("%d files and %d commands were found", files, commands)
	}
}

// checkWorkflow wants a whole file, to be copied.
func checkWorkflow(t *testing.T, doc, text string) {
	t.Helper()
	var keys map[string]any
	if err := yaml.Unmarshal([]byte(text), &keys); err != nil {
		t.Errorf("%s: %v", doc, err)
	}
	for _, key := range []string{"on", "permissions", "jobs"} {
		if keys[key] == nil {
			t.Errorf("%s: a workflow has no %s:\n%s", doc, key, text)
		}
	}
}

// checkCommandLine lets a shell take a line apart, up to a pipe or a redirection, and
// wants the settings on it to be right. Which files there are is not checked.
func checkCommandLine(t *testing.T, doc, line string) {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	cut, _, _ := strings.Cut(strings.TrimPrefix(line, "webpress "), "|")
	cut = regexp.MustCompile(`[<>]\S+`).ReplaceAllString(cut, "")
	dir := t.TempDir()
	cmd := exec.Command(shell, "-c", `printf '%s\n' `+cut)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %s: %v", doc, line, err)
		return
	}
	args := strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
	for _, arg := range args {
		if strings.HasSuffix(arg, ".heic") && !strings.ContainsAny(arg, "*/") {
			if err := os.WriteFile(filepath.Join(dir, arg), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err = config.Load(args, config.Env{Dir: dir, Stdout: io.Discard})
	if err != nil && err != config.ErrShown {
		t.Errorf("%s: %s: %v", doc, strings.TrimSpace(line), err)
	}
}
