// Package config holds every setting of webpress once. The fields of Config
// and their tags are the table from which command-line flags, action inputs,
// plugin settings, environment variables, the keys of webpress.yml, action.yml,
// the JSON schema and README's tables are all made.
package config

//go:generate go run ./gen

// Config is the settings of one run, checked and ready for use.
//
// Each field with a help tag is one setting; its name is the field's in
// lower case with hyphens. Some tags are kong's (help, default, enum, short,
// negatable, placeholder, group), these are ours:
//
//	range    the smallest and the largest number allowed, such as "0,100"
//	unit     bytes, pixels or percent: what a number may carry, such as 64MiB
//	check    template, pattern or file: what a text has to be
//	default-note  the default in words, where it is none that could be typed
//	file     "-" where the setting makes no sense in webpress.yml
//
// A setting that is a section of webpress.yml rather than one value has no
// help tag: it gets its own reader in file.go.
type Config struct {
	// Verb is what to do; today always Convert.
	Verb Verb `kong:"-"`
	// Paths are the files, folders and patterns named on the command line, as
	// they were typed. A folder means everything below it. With none, Glob alone
	// decides.
	Paths []string `kong:"-"`
	// File is the path of the webpress.yml that was read, empty without one.
	File string `kong:"-"`

	// Glob of no patterns means every picture.
	Glob   []string `group:"which" placeholder:"PATTERN" check:"pattern" default-note:"every HEIC, HEIF, HIF, JPEG, PNG, TIFF, BMP, GIF and AVIF file" help:"Patterns of the files to take; one that starts with ! leaves files out again."`
	Ignore []string `group:"which" placeholder:"PATTERN" check:"pattern" help:"Patterns of files to leave out, besides those in .git, node_modules and vendor."`

	Format    string `group:"picture" default:"webp" enum:"webp" placeholder:"FORMAT" help:"Format to convert to."`
	Quality   int    `group:"picture" short:"q" default:"80" range:"0,100" placeholder:"N" help:"Quality of lossy encoding: 0 is the smallest, 100 the most faithful."`
	Lossless  string `group:"picture" default:"auto" enum:"auto,always,never" placeholder:"WHEN" help:"When to encode without loss; auto takes the smaller encoding for PNG, GIF, BMP and TIFF."`
	Effort    int    `group:"picture" default:"4" range:"0,6" placeholder:"N" help:"Work put into small files: 0 is the fastest, 6 the smallest."`
	MaxWidth  int    `group:"picture" default:"0" range:"0,16383" placeholder:"PIXELS" help:"Shrink wider pictures to this width and keep their shape; 0 is no limit."`
	MaxHeight int    `group:"picture" default:"0" range:"0,16383" placeholder:"PIXELS" help:"Shrink taller pictures to this height and keep their shape; 0 is no limit."`
	Metadata  string `group:"picture" default:"icc" enum:"icc,none,all" placeholder:"WHAT" help:"What to keep besides the pixels: icc keeps colour profiles and drops places, dates and cameras."`

	Output     string  `group:"result" short:"o" default:"{dir}/{name}.webp" check:"template" placeholder:"TEMPLATE" help:"Path of the result, made of the {dir}, {name} and {ext} of its source."`
	Overwrite  bool    `group:"result" default:"false" negatable:"" help:"Replace files in the place of a result that webpress did not make."`
	Originals  string  `group:"result" default:"keep" enum:"keep,remove" placeholder:"WHAT" help:"What to do with a source once its result is written."`
	MinSavings float64 `group:"result" default:"0" range:"0,100" unit:"percent" placeholder:"PERCENT" help:"Keep a result only if it saves at least this share of the bytes; results of HEIC and AVIF are always kept."`
	DryRun     bool    `group:"result" short:"n" default:"false" negatable:"" help:"Convert and report, but write nothing."`

	// MaxPixels is by default 16383 x 16383, the largest picture that a WebP can
	// hold: nothing above it could be written without shrinking, and at four
	// bytes a pixel it is one gigabyte already.
	MaxPixels int64 `group:"limits" default:"268402689" range:"1,1000000000000" unit:"pixels" placeholder:"PIXELS" help:"Refuse pictures with more pixels, all frames together; the default is 16383 x 16383, the largest WebP."`
	// MaxFileSize is in bytes.
	MaxFileSize int64 `group:"limits" default:"256MiB" range:"1,1099511627776" unit:"bytes" placeholder:"SIZE" help:"Refuse larger files."`
	// MemoryLimit is in bytes; 0 means to follow the container's or machine's.
	MemoryLimit int64 `group:"limits" default:"0" range:"0,17592186044416" unit:"bytes" placeholder:"SIZE" help:"Memory for the pictures in work at a time; 0 follows the container's limit."`
	// Jobs of 0 means the number of processors.
	Jobs int `group:"limits" short:"j" default:"0" range:"0,1024" placeholder:"N" help:"Pictures in work at a time; 0 is one a processor."`

	FailOn  string `group:"report" default:"error" enum:"error,none" placeholder:"WHAT" help:"When to end with exit code 1: error is at a picture that failed, none is never."`
	Summary bool   `group:"report" default:"true" negatable:"" help:"Write the summary of the CI job."`
	// Report is relative to WorkingDirectory, unless it is absolute.
	Report  string `group:"report" placeholder:"FILE" check:"file" help:"Write a report as JSON to this file."`
	Verbose bool   `group:"report" short:"v" default:"false" negatable:"" help:"Log every file and how long it took."`

	// WorkingDirectory is absolute after Load.
	WorkingDirectory string `group:"run" short:"C" file:"-" placeholder:"DIR" default-note:"where webpress is started" help:"Folder to work in; all other paths start from it."`
	Config           string `group:"run" file:"-" placeholder:"FILE" check:"file" default-note:"webpress.yml, if there is one" help:"File to read settings from."`
}

// A Verb is what webpress was asked to do.
type Verb string

// Convert finds images and converts them. It is the default verb.
const Convert Verb = "convert"
