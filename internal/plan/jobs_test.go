package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

func source(path string) asset.Source {
	s := asset.Source{Path: path, Format: asset.PNG, Size: 100}
	switch {
	case strings.HasSuffix(strings.ToLower(path), ".webp"):
		s.Format = asset.WebP
	case strings.HasSuffix(path, ".jpg"):
		s.Format = asset.JPEG
	}
	return s
}

func plan(template string, paths ...string) (outputs map[string]string, settled map[string]asset.Result) {
	var sources []asset.Source
	for _, p := range paths {
		sources = append(sources, source(p))
	}
	jobs, results := Jobs(sources, func(asset.Source) []Spec { return []Spec{{Recipe: asset.Recipe{Output: template}}} })
	outputs, settled = map[string]string{}, map[string]asset.Result{}
	for _, j := range jobs {
		outputs[j.Source.Path] = j.Output
	}
	for _, r := range results {
		settled[r.Source.Path] = r
	}
	return outputs, settled
}

func TestPlanOutput(t *testing.T) {
	tests := []struct{ template, source, want string }{
		{"{dir}/{name}.webp", "a.png", "a.webp"},
		{"{dir}/{name}.webp", "x/y/a.png", "x/y/a.webp"},
		{"{dir}/{name}.webp", "x/a.b.png", "x/a.b.webp"},
		{"{dir}/{name}.webp", "x/.png", "x/.png.webp"},
		{"{dir}/{name}.webp", "x/photo", "x/photo.webp"},
		{"{dir}/{name}.webp", "{ext}/{name}.png", "{ext}/{name}.webp"},
		{"{dir}/{name}.{ext}.webp", "x/a.PNG", "x/a.PNG.webp"},
		{"{dir}/{name}.{ext}.webp", "x/photo", "x/photo.png.webp"},
		{"out/{dir}/{name}.webp", "a.png", "out/a.webp"},
		{"./out//{dir}/{name}.webp", "x/a.png", "out/x/a.webp"},
		{"{dir}/../webp/{name}.webp", "x/a.png", "webp/a.webp"},
		{"{dir}/{name}.webp", "x y/ü\n.png", "x y/ü\n.webp"},
	}
	for _, tt := range tests {
		got, settled := plan(tt.template, tt.source)
		if len(settled) > 0 || got[tt.source] != tt.want {
			t.Errorf("%s of %q = %q, want %q (%v)", tt.template, tt.source, got[tt.source], tt.want, settled)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	tests := []struct{ template, source, want string }{
		{"../{name}.webp", "a.png", `output "../a.webp" is outside the working directory`},
		{"{dir}/../{name}.webp", "a.png", `output "./../a.webp" is outside the working directory`},
		{"/{dir}/{name}.webp", "a.png", `output "/./a.webp" is outside the working directory`},
		{"{dir}/..", "x/a.png", `output "x/.." is outside the working directory`},
		{".git/{name}.webp", "a.png", `output ".git/a.webp" is inside git's own folder`},
	}
	for _, tt := range tests {
		jobs, settled := plan(tt.template, tt.source)
		err := settled[tt.source].Err
		if len(jobs) > 0 || err == nil {
			t.Errorf("%s of %q: %v, want a failure", tt.template, tt.source, jobs)
			continue
		}
		if !strings.Contains(err.Message, tt.want) || err.Hint == "" {
			t.Errorf("%s of %q: %q (%q), want %q and a hint", tt.template, tt.source, err.Message, err.Hint, tt.want)
		}
	}
}

func TestPlanClashes(t *testing.T) {
	tests := []struct {
		name     string
		template string
		sources  []string
		// jobs are the sources that are converted, hints those of the others.
		jobs  []string
		hints map[string]string
	}{
		{
			name:     "two extensions",
			template: "{dir}/{name}.webp",
			sources:  []string{"x/a.jpg", "x/a.png", "x/b.png"},
			jobs:     []string{"x/b.png"},
			hints: map[string]string{
				"x/a.jpg": `"x/a.png" {dir}/{name}.{ext}.webp`,
				"x/a.png": `"x/a.jpg" {dir}/{name}.{ext}.webp`,
			},
		},
		{
			name:     "composed and decomposed",
			template: "{dir}/{name}.webp",
			sources:  []string{"caf\u00e9.jpg", "cafe\u0301.png"},
			hints: map[string]string{
				"caf\u00e9.jpg":  "\"cafe\u0301.png\" {dir}/{name}.{ext}.webp",
				"cafe\u0301.png": "\"caf\u00e9.jpg\" {dir}/{name}.{ext}.webp",
			},
		},
		{
			name:     "composed in capitals and decomposed",
			template: "{dir}/{name}.webp",
			sources:  []string{"\u00c5/X.jpg", "a\u030a/x.png", "b/x.png"},
			jobs:     []string{"b/x.png"},
			hints: map[string]string{
				"\u00c5/X.jpg":  "\"a\u030a/x.png\" {dir}/{name}.{ext}.webp",
				"a\u030a/x.png": "\"\u00c5/X.jpg\" {dir}/{name}.{ext}.webp",
			},
		},
		{
			name:     "upper and lower case",
			template: "{dir}/{name}.webp",
			sources:  []string{"A.jpg", "a.png"},
			hints: map[string]string{
				"A.jpg": `"a.png" {dir}/{name}.{ext}.webp`,
				"a.png": `"A.jpg" {dir}/{name}.{ext}.webp`,
			},
		},
		{
			name:     "sources that differ only in case",
			template: "{dir}/{name}.webp",
			sources:  []string{"A.png", "a.png"},
			jobs:     []string{"A.png", "a.png"},
		},
		{
			name:     "folders folded into one",
			template: "out/{name}.webp",
			sources:  []string{"x/a.png", "y/a.png"},
			hints: map[string]string{
				"x/a.png": `"y/a.png" out/{dir}/{name}.webp`,
				"y/a.png": `"x/a.png" out/{dir}/{name}.webp`,
			},
		},
		{
			name:     "folders and extensions",
			template: "out/{name}.webp",
			sources:  []string{"x/a.png", "y/a.png", "y/a.jpg"},
			hints: map[string]string{
				"x/a.png": `"y/a.png", "y/a.jpg" out/{dir}/{name}.{ext}.webp`,
				"y/a.png": `"x/a.png", "y/a.jpg" out/{dir}/{name}.{ext}.webp`,
				"y/a.jpg": `"x/a.png", "y/a.png" out/{dir}/{name}.{ext}.webp`,
			},
		},
		{
			name:     "no name at all",
			template: "all.webp",
			sources:  []string{"1.png", "2.png", "3.png", "4.png", "5.png"},
			hints: map[string]string{
				"1.png": `"2.png", "3.png", "4.png" and others {dir}/{name}.{ext}.webp`,
				"2.png": `"1.png", "3.png", "4.png" and others {dir}/{name}.{ext}.webp`,
				"3.png": `"1.png", "2.png", "4.png" and others {dir}/{name}.{ext}.webp`,
				"4.png": `"1.png", "2.png", "3.png" and others {dir}/{name}.{ext}.webp`,
				"5.png": `"1.png", "2.png", "3.png" and others {dir}/{name}.{ext}.webp`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			outputs, settled := plan(tt.template, tt.sources...)
			want := map[string]bool{}
			for _, p := range tt.jobs {
				want[p] = true
			}
			for _, p := range tt.sources {
				if _, ok := outputs[p]; ok != want[p] {
					t.Errorf("%q converted: %v", p, ok)
				}
				var got string
				if err := settled[p].Err; err != nil {
					_, others, _ := strings.Cut(err.Message, "is also the output of ")
					got = others + " " + strings.TrimSuffix(strings.TrimPrefix(err.Hint, "keep them apart with `output: \""), "\"`")
				}
				if got != tt.hints[p] {
					t.Errorf("%q fails with %q, want %q", p, got, tt.hints[p])
				}
			}
		})
	}
}

// Two outputs of one source that are one file, to some file system at least.
func TestPlanOneSourceClashes(t *testing.T) {
	for _, second := range []string{"x/{name}.webp", "X/{name}.webp"} {
		specs := func(asset.Source) []Spec {
			return []Spec{{Recipe: asset.Recipe{Output: "{dir}/{name}.webp"}}, {Recipe: asset.Recipe{Output: second}}}
		}
		jobs, settled := Jobs([]asset.Source{source("x/a.png"), source("y/b.png")}, specs)
		if len(jobs) != 2 || jobs[0].Source.Path != "y/b.png" {
			t.Errorf("%q: jobs %+v", second, jobs)
		}
		want := fmt.Sprintf("convert %q: two of its outputs would be one file, %q and %q", "x/a.png", "x/a.webp", strings.Replace(second, "{name}", "a", 1))
		if len(settled) == 0 || settled[0].Err == nil || settled[0].Err.Message != want || settled[0].Err.Output != "" {
			t.Errorf("%q: settled %+v, want %s", second, settled, want)
		}
	}
}

func TestPlanKeepsOrder(t *testing.T) {
	sources := []asset.Source{source("c.png"), source("a.png"), source("b.png")}
	jobs, _ := Jobs(sources, func(asset.Source) []Spec { return []Spec{{Recipe: asset.Recipe{Output: "{name}.webp"}}} })
	var got []asset.Source
	for _, j := range jobs {
		got = append(got, j.Source)
	}
	if diff := cmp.Diff(sources, got); diff != "" {
		t.Error(diff)
	}
}

// A WebP where another source's output goes is an earlier run's output.
func TestPlanKnowsItsOutputs(t *testing.T) {
	outputs, settled := plan("{dir}/{name}.webp", "a.png", "a.webp", "b.webp")
	if outputs["a.png"] != "a.webp" || outputs["b.webp"] != "b.webp" || len(outputs) != 2 {
		t.Errorf("jobs %v", outputs)
	}
	if r := settled["a.webp"]; r.Status != asset.Skipped || r.Reason != asset.IsWebP {
		t.Errorf("a.webp is %v %q, want it skipped", r.Status, r.Reason)
	}

	outputs, settled = plan("out/{dir}/{name}.webp", "a.png", "out/a.webp")
	if len(outputs) != 1 || settled["out/a.webp"].Reason != asset.IsWebP {
		t.Errorf("jobs %v, settled %v: want out/a.webp skipped", outputs, settled)
	}
}

// So is any other of the format of the output, for all outputs that it would have.
func TestPlanKnowsAllItsOutputs(t *testing.T) {
	for format, ext := range map[asset.Format]string{asset.WebP: ".webp", asset.JPEG: ".jpg"} {
		specs := func(asset.Source) []Spec {
			return []Spec{{Recipe: asset.Recipe{Variant: asset.Variant{Format: format}, Output: "{name}-a" + ext}}, {Recipe: asset.Recipe{Variant: asset.Variant{Format: format}, Output: "{name}-b" + ext}}}
		}
		jobs, settled := Jobs([]asset.Source{source("x-a" + ext), source("x-b" + ext), source("x.png"), source("y.png")}, specs)
		for _, j := range jobs {
			if j.Source.Path != "y.png" && (j.Source.Path != "x.png" || format != asset.WebP) {
				t.Errorf("%s: %q is made of %q", format, j.Output, j.Source.Path)
			}
		}
		for _, r := range settled {
			if failed := r.Err != nil; failed != (r.Source.Path == "x.png") {
				t.Errorf("%s: %+v", format, r)
			}
		}
		if n := len(jobs) + len(settled); n != 8 {
			t.Errorf("%s: %d jobs and results", format, n)
		}
	}
}

// A PNG where another source's output goes, whatever its name, is not.
func TestPlanSparesSources(t *testing.T) {
	outputs, settled := plan("{dir}/{name}.png", "a.jpg", "a.png")
	if len(outputs) != 1 || outputs["a.png"] != "a.png" {
		t.Errorf("jobs %v", outputs)
	}
	err := settled["a.jpg"].Err
	if err == nil || !strings.Contains(err.Message, `output "a.png" is a source itself`) {
		t.Errorf("a.jpg: %v", err)
	}
}
