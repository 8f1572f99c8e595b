package report

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	gm "github.com/yuin/goldmark/renderer/html"

	"github.com/webpress/webpress/internal/ci"
)

// render turns GitHub's Markdown into HTML; HTML in it is kept, so that a test
// sees what got through.
func render(t testing.TB, markdown string) string {
	t.Helper()
	var b bytes.Buffer
	m := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(gm.WithUnsafe()))
	if err := m.Convert([]byte(markdown), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCode(t *testing.T) {
	tests := []struct{ in, want string }{
		{"a b.png", "`a b.png`"},
		{"`", "`` ` ``"},
		{"a``b`c", "```a``b`c```"},
		{" a ", "`  a  `"},
		{" a", "` a`"},
		{"", "` `"},
		{"a\nb", "`a\\nb`"},
		{"<b>@x #1", "`<b>@x #1`"},
		{"a|b", "<code>a&#124;b</code>"},
	}
	for _, tt := range tests {
		if got := codeCell(tt.in); got != tt.want {
			t.Errorf("codeCell(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestProse(t *testing.T) {
	tests := []struct{ in, want string }{
		{"not smaller", "not smaller"},
		{"set `max-pixels` to 50MP", "set `max-pixels` to 50MP"},
		{"one ` alone", "one \\` alone"},
		{"empty `` pair", "empty \\`\\` pair"},
		{"@a #1", "\\@&#8203;a \\#&#8203;1"},
		{"see https://x.example", "see https\\:&#8203;//x.example"},
		{"WWW.x.example", "WWW\\.x.example"},
		{"1. a - b", "1\\. a - b"},
		{"closes gh-12", "closes gh-&#8203;12"},
		{"!1 a &b 5.0 % %2", "\\!&#8203;1 a \\&&#8203;b 5.0 % \\%&#8203;2"},
		{"- a", "\\- a"},
	}
	for _, tt := range tests {
		if got := prose(tt.in); got != tt.want {
			t.Errorf("prose(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestProseCell(t *testing.T) {
	tests := []struct{ in, want string }{
		{"has 2.4 MB, not 500 kB", "has 2.4\u00a0MB, not 500\u00a0kB"},
		{"grew by 5.0 %", "grew by 5.0\u00a0%"},
		{"3 Bananas of 4", "3 Bananas of 4"},
		{"`2 MB` of", "`2 MB` of"},
		{`a|b \| c`, `a&#124;b \\&#124; c`},
		{"`a|b`", "<code>a&#124;b</code>"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := proseCell(tt.in); got != tt.want {
			t.Errorf("proseCell(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, s := range []string{"a/b/c/name.png", strings.Repeat("日", 9) + ".png", "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", ""} {
		for width := 1; width < 20; width++ {
			got := shorten(s, width)
			if w := uniseg.StringWidth(got); w > width {
				t.Errorf("shorten(%q, %d) = %q has %d columns", s, width, got, w)
			}
			if uniseg.StringWidth(s) <= width && got != s {
				t.Errorf("shorten(%q, %d) = %q without need", s, width, got)
			}
		}
	}
	if got := shorten("photos/lisbon/river-at-night.jpg", 20); got != "photos…-at-night.jpg" {
		t.Errorf("got %q", got)
	}
}

var (
	onlyCode = regexp.MustCompile(`^(<code>[^<]*</code>)+$`)
	anyCode  = regexp.MustCompile(`</?code>`)
	cells    = regexp.MustCompile(`(?s)^<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n<th>c</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n` +
		`<td>(.*)</td>\n<td>(.*)</td>\n<td>end</td>\n</tr>\n</tbody>\n</table>\n$`)
	item = regexp.MustCompile(`(?s)^<ul>\n<li>(.*)</li>\n<li>end</li>\n</ul>\n$`)
)

// seen is the text that a browser shows for inline HTML, without the spaces that
// have no width, and with other spaces at the ends and in rows made one.
func seen(inline string) string {
	return spaces(html.UnescapeString(anyCode.ReplaceAllString(inline, "")))
}

func spaces(s string) string {
	s = strings.ReplaceAll(s, "\u200b", "")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
}

// bare is s without backticks, which are shown or set as code.
func bare(s string) string { return spaces(strings.ReplaceAll(s, "`", "")) }

// unbroken is s with every space one that does not break.
func unbroken(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }

// inert reports whether inline HTML has no element but code, and that outside of it
// nothing is left for GitHub to link.
func inert(inline string) bool {
	outside := regexp.MustCompile(`<code>[^<]*</code>`).ReplaceAllString(inline, "")
	return !strings.ContainsAny(outside, "<>") &&
		!regexp.MustCompile(`[@#!%~$^][A-Za-z0-9]|(?i)\bgh-[0-9]`).MatchString(html.UnescapeString(outside))
}

// Whatever a name or a message holds, it is shown as it is, in its own cell or
// item, and does nothing.
func FuzzEscape(f *testing.F) {
	for name := range inputs(f) {
		for _, one := range inputs(f)[name].Results {
			f.Add(one.Source.Path)
		}
	}
	for _, s := range []string{
		"`a`|`b`", "a@b.example", "a|x@b.example", "<a href='x'>", "\\|`|", "1) x", "---", "***", "```\nx", "[x]: y",
		"a`b`c @x", "`@x", "` ` `", "http://x.example ftp://x.example www.x.example", "&amp;&#64;x", "\\", "a\\",
		"  - x", "a:b://c", "mailto:a@b.example", "~~x~~", "[^1]", "$x$", "a\u200b@b", "\u00a0`\u00a0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := spaces(ci.Visible(s))
		text := bare(ci.Visible(s))

		got := render(t, "| a | b | c |\n|--|--|--|\n| "+codeCell(s)+" | "+htmlCode(ci.Visible(s))+" | end |\n")
		m := cells.FindStringSubmatch(got)
		if m == nil {
			t.Fatalf("%q breaks its row: %s", s, got)
		}
		if !onlyCode.MatchString(m[1]) || seen(m[1]) != want {
			t.Errorf("code in a cell: %q is seen as %q (%s)", want, seen(m[1]), m[1])
		}
		if !onlyCode.MatchString(m[2]) || seen(m[2]) != want {
			t.Errorf("HTML in a cell: %q is seen as %q (%s)", want, seen(m[2]), m[2])
		}

		got = render(t, "| a | b | c |\n|--|--|--|\n| x | "+proseCell(s)+" | end |\n")
		if m = cells.FindStringSubmatch(got); m == nil {
			t.Fatalf("%q breaks its row: %s", s, got)
		}
		if !inert(m[2]) || unbroken(bare(seen(m[2]))) != unbroken(text) {
			t.Errorf("prose in a cell: %q is seen as %q (%s)", text, seen(m[2]), m[2])
		}

		got = render(t, "- "+code(s)+"\n- end\n")
		if m = item.FindStringSubmatch(got); m == nil {
			t.Fatalf("%q breaks its item: %s", s, got)
		}
		if !onlyCode.MatchString(m[1]) || seen(m[1]) != want {
			t.Errorf("code in an item: %q is seen as %q (%s)", want, seen(m[1]), m[1])
		}

		got = render(t, "- "+prose(s)+"\n- end\n")
		if m = item.FindStringSubmatch(got); m == nil {
			t.Fatalf("%q breaks its item: %s", s, got)
		}
		if !inert(m[1]) || bare(seen(m[1])) != text {
			t.Errorf("prose in an item: %q is seen as %q (%s)", text, seen(m[1]), m[1])
		}
	})
}
