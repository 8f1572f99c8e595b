package worker

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/container"
	"github.com/webpress/webpress/internal/engine"
)

// What a worker answers is checked like anything that comes from outside: it may have been
// taken over by the image that it has open.

const (
	// maxSide is the most pixels that an image has a side: four bytes, as in PNG and TIFF.
	maxSide = math.MaxUint32
	// maxNotes is how many notes there may be, and maxNote how many bytes one has.
	maxNotes, maxNote = 32, 1 << 10
)

// checkInfo says what cannot be in what a header says.
func checkInfo(info codec.Info, format asset.Format) error {
	switch {
	case info.Format != format:
		return fmt.Errorf("its format is %q, and its content %q", info.Format, format)
	case info.Width < 1 || info.Height < 1 || info.Width > maxSide || info.Height > maxSide:
		return fmt.Errorf("it has %dx%d pixels", info.Width, info.Height)
	case info.Frames < 0 || info.Depth < 0 || info.Bits < 0 || info.Decoded < 0 || info.Pixels < 0 || info.Memory < 0:
		return errors.New("a number is negative")
	}
	return checkNotes(info.Notes)
}

// checkOutputs says what cannot be in the outputs for variants.
func checkOutputs(outputs []engine.Output, variants []asset.Variant) error {
	if len(outputs) != len(variants) {
		return fmt.Errorf("%d outputs for %d variants", len(outputs), len(variants))
	}
	for i, o := range outputs {
		if o.Err != nil && len(o.Data) == 0 {
			continue
		}
		f, err := container.Parse(variants[i].Format, o.Data)
		switch {
		case err != nil:
			return fmt.Errorf("an output: %w", err)
		case f.Width != o.Width || f.Height != o.Height || max(f.Frames, 1) != max(o.Frames, 1):
			return fmt.Errorf("an output of %dx%d with %d frames is said to be %dx%d with %d", f.Width, f.Height, f.Frames, o.Width, o.Height, o.Frames)
		case !o.Plausible():
			return fmt.Errorf("a score of %g at quality %d after %d tries", o.Score, o.Quality, o.Tries)
		}
		if err := checkNotes(o.Notes); err != nil {
			return err
		}
	}
	return nil
}

func checkNotes(notes []string) error {
	if len(notes) > maxNotes {
		return fmt.Errorf("%d notes", len(notes))
	}
	for _, n := range notes {
		if len(n) > maxNote || clean(n) != n {
			return errors.New("a note is not a line of text")
		}
	}
	return nil
}

var hexColor = regexp.MustCompile(`^(#[0-9a-f]{6})?$`)

func checkPlaceholder(p engine.Placeholder) error {
	if len(p.ThumbHash) > 25 || !hexColor.MatchString(p.Color) {
		return errors.New("a placeholder is none")
	}
	return nil
}

// clean is a text as one line of printable characters.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return text[:min(len(text), maxNote)]
}
