package report

import (
	"strings"
	"testing"
)

func TestStopped(t *testing.T) {
	problems := []Problem{
		{Message: "2 wrong settings:\n  input quality: \"x\" is not a number\n  input glob: <b>@all</b>"},
		{Message: "commit results: no token", Hint: "set `token`"},
	}
	got := Stopped(problems)(0)
	for _, want := range []string{
		"**Stopped before anything was changed**\n\n- 2 wrong settings:\n  - input quality:",
		"\n- commit results: no token<br>Fix: set `token`\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the summary lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "<b>") || strings.Contains(got, "@all") {
		t.Errorf("the summary holds what a user wrote as it is:\n%s", got)
	}
	if got := Stopped(problems)(40); len(got) > 40 {
		t.Errorf("%d bytes, want at most 40", len(got))
	}
}
