package convert

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/tree"
)

const (
	// fewJobs is the number of jobs up to which headers are read for their
	// order. Among more, one large image that comes late matters less than
	// opening them all.
	fewJobs = 256
)

// order is the indexes of the groups of jobs, those first that take longest, so that at
// the end no processor is left alone with a large image.
func (r *run) order(jobs []asset.Job, workers int) []int {
	order := make([]int, len(r.groups))
	for i := range order {
		order[i] = i
	}
	if len(order) <= workers {
		return order
	}
	costs := make([]float64, len(order))
	for i, group := range r.groups {
		costs[i] = r.cost(group, jobs, len(order) <= fewJobs)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(costs[b], costs[a]) })
	return order
}

// cost is the Cost of a group of jobs. look says that the header of their source may be read.
func (r *run) cost(group []int, all []asset.Job, look bool) float64 {
	jobs := make([]asset.Job, len(group))
	for k, i := range group {
		jobs[k] = all[i]
	}
	var info codec.Info
	if look {
		info = r.header(jobs[0].Source)
	}
	return Cost(jobs, info)
}

// header is what the header of s says for Cost. The zero Info says nothing.
func (r *run) header(s asset.Source) codec.Info {
	f, stat, err := r.open(s.Path)
	if err != nil {
		return codec.Info{}
	}
	defer f.Close()
	o, err := codec.ReadHeader(f, stat.Size(), false)
	if err != nil {
		return codec.Info{}
	}
	return o.Info()
}

// Cost guesses the time that jobs with the same source take, in milliseconds of some
// processor, from what its header says. Where info has no size, it is guessed from
// that of the file.
func Cost(jobs []asset.Job, info codec.Info) float64 {
	j := jobs[0]
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
	if info.Width > 0 {
		lossy = info.Lossy
		source = float64(info.Width) * float64(info.Height) * (float64(info.Frames) / 1e6)
	}
	// The conversions keep each product to itself: fused with the sum, as some
	// processors do it, the result would differ between machines.
	cost := float64(decode*source) + float64(read*float64(j.Source.Size)/1e6)
	for _, j := range jobs {
		output := source
		if info.Width > 0 {
			w, h := engine.Size(info.Width, info.Height, j.Recipe.Variant)
			output = float64(w) * float64(h) * (float64(info.Frames) / 1e6)
		}
		encode := 60.0
		switch {
		case j.Recipe.Format == asset.AVIF:
			encode *= 3
		case j.Recipe.Lossless == asset.LosslessAlways:
			encode *= 4
		case j.Recipe.Lossless == asset.LosslessAuto && !lossy:
			// Strips are encoded both ways, and then mostly one of the two.
			encode *= 2
		}
		if j.Recipe.Auto || j.Recipe.MaxBytes > 0 {
			encode *= 2 // it is encoded more than once, and looked at
		}
		cost += float64(encode * output)
	}
	return cost
}

// Costs guesses the Cost of each source of jobs, whose paths are relative to dir, from the
// header, for the first of its jobs; that of the others is 0. Where that says nothing, or
// the file cannot be read, it is guessed from the file's size. It is the same
// on every machine that has the same files.
func Costs(dir string, jobs []asset.Job) []float64 {
	costs := make([]float64, len(jobs))
	all := asset.BySource(jobs)
	files, err := tree.OpenReach(dir)
	if err == nil {
		defer files.Close()
	}
	r := &run{files: files}
	var next atomic.Int64
	var pool sync.WaitGroup
	for range min(len(all), runtime.GOMAXPROCS(0)) {
		pool.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
				costs[all[i][0]] = r.cost(all[i], jobs, files != nil)
			}
		})
	}
	pool.Wait()
	return costs
}
