package ci

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"photos/a b.png: done", "photos/a b.png: done"},
		{"größe-日本.png 👩‍👩‍👧", "größe-日本.png 👩‍👩‍👧"},
		{"::error::x", `\::error::x`},
		{"  \t::error::x", "  \t\\::error::x"},
		{"\u00a0\u3000::error::x", "\u00a0\u3000\\::error::x"},
		{"\u200d:\u200d:error::x", "\u200d\\:\u200d:error::x"},
		{"a\n::error::x", `a\n::error::x`},
		{"a\r::error::x", `a\r::error::x`},
		{"a ##[group]x", `a ##\[group]x`},
		{"a #\u200d#[x]", "a #\u200d#\\[x]"},
		{"\x1b[31mred", `\x1b[31mred`},
		{"a\u202egnp.exe", `a\u202egnp.exe`},
		{"a\u2028b\u0085c", `a\u2028b\u0085c`},
		{"\xff\xfe", `\xff\xfe`},
		{"tag\U000e0041", `tag\U000e0041`},
		{"a::b", "a::b"},
	}
	for _, tt := range tests {
		if got := Line(tt.in); got != tt.want {
			t.Errorf("Line(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestWriter(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	for _, part := range []string{"one\n:", ":error::x\ntw", "o \xe6\x97", "\xa5\n\n", "three"} {
		if n, err := io.WriteString(w, part); n != len(part) || err != nil {
			t.Fatalf("write %q: %d, %v", part, n, err)
		}
	}
	for range 2 {
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if want := "one\n\\::error::x\ntwo 日\n\nthree\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("::error file=a::b")
	f.Add(" ##[error]x")
	f.Add("\x1b]0;t\a\r\n::x::")
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		if !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		if name, _, _, ok := runnerCommand(got); ok {
			t.Errorf("%q is the command %q", got, name)
		}
		// A runner that sees through what has no weight in its language.
		plain := strings.Map(func(r rune) rune {
			if r == '\u200c' || r == '\u200d' || unicode.Is(unicode.M, r) {
				return -1
			}
			return r
		}, got)
		if name, _, _, ok := runnerCommand(plain); ok {
			t.Errorf("%q may be the command %q", got, name)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }); i >= 0 {
			t.Errorf("%q has a control character", got)
		}
		if strings.ContainsAny(got, "\u202a\u202b\u202d\u202e\u2066\u2067\u2068") {
			t.Errorf("%q turns the direction of writing", got)
		}
	})
}
