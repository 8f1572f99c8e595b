// Package config holds every setting of webpress once. The fields of Config
// and their tags are the table from which command-line flags, action inputs,
// plugin settings, environment variables, the keys of webpress.yml, action.yml,
// the JSON schema and README's table of settings are all made.
package config

// Config is the settings of one run, checked and ready for use.
//
// Each field with a help tag is one setting; its name is the field's in
// lower case with hyphens. The tags are read by kong, and these by us:
//
//	range  the smallest and the largest number allowed, such as "0,100"
//	unit   "bytes" or "pixels": the number may carry a unit, such as 64MiB or 50MP
//	split  "comma" where a list's elements end at commas and line ends
//	file   "-" where the setting makes no sense in webpress.yml
//	input  "-" where the setting makes no sense as an action's input
type Config struct {
	// Verb is what to do; today always Convert.
	Verb Verb `kong:"-"`
	// Paths are the files, folders and patterns named on the command line, as
	// they were typed. A folder means everything below it. None means Glob.
	Paths []string `kong:"-"`
	// File is the webpress.yml that was read, empty where there is none.
	File string `kong:"-"`

	Glob   []string `group:"which" placeholder:"PATTERN" help:"Patterns of the files to take; ! in front takes files away again. Default: every HEIC, HEIF, HIF, JPEG, PNG, TIFF, BMP, GIF and AVIF."`
	Ignore []string `group:"which" placeholder:"PATTERN" help:"Patterns of files to leave out, besides .git, node_modules and vendor."`

	Format    string `group:"picture" default:"webp" enum:"webp" help:"Format to convert to: ${enum}."`
	Quality   int    `group:"picture" short:"q" default:"80" range:"0,100" placeholder:"N" help:"Quality of lossy encoding, 0 (small) to 100 (faithful)."`
	Lossless  string `group:"picture" default:"auto" enum:"auto,always,never" help:"Encode without loss: ${enum}. With auto, PNG, GIF, BMP and TIFF take the smaller of the two encodings."`
	Effort    int    `group:"picture" default:"4" range:"0,6" placeholder:"N" help:"Time spent on making files small, 0 (fast) to 6 (small)."`
	MaxWidth  int    `group:"picture" default:"0" range:"0,16383" placeholder:"PIXELS" help:"Shrink wider pictures to this width, keeping their shape; 0 is no limit."`
	MaxHeight int    `group:"picture" default:"0" range:"0,16383" placeholder:"PIXELS" help:"Shrink taller pictures to this height, keeping their shape; 0 is no limit."`
	Metadata  string `group:"picture" default:"icc" enum:"icc,none,all" help:"What to keep besides pixels: ${enum}. With icc, colour profiles stay, and places and camera data go."`

	Output     string  `group:"result" short:"o" default:"{dir}/{name}.webp" placeholder:"TEMPLATE" help:"Path of the result, made of {dir}, {name} and {ext} of the source."`
	Overwrite  bool    `group:"result" default:"false" negatable:"" help:"Replace files at the output path that webpress did not make."`
	Originals  string  `group:"result" default:"keep" enum:"keep,remove" help:"What to do with a source once its result is written: ${enum}."`
	MinSavings float64 `group:"result" default:"0" range:"0,100" placeholder:"PERCENT" help:"Keep a result only where it saves at least this share of the bytes. HEIC and AVIF are always kept."`
	DryRun     bool    `group:"result" short:"n" default:"false" negatable:"" help:"Convert and report, but write nothing."`

	// MaxPixels is by default 16383 x 16383, the largest picture a WebP can
	// hold; about 1 GB as RGBA.
	MaxPixels int64 `group:"limits" default:"268402689" range:"1,1000000000000" unit:"pixels" placeholder:"PIXELS" help:"Refuse pictures of more pixels (width x height x frames), such as 50MP. The default is the largest WebP, 16383 x 16383."`
	// MaxFileSize is in bytes.
	MaxFileSize int64 `group:"limits" default:"256MiB" range:"1,1099511627776" unit:"bytes" placeholder:"SIZE" help:"Refuse larger files, such as 20MB or 64MiB."`
	// MemoryLimit is in bytes; 0 means to follow the container's or machine's.
	MemoryLimit int64 `group:"limits" default:"0" range:"0,17592186044416" unit:"bytes" placeholder:"SIZE" help:"Memory for the pictures in work at one time; 0 follows the container's limit."`
	// Jobs of 0 means the number of processors.
	Jobs int `group:"limits" short:"j" default:"0" range:"0,1024" placeholder:"N" help:"Pictures in work at one time; 0 is the number of processors."`

	FailOn  string `group:"report" default:"error" enum:"error,none" help:"When to end with exit code 1: at an image that failed (error), or never (none)."`
	Summary bool   `group:"report" default:"true" negatable:"" help:"Write the summary of the CI job."`
	Report  string `group:"report" placeholder:"FILE" help:"Write a report as JSON to this file."`
	Verbose bool   `group:"report" short:"v" default:"false" negatable:"" help:"Log every file, and how long each step took."`

	// WorkingDirectory is absolute after Load.
	WorkingDirectory string `group:"run" short:"C" file:"-" placeholder:"DIR" help:"Folder to work in; all other paths are relative to it."`
	Config           string `group:"run" file:"-" placeholder:"FILE" help:"File of settings. Default: webpress.yml in the working directory."`
}

// A Verb is what webpress was asked to do.
type Verb string

// Convert finds images and converts them. It is the default verb.
const Convert Verb = "convert"
