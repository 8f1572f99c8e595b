// Package convert turns sources into outputs: Plan decides what is written
// where, Run does it, several images at a time. An image that fails is a
// Result, never an error, and takes nothing with it.
package convert

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/tree"
)

// Options say how Run goes about its jobs. The zero value converts in the
// current folder, as many images at a time as there are processors.
type Options struct {
	// Codec opens images; nil is engine.Local.
	Codec engine.Codec
	// Elsewhere says that Codec has another machine convert: an image takes as much memory here
	// as its bytes and those of its outputs.
	Elsewhere bool
	// Dir is the folder that all paths of the jobs are relative to. No file is read or
	// written outside of it, but for a job whose paths lead out: see tree.Reach.
	Dir string
	// Input, where it is set, is the content of the source of the only job, which is
	// not a file. Take, where it is set, is given the output of the only job, which is
	// not written.
	Input []byte
	Take  func(data []byte) error
	// KeepLarger keeps outputs also where they are not smaller, unless a recipe asks
	// for savings.
	KeepLarger bool
	// Jobs is the number of images in work at a time; 0 is one a processor.
	Jobs int
	// Small is how many times Jobs are in work of images of at most SmallSize bytes, for a
	// codec that takes those one behind the other; 0 is once.
	SmallSize, Small int
	// Memory is the number of bytes that the images in work may need together. An
	// image that needs more fails. 0 is DefaultMemory; then an image that needs more,
	// and not more than 75 % of what there is, is converted on its own, and one that
	// is a bomb by the size of its file is not.
	Memory int64
	// Shared, where it is set, is the memory of this and other Runs together. Memory is then
	// that which a single image may need.
	Shared *SharedMemory
	// DryRun converts and measures, and writes nothing.
	DryRun bool
	// Cached is asked for the output of a job before its source is opened, and Keep is
	// given what was converted, where the source has a Blob and is not what the output
	// replaces. What cannot be the output of the job is not taken. Both may be nil, and
	// are called from several goroutines at a time; Keep also when Run has returned
	// because its context ended.
	Cached func(asset.Job) (Output, bool)
	Keep   func(asset.Job, Output)
	// Blob returns the id that git has for data as the content of a file, filters
	// applied, or nothing where that cannot be said. It is asked where what was read of
	// a source has another id than its Blob by itself. Nil says that there are no
	// filters.
	Blob func(ctx context.Context, path string, data []byte) (string, error)
	// Fetch returns the content of a source that has a URL, which the caller closes, and
	// the source with what is known now: its Format, Size and Blob. It waits until that is
	// downloaded, and is called from several goroutines at a time.
	Fetch func(ctx context.Context, s asset.Source) (asset.Source, Content, error)
	// Unchanged, where it is set, is asked for the result of a job whose source was fetched, once
	// its content is known: it is ok where there is nothing to do.
	Unchanged func(j asset.Job) (asset.Result, bool)
	// Made, where it is set, is asked for the output of every job, which was made and
	// verified elsewhere: nothing is converted. Its error, with a hint where it is an
	// *asset.Fault, fails the job. It is called from several goroutines at a time.
	Made func(asset.Job) (Output, error)
	// Finished is called with each result that is not a failure, once its output is in
	// its place, and before anything is removed for it; data is the output, empty where
	// there is none. Its error fails a job whose source would be removed, and the source
	// stays. It is called from several goroutines at a time, and in no dry run.
	Finished func(j asset.Job, result asset.Result, data []byte) error
	// Accept returns the command that takes the WebP in the place of an output for the
	// result. Nil says that there is none.
	Accept func(output string) string
	// Progress is called with each result as it comes, never twice at a time.
	Progress func(asset.Result)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// An Output is what a conversion came to: a finished output, or why there is none
// that is worth having. It depends on nothing but the content of a source and its
// recipe.
type Output struct {
	// Data is the content of the output, empty where there is a Reason.
	Data []byte
	// Width and Height are in pixels; Frames is 1 for a still picture.
	Width, Height, Frames int
	// SourceWidth and SourceHeight are the source's; 0 is not known.
	SourceWidth, SourceHeight int
	Lossless                  bool
	asset.Rating
	// Pixels is what the header of the source claims: width x height x frames. A
	// recipe that allows less does not get the output.
	Pixels int64
	// Notes are the conversion's, without those of the source.
	Notes []string
	// Reason is NotSmaller or empty.
	Reason asset.Reason
	// After is the length in bytes of the output, also of one that is not kept.
	After int64
}

// Run converts the jobs and returns their results in the same order.
//
// When ctx ends, outputs that are being written are finished, and images that
// are being decoded or encoded are given up: Run does not wait for the codec
// they are in. Jobs without a result are then left out of what is returned.
func Run(ctx context.Context, jobs []asset.Job, o Options) []asset.Result {
	if len(jobs) == 0 {
		return nil
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Codec = cmp.Or[engine.Codec](o.Codec, engine.Local{})
	if o.Dir == "" {
		o.Dir = "."
	}
	r := &run{Options: o, reusable: indexReusable(jobs), groups: asset.BySource(jobs), results: make([]asset.Result, len(jobs)), done: make([]bool, len(jobs))}
	var err error
	if r.files, err = tree.OpenReach(o.Dir); err != nil {
		return r.failAll(jobs, fmt.Sprintf("open %q: %s", o.Dir, cause(err)))
	}
	r.limited = o.Memory > 0
	if r.most = o.Memory; !r.limited {
		r.Memory, r.most = DefaultMemory(), MostMemory()
	}
	if r.budget = newBudget(r.Memory); o.Shared != nil {
		r.budget = o.Shared.budget
	}
	if !o.DryRun {
		r.sweep(jobs)
	}

	r.start(ctx, jobs)
	return r.finished()
}

// run is the state of one Run.
type run struct {
	Options
	files  *tree.Reach
	budget *budget
	// most is the number of bytes that a single image may need, limited says that it was
	// set.
	most     int64
	limited  bool
	reusable reusable
	groups   [][]int

	// workers is how many sources are in work at a time, unfinished how many have
	// no results yet.
	workers    int
	unfinished atomic.Int64

	// writing is held for reading while a file is written and its result
	// recorded, and for writing by Run when it gives up what is still in work.
	writing sync.RWMutex

	mu      sync.Mutex
	closed  bool
	results []asset.Result
	done    []bool
}

// start runs the jobs and returns when all have a result or ctx has ended.
func (r *run) start(ctx context.Context, jobs []asset.Job) {
	workers := r.Jobs
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, len(r.groups))
	r.workers = workers
	r.unfinished.Store(int64(len(r.groups)))
	next, small := make(chan int, len(r.groups)), make(chan int, len(r.groups))
	for _, i := range r.order(jobs, workers) {
		if r.Small > 1 && jobs[r.groups[i][0]].Source.Size <= int64(r.SmallSize) {
			small <- i
		} else {
			next <- i
		}
	}
	close(next)
	close(small)

	var pool sync.WaitGroup
	work := func(groups <-chan int) {
		for i := range groups {
			if ctx.Err() != nil {
				return
			}
			r.one(ctx, r.groups[i], jobs)
			r.unfinished.Add(-1)
		}
	}
	for range workers {
		pool.Go(func() {
			work(next)
			// The small ones come last anyway: see order.
			for range min(r.Small-1, len(small)) {
				pool.Go(func() { work(small) })
			}
			work(small)
		})
	}
	all := make(chan struct{})
	go func() {
		pool.Wait()
		r.files.Close()
		close(all)
	}()
	select {
	case <-all:
	case <-ctx.Done():
		// Outputs that are on their way to the disk get there; later ones
		// see that ctx has ended.
		r.writing.Lock()
		r.writing.Unlock() //nolint:staticcheck // waiting is all that is wanted
	}
}

// threads is the number of processors for one image: more than one where fewer
// images are left than could be in work. A HEIC alone takes an eighth less time
// with two; libwebp's threads are not worth it.
func (r *run) threads() int {
	busy := max(1, min(r.workers, int(r.unfinished.Load())))
	return max(1, runtime.GOMAXPROCS(0)/busy)
}

func (r *run) record(i int, result asset.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.results[i], r.done[i] = result, true
	if r.Progress != nil {
		r.Progress(result)
	}
}

// finished returns the results there are, in order, and takes no more.
func (r *run) finished() []asset.Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	results := r.results[:0]
	for i, result := range r.results {
		if r.done[i] {
			results = append(results, result)
		}
	}
	return results
}

func (r *run) failAll(jobs []asset.Job, message string) []asset.Result {
	for i, j := range jobs {
		r.record(i, asset.Fail(j.Source, message, ""))
	}
	return r.finished()
}
