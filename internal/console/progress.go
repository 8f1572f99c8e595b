package console

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/report"
)

// A Progress shows each result as it comes: with a bar on a terminal, where only failures
// get a line, and with a line for each elsewhere.
type Progress struct {
	log     *Log
	bar     *progressbar.ProgressBar
	verbose bool
	// jobs is how many there are, done how many of them, since the time began.
	jobs, done int
	now        func() time.Time
	began      time.Time
	// failed is the last reason that was given: it may be that of all outputs of a source.
	failed string
	// Note, where it is set, adds something to the bar.
	Note func() string
}

// NewProgress begins with a number of jobs. The bar goes to a terminal; nil is for none.
func NewProgress(log *Log, terminal io.Writer, jobs int, verbose bool, now func() time.Time) *Progress {
	p := &Progress{log: log, verbose: verbose, jobs: jobs, now: now, began: now()}
	if f, ok := terminal.(*os.File); ok && jobs > 1 && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(jobs,
			progressbar.OptionSetWriter(f),
			progressbar.OptionSetDescription("converting"),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionFullWidth(),
		)
		log.setAbove(func() { _ = p.bar.Clear() })
		_ = p.bar.RenderBlank()
	}
	return p
}

// Step shows the result of a job, and moves the bar on.
func (p *Progress) Step(r asset.Result) {
	p.Show(r)
	if p.bar != nil {
		p.done++
		text := times(p.now().Sub(p.began), p.done, p.jobs)
		if p.Note != nil {
			if note := p.Note(); note != "" {
				text += ", " + note
			}
		}
		p.bar.Describe(text)
		_ = p.bar.Add(1)
	}
}

// times names the time that has gone and the one that is left, by the pace so far.
func times(elapsed time.Duration, done, jobs int) string {
	left := elapsed / time.Duration(done) * time.Duration(jobs-done)
	return fmt.Sprintf("converting, %s elapsed, %s left", elapsed.Round(time.Second), left.Round(time.Second))
}

// Show shows a result.
func (p *Progress) Show(r asset.Result) {
	switch {
	case r.Status == asset.Failed && r.Err.Message == p.failed:
	case r.Status == asset.Failed:
		p.failed = r.Err.Message
		p.log.Error("%s", r.Err.Message)
		if r.Err.Hint != "" {
			p.log.Hint("%s", r.Err.Hint)
		}
	case r.Status == asset.Skipped && !p.verbose, p.bar != nil && !p.verbose:
	default:
		p.log.Line("%s", line(r))
	}
	if p.verbose {
		for _, note := range r.Notes {
			p.log.Line("  note: %s", ci.Line(note))
		}
	}
}

// End takes the bar away.
func (p *Progress) End() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.log.setAbove(func() {})
	}
}

// line is a result that did not fail, for people:
//
//	photos/a.heic -> photos/a.webp  2.1 MB -> 410.2 kB  -80.5 %  0.4 s
//	photos/b.jpg  skipped: not smaller  120.4 kB -> 131.0 kB  +8.8 %  94 ms
func line(r asset.Result) string {
	s := ci.Line(r.Source.Path)
	if r.Status == asset.Converted {
		s += " -> " + ci.Line(r.Output)
	} else {
		s += "  skipped: " + string(r.Reason)
	}
	if r.After > 0 {
		s += fmt.Sprintf("  %s -> %s  %s", report.Size(r.Before), report.Size(r.After), change(r))
	}
	if r.Duration > 0 {
		s += "  " + report.Duration(r.Duration)
	}
	return s
}

// change is the difference in percent, as it is in the report.
func change(r asset.Result) string {
	switch percent := asset.PercentSaved(r.Before, r.After); {
	case r.Before <= 0:
		return "new"
	case r.Replaced != "":
		return "moved"
	case percent >= 0:
		return fmt.Sprintf("-%.1f %%", percent)
	default:
		return fmt.Sprintf("+%.1f %%", -percent)
	}
}
