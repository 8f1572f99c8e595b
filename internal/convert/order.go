package convert

import (
	"cmp"
	"encoding/binary"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
	"github.com/webpress/webpress/internal/tree"
)

const (
	// fewJobs is the number of jobs up to which headers are read for their
	// order. Among more, one large picture that comes late matters less than
	// opening them all.
	fewJobs = 256
	// headerSize is the number of bytes in which most headers end.
	headerSize = 64 << 10
)

// order is the indexes of jobs, those first that take longest, so that at the
// end no processor is left alone with a large picture.
func (r *run) order(jobs []asset.Job, workers int) []int {
	order := make([]int, len(jobs))
	for i := range order {
		order[i] = i
	}
	if len(jobs) <= workers {
		return order
	}
	var header []byte
	if len(jobs) <= fewJobs {
		header = make([]byte, headerSize)
	}
	costs := make([]float64, len(jobs))
	for i, j := range jobs {
		costs[i] = Cost(j, r.probe(j.Source, header))
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(costs[b], costs[a]) })
	return order
}

// probe is what the header of s says, as far as it lies in the first bytes, for
// which header is the room. The zero Info says nothing.
func (r *run) probe(s asset.Source, header []byte) codec.Info {
	if len(header) == 0 {
		return codec.Info{}
	}
	f, _, err := r.open(s.Path)
	if err != nil {
		return codec.Info{}
	}
	defer f.Close()
	if s.Format == asset.HEIC || s.Format == asset.AVIF {
		// What describes it may be anywhere in the file.
		o, err := codec.ReadOutline(f, s.Size, false)
		if err != nil {
			return codec.Info{}
		}
		return codec.Info{Format: o.Format, Width: o.Width, Height: o.Height, Frames: 1, Lossy: true}
	}
	n, err := io.ReadFull(f, header)
	if err != nil && err != io.ErrUnexpectedEOF {
		return codec.Info{}
	}
	header = header[:n]
	if info, err := codec.Probe(header); err == nil {
		return info
	}
	// A PNG is probed to its end. Its size is at the start of its first chunk.
	if s.Format == asset.PNG && len(header) >= 24 {
		return codec.Info{
			Width:  int(binary.BigEndian.Uint32(header[16:])),
			Height: int(binary.BigEndian.Uint32(header[20:])),
			Frames: 1,
		}
	}
	return codec.Info{}
}

// Cost guesses the time that a job takes, in milliseconds of some processor, from
// what the header of its source says. Where info has no size, it is guessed from
// that of the file.
func Cost(j asset.Job, info codec.Info) float64 {
	// What decoding takes for each megapixel, and for each megabyte of the file:
	// of a JPEG the latter is nearly all, for codes are read bit by bit. density is
	// how many bytes a megapixel has. They were fitted to the times of some forty
	// photos, drawings and screenshots.
	decode, read, density := 5.0, 5.0, 1e6
	lossy := false
	switch j.Source.Format {
	case asset.HEIC, asset.AVIF:
		decode, read, density, lossy = 22, 0, 0.15e6, true
	case asset.JPEG:
		decode, read, density, lossy = 1, 20, 0.35e6, true
	case asset.WebP:
		decode, read, density, lossy = 10, 0, 0.2e6, true
	case asset.TIFF, asset.BMP:
		decode, read, density = 5, 0, 3e6
	}
	source := float64(j.Source.Size) / density
	output := source
	if info.Width > 0 {
		lossy = info.Lossy
		w, h := pixel.Fit(info.Width, info.Height, j.Recipe.MaxWidth, j.Recipe.MaxHeight)
		frames := float64(info.Frames) / 1e6
		source, output = float64(info.Width)*float64(info.Height)*frames, float64(w)*float64(h)*frames
	}
	encode := 60.0
	switch {
	case j.Recipe.Lossless == asset.LosslessAlways:
		encode *= 4
	case j.Recipe.Lossless == asset.LosslessAuto && !lossy:
		// Strips are encoded both ways, and then mostly one of the two.
		encode *= 2
	}
	// The conversions keep each product to itself: fused with the sum, as some
	// processors do it, the result would differ between machines.
	return float64(decode*source) + float64(read*float64(j.Source.Size)/1e6) + float64(encode*output)
}

// Costs guesses the Cost of each of jobs, whose paths are relative to dir, from the
// first 64 KiB of its source. Where these say nothing, or the file cannot be read,
// it is guessed from the file's size. It is the same on every machine that has the
// same files.
func Costs(dir string, jobs []asset.Job) []float64 {
	costs := make([]float64, len(jobs))
	files, err := tree.OpenReach(dir)
	if err != nil {
		for i, j := range jobs {
			costs[i] = Cost(j, codec.Info{})
		}
		return costs
	}
	defer files.Close()
	r := &run{files: files}
	var next atomic.Int64
	var pool sync.WaitGroup
	for range min(len(jobs), runtime.GOMAXPROCS(0)) {
		pool.Go(func() {
			header := make([]byte, headerSize)
			for i := int(next.Add(1)) - 1; i < len(jobs); i = int(next.Add(1)) - 1 {
				costs[i] = Cost(jobs[i], r.probe(jobs[i].Source, header))
			}
		})
	}
	pool.Wait()
	return costs
}
