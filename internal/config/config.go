// Package config holds every setting of webpress once. The fields of Config
// and their tags are the table from which command-line flags, action inputs,
// plugin settings, environment variables, the keys of webpress.yml, action.yml,
// the JSON schema and the tables of docs/settings.md are all made.
package config

import "reflect"

//go:generate go run ./gen

// Config is the settings of one run, checked and ready for use.
//
// Each field with a help tag is one setting; its name is the field's in
// lower case with hyphens. Some tags are kong's (help, default, enum, short,
// negatable, placeholder, group), these are ours:
//
//	range    the smallest and the largest number allowed, such as "0,100"
//	unit     bytes, pixels or percent: what a number may carry, such as 64MiB
//	check    template, pattern, file, folder, branch, revision, shard, author, url
//	         or text: what a text has to be
//	values   the elements that a list may have
//	alias    other spellings of those, such as jpg=jpeg
//	rule     a rule can say it for some of the files
//	limit    a budget needs one of those that have it
//	default-note  the default in words, where it is none that could be typed
//	input-default the default of the action's input, which beats webpress.yml
//	alone    a flag without a value is true
//	file     "-" where the setting makes no sense in webpress.yml
//	secret   the value is never shown, and never read from webpress.yml
//
// What is a list of sections in webpress.yml, and no single value, has no help
// tag: sections.go reads it. A Budget is made of the same tags.
type Config struct {
	// Verb is what to do.
	Verb Verb `kong:"-"`
	// Upload is the folder of the artifact that Apply checks and commits, Merged are
	// those that Merge joins, as they were typed.
	Upload string   `kong:"-"`
	Merged []string `kong:"-"`
	// Given are the flags with which another run takes the same files and makes the
	// same of them: those for what flags, inputs and variables say and webpress.yml
	// does not.
	Given []string `kong:"-"`
	// Rules are settings for some of the files: the first whose Glob takes a file has
	// them all, its own and those of the run.
	Rules []Rule `kong:"-"`
	// Budgets are limits that Check holds pictures to.
	Budgets []Budget `kong:"-"`
	// Action says that settings came as an action's inputs: webpress runs as the
	// action, and not as a command in a step of somebody's own.
	Action bool `kong:"-"`
	// Paths are the files, folders and patterns named on the command line, as
	// they were typed. A folder means everything below it. With none, Glob alone
	// decides.
	Paths []string `kong:"-"`
	// File is the path of the webpress.yml that was read, from WorkingDirectory, empty
	// without one.
	File string `kong:"-"`
	// FromFile are the settings that come from it, each with its place there.
	FromFile map[string]Mistake `kong:"-"`

	// Warnings are what is odd about the settings and no mistake, one line each.
	Warnings []string `kong:"-"`

	// Glob of no patterns means every picture.
	Glob   []string `group:"which" placeholder:"PATTERN" check:"pattern" default-note:"every HEIC, HEIF, HIF, JPEG, PNG, TIFF, BMP and GIF file" help:"Patterns of the files to take; one that starts with ! leaves files out again."`
	Ignore []string `group:"which" placeholder:"PATTERN" check:"pattern" help:"Patterns of files to leave out, besides those in .git, node_modules and vendor."`

	IfNoImages string `group:"which" default:"warn" enum:"warn,error,ignore" placeholder:"WHAT" help:"What to do where patterns are set and match no image: warn, end with exit code 1, or nothing."`

	Format       string `rule:"" group:"picture" default:"webp" enum:"webp" placeholder:"FORMAT" help:"Format to convert to."`
	Quality      int    `rule:"" group:"picture" short:"q" default:"80" range:"0,100" placeholder:"N" help:"Quality of lossy encoding: 0 is the smallest, 100 the most faithful."`
	Lossless     string `rule:"" group:"picture" default:"auto" enum:"auto,always,never" placeholder:"WHEN" help:"When to encode without loss; auto takes the smaller encoding that looks right for PNG, GIF, BMP and TIFF."`
	NearLossless string `rule:"" group:"picture" default:"auto" enum:"auto,never" placeholder:"WHEN" help:"Whether lossless auto may change pixels by a few levels where that makes a screenshot, chart or table smaller."`
	Effort       int    `rule:"" group:"picture" default:"4" range:"0,6" placeholder:"N" help:"Work put into small files: 0 is the fastest, 6 the smallest."`
	MaxWidth     int    `rule:"" group:"picture" default:"0" range:"0,16383" placeholder:"PIXELS" help:"Shrink wider pictures to this width and keep their shape; 0 is no limit."`
	MaxHeight    int    `rule:"" group:"picture" default:"0" range:"0,16383" placeholder:"PIXELS" help:"Shrink taller pictures to this height and keep their shape; 0 is no limit."`
	Metadata     string `rule:"" group:"picture" default:"icc" enum:"icc,copyright,none,all" placeholder:"WHAT" help:"What to keep besides the pixels: icc keeps color profiles and drops places, dates and cameras; copyright also keeps the names of author and owner."`

	Output     string  `rule:"" group:"result" short:"o" default:"{dir}/{name}.webp" check:"template" placeholder:"TEMPLATE" help:"Path of the result, made of the {dir}, {name} and {ext} of its source."`
	Overwrite  bool    `rule:"" group:"result" default:"false" negatable:"" help:"Replace files in the place of a result that webpress did not make."`
	Originals  string  `rule:"" group:"result" default:"keep" enum:"keep,remove,remove-always" placeholder:"WHAT" help:"What to do with a source once its result is written: remove keeps it where no commit has its content, or a file still names it."`
	MinSavings float64 `rule:"" group:"result" default:"0" range:"0,100" unit:"percent" placeholder:"PERCENT" help:"Keep a result only if it saves at least this share of the bytes; results of HEIC are always kept."`
	DryRun     bool    `group:"result" short:"n" default:"false" negatable:"" help:"Convert and report, but write nothing."`

	// MaxPixels is by default 16383 x 16383, the largest picture that a WebP can
	// hold: nothing above it could be written without shrinking, and at four
	// bytes a pixel it is one gigabyte already.
	MaxPixels int64 `rule:"" group:"limits" default:"268402689" range:"1,1000000000000" unit:"pixels" placeholder:"PIXELS" help:"Refuse pictures with more pixels, all frames together; the default is 16383 x 16383, the largest WebP."`
	// MaxFileSize is in bytes.
	MaxFileSize int64 `rule:"" group:"limits" default:"256MiB" range:"1,1099511627776" unit:"bytes" placeholder:"SIZE" help:"Refuse larger files."`
	// MemoryLimit is in bytes; 0 means to follow the container's or machine's.
	MemoryLimit int64 `group:"limits" default:"0" range:"0,17592186044416" unit:"bytes" placeholder:"SIZE" help:"Memory for the images in work at a time; one that needs more is refused; 0 follows the container's limit."`
	// Jobs of 0 means the number of processors.
	Jobs int `group:"limits" short:"j" default:"0" range:"0,1024" placeholder:"N" help:"Pictures in work at a time; 0 is one a processor."`

	Lock  bool `group:"again" default:"true" negatable:"" help:"Remember in webpress.lock what is done, and do nothing twice."`
	Prune bool `group:"again" default:"false" negatable:"" help:"Remove results whose source is gone."`
	// ChangedOnly is one of Auto, Always and Never.
	ChangedOnly string `group:"again" default:"auto" enum:"auto,true,false" placeholder:"WHEN" help:"Take only files that have changed; auto is on pull and merge requests."`
	Base        string `group:"again" check:"revision" placeholder:"COMMIT" default-note:"the base of the pull or merge request, else the default branch" help:"Branch, tag or commit to compare with, for changed-only and for budgets."`
	// CacheDir is relative to WorkingDirectory, unless it is absolute.
	CacheDir string `group:"again" check:"folder" placeholder:"DIR" help:"Folder that keeps finished results from one run to the next, for runs that commit nothing."`
	// CacheSize is in bytes.
	CacheSize int64 `group:"again" default:"1GB" range:"0,17592186044416" unit:"bytes" placeholder:"SIZE" help:"Most that the folder may hold; what was not used for longest goes first."`
	// Shard is what ParseShard reads, empty for everything.
	Shard string `group:"again" check:"shard" placeholder:"I/N" help:"Do one of several parts, such as 2/4; auto is the place among the CI's parallel jobs."`
	// MatrixJob is what ParseMatrixJob reads. GitHub's runner knows strategy in the
	// default of an input (input-default-context in its action_yaml.json); elsewhere
	// the expression may come as it is.
	MatrixJob string `group:"again" file:"-" check:"text" placeholder:"I/N" input-default:"${{ strategy.job-index }}/${{ strategy.job-total }}" help:"Place of the job in its matrix, counted from 0, for shard auto."`

	// Checks is empty for all of them.
	Checks []string `group:"check" values:"outputs,budgets" placeholder:"WHAT" default-note:"both" help:"What check looks at: whether results are up to date, and the budgets in webpress.yml."`
	// Verify is one of Auto, Always and Never.
	Verify string `group:"check" default:"auto" enum:"auto,true,false" alone:"" placeholder:"WHEN" help:"Make results again and compare: auto does so in check, in CI, for lines of webpress.lock that the change adds; with true check does it for all, apply and merge refuse an upload in which a byte differs, and convert replaces what differs."`
	Sarif  string `group:"check" placeholder:"FILE" check:"file" help:"Write what check finds as SARIF 2.1.0 to this file, for code scanning."`

	// Store is empty where nothing was set: the default depends on the platform.
	// none stands alone.
	Store []string `group:"store" values:"commit,artifact,none" placeholder:"WHERE" default-note:"commit in the GitHub action, none elsewhere" help:"Where results go from the work tree; an artifact is uploaded on GitHub, Gitea and Forgejo, and is the folder artifact-dir elsewhere."`

	CommitMessage     string   `group:"commit" check:"text" placeholder:"TEXT" default-note:"one in the form of Conventional Commits, with the savings" help:"Message of the commit."`
	CommitBranch      string   `group:"commit" check:"branch" placeholder:"BRANCH" default-note:"the pull request's branch, or the one that was pushed" help:"Branch to commit to; it is made where it does not exist."`
	CommitMethod      string   `group:"commit" default:"auto" enum:"auto,graphql,rest,push" placeholder:"HOW" help:"How to commit: graphql and rest are GitHub's, and sign it; push is git's; auto takes the first that can, and that keeps commit-author."`
	CommitAuthor      string   `group:"commit" check:"author" placeholder:"AUTHOR" default-note:"the bot of the CI" help:"Author of the commit; GitHub's graphql cannot set it, and its rest does not sign it then."`
	OpenPullRequest   bool     `group:"commit" default:"false" negatable:"" help:"Open a pull or merge request for commit-branch, or bring the open one up to date."`
	PullRequestTitle  string   `group:"commit" check:"text" placeholder:"TEXT" default-note:"the first line of the commit's message" help:"Title of the pull or merge request."`
	PullRequestLabels []string `group:"commit" placeholder:"LABEL" help:"Labels of the pull or merge request."`

	ArtifactName string `group:"artifact" default:"webpress" check:"text" placeholder:"NAME" help:"Name of the artifact."`
	// ArtifactRetentionDays of 0 means what the repository has set.
	ArtifactRetentionDays int `group:"artifact" default:"0" range:"0,400" placeholder:"DAYS" help:"Days after which the artifact is deleted; 0 is what the repository has set."`
	// ArtifactDir is relative to WorkingDirectory, unless it is absolute.
	ArtifactDir string `group:"artifact" check:"folder" placeholder:"DIR" help:"Folder to copy results to, for the CI to take up, such as by artifacts:paths of GitLab."`

	// Token and the other secrets are never shown.
	Token       string `group:"access" secret:"" file:"-" check:"text" placeholder:"TOKEN" input-default:"${{ github.token }}" default-note:"the job's own token in the GitHub action" help:"Token to commit, to open pull requests and to comment with."`
	GitlabToken string `group:"access" secret:"" file:"-" check:"text" placeholder:"TOKEN" help:"Token with the scope api to comment on merge requests of GitLab with, and to open them, which its job token cannot."`
	Retries     int    `group:"access" default:"5" range:"0,20" placeholder:"N" help:"How often a failed request is repeated."`

	FailOn  string `group:"report" default:"error" enum:"error,change,none" placeholder:"WHAT" help:"When to end with exit code 1: error is at a picture that failed, change also where anything was written or is not yet added to git, none is never."`
	Summary bool   `group:"report" default:"true" negatable:"" help:"Write the summary of the CI job."`
	// Report is relative to WorkingDirectory, unless it is absolute.
	Report string `group:"report" placeholder:"FILE" check:"file" help:"Write a report as JSON to this file."`
	// Dotenv and CodeQuality are relative to WorkingDirectory, unless absolute.
	Dotenv        string `group:"report" placeholder:"FILE" check:"file" help:"Write the outputs to this file as WEBPRESS_NAME=value lines, for artifacts:reports:dotenv of GitLab."`
	CodeQuality   string `group:"report" placeholder:"FILE" check:"file" help:"Write failures as GitLab's code-quality report to this file."`
	Comment       bool   `group:"report" default:"false" negatable:"" help:"Keep one comment on the pull or merge request up to date."`
	WebhookURL    string `group:"report" secret:"" file:"-" check:"url" placeholder:"URL" help:"Post the JSON report to this address."`
	WebhookSecret string `group:"report" secret:"" file:"-" check:"text" placeholder:"SECRET" help:"Secret to sign what is posted with, by Standard Webhooks and in X-Webpress-Signature-256; several of whsec_ while one replaces another."`
	Verbose       bool   `group:"report" short:"v" default:"false" negatable:"" help:"Log every file and how long it took."`

	// Command is the verb where none is typed, Uploads what Merge joins then.
	Command string   `group:"run" file:"-" default:"convert" enum:"convert,check,merge" placeholder:"VERB" help:"What to do where no command is typed, as in an action."`
	Uploads []string `group:"run" file:"-" placeholder:"DIR" help:"Folders that merge joins, where none is typed."`
	// WorkingDirectory is absolute after Load.
	WorkingDirectory string `group:"run" short:"C" file:"-" placeholder:"DIR" default-note:"where webpress is started" help:"Folder to work in; all other paths start from it."`
	Config           string `group:"run" file:"-" placeholder:"FILE" check:"file" default-note:"webpress.yml or .webpress.yml in the working directory, or the nearest folder above it in the repository" help:"File to read settings from; --no-config reads none."`
}

// A Verb is what webpress was asked to do.
type Verb string

const (
	// Convert finds images and converts them. It is the default verb.
	Convert Verb = "convert"
	// Check says what is not as it should be, and changes nothing.
	Check Verb = "check"
	// Apply checks what a run with fewer rights has uploaded, and commits it.
	Apply Verb = "apply"
	// Merge joins what the shards of a run have made.
	Merge Verb = "merge"
	// Accept takes results that were changed by hand as they are.
	Accept Verb = "accept"
	// Relock mends webpress.lock.
	Relock Verb = "relock"
)

// The values of settings that others have to know.
const (
	Auto   = "auto"
	Always = "true"
	Never  = "false"

	CheckOutputs = "outputs"
	CheckBudgets = "budgets"

	OriginalsKeep   = "keep"
	OriginalsRemove = "remove"

	FailOnChange = "change"
	FailOnNone   = "none"

	Warn   = "warn"
	Fail   = "error"
	Ignore = "ignore"

	StoreCommit   = "commit"
	StoreArtifact = "artifact"
	StoreNone     = "none"
)

// Secrets are the values that must not be shown.
func (c Config) Secrets() []string {
	var all []string
	v := reflect.ValueOf(c)
	for i := range table {
		if s := &table[i]; s.Secret && v.Field(s.field).String() != "" {
			all = append(all, v.Field(s.field).String())
		}
	}
	return all
}
