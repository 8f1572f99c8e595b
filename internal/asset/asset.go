// Package asset holds the types shared by the packages of webpress: a Source is
// found, a Job says which Targets are wanted of it, a Result says what became of it,
// with an Output for each target. All of it is plain data that can be written as
// JSON; no pixel, no open file and no C pointer is ever part of it.
package asset

import (
	"math"
	"slices"
	"time"
)

// A Format names an image format by its content, never by a file's name.
type Format string

// The formats webpress knows. HEIC stands for every HEVC-coded HEIF file
// (.heic, .heif, .hif), AVIF for every AV1-coded one.
const (
	HEIC Format = "heic"
	AVIF Format = "avif"
	JPEG Format = "jpeg"
	PNG  Format = "png"
	GIF  Format = "gif"
	TIFF Format = "tiff"
	BMP  Format = "bmp"
	WebP Format = "webp"
)

// A Source is one image file found in the tree.
type Source struct {
	// Path is relative to the working directory and has forward slashes.
	Path string `json:"path"`
	// Format is what the content is.
	Format Format `json:"format"`
	// Size is the file's length in bytes.
	Size int64 `json:"size"`
	// Blob is the id that git has for the content, or would have: in a repository
	// what git hash-object gives, filters such as Git LFS applied. It is empty
	// where it is not known.
	Blob string `json:"blob,omitempty"`
	// Ignored says that git ignores the file, or that another repository has it:
	// nothing of it is written down for later runs.
	Ignored bool `json:"ignored,omitempty"`
	// Notes are remarks for the user, such as a wrong file name extension.
	Notes []string `json:"notes,omitempty"`
}

// A Target is one output that is wanted of a source, and where.
type Target struct {
	Variant
	// Path is relative to the working directory and has forward slashes.
	Path string `json:"path"`
	// Overwrite replaces whatever file is at Path.
	Overwrite bool `json:"overwrite,omitempty"`
	// MinSavings is the least share of the source's bytes, in percent, that the
	// output must save to be kept. HEIC sources are exempt.
	MinSavings float64 `json:"min-savings,omitempty"`
	// Owned says that the file at Path is what webpress made of this source before,
	// and that nobody has changed it since: it may be replaced.
	Owned bool `json:"owned,omitempty"`
	// ReuseFrom is the path of an output that was made of the same content by the same
	// variant, empty if there is none: its bytes are those that are wanted.
	// RemoveReused says that it belongs to a source that is gone, and is removed.
	ReuseFrom    string `json:"reuse-from,omitempty"`
	RemoveReused bool   `json:"remove-reused,omitempty"`
}

// Limits are what a source may be.
type Limits struct {
	// MaxPixels refuses images that claim more pixels (width x height x frames); 0 is
	// no limit.
	MaxPixels int64 `json:"max-pixels,omitempty"`
}

// A Job is one source and the outputs that are wanted of it. It is decoded once.
type Job struct {
	Source  Source   `json:"source"`
	Targets []Target `json:"targets"`
	Limits  Limits   `json:"limits"`
	// RemoveSource deletes the source once all outputs were written and decoded again.
	RemoveSource bool `json:"remove-source,omitempty"`
}

// A Status says how a source or an output ended.
type Status string

// Every output ends in exactly one of these.
const (
	Converted Status = "converted"
	Skipped   Status = "skipped"
	Failed    Status = "failed"
)

// A Reason says why an output was skipped. Its words are in package report.
type Reason string

// The reasons for skipping.
const (
	NotSmaller Reason = "not-smaller"
	UpToDate   Reason = "up-to-date"
	SameFormat Reason = "same-format"
)

// An Output is what became of one target.
type Output struct {
	// Path is where the output is or would be.
	Path string `json:"path"`
	// Variant is the name of its variant, empty for the only one.
	Variant string `json:"variant,omitempty"`
	Format  Format `json:"format"`
	Status  Status `json:"status"`
	// Reason is set if Status is Skipped.
	Reason Reason `json:"reason,omitempty"`
	// Err is set if Status is Failed.
	Err *Fault `json:"error,omitempty"`
	// Size is the length in bytes. For an output skipped as NotSmaller, it is the
	// length that was not kept.
	Size int64 `json:"bytes"`
	// Width and Height are in pixels, as it is shown; 0 if not known.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Frames is 1 for a still image.
	Frames int `json:"frames,omitempty"`
	// Lossless says which encoding was used.
	Lossless bool `json:"lossless,omitempty"`
	// SHA256 is the lower-case hex digest of the content.
	SHA256 string `json:"sha256,omitempty"`
	// Replaced is the path of an older output that was removed as this one took its
	// place, as after a source was renamed; empty if there was none.
	Replaced string `json:"replaced,omitempty"`
	// Notes are remarks for the user about this output.
	Notes []string `json:"notes,omitempty"`
}

// There says that a file is at Path, made by this run or before.
func (o Output) There() bool {
	return o.Status == Converted || o.Status == Skipped && o.Reason == UpToDate
}

// A Result is what became of one Source.
type Result struct {
	Source Source `json:"source"`
	// Err is set if the source failed as a whole. There are no outputs then.
	Err     *Fault   `json:"error,omitempty"`
	Outputs []Output `json:"outputs,omitempty"`
	// Removed says that this run has removed the source.
	Removed bool `json:"removed,omitempty"`
	// Notes are remarks for the user: the source's and those of decoding it.
	Notes []string `json:"notes,omitempty"`
	// Duration is the time spent on this source, in nanoseconds.
	Duration time.Duration `json:"duration"`
}

// Status is Failed if the source or any of its outputs failed, else Converted if any
// output was made, else Skipped.
func (r Result) Status() Status {
	if r.Err != nil {
		return Failed
	}
	status := Skipped
	for _, o := range r.Outputs {
		switch o.Status {
		case Failed:
			return Failed
		case Converted:
			status = Converted
		}
	}
	return status
}

// Reason is why the source was skipped: that of its first output.
func (r Result) Reason() Reason {
	if r.Status() != Skipped || len(r.Outputs) == 0 {
		return ""
	}
	return r.Outputs[0].Reason
}

// Fault is why the source, or else its first output that failed, did.
func (r Result) Fault() *Fault {
	if r.Err != nil {
		return r.Err
	}
	for _, o := range r.Outputs {
		if o.Status == Failed {
			return o.Err
		}
	}
	return nil
}

// Saving is what the result counts for among the bytes that were saved: the size of
// the source, and that of the output that a page would load in its place, which is the
// largest that was made. It is not ok if nothing was made, if the size of the source is
// not known, as that of another run's may be, and if the result was there before and
// has only moved, as after a rename.
func (r Result) Saving() (before, after int64, ok bool) {
	var main Output
	for _, o := range r.Outputs {
		if o.Status == Converted && o.Replaced == "" && (main.Path == "" || o.Width*o.Height > main.Width*main.Height) {
			main = o
		}
	}
	return r.Source.Size, main.Size, r.Source.Size > 0 && main.Path != ""
}

// PercentSaved is the share of before that after is smaller, in percent, rounded to
// one decimal: the one number that all texts have. It is below 0 where after is
// larger, 100 only where nothing is left, and 0 where before is.
func PercentSaved(before, after int64) float64 {
	if before == 0 {
		return 0
	}
	p := math.Round((float64(before)-float64(after))/float64(before)*1000) / 10
	if p >= 100 && after > 0 {
		p = 99.9
	}
	return p + 0 // not -0
}

// A Fault is why something failed, as data. Message is one lower-case line that
// names the file; Hint, where there is one, says how to fix it.
type Fault struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Output is a template for the setting of that name which mends it, empty where
	// another setting or none does.
	Output string `json:"-"`
}

// Error returns the message without the hint.
func (f *Fault) Error() string { return f.Message }

// Fail returns the Result of a source that failed.
func Fail(s Source, message, hint string) Result {
	return Result{Source: s, Notes: s.Notes, Err: &Fault{Message: message, Hint: hint}}
}

// Skip returns the Result of a source whose targets were all skipped for a reason.
func Skip(j Job, why Reason) Result {
	r := Result{Source: j.Source, Notes: slices.Clone(j.Source.Notes)}
	for _, t := range j.Targets {
		r.Outputs = append(r.Outputs, t.Skip(why))
	}
	return r
}

// Skip returns the Output of a target that was skipped.
func (t Target) Skip(why Reason) Output {
	return Output{Path: t.Path, Variant: t.Name, Format: t.Format, Status: Skipped, Reason: why}
}
