// Package asset has the types that the packages of webpress share: a
// Source is found, a Recipe says what is wanted of it, a Job pairs the two, a
// Result says what became of it. All of it is plain data that can be written as
// JSON; no pixel, no open file and no C pointer is ever part of it.
package asset

import (
	"errors"
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
	// if it is not known.
	Blob string `json:"blob,omitempty"`
	// URL is the address that the content comes from; it is empty for a file of the tree. Path
	// then names no file.
	URL string `json:"url,omitempty"`
	// Ignored reports whether git ignores the file or another repository has it:
	// nothing of it is written down for later runs.
	Ignored bool `json:"ignored,omitempty"`
	// Notes are remarks for the user, such as a wrong file name extension.
	Notes []string `json:"notes,omitempty"`
}

// A Recipe is every setting that decides the bytes and the place of an output.
type Recipe struct {
	Variant
	// Output is the template of the output's path, such as {dir}/{name}.webp.
	Output string `json:"output"`
	// MinSavings is the least share of the source's bytes, in percent, that an
	// output must save to be kept. HEIC sources are exempt.
	MinSavings float64 `json:"min-savings"`
	// MaxPixels refuses images that claim more pixels (width x height x frames).
	MaxPixels int64 `json:"max-pixels"`
}

// A Job is one Source with its Recipe and the path its output will have.
type Job struct {
	Source Source `json:"source"`
	Recipe Recipe `json:"recipe"`
	// Output is relative to the working directory and has forward slashes. It may have a
	// HashMark in its name: see PathOf.
	Output string `json:"output"`
	// Narrower is the width of the next smaller output that differs in nothing else, 0
	// for none: a source that is no wider needs no other.
	Narrower int `json:"narrower,omitempty"`
	// Overwrite replaces whatever file is at Output.
	Overwrite bool `json:"overwrite,omitempty"`
	// Remove deletes the source once its output was written and decoded again.
	Remove bool `json:"remove,omitempty"`
	// OwnsOutput reports whether the file at Output is what webpress made of this source before,
	// and nothing has changed it since: it may be replaced.
	OwnsOutput bool `json:"own,omitempty"`
	// Edited reports whether webpress made the file at Output and it was edited since.
	Edited bool `json:"-"`
	// ReuseFrom is the path of an output that was made of the same content by the same
	// recipe, empty if there is none: its bytes are those that are wanted.
	// Moved says that it belongs to a source that is gone, and goes with it.
	ReuseFrom    string `json:"like,omitempty"`
	RemoveReused bool   `json:"moved,omitempty"`
	// ReusedRating is what is known of that output.
	ReusedRating Rating `json:"like-rating,omitzero"`
}

// A Status says how a source ended.
type Status string

// Every source ends in exactly one of these.
const (
	Converted Status = "converted"
	Skipped   Status = "skipped"
	Failed    Status = "failed"
)

// A Reason says why a source was skipped; it is counted in reports.
type Reason string

// The reasons for skipping. The text is what a person reads.
const (
	NotSmaller Reason = "not smaller"
	UpToDate   Reason = "already up to date"
	IsWebP     Reason = "already in this format"
	NotWider   Reason = "not wider than a smaller output"
	IsResult   Reason = "made by webpress"
)

// The reasons of results that a run only looks at.
const (
	NotConverted Reason = "not converted yet"
	Outdated     Reason = "not up to date"
)

// OriginalRemoved is the note of a Result whose source was removed by this run, and OriginalGoes
// that of one whose source a dry run would have removed.
const (
	OriginalRemoved = "original removed"
	OriginalGoes    = "original would be removed"
)

// QualityCapped begins the note of a Result that was encoded with a lower quality than that
// of the settings, as its source has no higher one.
const QualityCapped = "encoded with quality "

// A Result is what became of one Source.
type Result struct {
	Source Source `json:"source"`
	Status Status `json:"status"`
	// Reason is set where Status is Skipped.
	Reason Reason `json:"reason,omitempty"`
	// Err is set where Status is Failed.
	Err *Fault `json:"error,omitempty"`
	// Target is Job.Output: the path that the output has or would have, empty for a source that
	// failed before that was known. Variant is the name of its variant.
	Target  string `json:"target,omitempty"`
	Variant string `json:"variant,omitempty"`
	// Output is the path of the output, empty if there is none.
	Output string `json:"output,omitempty"`
	// Format is the format of the output.
	Format Format `json:"format,omitempty"`
	// Before and After are the lengths in bytes of source and output. For a
	// source skipped as NotSmaller, After is the length that was not kept.
	Before int64 `json:"bytes-before"`
	After  int64 `json:"bytes-after"`
	// Width and Height are the output's, in pixels, as it is shown.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// SourceWidth and SourceHeight are the source's; 0 is not known.
	SourceWidth  int `json:"source-width,omitempty"`
	SourceHeight int `json:"source-height,omitempty"`
	// Frames is 1 for a still image.
	Frames int `json:"frames,omitempty"`
	// Lossless says which encoding was used.
	Lossless bool `json:"lossless"`
	Rating
	// SHA256 is the lower-case hex digest of the output.
	SHA256 string `json:"sha256,omitempty"`
	// Replaced is the path of an older output that was removed as this one took its
	// place, as after a source was renamed; empty if there was none.
	Replaced string `json:"replaced,omitempty"`
	// Notes are remarks for the user: the source's and the conversion's.
	Notes []string `json:"notes,omitempty"`
	// Duration is the time spent on this source, in nanoseconds.
	Duration time.Duration `json:"duration"`
}

// Saving is what the result counts for among the bytes that were saved. It is not
// ok where the size of the source is not known, as that of another run's may be, and
// where the result was there before and has only moved, as after a rename.
func (r Result) Saving() (before, after int64, ok bool) {
	return r.Before, r.After, r.Before > 0 && r.Replaced == ""
}

// PercentSaved is the share of before that after is smaller, in percent, rounded to
// one decimal: the one number that all texts have. It is below 0 if after is
// larger, 100 only if nothing is left, and 0 if before is.
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
// names the file; Hint, if any, says how to fix it.
type Fault struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Output is a value for the setting of that name which fixes it, empty if
	// another setting or none does.
	Output string `json:"-"`
	// Crashed reports whether the process that decoded the source crashed. It would do so again.
	Crashed bool `json:"-"`
}

// Error returns the message without the hint.
func (f *Fault) Error() string { return f.Message }

// A HintError is why something could not be done, which wraps its cause and says what to
// change.
type HintError struct {
	// What was to be done, such as `upload artifact "webp"`.
	What string
	// Why it was not, in plain words. It may wrap the cause.
	Why error
	// Hint, if not empty, says what to change.
	Hint string
}

// Error returns one line without the hint.
func (e *HintError) Error() string { return e.What + ": " + e.Why.Error() }

// Unwrap returns Why.
func (e *HintError) Unwrap() error { return e.Why }

// As makes errors.As find a *Fault in e.
func (e *HintError) As(target any) bool {
	fault, ok := target.(**Fault)
	if ok {
		*fault = &Fault{Message: e.Error(), Hint: e.Hint}
	}
	return ok
}

// HintOf is how to fix what err is about, empty if that is not known.
func HintOf(err error) string {
	if fault, ok := errors.AsType[*Fault](err); ok {
		return fault.Hint
	}
	return ""
}

// Skip is the Result of a job that ended without a new output.
func Skip(j Job, why Reason) Result {
	return Result{
		Source: j.Source, Target: j.Output, Variant: j.Recipe.Name, Status: Skipped, Reason: why,
		Before: j.Source.Size, Notes: slices.Clone(j.Source.Notes),
	}
}

// BySource are the indexes of jobs that have the same source, in the order of the first
// of each.
func BySource(jobs []Job) [][]int {
	var all [][]int
	at := make(map[string]int, len(jobs))
	for i, j := range jobs {
		g, ok := at[j.Source.Path]
		if !ok {
			g = len(all)
			at[j.Source.Path] = g
			all = append(all, nil)
		}
		all[g] = append(all[g], i)
	}
	return all
}

// Fail returns the Result of a source that failed.
func Fail(s Source, message, hint string) Result {
	return Result{
		Source: s, Status: Failed, Before: s.Size, Notes: s.Notes,
		Err: &Fault{Message: message, Hint: hint},
	}
}
