package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/project"
)

// TestExamplesUseRealSettings holds the example workflows, GitLab's component and
// the documentation's YAML against the settings and outputs that there are.
func TestExamplesUseRealSettings(t *testing.T) {
	settings, outputs, variables := map[string]bool{"args": true}, map[string]bool{}, map[string]bool{}
	for _, s := range config.Settings() {
		settings[s.Name] = true
		variables["WEBPRESS_"+s.Env()] = true
	}
	for _, o := range config.Outputs {
		outputs[o.Name] = true
	}
	files, err := filepath.Glob("testdata/workflows/*.yml")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	written, err := filepath.Glob("internal/setup/files/*.yml")
	if err != nil || len(written) < 3 {
		t.Fatalf("%d files that init writes, %v", len(written), err)
	}
	files = append(files, written...)
	docs, err := filepath.Glob("docs/*.md")
	if err != nil || len(docs) < 5 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	files = append(append(files, docs...), "templates/webpress.yml", "README.md")
	variable, output := regexp.MustCompile(`\bWEBPRESS_[A-Z_]+\b`), regexp.MustCompile(`steps\.webpress\.outputs\.([a-z-]+)`)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range variable.FindAllString(string(data), -1) {
			if !variables[v] && v != "WEBPRESS_NAME" {
				t.Errorf("%s: there is no variable %s", name, v)
			}
		}
		for _, m := range output.FindAllStringSubmatch(string(data), -1) {
			if !outputs[m[1]] && m[1] != "stolen" {
				t.Errorf("%s: there is no output %s", name, m[1])
			}
		}
		if filepath.Ext(name) == ".yml" {
			checkSteps(t, name, data, settings)
		}
	}
}

// checkSteps checks what the steps of a workflow of GitHub's or Woodpecker's set.
func checkSteps(t *testing.T, name string, data []byte, settings map[string]bool) {
	t.Helper()
	type step struct {
		Uses, Image    string
		With, Settings map[string]any
	}
	var doc struct {
		Jobs  map[string]struct{ Steps []step }
		Steps []step
	}
	head, _, _ := strings.Cut(string(data), "\n---\n") // GitLab's component has two documents
	if err := yaml.Unmarshal([]byte(head), &doc); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	steps := doc.Steps
	for _, j := range doc.Jobs {
		steps = append(steps, j.Steps...)
	}
	for _, s := range steps {
		if strings.Contains(s.Uses, project.Repository+"@") {
			for key := range s.With {
				if !settings[key] {
					t.Errorf("%s: there is no input %s", name, key)
				}
			}
		}
		for key := range s.Settings {
			if !settings[strings.ReplaceAll(key, "_", "-")] {
				t.Errorf("%s: there is no setting %s", name, key)
			}
		}
	}
}

// A tag may be moved to other code; a digest is not.
func TestWorkflowsPinActions(t *testing.T) {
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	uses := regexp.MustCompile(`(?m)uses: (\S+)`)
	pinned := regexp.MustCompile(`@[0-9a-f]{40}$`)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range uses.FindAllStringSubmatch(string(data), -1) {
			if m[1] != "./" && !pinned.MatchString(m[1]) {
				t.Errorf("%s: %s is not pinned by a digest", file, m[1])
			}
		}
	}
}
