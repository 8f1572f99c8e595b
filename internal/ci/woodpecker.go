package ci

import "strconv"

// Woodpecker is Woodpecker CI, and Drone with the DRONE_ names of the same
// facts. Both show the log alone: no summary, annotations, groups or masks.
// https://woodpecker-ci.org/docs/usage/environment
// https://docs.drone.io/pipeline/environment/reference/
type Woodpecker struct {
	getenv func(string) string
	o      Options
	drone  bool
}

var _ CI = (*Woodpecker)(nil)

// Name is Woodpecker or Drone.
func (w *Woodpecker) Name() string {
	if w.drone {
		return "Drone"
	}
	return "Woodpecker"
}

// Facts reads the built-in variables. Neither platform says whether a pull
// request comes from a fork.
func (w *Woodpecker) Facts() Facts {
	f := w.woodpecker()
	if w.drone {
		f = w.dronish()
	}
	f.HeadSHA = f.SHA
	switch f.EventName {
	case "push", "tag":
		f.Event = Push
	case "pull_request", "pull_request_closed", "pull_request_metadata":
		f.Event = PullRequest
	case "cron":
		f.Event = Schedule
	case "manual", "custom":
		f.Event = Manual
	default:
		f.Event = Other
	}
	if f.Event != PullRequest {
		f.BaseBranch, f.PullRequest = "", 0
	}
	if f.Tag != "" {
		// The branch is then the default branch or the tag's own name.
		f.Branch = ""
	}
	f.shard(w.getenv)
	return f
}

func (w *Woodpecker) woodpecker() Facts {
	f := Facts{
		EventName:     w.getenv("CI_PIPELINE_EVENT"),
		Repository:    w.getenv("CI_REPO"),
		RepositoryID:  w.getenv("CI_REPO_REMOTE_ID"),
		BaseBranch:    w.getenv("CI_COMMIT_TARGET_BRANCH"),
		DefaultBranch: w.getenv("CI_REPO_DEFAULT_BRANCH"),
		Tag:           w.getenv("CI_COMMIT_TAG"),
		SHA:           w.getenv("CI_COMMIT_SHA"),
		Actor:         first(w.getenv("CI_PIPELINE_AUTHOR"), w.getenv("CI_COMMIT_AUTHOR")),
		Forge:         w.getenv("CI_FORGE_TYPE"),
		ServerURL:     origin(w.getenv("CI_FORGE_URL")),
		CloneURLs:     cloneURLs(w.getenv("CI_REPO_CLONE_URL"), w.getenv("CI_REPO_URL")),
		Workspace:     w.getenv("CI_WORKSPACE"),
		RunID:         w.getenv("CI_PIPELINE_NUMBER"),
		RunURL:        w.getenv("CI_PIPELINE_URL"),
	}
	f.APIURL = apiURL(f.Forge, f.ServerURL)
	// CI_COMMIT_BRANCH is the target branch on pull requests. The commit of the
	// pipeline before this one, CI_PREV_COMMIT_SHA, may be another branch's: it
	// is no base to compare with.
	f.Branch = first(w.getenv("CI_COMMIT_SOURCE_BRANCH"), w.getenv("CI_COMMIT_BRANCH"))
	f.PullRequest, _ = strconv.Atoi(w.getenv("CI_COMMIT_PULL_REQUEST"))
	return f
}

func (w *Woodpecker) dronish() Facts {
	f := Facts{
		EventName:     w.getenv("DRONE_BUILD_EVENT"),
		Repository:    w.getenv("DRONE_REPO"),
		BaseBranch:    w.getenv("DRONE_TARGET_BRANCH"),
		DefaultBranch: w.getenv("DRONE_REPO_BRANCH"),
		Tag:           w.getenv("DRONE_TAG"),
		SHA:           w.getenv("DRONE_COMMIT_SHA"),
		BaseSHA:       commit(w.getenv("DRONE_COMMIT_BEFORE")),
		Actor:         w.getenv("DRONE_COMMIT_AUTHOR"),
		CloneURLs:     cloneURLs(w.getenv("DRONE_GIT_HTTP_URL"), w.getenv("DRONE_REPO_LINK")),
		Workspace:     w.getenv("DRONE_WORKSPACE"),
		RunID:         w.getenv("DRONE_BUILD_NUMBER"),
		RunURL:        w.getenv("DRONE_BUILD_LINK"),
	}
	f.Branch = first(w.getenv("DRONE_SOURCE_BRANCH"), w.getenv("DRONE_BRANCH"))
	f.PullRequest, _ = strconv.Atoi(w.getenv("DRONE_PULL_REQUEST"))
	return f
}

// Secrets are those that the platform clones with, which only trusted steps are
// given.
func (w *Woodpecker) Secrets() Secrets {
	prefix := "CI_"
	if w.drone {
		prefix = "DRONE_"
	}
	return Secrets{Token: w.getenv(prefix + "NETRC_PASSWORD"), User: w.getenv(prefix + "NETRC_USERNAME")}
}

// Summary does nothing: the text at the end of the log is the summary.
func (w *Woodpecker) Summary(func(int) string) error { return nil }

// SetOutputs writes them to Options.Dotenv, and to the file that Harness, which
// runs Drone's plugins, names in DRONE_OUTPUT.
func (w *Woodpecker) SetOutputs(outputs []Output) error {
	return dotenv(w.o, outputs, 0, w.o.Dotenv, w.getenv("DRONE_OUTPUT"))
}

// Annotate does nothing: the log names the files.
func (w *Woodpecker) Annotate([]Annotation) {}

// Group does nothing.
func (w *Woodpecker) Group(string) func() { return func() {} }

// Mask does nothing: both mask the secrets that their settings name.
func (w *Woodpecker) Mask(string) {}
