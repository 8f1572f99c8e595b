package console

import (
	"io"
	"os"
	"regexp"
	"strings"

	"golang.org/x/term"

	"github.com/webpress/webpress/internal/config"
)

// colors reports whether what is printed to w is colored. The variables are those of gh and
// ruff, in their order. As there, the log of a CI is not a terminal: a workflow sets
// FORCE_COLOR for it, once for all of its tools.
func colors(setting string, w io.Writer, getenv func(string) string) bool {
	on := func(name string) bool { value := getenv(name); return value != "" && value != "0" }
	switch {
	case setting == config.ColorAlways:
		return true
	case setting == config.ColorNever, getenv("NO_COLOR") != "":
		return false
	case on("CLICOLOR_FORCE"), on("FORCE_COLOR"):
		return true
	case getenv("CLICOLOR") == "0", getenv("TERM") == "dumb":
		return false
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// The colors are of the sixteen that every terminal has, so that they fit its theme.
const (
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	cyan   = "\x1b[36m"
	green  = "\x1b[32m"
	bold   = "\x1b[1m"
	reset  = "\x1b[0m"
)

// saved is the share that an image has saved, as line and Report.Text write it.
var saved = regexp.MustCompile(`  -[0-9.]+ %|[0-9.]+ % saved`)

// paint colors a line of the log by how it starts. It comes after all that makes the line
// safe: a file name may choose a color, and no other sequence.
func paint(line string) string {
	for _, one := range []struct{ start, color string }{
		{"webpress: warning:", yellow}, {"webpress:", red}, {"  hint:", cyan}, {"To fix:", bold},
	} {
		if rest, ok := strings.CutPrefix(line, one.start); ok {
			return one.color + one.start + reset + rest
		}
	}
	return saved.ReplaceAllString(line, green+"$0"+reset)
}
