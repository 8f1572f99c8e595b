package app

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/report"
)

// batchSize is how many sources are converted before their results are delivered and recorded: what a run
// that is killed loses at most, and what lies in the temporary folder.
var batchSize = 2000 // less in tests

// batches are the parts of a run whose results are delivered one after the other, and reported together.
type batches struct {
	began time.Time
	// more says that there is another one.
	more bool
	// tried are the sources of those that have ended, earlier their results, and failed says that
	// not all of these were delivered.
	tried      map[string]bool
	earlier    []asset.Result
	deliveries []report.Delivery
	failed     bool
}

// keepBatch reduces the worklist to the next sources that were not tried yet.
func (r *run) keepBatch(v *worklist) {
	if r.batches == nil {
		return
	}
	b := r.batches
	now := map[string]bool{}
	b.more = false
	v.todo = slices.DeleteFunc(v.todo, func(t lockfile.Todo) bool {
		name := t.Source.Path
		switch {
		case b.tried[name]:
			return true
		case !now[name] && len(now) == batchSize:
			b.more = true
			return true
		}
		now[name] = true
		return false
	})
	isTried := func(one asset.Result) bool { return b.tried[one.Source.Path] }
	v.settled = slices.DeleteFunc(slices.Clone(v.settled), isTried)
	for name := range now {
		b.tried[name] = true
	}
}

// nextBatch keeps what a batch has come to if another one follows, and adds what was kept to the report
// of the last one.
func (r *run) nextBatch(ctx context.Context, in *report.Input, ok bool) bool {
	b := r.batches
	if b == nil {
		return false
	}
	b.failed = b.failed || !ok
	if b.more && !r.lost && ctx.Err() == nil {
		for _, one := range in.Results {
			if b.tried[one.Source.Path] { // others are settled in the next one as well
				b.earlier = append(b.earlier, one)
				r.forgetFile(one.Output)
			}
		}
		b.deliveries = append(b.deliveries, in.Deliveries...)
		r.log.Line("%d images so far", len(b.tried))
		return true
	}
	b.more = false
	in.Results = inOrder(slices.Concat(b.earlier, in.Results))
	in.Deliveries = joined(append(b.deliveries, in.Deliveries...))
	return false
}

// joined are deliveries to the same places as one each, in the order of the first.
func joined(all []report.Delivery) (out []report.Delivery) {
	for _, d := range all {
		i := slices.IndexFunc(out, func(o report.Delivery) bool { return o.Store == d.Store })
		if i < 0 {
			out = append(out, d)
			continue
		}
		o := &out[i]
		o.Paths, o.Removed = append(o.Paths, d.Paths...), append(o.Removed, d.Removed...)
		o.Left, o.Notes = append(o.Left, d.Left...), append(o.Notes, d.Notes...)
		o.Ref = cmp.Or(o.Ref, d.Ref)
		if o.Err == nil {
			o.Err = d.Err
		}
	}
	return out
}

// forgetFile removes a result from the temporary folder, once it is in the bucket.
func (r *run) forgetFile(output string) {
	if output == "" || slices.Contains(r.left, output) {
		return
	}
	_ = os.Remove(filepath.Join(r.settings.WorkingDirectory, filepath.FromSlash(output)))
	r.elsewhere[output] = true
}
