// Package config holds every setting of webpress once. The fields of Config
// and their tags are the table from which command-line flags, action inputs,
// plugin settings, environment variables, the keys of webpress.yml, action.yml,
// the JSON schema and the tables of docs/settings.md are all made.
package config

import (
	"path/filepath"
	"reflect"
)

//go:generate go run ./gen

// Config is the settings of one run, checked and ready for use.
//
// Each field with a help tag is one setting; its name is the field's in
// lower case with hyphens. Its tags:
//
//	help     its text
//	group    the key of one of Groups
//	default  as a user would type it
//	enum     the only values allowed
//	short    the flag of one letter
//	placeholder what stands for a value in the help
//	range    the smallest and the largest number allowed, such as "0,100"
//	unit     bytes, pixels or percent: what a number may carry, such as 64MiB
//	check    template, pattern, file, folder, branch, revision, shard, author, url,
//	         look, width, variants, color or text: what a text has to be
//	values   the elements that a list may have
//	alias    other spellings of those, such as jpg=jpeg
//	formats  those that a number may be given for, each on its own scale
//	rule     a rule can say it for some of the files
//	variant  a variant can say it for one output
//	limit    a budget needs one of those that have it
//	default-note  the default in words, where it cannot be typed
//	brief    the text in the short help of commands; a setting without it is not in there
//	top      it is in the short help of webpress as well
//	input-default the default of the action's input, which beats webpress.yml
//	alone    a flag without a value is true
//	file     "-" where the setting makes no sense in webpress.yml
//	secret   the value is never shown, and never read from webpress.yml
//
// A field with setting:"-" is no setting. What is a list of sections in webpress.yml,
// and no single value, has no help tag: sections.go reads it. A Budget is made of the
// same tags.
type Config struct {
	// Verb is what to do.
	Verb Verb `setting:"-"`
	// Upload is the folder of the artifact that Apply checks and commits, Merged are
	// those that Merge joins, as they were typed.
	Upload string   `setting:"-"`
	Merged []string `setting:"-"`
	// Given are the flags with which another run takes the same files and makes the
	// same of them: those for what flags, inputs and variables say and webpress.yml
	// does not.
	Given []string `setting:"-"`
	// Rules are settings for some of the files: the first whose Glob takes a file has
	// them all, its own and those of the run.
	Rules []Rule `setting:"-"`
	// Budgets are limits that Check holds images to.
	Budgets []Budget `setting:"-"`
	// Action reports whether settings came as an action's inputs: webpress runs as the
	// action, and not as a command in a step of somebody's own.
	Action bool `setting:"-"`
	// Paths are the files, folders and patterns named on the command line, as
	// they were typed. A folder means everything below it. With none, Glob alone
	// decides.
	Paths []string `setting:"-"`
	// Bare reports whether nothing says what to do: no argument, no variable, no file of
	// settings, and no CI.
	Bare bool `setting:"-"`
	// LockSet reports whether Lock was set, and is not the default.
	LockSet bool `setting:"-"`
	// Outside are absolute paths of files, folders and patterns that were typed and are
	// not in WorkingDirectory. Absolute says that such paths, or Output, were typed from
	// the root, and are shown so.
	Outside  []string `setting:"-"`
	Absolute bool     `setting:"-"`
	// Target is what Output means. Stdin says that the source is standard input.
	Target Target `setting:"-"`
	Stdin  bool   `setting:"-"`
	// File is the path of the webpress.yml that was read, from WorkingDirectory, empty
	// without one.
	File string `setting:"-"`
	// FromFile are the settings that come from it, each with its place there.
	FromFile map[string]Mistake `setting:"-"`

	// Addresses are the sources that were named by https://, s3:// and the like.
	Addresses []string `setting:"-"`

	// Page is the report to look at that View opens, or makes where it is not there.
	Page string `setting:"-"`

	// Unused and Missing say what the verb References is to list.
	Unused, Missing bool `setting:"-"`

	// Serving is for the verbs Serve and Key. KeyAction is what Key does: add, list or
	// remove. KeyName is the name of the key, empty if there is none.
	Serving   Serving `setting:"-"`
	KeyAction string  `setting:"-"`
	KeyName   string  `setting:"-"`

	// Warnings are what is odd about the settings and no mistake, one line each.
	Warnings []string `setting:"-"`

	// Glob of no patterns means every image.
	Glob   []string `group:"which" placeholder:"PATTERN" check:"pattern" default-note:"all HEIC, HEIF, HIF, JPEG, PNG, TIFF, BMP and GIF files" top:"" brief:"only files that match; !PATTERN excludes" help:"Patterns of the files to convert. One that starts with ! excludes files."`
	Ignore []string `group:"which" placeholder:"PATTERN" check:"pattern" brief:"leave out files that match" help:"Patterns of files to leave out. By default that is hidden folders, dist, build, _site, node_modules, vendor, public of Hugo, Gatsby, Hexo and Zola, virtual environments and favicons, unless glob or an argument names them."`

	// Sources is relative to WorkingDirectory, unless it is absolute.
	Sources string `group:"which" check:"file" placeholder:"FILE" help:"List of sources by address: CSV, JSON Lines or YAML with a url, a path or an id, and any setting of a variant for each."`

	IfNoImages string `group:"which" default:"warn" enum:"warn,error,ignore" placeholder:"WHAT" help:"What to do if patterns are set and match no image: print a warning, fail with exit code 1, or nothing."`

	// Format of no values is WebP.
	Format []string `rule:"" variant:"" group:"image" values:"webp,avif,jpeg,png" alias:"jpg=jpeg" default-note:"webp" placeholder:"FORMAT" top:"" brief:"webp, avif, jpeg or png" help:"Formats to convert to, one output each."`
	// Widths are whole numbers.
	Widths []string `rule:"" group:"image" check:"width" placeholder:"PIXELS" brief:"one output for each of these widths" help:"Widths in pixels, one output each. An image is never enlarged; one that is narrower gives its own width once."`
	// Variants are outputs with settings of their own; they take the place of Widths.
	Variants []Variant `rule:"" group:"image" check:"variants" placeholder:"VARIANT" top:"" brief:"a named output, such as thumb:max-width=300" help:"Named outputs with settings of their own, such as thumb:max-width=300,quality=70, or YAML as in webpress.yml. They replace widths."`
	Quality  Quality   `rule:"" variant:"" group:"image" short:"q" default:"80" range:"0,100" formats:"webp,avif,jpeg" alias:"jpg=jpeg" placeholder:"N" top:"" brief:"lossy quality, 0 to 100 (default: 80), or auto" help:"Quality of lossy encoding: 0 is the smallest file, 100 the best quality. One number means the same look in every format; webp=80,avif=60 sets formats on their own scales; auto finds one for each image, by look."`
	// Look is what ParseLook reads.
	Look       string `rule:"" variant:"" group:"image" default:"high" check:"look" placeholder:"LOOK" help:"Score that quality=auto aims at: good is 70, high is 80, best is 88, or a number up to 100. It is SSIMULACRA 2's, and 90 is visually lossless."`
	MinQuality int    `rule:"" variant:"" group:"image" default:"0" range:"0,100" placeholder:"N" help:"Lowest quality that quality=auto and max-bytes may take, on the scale of quality. 0 is no limit for auto, and 30 for max-bytes."`
	MaxQuality int    `rule:"" variant:"" group:"image" default:"100" range:"0,100" placeholder:"N" help:"Highest quality that quality=auto may take, on the scale of quality."`
	// MaxBytes is 0 for no limit.
	MaxBytes     int64  `rule:"" variant:"" group:"image" default:"0" range:"0,1099511627776" unit:"bytes" placeholder:"SIZE" help:"Lower the quality of a result until it is no larger than this, such as 200kB. 0 is no limit."`
	Shrink       bool   `rule:"" variant:"" group:"image" default:"false" help:"Where the lowest quality does not fit into max-bytes, also make the dimensions smaller."`
	Score        bool   `rule:"" variant:"" group:"image" default:"false" help:"Report how much each result looks like its source, as a score of SSIMULACRA 2; quality=auto always does."`
	QualityCap   bool   `rule:"" variant:"" group:"image" default:"true" help:"Encode a JPEG at no higher quality than its own, which would only make the result larger. What is shrunk is not limited."`
	Lossless     string `rule:"" variant:"" group:"image" default:"auto" enum:"auto,always,never" placeholder:"WHEN" brief:"auto, always or never" help:"When to use lossless encoding. auto compares both for PNG, GIF, BMP and TIFF, and takes the smaller one that looks right."`
	NearLossless string `rule:"" variant:"" group:"image" default:"auto" enum:"auto,never" placeholder:"WHEN" help:"Whether lossless=auto may change pixels by a few levels where that makes a screenshot, chart or table smaller."`
	Effort       int    `rule:"" variant:"" group:"image" default:"4" range:"0,6" placeholder:"N" help:"Compression effort: 0 is the fastest, 6 makes the smallest files."`
	MaxWidth     int    `rule:"" variant:"" group:"image" default:"0" range:"0,65536" placeholder:"PIXELS" top:"" brief:"shrink wider images" help:"Shrink wider images to this width and keep the aspect ratio. 0 is no limit."`
	MaxHeight    int    `rule:"" variant:"" group:"image" default:"0" range:"0,65536" placeholder:"PIXELS" help:"Shrink taller images to this height and keep the aspect ratio. 0 is no limit."`
	Width        int    `rule:"" variant:"" group:"image" default:"0" range:"0,65536" placeholder:"PIXELS" help:"Width of the result: with height and crop exactly, else at most. 0 is not set."`
	Height       int    `rule:"" variant:"" group:"image" default:"0" range:"0,65536" placeholder:"PIXELS" help:"Height of the result: with width and crop exactly, else at most. 0 is not set."`
	Crop         string `rule:"" variant:"" group:"image" default:"none" enum:"none,center,top,bottom,left,right,top-left,top-right,bottom-left,bottom-right,attention,entropy" placeholder:"WHERE" help:"Part of the image to keep when it is cut to width and height. attention keeps what draws the eye, entropy what holds the most detail, none keeps everything and fits it inside."`
	Enlarge      bool   `rule:"" variant:"" group:"image" default:"false" help:"Enlarge images that are smaller than width and height."`
	Background   string `rule:"" variant:"" group:"image" default:"#ffffff" check:"color" placeholder:"COLOR" help:"Color behind transparent pixels in formats without transparency, such as #ffffff."`
	Metadata     string `rule:"" variant:"" group:"image" default:"icc" enum:"icc,copyright,none,all" placeholder:"WHAT" brief:"keep icc (default), copyright, all or none" help:"Metadata to keep. icc keeps color profiles and drops GPS positions, dates and cameras; copyright also keeps the names of author and owner."`

	Output     string  `rule:"" variant:"" group:"result" short:"o" default:"{dir}/{name}.webp" check:"template" placeholder:"TEMPLATE" top:"" brief:"a file, a folder/, - for a pipe, or a template" help:"Path of the result, built from {dir}, {name} and {ext} of its source and {width}, {height}, {format}, {variant} and {hash} of the result; the default adds -{width} or -{variant} where there are several. On the command line also a file (out.webp), a folder (out/), or - for standard output."`
	Overwrite  bool    `rule:"" variant:"" group:"result" default:"false" brief:"replace files that webpress did not create" help:"Replace existing files that webpress did not create."`
	Originals  string  `rule:"" group:"result" default:"keep" enum:"keep,remove,remove-always" placeholder:"WHAT" help:"What to do with a source once its result is written. remove keeps it if no commit contains it, or if a file still refers to it."`
	MinSavings float64 `rule:"" variant:"" group:"result" default:"0" range:"0,100" unit:"percent" placeholder:"PERCENT" brief:"keep only results that save this much" help:"Keep a result only if it is smaller by at least this percentage. Results of HEIC are always kept."`
	// Manifest is relative to WorkingDirectory, unless it is absolute.
	Manifest string `group:"result" placeholder:"FILE" check:"file" help:"Write a JSON file, such as images.json, that lists every image with its dimensions, placeholder, dominant color and all results, for build tools and templates."`
	DryRun   bool   `group:"result" short:"n" default:"false" top:"" brief:"report, but write nothing" help:"Convert and report, but write nothing."`

	// References is one of Off, ReferencesReport, ReferencesUpdate and ReferencesPicture.
	References string `group:"pages" default:"report" enum:"off,report,update,picture" placeholder:"WHAT" brief:"report, update, picture or off" help:"What to do with pages that name an original which has a result: report them, update the names, or make an <img> a <picture> with all formats and widths."`
	Dimensions bool   `group:"pages" default:"false" help:"Add width and height to an <img> that has neither, so that the page does not jump while it loads; with references set to update or picture."`
	// ReferenceRoots are folders from WorkingDirectory.
	ReferenceRoots   []string `group:"pages" placeholder:"DIR" default-note:"static, public, assets, docs, src and what the site's own settings name" help:"Directories in which addresses that start with / begin."`
	ReferenceHosts   []string `group:"pages" placeholder:"HOST" help:"Hosts of absolute addresses that are this site, such as www.example.com."`
	ReferencesSocial bool     `group:"pages" default:"false" help:"Also change og:image, twitter:image, JSON-LD, feeds, icons and web app manifests. Many services that read them show no WebP."`
	BaseURL          string   `group:"pages" check:"url" placeholder:"URL" help:"Address where results are published, such as that of a CDN; pages name them there."`

	// MaxPixels is by default 16383 x 16383, the largest image that a WebP can
	// hold: nothing above it could be written without shrinking, and at four
	// bytes a pixel it is one gigabyte already.
	MaxPixels int64 `rule:"" group:"limits" default:"268402689" range:"1,1000000000000" unit:"pixels" placeholder:"PIXELS" help:"Reject images with more pixels, all frames counted. The default is 16383 x 16383, the largest WebP."`
	// MaxFileSize is in bytes.
	MaxFileSize int64 `rule:"" group:"limits" default:"256MiB" range:"1,1099511627776" unit:"bytes" placeholder:"SIZE" help:"Reject larger files."`
	// MemoryLimit is in bytes; 0 means to follow the container's or machine's.
	MemoryLimit int64 `group:"limits" default:"0" range:"0,17592186044416" unit:"bytes" placeholder:"SIZE" help:"Memory for the images that are converted in parallel. An image that needs more is rejected. 0 uses the limit of the container or machine."`
	// Timeout is in seconds; 0 means as long as the size of an image justifies.
	Timeout int `group:"limits" default:"0" range:"0,86400" placeholder:"SECONDS" help:"Seconds that one image may take. 0 allows a minute and more for large images."`
	// Sandbox is one of Auto, SandboxRequire and SandboxOff.
	Sandbox string `group:"limits" default:"auto" enum:"auto,require,off" placeholder:"WHEN" help:"Decode images in confined processes. auto uses what the system offers, require fails if a part is missing, off decodes in the main process."`
	// Jobs of 0 means the number of processors.
	Jobs int `group:"limits" short:"j" default:"0" range:"0,1024" placeholder:"N" top:"" brief:"images converted in parallel (0 = one per CPU)" help:"Images converted in parallel (0 = one per CPU)."`

	// Engine is empty to convert on this machine.
	Engine         string `group:"engine" check:"url" placeholder:"URL" help:"Address of a conversion API, such as https://convert.example of webpress serve, that converts the images in place of this machine."`
	EngineKey      string `group:"engine" secret:"" file:"-" check:"text" placeholder:"KEY" help:"Key for the API that engine names, also with its host before it: convert.example KEY. If engine is in webpress.yml, the host is needed."`
	EngineInsecure bool   `group:"engine" default:"false" help:"Let engine begin with http:// where it is another machine: images and the key are sent without encryption."`

	Lock  bool `group:"incremental" default:"true" help:"Record results in webpress.lock, so that nothing is converted twice; outside of a git repository only if this is set."`
	Prune bool `group:"incremental" default:"false" brief:"remove results whose source was deleted" help:"Remove results whose source was deleted."`
	// ChangedOnly is one of Auto, Always and Never.
	ChangedOnly string `group:"incremental" default:"auto" enum:"auto,true,false" placeholder:"WHEN" brief:"only files that have changed" help:"Only convert changed files. auto does so on pull and merge requests."`
	Base        string `group:"incremental" check:"revision" placeholder:"COMMIT" default-note:"the base of the pull or merge request, else the default branch" brief:"branch, tag or commit to compare with" help:"Branch, tag or commit to compare with, for changed-only and for budgets."`
	// CacheDir is relative to WorkingDirectory, unless it is absolute.
	CacheDir string `group:"incremental" check:"folder" placeholder:"DIR" help:"Directory that keeps results from one run to the next, for runs that commit nothing."`
	// CacheSize is in bytes.
	CacheSize int64 `group:"incremental" default:"1GB" range:"0,17592186044416" unit:"bytes" placeholder:"SIZE" help:"Maximum size of the cache. Least recently used entries are evicted first."`
	// MaxAge is what ParseAge reads, empty to ask in every run.
	MaxAge string `group:"incremental" check:"age" placeholder:"TIME" help:"How long a source that came from an address counts as unchanged without asking its server, such as 12h or 7d."`
	// Shard is what ParseShard reads, empty for everything.
	Shard string `group:"incremental" check:"shard" placeholder:"I/N" help:"Convert only one part of the images, such as 2/4. auto takes the job's place among the parallel jobs of the CI."`
	// MatrixJob is what ParseMatrixJob reads. GitHub's runner knows strategy in the
	// default of an input (input-default-context in its action_yaml.json); elsewhere
	// the expression may come as it is.
	MatrixJob string `group:"incremental" file:"-" check:"text" placeholder:"I/N" input-default:"${{ strategy.job-index }}/${{ strategy.job-total }}" help:"The job's place in its matrix, counted from 0, for shard=auto."`

	// Checks is empty for all of them.
	Checks []string `group:"check" values:"outputs,budgets,references" placeholder:"WHAT" default-note:"outputs and budgets; budgets where results go to buckets alone" brief:"outputs, budgets, references" help:"What check looks at: whether results are up to date, the budgets in webpress.yml, and whether pages name results and files that exist."`
	// Verify is one of Auto, Always and Never.
	Verify string `group:"check" default:"auto" enum:"auto,true,false" alone:"" placeholder:"WHEN" brief:"convert again and compare" help:"Convert again and compare. auto does so in check, in CI, for lines of webpress.lock that the change adds. With true, check compares all results, apply and merge reject an artifact that differs, and convert replaces results that differ."`
	Sarif  string `group:"check" placeholder:"FILE" check:"file" brief:"write findings as SARIF" help:"Write the findings of check as SARIF 2.1.0 to this file, for code scanning."`

	// Store is empty if nothing was set: the default depends on the platform.
	// none stands alone.
	Store []string `group:"store" values:"commit,artifact,none" check:"store" placeholder:"WHERE" default-note:"commit in the GitHub action, none elsewhere" brief:"commit, artifact, a bucket or none" help:"Where results go from the working tree. An artifact is uploaded on GitHub, Gitea and Forgejo; elsewhere it is the directory artifact-dir. A bucket is an address such as s3://bucket/prefix, gs://bucket/prefix or az://account/container/prefix."`

	CacheControl string `group:"store" check:"text" placeholder:"TEXT" default-note:"immutable where output has {hash}, else none" help:"Cache-Control of the objects in a bucket, such as public, max-age=86400."`
	// The names of who may write to a bucket in place of keys, by the CI's OpenID Connect token.
	AwsRole                     string `group:"store" check:"text" placeholder:"ARN" help:"ARN of the AWS role to assume with the CI's identity token."`
	GcpWorkloadIdentityProvider string `group:"store" check:"text" placeholder:"NAME" help:"Workload identity provider of Google Cloud that takes the CI's identity token: projects/123/locations/global/workloadIdentityPools/x/providers/y."`
	GcpServiceAccount           string `group:"store" check:"text" placeholder:"NAME" help:"Service account of Google Cloud to act as; empty acts as the identity itself."`
	AzureClientID               string `group:"store" check:"text" placeholder:"ID" help:"Client ID of the Azure application that trusts the CI's identity token."`
	AzureTenantID               string `group:"store" check:"text" placeholder:"ID" help:"Tenant ID of that application."`

	CommitMessage     string   `group:"commit" check:"text" placeholder:"TEXT" default-note:"a Conventional Commits message with the savings" brief:"commit message" help:"Commit message."`
	CommitBranch      string   `group:"commit" check:"branch" placeholder:"BRANCH" default-note:"the pull request's branch, or the pushed branch" brief:"branch to commit to" help:"Branch to commit to. It is created if it does not exist."`
	CommitMethod      string   `group:"commit" default:"auto" enum:"auto,graphql,push" placeholder:"HOW" brief:"auto, graphql or push" help:"How to create the commit: graphql (GitHub API, signed), push (git), or auto: the first that works and preserves commit-author."`
	CommitAuthor      string   `group:"commit" check:"author" placeholder:"AUTHOR" default-note:"the CI's bot" brief:"author of the commit" help:"Author of the commit. With graphql it cannot be set; a pushed commit is not signed."`
	OpenPullRequest   bool     `group:"commit" default:"false" brief:"open or update a pull or merge request" help:"Open a pull or merge request for commit-branch, or update the open one."`
	PullRequestTitle  string   `group:"commit" check:"text" placeholder:"TEXT" default-note:"the first line of the commit message" help:"Title of the pull or merge request."`
	PullRequestLabels []string `group:"commit" placeholder:"LABEL" help:"Labels of the pull or merge request."`

	ArtifactName string `group:"artifact" default:"webpress" check:"text" placeholder:"NAME" help:"Name of the artifact."`
	// ArtifactRetentionDays of 0 means what the repository has set.
	ArtifactRetentionDays int `group:"artifact" default:"0" range:"0,400" placeholder:"DAYS" help:"Days until the artifact is deleted. 0 uses the repository's setting."`
	// ArtifactDir is relative to WorkingDirectory, unless it is absolute.
	ArtifactDir string `group:"artifact" check:"folder" placeholder:"DIR" help:"Directory to copy results to so that CI can collect them, as with GitLab's artifacts:paths."`

	// Token and the other secrets are never shown.
	Token       string `group:"access" secret:"" file:"-" check:"text" placeholder:"TOKEN" input-default:"${{ github.token }}" default-note:"the job's token in the GitHub action" brief:"token to commit and comment with" help:"Token to commit, comment and open pull requests with."`
	GitlabToken string `group:"access" secret:"" file:"-" check:"text" placeholder:"TOKEN" help:"GitLab token with the scope api, to comment on merge requests and to open them. The job token cannot do that."`
	Retries     int    `group:"access" default:"5" range:"0,20" placeholder:"N" help:"How often to retry a failed request."`

	ConcurrencyPerHost int      `group:"access" default:"4" range:"1,64" placeholder:"N" help:"How many sources to download from one host at a time."`
	AllowPrivateHosts  []string `group:"access" placeholder:"HOST" default-note:"none" help:"Hosts or networks, such as 10.0.0.0/8, that sources may come from although their addresses are private."`
	// Header is one line for each header: HOST NAME: VALUE.
	Header string `group:"access" secret:"" file:"-" check:"headers" placeholder:"TEXT" help:"Headers for the downloads of sources, one a line, each for a host: shop.example Authorization: Bearer TOKEN."`

	FailOn  string `group:"report" default:"error" enum:"error,change,none" placeholder:"WHAT" help:"When to exit with 1. error: an image failed; change: also if files were written or are not staged; none: never."`
	Summary bool   `group:"report" default:"true" brief:"write the job summary" help:"Write the job summary of the CI."`
	// Report is relative to WorkingDirectory, unless it is absolute.
	Report string `group:"report" placeholder:"FILE" check:"file" brief:"write a report: .html to look at, else JSON" help:"Write a report to this file: one to look at, with before and after, if its name ends in .html, else JSON. Folders that are missing are created."`
	// Dotenv and CodeQuality are relative to WorkingDirectory, unless absolute.
	Dotenv        string `group:"report" placeholder:"FILE" check:"file" help:"Write the outputs as WEBPRESS_NAME=value lines to this file, for GitLab's artifacts:reports:dotenv."`
	CodeQuality   string `group:"report" placeholder:"FILE" check:"file" brief:"write a GitLab code quality report" help:"Write failures to this file as a GitLab code quality report."`
	Comment       bool   `group:"report" default:"false" brief:"keep one comment up to date" help:"Keep one comment on the pull or merge request up to date."`
	WebhookURL    string `group:"report" secret:"" file:"-" check:"url" placeholder:"URL" help:"Post the JSON report to this URL."`
	WebhookSecret string `group:"report" secret:"" file:"-" check:"text" placeholder:"SECRET" help:"Secret that signs the posted report (Standard Webhooks, and X-Webpress-Signature-256). Several whsec_ secrets can be given during rotation."`
	// JSON is as Report with -, whatever else Report says.
	JSON    bool   `group:"report" file:"-" default:"false" top:"" brief:"write the JSON report to standard output" help:"Write the JSON report to standard output, and everything else to standard error."`
	Color   string `group:"report" file:"-" default:"auto" enum:"auto,always,never" placeholder:"WHEN" help:"When to color the output. auto does so on a terminal unless NO_COLOR is set, and elsewhere if CLICOLOR_FORCE or FORCE_COLOR is set."`
	Quiet   bool   `group:"report" default:"false" top:"" brief:"print only errors" help:"Print only errors and what was asked for, such as the JSON report."`
	Verbose bool   `group:"report" short:"v" default:"false" top:"" brief:"log every file" help:"Log every file and how long it took, and what was left out by default."`

	// Command is the verb where none is typed, Uploads what Merge joins then.
	Command string   `group:"run" file:"-" default:"convert" enum:"convert,check,merge" placeholder:"VERB" help:"The command if none is typed, as in an action."`
	Uploads []string `group:"run" file:"-" placeholder:"DIR" brief:"directories of the artifacts" help:"Directories of the artifacts for merge, if none is typed."`
	// WorkingDirectory is absolute after Load.
	WorkingDirectory string `group:"run" short:"C" file:"-" placeholder:"DIR" default-note:"the current directory" help:"Directory to work in. All other paths are relative to it."`
	Config           string `group:"run" file:"-" placeholder:"FILE" check:"file" default-note:"webpress.yml or .webpress.yml in the working directory, or in the nearest directory above it within the repository" help:"File to read settings from. --no-config reads none."`
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
	// Init writes the files that a repository needs to use webpress.
	Init Verb = "init"
	// Merge joins what the shards of a run have made.
	Merge Verb = "merge"
	// Accept takes results that were changed by hand as they are.
	Accept Verb = "accept"
	// References lists where pages name images.
	References Verb = "references"
	// View makes the report to look at of what is there, and opens it.
	View Verb = "view"
	// RepairLock repairs webpress.lock.
	RepairLock Verb = "repair-lock"
	// Serve converts images for others by an HTTP API.
	Serve Verb = "serve"
	// Key is about the keys of that API.
	Key Verb = "key"
)

// The values of settings that others have to know.
const (
	Auto   = "auto"
	Always = "true"
	Never  = "false"

	SandboxRequire = "require"
	SandboxOff     = "off"

	ColorAlways = "always"
	ColorNever  = "never"

	CheckOutputs = "outputs"
	CheckBudgets = "budgets"
	// CheckReferences is the only one that has to be asked for.
	CheckReferences = "references"

	ReferencesOff     = "off"
	ReferencesReport  = "report"
	ReferencesUpdate  = "update"
	ReferencesPicture = "picture"

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

// At is the absolute path of a file or folder that a setting names.
func (c Config) At(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(c.WorkingDirectory, name)
}

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
