package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"webpress/internal/config"
)

func TestFilesAreFresh(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	made, err := files(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range made {
		got, err := os.ReadFile(filepath.Join(root, f.path))
		if err != nil {
			t.Errorf("%v; run go generate ./internal/config", err)
			continue
		}
		if diff := cmp.Diff(string(f.data), string(got)); diff != "" {
			t.Errorf("%s is stale; run go generate ./internal/config (-want +got):\n%s", f.path, diff)
		}
	}
}

func TestActionYAML(t *testing.T) {
	var got struct {
		Name, Description, Author string
		Branding                  struct{ Icon, Color string }
		Runs                      struct{ Using, Image string }
		Inputs                    map[string]struct {
			Description string
			Required    bool
			Default     *string
		}
		Outputs map[string]struct{ Description string }
	}
	if err := yaml.UnmarshalWithOptions(actionYAML(), &got, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	for _, s := range config.Settings() {
		in, ok := got.Inputs[s.Name]
		if !ok || !strings.HasPrefix(in.Description, s.Help) || in.Required || (in.Default != nil) != (s.InputDefault != "") || in.Default != nil && !s.NotInFile {
			t.Errorf("input %s = %+v", s.Name, in)
		}
	}
	if len(got.Inputs) != len(config.Settings()) || len(got.Outputs) != len(config.Outputs) {
		t.Errorf("%d inputs and %d outputs", len(got.Inputs), len(got.Outputs))
	}
	if got.Runs.Using != "docker" || got.Runs.Image != "Dockerfile" || got.Branding.Icon == "" || len(got.Description) > 125 {
		t.Errorf("action.yml: %+v", got)
	}
}

func TestFill(t *testing.T) {
	const doc = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n"
	got, err := fill([]byte(doc), "x", []byte("new\n"))
	if want := "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb\n"; err != nil || string(got) != want {
		t.Errorf("fill = %q, %v", got, err)
	}
	for _, doc := range []string{"", "<!-- x:end --><!-- x:begin -->", "<!-- x:begin -->"} {
		if _, err := fill([]byte(doc), "x", nil); err == nil {
			t.Errorf("fill(%q): no error", doc)
		}
	}
}

func TestTables(t *testing.T) {
	settings, outputs := string(settingsTable()), string(outputsTable())
	for _, s := range config.Settings() {
		if n := strings.Count(settings, "| `"+s.Name+"` |"); n != 1 {
			t.Errorf("%s is in the table of settings %d times", s.Name, n)
		}
	}
	for _, o := range config.Outputs {
		if !strings.Contains(outputs, "| `"+o.Name+"` |") {
			t.Errorf("%s is not in the table of outputs", o.Name)
		}
	}
}
