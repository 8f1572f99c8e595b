package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/webpress/webpress/internal/config"
)

// TestComponent replaces every input of GitLab's component by its default and by
// awkward values, in the text as GitLab does, and reads the result as YAML.
func TestComponent(t *testing.T) {
	head, body, ok := strings.Cut(string(componentYAML()), "\n---\n")
	if !ok {
		t.Fatal("the component has no second document")
	}
	var spec struct {
		Spec struct {
			Inputs map[string]struct {
				Type, Regex, Description string
				Default                  any
				Options                  []string
			}
		}
	}
	if err := yaml.UnmarshalWithOptions([]byte(head), &spec, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	offered := 0
	for _, s := range config.Settings() {
		in, ok := spec.Spec.Inputs[s.Name]
		if want := !s.Secret && s.InputDefault == ""; ok != want {
			t.Errorf("input %s is offered: %v, want %v", s.Name, ok, want)
		} else if ok {
			offered++
			if in.Default != componentDefaults[s.Name] {
				t.Errorf("input %s has the default %q, want %q", s.Name, in.Default, componentDefaults[s.Name])
			}
		}
	}
	if got := len(spec.Spec.Inputs); got != offered+5 {
		t.Errorf("%d inputs, want %d settings and 5 of the job's", got, offered)
	}

	for _, value := range []string{
		"", "**/*.png", "!x/**", "{a,b}/**", "[a, b]", "a: b", "a #b", "# a", "- a", "? a", "& a", "* a", "| a", "> a",
		"%a", "@a", "`a`", "'a'", `"a"`, `it's "a"`, `a\b\n`, "  a", "~", "null", "yes", "1e3", "0x10", "a:", "{{ x }}", "<<", "\ta", "ünï 📷", "--- a", "...",
	} {
		values := map[string]string{}
		text := body
		for name, in := range spec.Spec.Inputs {
			values[name] = value
			switch {
			case name == "job-name":
				values[name] = "webpress"
			case name == "git-depth":
				values[name] = "0"
			case name == "rules":
				values[name] = `[{"if": "$CI_COMMIT_BRANCH == \"main\""}]`
			case name == "stage", name == "image":
				if value == "" {
					values[name] = fmt.Sprint(in.Default)
				}
			}
			text = strings.ReplaceAll(text, "$[[ inputs."+name+" ]]", values[name])
		}
		if strings.Contains(text, "$[[") {
			t.Fatalf("an input that is not declared is used:\n%s", text)
		}
		var jobs map[string]struct {
			Stage     string
			Image     struct{ Name string }
			Variables map[string]string
			Cache     []struct{ Paths []string }
			Artifacts struct {
				Paths   []string
				Reports map[string]string
			}
			Rules []struct{ If string }
		}
		if err := yaml.Unmarshal([]byte(text), &jobs); err != nil {
			t.Errorf("inputs of %q: %v", value, err)
			continue
		}
		job, ok := jobs["webpress"]
		if !ok || len(jobs) != 1 {
			t.Errorf("inputs of %q: jobs %v, want webpress alone", value, jobs)
			continue
		}
		for _, s := range config.Settings() {
			got, ok := job.Variables["WEBPRESS_"+s.Env()]
			want, offered := values[s.Name]
			if ok != offered || got != want {
				t.Errorf("inputs of %q: variable %s is %q, want %q", value, s.Env(), got, want)
			}
		}
		if got := job.Variables["GIT_DEPTH"]; got != "0" {
			t.Errorf("inputs of %q: GIT_DEPTH is %q, want 0", value, got)
		}
		for what, got := range map[string]string{
			"stage": job.Stage, "image": job.Image.Name,
			"cache-dir": job.Cache[0].Paths[0], "artifact-dir": job.Artifacts.Paths[0],
			"dotenv": job.Artifacts.Reports["dotenv"], "code-quality": job.Artifacts.Reports["codequality"],
		} {
			if got != values[what] {
				t.Errorf("inputs of %q: %s is %q, want %q", value, what, got, values[what])
			}
		}
		if len(job.Rules) != 1 || job.Rules[0].If != `$CI_COMMIT_BRANCH == "main"` {
			t.Errorf("inputs of %q: rules %v", value, job.Rules)
		}
	}
}
