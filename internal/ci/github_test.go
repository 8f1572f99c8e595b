package ci

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// onGitHub returns a GitHub with real files for its summary and outputs.
func onGitHub(t testing.TB) (c CI, out *bytes.Buffer, summary, outputs string) {
	dir := t.TempDir()
	summary, outputs = filepath.Join(dir, "summary"), filepath.Join(dir, "output")
	for _, path := range []string{summary, outputs} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out = new(bytes.Buffer)
	c = Detect(environ("GITHUB_ACTIONS", "true", "GITHUB_STEP_SUMMARY", summary, "GITHUB_OUTPUT", outputs),
		Options{Out: out})
	return c, out, summary, outputs
}

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestGitHubSummary(t *testing.T) {
	c, _, path, _ := onGitHub(t)
	var room int
	if err := c.Summary(func(limit int) string { room = limit; return "one" }); err != nil {
		t.Fatal(err)
	}
	if room < 1<<20-10 || room > 1<<20 {
		t.Errorf("room in an empty summary: %d", room)
	}
	if err := c.Summary(func(limit int) string { room = limit; return strings.Repeat("x", limit) }); err != nil {
		t.Fatal(err)
	}
	got := read(t, path)
	if !strings.HasPrefix(got, "one\n\n\nxxx") || !strings.HasSuffix(got, "x\n") {
		t.Errorf("summary begins %q and ends %q", got[:20], got[len(got)-5:])
	}
	if len(got) > 1<<20 {
		t.Errorf("summary has %d bytes", len(got))
	}
	// Full: what is there must not be lost.
	err := c.Summary(func(int) string { return "more" })
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("full summary: %v", err)
	}
	if read(t, path) != got {
		t.Error("a full summary was written to")
	}
}

func TestGitHubSummaryTooLong(t *testing.T) {
	c, _, path, _ := onGitHub(t)
	if err := c.Summary(func(limit int) string { return strings.Repeat("x", limit+1) }); err == nil {
		t.Error("a summary over the limit was accepted")
	}
	if got := read(t, path); got != "" {
		t.Errorf("%d bytes were written", len(got))
	}
}

func TestGitHubWithoutFiles(t *testing.T) {
	var out bytes.Buffer
	c := Detect(environ("GITHUB_ACTIONS", "true"), Options{Out: &out})
	for range 2 {
		if err := c.Summary(func(int) string { return "x" }); err != nil {
			t.Error(err)
		}
		if err := c.SetOutputs([]Output{{"a", "b"}}); err != nil {
			t.Error(err)
		}
	}
	want := "no job summary: GITHUB_STEP_SUMMARY is not set\nno outputs for later steps: GITHUB_OUTPUT is not set\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestGitHubOutputs(t *testing.T) {
	c, _, _, path := onGitHub(t)
	if err := os.WriteFile(path, []byte("other=1"), 0o644); err != nil {
		t.Fatal(err)
	}
	outputs := []Output{{"converted", "12"}, {"empty", ""}, {"files", "[\n\"a<<EOF\\n\",\n\"b\"\n]"}, {"report", "x\nfailed=0\n"}}
	if err := c.SetOutputs(outputs); err != nil {
		t.Fatal(err)
	}
	got, err := runnerOutputs(read(t, path))
	if err != nil {
		t.Fatal(err)
	}
	want := append([]Output{{"other", "1"}}, outputs...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("as the runner reads it (-want +got):\n%s", diff)
	}
	if err := c.SetOutputs([]Output{{"a\nb", "x"}}); err == nil {
		t.Error("a name with a line break was accepted")
	}
}

func TestGitHubAnnotate(t *testing.T) {
	c, out, _, _ := onGitHub(t)
	c.Annotate([]Annotation{
		{Level: Error, Path: "a,b:c%.png", Title: "cannot, convert: 100%", Message: "decode \"a\": bad\nhint 100%"},
		{Level: Error, Path: "a.html", Line: 3, Column: 7, Message: "there is no such file"},
		{Level: Warning, Message: "no file"},
	})
	want := "::error file=a%2Cb%3Ac%25.png,title=cannot%2C convert%3A 100%25::decode \"a\": bad%0Ahint 100%25\n" +
		"::error col=7,file=a.html,line=3::there is no such file\n" +
		"::warning::no file\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestGitHubAnnotateLimit(t *testing.T) {
	for _, n := range []int{9, 10, 11, 300} {
		c, out, _, _ := onGitHub(t)
		var all []Annotation
		for i := range n {
			all = append(all, Annotation{Level: Error, Path: fmt.Sprint(i), Message: "bad"},
				Annotation{Level: Notice, Path: fmt.Sprint(i), Message: "odd"})
		}
		c.Annotate(all)
		c.Annotate(all[:4])
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		byName := map[string][]string{}
		for _, line := range lines {
			name, _, _, _ := runnerCommand(line)
			byName[name] = append(byName[name], line)
		}
		for _, name := range []string{"error", "notice"} {
			if len(byName[name]) > 10 {
				t.Errorf("%d annotations: %d of %s", n, len(byName[name]), name)
			}
			last := byName[name][len(byName[name])-1]
			if more := fmt.Sprintf("::%s::and %d more, see the summary", name, n-9); n > 10 && last != more {
				t.Errorf("%d annotations: the last is %q", n, last)
			}
		}
	}
}

func TestGitHubAnnotateLong(t *testing.T) {
	for _, unit := range []string{"x", "ü", "😀"} {
		c, out, _, _ := onGitHub(t)
		exact := strings.Repeat(unit, 4096/len(utf16.Encode([]rune(unit))))
		c.Annotate([]Annotation{{Level: Error, Message: exact}, {Level: Error, Message: exact + unit}})
		for i, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
			_, _, data, _ := runnerCommand(line)
			if n := len(utf16.Encode([]rune(data))); n > 4096 || n < 4090 || !utf8.ValidString(data) {
				t.Errorf("%s: message %d has %d characters", unit, i, n)
			}
			if cut := strings.HasSuffix(data, " …"); cut != (i == 1) {
				t.Errorf("%s: message %d: cut is %v", unit, i, cut)
			}
		}
	}
}

func TestGitHubLog(t *testing.T) {
	c, out, _, _ := onGitHub(t)
	end := c.Group("convert 100%\n::error::x")
	c.Mask("s3cret%")
	c.Mask("")
	end()
	want := "::group::convert 100%25\\n::error::x\n::add-mask::s3cret%25\n::endgroup::\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// runnerOutputs reads a file of outputs as the runner does
// (src/Runner.Worker/FileCommandManager.cs in actions/runner).
func runnerOutputs(text string) (outputs []Output, err error) {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if line == "" {
			continue
		}
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			outputs = append(outputs, Output{line[:equals], line[equals+1:]})
		case heredoc >= 0:
			name, delimiter := line[:heredoc], line[heredoc+2:]
			if name == "" || delimiter == "" {
				return nil, fmt.Errorf("invalid format %q", line)
			}
			var value []string
			for i++; ; i++ {
				if i >= len(lines) {
					return nil, fmt.Errorf("matching delimiter not found %q", delimiter)
				}
				if lines[i] == delimiter {
					break
				}
				value = append(value, lines[i])
			}
			outputs = append(outputs, Output{name, strings.Join(value, "\n")})
		default:
			return nil, fmt.Errorf("invalid format %q", line)
		}
	}
	return outputs, nil
}

// runnerCommand reads a line of the log as the runner does, in both its forms
// (src/Runner.Common/ActionCommand.cs in actions/runner). Any name counts.
func runnerCommand(line string) (name string, properties map[string]string, data string, ok bool) {
	rest, found := strings.CutPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::")
	info, data, whole := strings.Cut(rest, "::")
	if !found || !whole {
		i := strings.Index(line, "##[")
		if i < 0 {
			return "", nil, "", false
		}
		info, data, ok = strings.Cut(line[i+3:], "]")
		name, _, _ = strings.Cut(info, " ")
		return name, nil, data, ok
	}
	properties = map[string]string{}
	name, list, _ := strings.Cut(info, " ")
	for _, p := range strings.Split(strings.TrimSpace(list), ",") {
		if key, value, ok := strings.Cut(p, "="); ok && value != "" {
			properties[key] = unescape(value, "%3A", ":", "%2C", ",")
		}
	}
	return name, properties, unescape(data), true
}

func unescape(s string, more ...string) string {
	pairs := append([]string{"%0D", "\r", "%0A", "\n"}, more...)
	for i := 0; i < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, pairs[i], pairs[i+1])
	}
	return strings.ReplaceAll(s, "%25", "%")
}

func FuzzGitHubOutputs(f *testing.F) {
	f.Add("a.png", "b\nc=d\ne<<f\n")
	f.Add("\n", "webpress_\n_GitHubActionsFileCommandDelimeter_\n")
	f.Add("\r\n", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Skip("the runner reads UTF-8")
		}
		c, _, _, path := onGitHub(t)
		want := []Output{{"files", a}, {"report", b}, {"failed", "1"}}
		if err := c.SetOutputs(want); err != nil {
			t.Fatal(err)
		}
		got, err := runnerOutputs(read(t, path))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("as the runner reads it (-want +got):\n%s", diff)
		}
	})
}

func FuzzGitHubAnnotate(f *testing.F) {
	f.Add("a,b:c%0A.png", "t::x", "m\n::error::x")
	f.Add("%25", "%3A", "\x1b[31m##[group]")
	f.Fuzz(func(t *testing.T, path, title, message string) {
		if strings.ContainsAny(path[:min(1, len(path))], "= ") || strings.TrimSpace(title) != title || strings.TrimSpace(path) != path {
			t.Skip("the runner trims properties")
		}
		c, out, _, _ := onGitHub(t)
		c.Annotate([]Annotation{{Level: Error, Path: path, Title: title, Message: message}})
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != 1 {
			t.Fatalf("%d lines: %q", len(lines), lines)
		}
		name, properties, data, ok := runnerCommand(lines[0])
		if !ok || name != "error" {
			t.Fatalf("not an error: %q", lines[0])
		}
		want := map[string]string{}
		if path != "" {
			want["file"] = Visible(path)
		}
		if title != "" {
			want["title"] = Visible(title)
		}
		if diff := cmp.Diff(want, properties); diff != "" {
			t.Errorf("properties (-want +got):\n%s", diff)
		}
		if data != cut(visible(message, true)) {
			t.Errorf("message %q became %q", message, data)
		}
	})
}
