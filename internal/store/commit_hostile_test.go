package store

import (
	"bytes"
	"html"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	gm "github.com/yuin/goldmark/renderer/html"

	"github.com/webpress/webpress/internal/report"
)

// TestHostileMessages makes messages of commits, and the texts of pull requests, of
// hostile names: they mention no one, close nothing, skip nothing, and are not HTML.
func TestHostileMessages(t *testing.T) {
	t.Parallel()
	pieces := []string{
		"a", "img/", ".webp", " ", "\n", "\n\n", "\r", "\x00", "\xff", "\u202e", "é", "`", "``", "|", "\\", "*", "_", "<", ">", "[", "]", "(", ")", "!", "#", "&", "\"", "$", ":", "-",
		"<a href=x>", "<img src=x>", "<!--", "https://x.example", "www.x.example", "a@x.example", "![x](y)", "[x](y)", "[x]: https://x", "@octo", "#1", "octo/site#1", "GH-1",
		"closes #1", "!1", "%1", "[skip ci]", "[ci skip]", "***NO_CI***", "skip-checks: true", "Signed-off-by: x <a@x.example>", "Co-authored-by: x <a@x.example>", "&#64;x", "https:&sol;&sol;x",
	}
	called := regexp.MustCompile(`(^|[^0-9A-Za-z])@[A-Za-z0-9]|#[0-9]|(?i)\bgh-[0-9]|(?i)://|(?i)\bwww\.[a-z]|(^|\s)[!&~$][A-Za-z0-9]|(?i)\[(skip|ci|no)|\*no_ci|(?i)^(skip|signed|co)-[a-z-]+:`)
	element := regexp.MustCompile(`<[^>]*>?`)
	code := regexp.MustCompile(`<code>[^<]*</code>`)
	ours := regexp.MustCompile(`^</?(p|ul|li)>$`)
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(gm.WithUnsafe()))
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 2))
		name := func() string {
			var b strings.Builder
			for range 1 + r.IntN(5) {
				b.WriteString(pieces[r.IntN(len(pieces))])
			}
			return b.String()
		}
		var files []file
		for range 1 + r.IntN(3) {
			files = append(files, file{
				output: name(), origin: name(), before: 100, after: 50, add: r.IntN(3) > 0, remove: r.IntN(2) == 0, outdated: r.IntN(4) == 0,
			})
		}
		message := defaultMessage(files, harmless)
		lines := strings.Split(message, "\n")
		for i, line := range lines {
			if i == 0 {
				continue
			}
			if why := called.FindString(line); why != "" || i > 4 && line != "" && !strings.HasPrefix(line, "* ") {
				t.Fatalf("message %d: %q in %q", seed, why, line)
			}
		}
		// Platforms show messages as Markdown where they make the text of a pull request
		// of them; ours sets names as code there.
		_, body, _ := strings.Cut(defaultMessage(files, report.Code), "\n")
		var b bytes.Buffer
		if err := markdown.Convert([]byte(body), &b); err != nil {
			t.Fatal(err)
		}
		outside := code.ReplaceAllString(b.String(), "\n")
		for _, tag := range element.FindAllString(outside, -1) {
			if !ours.MatchString(tag) {
				t.Fatalf("body %d: %s in\n%s", seed, tag, body)
			}
		}
		if why := called.FindString(html.UnescapeString(element.ReplaceAllString(outside, "\n"))); why != "" {
			t.Fatalf("body %d: %q in\n%s", seed, why, body)
		}
	}
}
