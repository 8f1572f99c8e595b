package report

import (
	"strings"
	"testing"
)

func TestPagesLine(t *testing.T) {
	for name, tt := range map[string]struct {
		pages *Pages
		dry   bool
		want  string
	}{
		"not searched":   {nil, false, ""},
		"nothing to say": {&Pages{Mode: "update"}, false, ""},
		"report": {
			&Pages{Mode: "report", References: 24, Files: make([]string, 6), Before: 13_400_000, After: 1_200_000}, false,
			"24 references in 6 files still name originals, 13.4 MB would become 1.2 MB: set references to update or picture",
		},
		"report of one": {
			&Pages{Mode: "report", References: 1, Files: make([]string, 1), Before: 10, After: 5}, false,
			"1 reference in 1 file still names originals, 10 B would become 5 B: set references to update or picture",
		},
		"update":  {&Pages{Mode: "update", References: 2, Files: make([]string, 1), Before: 10, After: 5}, false, "2 references in 1 file now use results: 10 B → 5 B"},
		"dry run": {&Pages{Mode: "picture", References: 1, Files: make([]string, 1), Before: 10, After: 5}, true, "1 reference in 1 file would use results: 10 B → 5 B"},
	} {
		r := New(Input{Pages: tt.pages, DryRun: tt.dry})
		if got := r.pagesLine("→"); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
		if md := strings.ReplaceAll(r.Markdown(0), "\u00a0", " "); tt.want != "" && !strings.Contains(md, tt.want) {
			t.Errorf("%s: the summary does not have it:\n%s", name, md)
		}
		if text := strings.Join(strings.Fields(r.Text()), " "); !strings.Contains(text, strings.ReplaceAll(tt.want, "→", "->")) {
			t.Errorf("%s: the text does not have it:\n%s", name, text)
		}
	}
}

// References that were not changed are remarks, a few of them.
func TestKeptNotes(t *testing.T) {
	p := &Pages{Mode: "update"}
	for range maxKept + 3 {
		p.Kept = append(p.Kept, PageNote{Path: "a.html", Line: 3, Column: 7, Address: "x.png", Why: "it has several results"})
	}
	all := New(Input{Pages: p}).remarks()
	if len(all) != maxKept+1 || all[0].path != "a.html:3:7" || !strings.HasPrefix(all[maxKept].text, "3 more references") {
		t.Errorf("%d remarks: %v", len(all), all)
	}
}
