package shell_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/shell"
)

var words = map[string]string{ // what is quoted, and how
	"a/b-c_1.png":     "a/b-c_1.png",
	"":                "''",
	"a b.png":         "'a b.png'",
	"it's.png":        `'it'\''s.png'`,
	"$(id).png":       "'$(id).png'",
	"`id`.png":        "'`id`.png'",
	`back\slash.png`:  `'back\slash.png'`,
	"=ls":             "'=ls'",
	"~.png":           "'~.png'",
	"é.png":           "'é.png'",
	"a\nb.png":        `$'a\nb.png'`,
	"\x1b[31m.png":    `$'\033[31m.png'`,
	"a\x001.png":      `$'a\0001.png'`,
	"\xff'\\.png":     `$'\377\'\\.png'`,
	"\u202egnp.png":   `$'\342\200\256gnp.png'`,
	"\u00a0.png":      `$'\302\240.png'`,
	"##[error]x.png":  `$'##\133error]x.png'`,
	"\r::error::.png": `$'\015::error::.png'`,
}

func TestQuote(t *testing.T) {
	for word, want := range words {
		if got := shell.Quote(word); got != want {
			t.Errorf("Quote(%q) = %s, want %s", word, got, want)
		}
	}
	if got, want := shell.Line("git", "add", "--", "a b"), "git add -- 'a b'"; got != want {
		t.Errorf("Line = %s, want %s", got, want)
	}
}

// TestQuotePasted holds words against a real shell, after the log has had them.
func TestQuotePasted(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	for word := range words {
		if strings.Contains(word, "\x00") {
			continue // no argument holds one
		}
		line := ci.Line("printf %s " + shell.Quote(word))
		out, err := exec.Command(bash, "--norc", "-c", line).Output()
		if err != nil || string(out) != word {
			t.Errorf("%s prints %q, %v, want %q", line, out, err, word)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for word := range words {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if quoted := shell.Quote(word); ci.Line("x "+quoted) != "x "+quoted {
			t.Errorf("the log changes %s", quoted)
		}
	})
}
