// Package ci knows which CI runs webpress, what it reports, and its verbs: the
// summary, outputs, annotations, groups in the log, masked secrets. There is one
// file a platform; the names of the platforms' environment variables live here
// and nowhere else.
//
// Nothing here reads the process environment: getenv is handed in.
package ci

import (
	"io"
	"time"
)

// CI is the platform that runs webpress. What a platform has no verb for it
// leaves out without an error: the text in the log says the same.
type CI interface {
	// Name is the platform's name as people write it, empty if there is none.
	Name() string
	// Facts is what the platform reports about this run.
	Facts() Facts
	// Secrets is what the platform gave this run to prove itself with.
	Secrets() Secrets
	// Summary shows Markdown on the page of the job. The platform calls render
	// with the number of bytes it has room for; what render returns must not be
	// longer, or nothing is shown and Summary returns an error.
	Summary(render func(limit int) string) error
	// SetOutputs hands values to later steps or jobs.
	SetOutputs(outputs []Output) error
	// Annotate marks files, within the platform's limits.
	Annotate(annotations []Annotation)
	// Group starts a part of the log that can be folded, and returns what ends it.
	Group(title string) (end func())
	// Mask keeps a secret out of everything that is logged from now on.
	Mask(secret string)
}

// Options is what Detect needs besides the environment.
type Options struct {
	// Out takes the workflow commands: the process's standard output. Nil
	// discards them. It must not be a Writer of this package, which would make
	// the commands harmless.
	Out io.Writer
	// Dotenv is the path of a file that outputs are written to as WEBPRESS_NAME=value
	// lines, on every platform; empty is none, and - is Stdout. GitLab hands such a
	// file to later jobs as artifacts:reports:dotenv.
	Dotenv string
	// Within, where it is set, is the folder that Dotenv is relative to, and that no
	// symbolic link may lead out of: the path is a stranger's.
	Within string
	// Stdout takes the lines of Dotenv where that is -.
	Stdout io.Writer
	// Now is the clock, time.Now if it is nil.
	Now func() time.Time
}

// An Output is a value for later steps. Name is in lower case with hyphens.
type Output struct {
	Name, Value string
}

// A Level says how serious an Annotation is.
type Level string

// The levels, most serious first.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Notice  Level = "notice"
)

// An Annotation is a remark on one file.
type Annotation struct {
	Level Level
	// Path is relative to the root of the repository; empty means no file.
	Path string
	// Line and Column are a place in it, from 1; 0 is the file as a whole.
	Line, Column int
	// Title is one line, and may be empty.
	Title string
	// Message may have several lines.
	Message string
}

// Detect finds out which CI runs us. It never returns nil.
func Detect(getenv func(string) string, o Options) CI {
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	switch {
	// Woodpecker also sets DRONE_ names for plugins, so it is asked first.
	case getenv("CI") == "woodpecker" || getenv("CI_SYSTEM_NAME") == "woodpecker":
		return &Woodpecker{getenv: getenv, o: o}
	case getenv("DRONE") == "true":
		return &Woodpecker{getenv: getenv, o: o, drone: true}
	case getenv("GITLAB_CI") == "true":
		return &GitLab{getenv: getenv, o: o}
	case getenv("GITHUB_ACTIONS") == "true":
		return &GitHub{getenv: getenv, o: o}
	default:
		return &None{getenv: getenv, o: o}
	}
}
