package report

import (
	"bytes"
	"encoding/json"
	"html"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	gm "github.com/yuin/goldmark/renderer/html"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
)

// pieces are what names and messages of strangers are put together from.
var pieces = []string{
	"a", "img/", ".png", "1", " ", "  ", "\t", "\n", "\r\n", "\n\n", "\x00", "\x1b[31m", "\x7f", "\u202e", "\u2028", "\u200b", "\u00a0", "\xff", "é", "日",
	"`", "``", "```\n", "|", "\\", "\\|", "*", "**", "_", "~~", "<", ">", "[", "]", "(", ")", "{", "}", "!", "#", "&", "'", "\"", "$", "%", "^", "~", ";", ":", "=", "-", "+",
	"<a href=\"https://x.example\">", "</code>", "</td></tr></table>", "</details>", "<img src=x onerror=alert(1)>", "<!--", "-->", "<script>", "<?", "<![CDATA[",
	"https://x.example/", "HTTP://x.example", "https:&sol;&sol;x.example", "www.x.example", "ftp://x.example", "mailto:a@x.example", "a@x.example", "//x.example", "xmpp:a@x.example",
	"![x](https://x.example)", "[x](javascript:alert(1))", "[x]: https://x.example", "[^1]", "<https://x.example>", "- [ ] x", "# x", "> x", "---", "===", "1. x",
	"@octo", "@octo/team", "#1", "octo/site#1", "GH-1", "closes #1", "fixes gh-2", "!1", "%1", "~x", "$1", "&1", "^x", ":tada:", "&amp;", "&#64;x", "&lt;", "&nbsp;",
	"$(id)", "`id`", "${HOME}", "; id #", "|| id", "::set-output name=x::y", "##[add-path]/tmp", "EOF", "\\u0027", "\\\"",
}

// hostile is a text of up to n pieces.
func hostile(r *rand.Rand, n int) string {
	var b strings.Builder
	for range r.IntN(n + 1) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

// hostileInput is a report in which every text that anybody else may have a hand in is a
// stranger's.
func hostileInput(r *rand.Rand) Input {
	text := func() string { return hostile(r, 6) }
	texts := func() (all []string) {
		for range r.IntN(3) {
			all = append(all, text())
		}
		return all
	}
	fault := func() *asset.Fault { return &asset.Fault{Message: text(), Hint: text()} }
	in := Input{Version: "1.0.0", Elapsed: time.Second, DryRun: r.IntN(4) == 0, Interrupted: r.IntN(4) == 0, Check: r.IntN(3) == 0, Notices: texts(), Mend: text(),
		Recipe: asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80, Lossless: "auto", Metadata: asset.MetadataICC}}}
	if r.IntN(3) == 0 {
		in.Shard = text()
	}
	if r.IntN(2) == 0 {
		in.Link = blobPage
	}
	for range r.IntN(5) {
		s := asset.Source{Path: text(), Format: asset.PNG, Size: 1000, Notes: texts()}
		switch r.IntN(3) {
		case 0:
			in.Results = append(in.Results, asset.Fail(s, text(), text()))
		case 1:
			in.Results = append(in.Results, asset.Result{Source: s, Status: asset.Skipped, Reason: asset.Reason("r" + text()), Before: 1000, After: 999, Notes: texts()})
		default:
			in.Results = append(in.Results, asset.Result{
				Source: s, Status: asset.Converted, Format: asset.WebP, Output: "o" + text(), Before: 1000, After: 500, Notes: texts(), Width: 1, Height: 1, Frames: 1,
			})
		}
	}
	for i := range r.IntN(4) {
		f := asset.Finding{Rule: asset.RuleFailed, Severity: asset.Error, Path: text(), Message: text(), Hint: text(), Fix: text()}
		if i == 1 {
			f.Rule, f.Severity, f.Path = asset.RuleEdited, asset.Warning, ""
		}
		in.Findings = append(in.Findings, f)
	}
	for range r.IntN(2) {
		d := Delivery{Receipt: asset.Receipt{
			Store: "commit", Ref: text(), URL: text(), PullRequest: text(), Paths: texts(), Removed: texts(), Notes: texts(),
			Left: []asset.Undelivered{{Path: text(), Reason: text()}},
		}}
		// A sound address of the server's own is a link, and is meant to be.
		if webURL(d.URL) != "" || webURL(d.PullRequest) != "" {
			d.URL, d.PullRequest = "", ""
		}
		if r.IntN(2) == 0 {
			d.Err = fault()
		}
		in.Deliveries = append(in.Deliveries, d)
	}
	return in
}

var (
	// ours are the elements that a report is made of: what Markdown makes of it, and
	// what it writes itself.
	ours     = regexp.MustCompile(`^</?a( href="https://forge\.example/blob/[A-Za-z0-9/%._-]*")?>$|^</?(h2|h3|p|strong|ul|ol|li|code|br|hr|sub|details|summary|table|thead|tbody|tr|th|td|pre)( (style="text-align:(left|right)"|class="language-[a-z]+"))? ?/?>$`)
	element  = regexp.MustCompile(`<[^>]*>?`)
	codeSpan = regexp.MustCompile(`(?s)<pre><code.*?</code></pre>|<code>[^<]*</code>`)
	called   = regexp.MustCompile(`[@#][A-Za-z0-9]|(^|[^0-9A-Za-z])[!%~$&^][A-Za-z0-9]|(?i)\bgh-[0-9]|(?i)\bhttps?://`)
	markdown = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(gm.WithUnsafe()))
)

// blobPage is the page of a file on a forge.
func blobPage(name string) string { return "https://forge.example/blob/" + EscapePath(name) }

// The name of an image leads to that image, whatever it is.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`<td[^>]*><a href="https://forge\.example/blob/([^"]*)">(.*?)</a></td>`)
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		name := "x" + hostile(r, 4)
		in := Input{Results: []asset.Result{{Source: asset.Source{Path: name}, Status: asset.Converted, Width: 1, Height: 1, Before: 2, After: 1}}, Link: blobPage}
		var b bytes.Buffer
		if err := markdown.Convert([]byte(New(in).Markdown(0)), &b); err != nil {
			t.Fatal(err)
		}
		m := link.FindStringSubmatch(b.String())
		if m == nil {
			t.Errorf("%q is no link:\n%s", name, b.String())
			continue
		}
		if to, err := url.PathUnescape(m[1]); err != nil || to != name {
			t.Errorf("%q leads to %q, %v", name, to, err)
		}
		if shown := html.UnescapeString(element.ReplaceAllString(m[2], "")); strings.TrimSpace(shown) != strings.TrimSpace(short(ci.Visible(name), linkWidth)) {
			t.Errorf("%q is shown as %q", name, shown)
		}
	}
	if got := (Report{}).linked("a.png"); got != "`a.png`" {
		t.Errorf("without an address: %s", got)
	}
}

// harmful is what a page does that it should not: an element that is not ours, or text
// that GitHub or GitLab make a link, a mention or a reference of. Empty is nothing.
func harmful(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := markdown.Convert([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	outside := codeSpan.ReplaceAllString(b.String(), "\n")
	for _, tag := range element.FindAllString(outside, -1) {
		if !ours.MatchString(tag) {
			return tag
		}
	}
	if strings.Count(outside, "<details>") != strings.Count(outside, "</details>") {
		return "<details>"
	}
	return called.FindString(html.UnescapeString(element.ReplaceAllString(outside, "\n")))
}

// A checker holds what a report comes to against the forms that it has.
type checker struct{ report, sarif *jsonschema.Schema }

func (c checker) check(t testing.TB, seed uint64, schemas bool) (outputs []ci.Output) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	in := hostileInput(r)
	rep := New(in)
	bad := func(what, why, text string) {
		t.Helper()
		t.Errorf("report %d: %s: %q\n%s", seed, what, why, text)
	}
	pages := map[string]string{
		"summary": rep.Markdown(0), "comment": rep.Markdown(CommentLimit),
		"stopped": Stopped([]Problem{{Message: hostile(r, 6), Hint: hostile(r, 6)}})(0),
	}
	if seed%16 == 0 {
		pages["cut"] = rep.Markdown(1 + r.IntN(2000))
	}
	for name, text := range pages {
		if why := harmful(t, text); why != "" {
			bad(name, why, text)
		}
	}
	if text := rep.Text(); strings.ContainsAny(text, "\x00\x1b\x7f\u202e\r") {
		bad("text", "a control character", text)
	}
	in2 := func(p string) string { return path.Join("site", p) }
	for name, f := range map[string]func() ([]byte, error){
		"JSON": rep.JSON, "SARIF": func() ([]byte, error) { return rep.SARIF(in2) }, "code quality": func() ([]byte, error) { return rep.CodeQuality(in2) },
	} {
		data, err := f()
		if err != nil || !json.Valid(data) {
			bad(name, "not JSON", string(data))
			continue
		}
		schema := map[string]*jsonschema.Schema{"JSON": c.report, "SARIF": c.sarif}[name]
		if !schemas || schema == nil {
			continue
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			bad(name, err.Error(), string(data))
		}
	}
	return rep.Outputs("")
}

func newChecker(t testing.TB) checker {
	t.Helper()
	compile := func(data []byte) *jsonschema.Schema {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource("x.json", doc); err != nil {
			t.Fatal(err)
		}
		s, err := c.Compile("x.json")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	sarif, err := os.ReadFile("testdata/sarif/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	return checker{compile(Schema), compile(sarif)}
}

// hostileReports is how many reports TestHostileReports renders; the race detector, which
// makes each take fifteen times as long, lowers it.
var hostileReports uint64 = 3000

// TestHostileReports renders reports of hostile names and messages.
func TestHostileReports(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	for seed := range hostileReports {
		c.check(t, seed, seed%30 == 0)
		if t.Failed() {
			return
		}
	}
}

// TestHostileDotenv has a shell source the outputs of hostile reports.
func TestHostileDotenv(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	c := newChecker(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "env")
	platform := ci.Detect(func(string) string { return "" }, ci.Options{Dotenv: file})
	var all strings.Builder
	for seed := range uint64(200) {
		if err := platform.SetOutputs(c.check(t, seed, false)); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	if err := os.WriteFile(file, []byte(all.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sh, "-c", `PATH=; set -e; . "$1"; echo "$WEBPRESS_CONVERTED"`, "sh", file)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "\n") != 1 {
		t.Errorf("%v: %s", err, out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

// FuzzReport renders reports of other seeds, for as long as one likes.
func FuzzReport(f *testing.F) {
	c := newChecker(f)
	for seed := range uint64(10) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { c.check(t, seed, true) })
}
