package scan

import (
	"strings"
	"testing"
)

func TestChoices(t *testing.T) {
	for pattern, want := range map[string]int{
		"": 1, "**/*.png": 1, "{a,b}": 2, "{a,b}/{c,d}.{e,f,g}": 12, "{a,{b,c},d{e,f}g}": 5, `\{a,b\},{c,\,d}`: 2,
		"[{,]{a,b}": 2, "[^]": 1, "{}": 1, "{,}": 2, `{a,b}\`: 2, "{a,b": 2, "a}": 1,
		strings.Repeat("{a,b}", 9): 512, strings.Repeat("{a,b}", 10): maxChoices + 1, strings.Repeat("{a,b}", 5000): maxChoices + 1,
		strings.Repeat("{a,", 400) + strings.Repeat("}", 400): 401,
	} {
		if got := choices(pattern); got != want {
			t.Errorf("%.40q: %d, want %d", pattern, got, want)
		}
	}
	for pattern, want := range map[string]string{
		strings.Repeat("{a,a}", 9) + "*": "", strings.Repeat("{a,a}", 30) + "*": "has more than 1000 choices in its braces: write several patterns",
	} {
		p, err := parse(pattern)
		if err == nil {
			err = p.asGlob()
		}
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.40q: %q, want %q", pattern, got, want)
		}
	}
}
