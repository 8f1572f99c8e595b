// Package app is the command: it reads the settings, wires the other packages
// together and picks the exit code. It is the only package that imports all others.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/diff"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/gallery"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/httpclient"
	"github.com/webpress/webpress/internal/notify"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/remote"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/target"
)

// A Command is everything that webpress knows of the process it runs in. Tests
// make one without touching their own process.
type Command struct {
	// Stdin is read where - is a source.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Mute keeps libraries from writing to standard error by themselves; nil lets them.
	// It is called once, unless the run is verbose.
	Mute func()
	// Environ is the environment as os.Environ has it.
	Environ []string
	// Getenv looks one variable up in it.
	Getenv func(string) string
	// Dir is the absolute path of the folder that webpress was started in.
	Dir string
	// Version is that of webpress, such as 1.2.3.
	Version string
	// Committed is when the commit was made that webpress is built from; zero is not known.
	Committed time.Time
	// Isolate decodes images in processes of their own, which run the same program with
	// an argument that Worker knows.
	Isolate bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Browse opens a file in the browser; nil is the system's way.
	Browse func(ctx context.Context, file string) error
}

// Main runs webpress with the arguments, which do not hold the program's name,
// and returns the exit code. When ctx ends, it stops as soon as nothing is left
// half-done.
func (c Command) Main(ctx context.Context, args []string) int {
	if c.Now == nil {
		c.Now = time.Now
	}
	settings, err := config.Load(args, config.Env{
		Environ: c.Environ, Dir: c.Dir, Stdout: c.Stdout, Version: c.Version, Committed: c.Committed, Libraries: libraries, Sandbox: c.sandbox(ctx),
	})
	people := c.Stdout
	if usesStdout(settings) {
		people = c.Stderr // GitHub's runner takes commands from both
	}
	o := ci.Options{Out: people, Stdout: c.Stdout, Now: c.Now}
	o.Dotenv, o.Within = dotenvPath(settings)
	platform := ci.Detect(c.Getenv, o)
	log := console.New(console.Options{
		Stdout: people, Stderr: c.Stderr, CI: platform.Name() != "", Quiet: settings.Quiet, Color: settings.Color, Getenv: c.Getenv,
	})
	defer log.Flush()
	switch {
	case errors.Is(err, config.ErrShown):
		return ExitOK
	case err != nil:
		return refuse(log, platform, err)
	}
	if c.Mute != nil && !settings.Verbose {
		c.Mute()
	}
	r := run{
		Command: c, settings: settings, ci: platform,
		facts: platform.Facts(), secrets: platform.Secrets(), log: log, codec: engine.Local{},
	}
	for _, secret := range slices.Concat(settings.Secrets(), notify.Secrets(settings.WebhookSecret), remote.Secrets(settings.EngineKey), r.secrets.All()) {
		platform.Mask(secret)
	}
	if settings.File != "" && settings.WorkingDirectory != c.Dir && !settings.Verbose {
		log.Line("settings from %q", r.fromStart(settings.File))
	}
	for _, warning := range settings.Warnings {
		log.Warn("%s", warning)
	}
	if c.Isolate && hasCodecs && settings.Sandbox != config.SandboxOff {
		var logf func(format string, args ...any)
		if settings.Verbose {
			logf = log.Library
		}
		r.workers = newWorkers(time.Duration(settings.Timeout)*time.Second, logf)
		r.codec = r.workers
		defer r.workers.Close()
	}
	if err := r.useEngine(); err != nil {
		return refuse(log, platform, err)
	}
	v, err := r.verb(ctx)
	return r.exit(ctx, v, err)
}

// verb does what the settings say.
func (r *run) verb(ctx context.Context) (verdict, error) {
	s := r.settings
	if err := r.requireSandbox(ctx); err != nil {
		return verdict{}, err
	}
	switch s.Verb {
	case config.Accept:
		return r.accept(ctx)
	case config.Apply:
		return r.apply(ctx)
	case config.Check:
		return r.check(ctx)
	case config.Init:
		return r.setUp(ctx)
	case config.Merge:
		return r.merge(ctx)
	case config.References:
		return r.references(ctx)
	case config.View:
		return r.view(ctx)
	case config.RepairLock:
		return r.repairLock(ctx)
	case config.Serve:
		return r.serve(ctx)
	case config.Key:
		return r.key()
	}
	if s.Stdin || s.Target == config.ToFile || s.Target == config.ToStdout {
		return r.single(ctx)
	}
	if s.Bare && r.ci.Name() == "" {
		if _, err := git.Open(ctx, s.WorkingDirectory, r.git()); errors.Is(err, git.ErrNoWorkTree) {
			fmt.Fprint(r.Stdout, config.ShortHelp())
			return verdict{}, &asset.Fault{
				Message: "nothing is named, and this folder is not in a git repository",
				Hint:    "`webpress .` converts everything below it",
			}
		}
	}
	if r.onlyBuckets() {
		return r.convertBuckets(ctx)
	}
	return r.convert(ctx)
}

// requireSandbox says what is missing of the sandbox, where all of it is required.
func (r *run) requireSandbox(ctx context.Context) error {
	if r.settings.Sandbox != config.SandboxRequire {
		return nil
	}
	missing := "decoders run in this process"
	if r.workers != nil {
		c, err := r.workers.Confinement(ctx)
		if err == nil && c.Whole() {
			return nil
		}
		missing = "confined by " + c.String()
		if err != nil {
			missing = err.Error()
		}
	}
	return &asset.Fault{
		Message: "sandbox: require: some of it is not in force: " + missing,
		Hint:    "run it on a newer kernel or with another profile of the container, or set `sandbox: auto`",
	}
}

// sandbox returns what says how decoders are confined.
func (c Command) sandbox(ctx context.Context) func() string {
	if !c.Isolate || !hasCodecs {
		return nil
	}
	return func() string {
		var pool workers
		defer pool.Close()
		confined, err := pool.Confinement(ctx)
		if err != nil {
			return err.Error()
		}
		if !confined.Whole() {
			return confined.String() + "; not all of it: `sandbox: require` refuses to run"
		}
		return confined.String() + "; all of it, as `sandbox: require` wants"
	}
}

// libraries are those that the version names.
func libraries() []config.Library {
	if !hasCodecs {
		return []config.Library{{Name: "engine:", Version: "a conversion API; this build has no codecs of its own"}}
	}
	var all []config.Library
	for _, l := range codec.Libraries() {
		all = append(all, config.Library(l))
	}
	return all
}

// dotenvPath is where the lines of the setting dotenv go: - is standard output, and
// empty is nowhere. If webpress.yml names it, it is relative to the folder within,
// and may have become a link since it was looked at.
func dotenvPath(s config.Config) (name, within string) {
	switch {
	case isStdout(s.Dotenv):
		return toStdout, ""
	case s.Dotenv == "", s.DryRun:
		return "", ""
	case filepath.IsAbs(s.Dotenv):
		return s.Dotenv, ""
	}
	if _, ok := s.FromFile["dotenv"]; ok {
		return filepath.ToSlash(filepath.Clean(s.Dotenv)), s.WorkingDirectory
	}
	return filepath.Join(s.WorkingDirectory, s.Dotenv), ""
}

// fromStart is a path from the working directory as seen from where webpress was started.
func (r *run) fromStart(name string) string {
	if rel, err := filepath.Rel(r.Dir, r.settings.At(name)); err == nil {
		return filepath.ToSlash(rel)
	}
	return name
}

// refuse prints what is wrong in the settings.
func refuse(log *console.Log, platform ci.CI, err error) int {
	var mistakes config.Mistakes
	if !errors.As(err, &mistakes) {
		log.Error("%s", err)
		p := report.Problem{Message: err.Error(), Hint: asset.HintOf(err)}
		if p.Hint != "" {
			log.Hint("%s", p.Hint)
		}
		summarizeStop(log, platform, []report.Problem{p})
		return ExitUsage
	}
	log.Error("%s", mistakes)
	log.Hint("`webpress --help` shows all settings")
	var notes []ci.Annotation
	for _, m := range mistakes {
		notes = append(notes, ci.Annotation{
			Level: ci.Error, Path: m.File, Title: "webpress: wrong setting", Message: m.String(),
		})
	}
	platform.Annotate(notes)
	summarizeStop(log, platform, []report.Problem{{Message: mistakes.Error()}})
	return ExitUsage
}

// run is one run of a verb.
type run struct {
	Command
	settings config.Config
	ci       ci.CI
	facts    ci.Facts
	secrets  ci.Secrets
	log      *console.Log
	// codec opens images. It is remote or workers, unless there are none.
	codec   engine.Codec
	workers *workers
	// remote converts in their place, nil if this machine does.
	remote *remote.Codec
	// repo is the repository that the run is in, nil if there is none: noRepo is
	// why.
	repo   *git.Repo
	noRepo error
	// downloads are the sources that come from addresses, nil where there are none.
	downloads *downloads
	// elsewhere are the objects of the bucket that results go to, where there is no tree of files:
	// results are there, and not in the working directory.
	elsewhere map[string]bool
	// left are results that a store could not take, and lost says that one has failed as a whole.
	left []string
	lost bool
	// batches are the parts of a run from buckets to buckets, nil for all others.
	batches *batches
	// plan knows what the settings ask for of each source, once they are ready: see
	// readRules.
	plan *plan.Planner
	// kept are the sources that stay although the settings would remove them.
	kept map[string]bool
	// recorded yields the sources of webpress.lock, once that was read.
	recorded iter.Seq[string]
	// shard is which part of all images the run is about.
	shard shard
	// comparer compares with the base, once it is needed: see compare.
	comparer *diff.Comparer
	// confined is the part of it that the run is about, nil for everything, once
	// isConfined says so.
	confined   *diff.Changes
	isConfined bool
	// nothing reports whether there are no images and the settings make that an error.
	nothing bool
	// gallery makes reports to look at, once one is needed: see maker.
	gallery *gallery.Maker
	// http is made when it is first needed: see client.
	http *httpclient.Client
}

// client is the HTTP client of the run.
func (r *run) client() *httpclient.Client {
	if r.http == nil {
		r.http = httpclient.New(httpclient.Options{
			Retries: r.settings.Retries, UserAgent: "webpress/" + r.Version,
			Logf: r.log.Line,
		})
	}
	return r.http
}

// access is how the run reaches the server of its repository.
func (r *run) access() target.Access {
	return target.Access{
		CI: r.ci, Facts: r.facts, Secrets: r.secrets, Token: r.settings.Token, GitLabToken: r.settings.GitlabToken,
		HTTP: r.client(), Log: r.log,
	}
}

// target chooses where the results of the run go.
func (r *run) target() *target.Chooser {
	return &target.Chooser{
		Access: r.access(), Settings: r.settings, Repo: r.repo, NoRepo: r.noRepo, Shard: r.shard.String(), Now: r.Now, OpenBucket: r.openBucket,
	}
}

// readRules gets the settings of the files ready. Its error is a mistake in a rule.
func (r *run) readRules() (err error) {
	r.plan, err = plan.New(r.settings)
	return err
}
