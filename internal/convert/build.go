package convert

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
)

// isCopy says that an output in the place of its source would be a copy of it, by what
// is known without a look at it.
func isCopy(j asset.Job) bool {
	return j.Source.Format == j.Recipe.Format && keepsSize(j.Recipe.Variant)
}

// keepsSize says that an output has as many pixels as its source, whatever that is.
func keepsSize(v asset.Variant) bool {
	return v.MaxWidth == 0 && v.MaxHeight == 0 && v.Width == 0 && v.Height == 0
}

// stands says that an output is there to take the place of its source on a page, and so
// is of no use if it is not smaller. A part of it, or a format for mail and social cards,
// is wanted for itself.
func stands(v asset.Variant) bool {
	return v.Crop == "" && (v.Format == asset.WebP || v.Format == asset.AVIF)
}

// build makes the outputs of jobs, which have the same source of size bytes. errs say
// which ones cannot be made, err that none can. keepLarger is that of Options.
func build(ctx context.Context, img engine.Image, size int64, jobs []asset.Job, threads int, keepLarger bool) (outputs []Output, errs []error, err error) {
	info := img.Info()
	outputs, errs = make([]Output, len(jobs)), make([]error, len(jobs))
	var variants []asset.Variant
	var at []int
	for k, j := range jobs {
		width, height := engine.Size(info.Width, info.Height, j.Recipe.Variant)
		if most := j.Recipe.Format.MaxSide(); width > most || height > most {
			errs[k] = &mistake{
				fmt.Errorf("encode %q: %dx%d is more than %s holds, %d pixels a side", j.Source.Path, width, height, j.Recipe.Format.Name(), most),
				fmt.Sprintf("shrink it with `max-width` or `max-height`, at most %d", most),
			}
			continue
		}
		switch {
		case strings.EqualFold(j.Output, j.Source.Path) && info.Format == j.Recipe.Format && width == info.Width && height == info.Height:
			// What is encoded with loss again and again gets worse each time.
			outputs[k].Reason = asset.IsWebP
			continue
		case j.Narrower > 0 && info.Width <= j.Narrower:
			outputs[k].Reason = asset.NotWider
			continue
		}
		variants, at = append(variants, j.Recipe.Variant), append(at, k)
	}
	if len(variants) == 0 {
		return outputs, errs, nil
	}
	made, err := img.Convert(ctx, variants, engine.Options{MaxPixels: jobs[0].Recipe.MaxPixels, Threads: threads})
	if err != nil {
		return nil, nil, named("convert", jobs[0].Source.Path, err)
	}
	for n, k := range at {
		m, out := made[n], &outputs[k]
		if m.Err != nil {
			errs[k] = named("convert", jobs[k].Source.Path, m.Err)
			continue
		}
		*out = Output{
			Data: m.Data, Width: m.Width, Height: m.Height, Frames: m.Frames, Lossless: m.Lossless, Rating: m.Rating,
			SourceWidth: info.Width, SourceHeight: info.Height,
			Pixels: pixels(info), Notes: slices.Concat(info.Notes, m.Notes), After: int64(len(m.Data)),
		}
		wanted := keepLarger && jobs[k].Recipe.MinSavings == 0
		if !wanted && !Keeps(jobs[k].Recipe, info.Format, size, out.After) {
			out.Data, out.Reason = nil, asset.NotSmaller
		}
	}
	return outputs, errs, nil
}

// Keeps says whether a run keeps an output of after bytes by a recipe, for a source of
// this format and of before bytes.
func Keeps(r asset.Recipe, source asset.Format, before, after int64) bool {
	if r.MinSavings == 0 && !stands(r.Variant) {
		return true
	}
	return Worthwhile(source, before, after, r.MinSavings)
}

// Worthwhile says whether a run keeps an output of after bytes, for a source of this
// format and of before bytes. HEIC is often smaller than WebP, but the point there is
// that all browsers show the output.
func Worthwhile(source asset.Format, before, after int64, minSavings float64) bool {
	if source == asset.HEIC {
		return true
	}
	return after < before && float64(before-after)*100 >= minSavings*float64(before)
}
