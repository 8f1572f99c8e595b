package ci

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf16"

	"github.com/sethvargo/go-githubactions"

	"github.com/webpress/webpress/internal/tree"
)

const (
	// summaryLimit is the length in bytes above which GitHub drops the summary
	// of a step, whatever wrote the rest of it.
	summaryLimit = 1 << 20
	// annotationLimit is how many annotations of a kind GitHub keeps a step.
	annotationLimit = 10
	// messageLimit is the length of an annotation in UTF-16 code units, the
	// runner's characters.
	messageLimit = 4096
)

// GitHub is GitHub Actions, and Gitea's and Forgejo's actions, which use the
// same names and verbs.
//
// Of go-githubactions it uses Command, which escapes workflow commands as the
// runner wants them. Its Action is left alone: it panics where a write fails,
// ends multi-line outputs with a delimiter that is always the same and so can
// be part of a file name, knows neither the limits of summaries and
// annotations, and gives up on all facts where the event is not JSON.
type GitHub struct {
	getenv func(string) string
	o      Options
	// said is what was said once already.
	said map[string]bool
	// annotated counts the annotations of each level.
	annotated map[Level]int
}

var _ CI = (*GitHub)(nil)

// Name is GitHub, Gitea or Forgejo.
func (g *GitHub) Name() string {
	switch {
	// Forgejo's runner calls itself Gitea too.
	case g.getenv("FORGEJO_ACTIONS") == "true":
		return "Forgejo"
	case g.getenv("GITEA_ACTIONS") == "true":
		return "Gitea"
	default:
		return "GitHub"
	}
}

// Summary appends to the step's summary.
func (g *GitHub) Summary(render func(limit int) string) error {
	path := g.getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		g.once("no job summary: GITHUB_STEP_SUMMARY is not set")
		return nil
	}
	var there int64
	switch info, err := os.Stat(path); {
	case err == nil:
		there = info.Size()
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("write summary %q: %w", path, tree.Cause(err))
	}
	// An empty line before, and the end of ours.
	const around = len("\n\n") + len("\n")
	room := summaryLimit - int(min(there, summaryLimit)) - around
	if room <= 0 {
		return fmt.Errorf("write summary: the step's summary is full: %d bytes of %d", there, summaryLimit)
	}
	markdown := render(room)
	if len(markdown) > room {
		return fmt.Errorf("write summary: %d bytes, but only %d are left of %d",
			len(markdown), room, summaryLimit)
	}
	if markdown == "" {
		return nil
	}
	before := ""
	if there > 0 {
		before = "\n\n"
	}
	if !strings.HasSuffix(markdown, "\n") {
		markdown += "\n"
	}
	if err := appendFile(path, before+markdown); err != nil {
		return fmt.Errorf("write summary %q: %w", path, tree.Cause(err))
	}
	return nil
}

// SetOutputs hands them to later steps, and writes them to Options.Dotenv.
func (g *GitHub) SetOutputs(outputs []Output) error {
	return errors.Join(g.stepOutputs(outputs), dotenv(g.o, outputs, 0, g.o.Dotenv))
}

func (g *GitHub) stepOutputs(outputs []Output) error {
	path := g.getenv("GITHUB_OUTPUT")
	if path == "" {
		g.once("no outputs for later steps: GITHUB_OUTPUT is not set")
		return nil
	}
	var b strings.Builder
	for _, o := range outputs {
		if o.Name == "" || strings.ContainsAny(o.Name, "=<\r\n") {
			return fmt.Errorf("set output %q: not a name", o.Name)
		}
		// The delimiter is random, because values hold names that strangers
		// chose: one that they could foresee would let them set any output.
		delimiter := "webpress_" + rand.Text()
		for strings.Contains(o.Value, delimiter) {
			delimiter = "webpress_" + rand.Text()
		}
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o.Name, delimiter, strings.ToValidUTF8(o.Value, "\uFFFD"), delimiter)
	}
	before := ""
	if !endsLine(path) {
		// Another command of this step left its line open.
		before = "\n"
	}
	if err := appendFile(path, before+b.String()); err != nil {
		return fmt.Errorf("write outputs %q: %w", path, tree.Cause(err))
	}
	return nil
}

// Annotate prints annotations. GitHub keeps ten of a kind a step and drops the
// others in silence, so the tenth then says how many more there are.
func (g *GitHub) Annotate(annotations []Annotation) {
	if g.annotated == nil {
		g.annotated = make(map[Level]int)
	}
	left := make(map[Level]int)
	for _, a := range annotations {
		left[a.Level]++
	}
	for _, a := range annotations {
		n := g.annotated[a.Level]
		if n >= annotationLimit {
			continue
		}
		if n == annotationLimit-1 && left[a.Level] > 1 {
			a = Annotation{Level: a.Level, Message: fmt.Sprintf("and %d more, see the summary", left[a.Level])}
		}
		g.annotated[a.Level]++
		left[a.Level]--
		properties := githubactions.CommandProperties{}
		if a.Path != "" {
			properties["file"] = Visible(a.Path)
			if a.Line > 0 {
				properties["line"], properties["col"] = strconv.Itoa(a.Line), strconv.Itoa(max(a.Column, 1))
			}
		}
		if a.Title != "" {
			properties["title"] = Visible(a.Title)
		}
		g.command(string(a.Level), cut(visible(a.Message, true)), properties)
	}
}

// cut shortens a message to what GitHub shows.
func cut(message string) string {
	const more = " …"
	units, end := 0, 0
	for i, r := range message {
		if units <= messageLimit-len([]rune(more)) {
			end = i
		}
		units += utf16.RuneLen(r)
	}
	if units <= messageLimit {
		return message
	}
	return message[:end] + more
}

// Group starts a part of the log that is folded.
func (g *GitHub) Group(title string) func() {
	g.command("group", Visible(title), nil)
	return func() { g.command("endgroup", "", nil) }
}

// Mask has the runner put *** in the place of secret from now on.
func (g *GitHub) Mask(secret string) {
	// The runner warns about an empty mask.
	if strings.TrimSpace(secret) != "" {
		g.command("add-mask", secret, nil)
	}
}

func (g *GitHub) command(name, message string, properties githubactions.CommandProperties) {
	c := githubactions.Command{Name: name, Message: message, Properties: properties}
	_, _ = fmt.Fprintln(g.o.Out, c.String())
}

// once says something unless it was said before.
func (g *GitHub) once(line string) {
	if g.said[line] {
		return
	}
	if g.said == nil {
		g.said = make(map[string]bool)
	}
	g.said[line] = true
	say(g.o, "%s", line)
}

// appendFile writes s to the end of the file at path, in one call and without waiting
// for somebody who reads from a named pipe, since other
// processes of the step may write there too.
func appendFile(path, s string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, s)
	return errors.Join(err, f.Close())
}

// endsLine reports whether the file at path ends with a line break, or is empty or not
// there.
func endsLine(path string) bool {
	f, _, err := tree.Open(path)
	if err != nil {
		return true
	}
	defer f.Close()
	if _, err := f.Seek(-1, io.SeekEnd); err != nil {
		return true
	}
	var last [1]byte
	_, err = f.Read(last[:])
	return err != nil || last[0] == '\n'
}
