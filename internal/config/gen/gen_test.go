package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/testfiles"
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
		if n := strings.Count("\n"+settings, "\n| `"+s.Name+"` |"); n != 1 {
			t.Errorf("%s is in the table of settings %d times", s.Name, n)
		}
	}
	for _, o := range config.Outputs {
		if !strings.Contains(outputs, "| `"+o.Name+"` |") {
			t.Errorf("%s is not in the table of outputs", o.Name)
		}
	}
}

func TestSectionTables(t *testing.T) {
	rules, budgets := string(rulesTable()), string(budgetsTable())
	for _, s := range config.RuleSettings() {
		if n := strings.Count(rules, "`"+s.Name+"`"); (n == 1) != (s.Name != "glob") {
			t.Errorf("%s is among the settings of a rule %d times", s.Name, n)
		}
	}
	variants := string(variantsTable())
	for _, s := range config.VariantSettings() {
		if n := strings.Count(variants, "`"+s.Name+"`"); n != 1 {
			t.Errorf("%s is among the settings of a variant %d times", s.Name, n)
		}
	}
	for _, s := range config.BudgetSettings() {
		if n := strings.Count(budgets, "| `"+s.Name+"` |"); n != 1 {
			t.Errorf("%s is in the table of budgets %d times", s.Name, n)
		}
	}
}

// The schema takes what Load takes. If it takes more, as with patterns, it says
// nothing.
func TestSchema(t *testing.T) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("webpress.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("webpress.json")
	if err != nil {
		t.Fatal(err)
	}
	for yml, ok := range map[string]bool{
		"quality: 80\nglob: [a, b]\nsummary: false\n":                          true,
		"max-file-size: 20MB\nmax-pixels: 50MP\ncache-size: 0\n":               true,
		"changed-only: true\nfail-on: change\nchecks: budgets\nshard: 2/4\n":   true,
		"changed-only: auto\nchecks: [budgets, outputs]\nlock: false\n":        true,
		"rules: []\nbudgets: []\n":                                             true,
		"rules: [{glob: a, quality: 3}, {glob: [a], originals: remove}]\n":     true,
		"budgets: [{max-bytes: 5kB}, {max-growth: 0, glob: a, except: [b]}]\n": true,
		"budgets: [{formats: [jpg, jpeg, tif], level: warning}]\n":             true,
		"budgets: [{formats: webp}, {no-gps: true}]\n":                         true,

		"qualty: 80\n":                              false,
		"quality: 101\n":                            false,
		"token: x\n":                                false,
		"command: check\n":                          false,
		"uploads: a\n":                              false,
		"matrix-job: 0/1\n":                         false,
		"changed-only: sometimes\n":                 false,
		"checks: [all]\n":                           false,
		"rules: {glob: a, quality: 3}\n":            false,
		"rules: [{quality: 3}]\n":                   false,
		"rules: [{glob: a}]\n":                      false,
		"rules: [{glob: a, jobs: 3}]\n":             false,
		"rules: [{glob: a, quality: 101}]\n":        false,
		"budgets: [{}]\n":                           false,
		"budgets: [{glob: a, level: error}]\n":      false,
		"budgets: [{max-bytes: 1, quality: 3}]\n":   false,
		"budgets: [{max-width: 0}]\n":               false,
		"budgets: [{formats: [docx]}]\n":            false,
		"budgets: [{max-bytes: 1, level: fatal}]\n": false,
	} {
		dir := t.TempDir()
		testfiles.Write(t, dir, "webpress.yml", yml)
		if _, err := config.Load(nil, config.Env{Dir: dir}); (err == nil) != ok {
			t.Errorf("Load of %q: %v", yml, err)
		}
		data, err := yaml.YAMLToJSON([]byte(yml))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); (err == nil) != ok {
			t.Errorf("schema of %q: %v", yml, err)
		}
	}
}
