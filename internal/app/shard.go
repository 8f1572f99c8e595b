package app

import (
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/plan"
)

// A shard is which part of all images a run is about. The zero value is all of
// them.
type shard struct{ index, total int }

// String is such as 2/4, and empty for all images.
func (s shard) String() string {
	if s.total == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.index, s.total)
}

// chooseShard finds out which part the run is about.
func (r *run) chooseShard() error {
	s := r.settings
	if s.Shard == "" {
		return nil
	}
	wanted, err := config.ParseShard(s.Shard)
	if err != nil {
		return err // it was read before
	}
	index, total := wanted.Index, wanted.Total
	if wanted.Auto {
		index, total = r.facts.Shard, r.facts.Shards
		if index == 0 || total == 0 && wanted.Total == 0 {
			index, total = config.ParseMatrixJob(s.MatrixJob)
		}
		if wanted.Total > 0 {
			total = wanted.Total
		}
	}
	switch {
	case index == 0 || total == 0:
		if wanted.Auto && wanted.Total == 0 {
			r.log.Line("shard: the platform reports no parallel jobs; this run does everything")
			return nil
		}
		return &asset.Fault{
			Message: fmt.Sprintf("shard %q: the platform does not say which of the jobs this one is", s.Shard),
			Hint:    "set it to a place among the jobs, such as 2/4",
		}
	case index > total:
		return &asset.Fault{
			Message: fmt.Sprintf("shard %q: this is job %d, and there are %d", s.Shard, index, total),
			Hint:    "let there be as many jobs as shards",
		}
	case total > 1:
		r.shard = shard{index, total}
	}
	return nil
}

// keepShard reduces the worklist to this shard. What is settled already is
// reported by the first shard alone.
func (r *run) keepShard(v *worklist) {
	if r.shard.total == 0 {
		return
	}
	jobs := v.jobs()
	if r.elsewhere != nil {
		// The lock file in a bucket changes while others of the shards run: what is left to do is not
		// the same for all of them, but the names are.
		v.todo = slices.DeleteFunc(v.todo, func(t lockfile.Todo) bool {
			return int(crc32.ChecksumIEEE([]byte(t.Source.Path)))%r.shard.total != r.shard.index-1
		})
		r.log.Line("shard %s: %d of %s", r.shard, countSources(v.jobs()), english.Plural(countSources(jobs), "image", ""))
		return
	}
	mine := plan.Shard(jobs, convert.Costs(r.settings.WorkingDirectory, jobs), r.shard.index, r.shard.total)
	by := make(map[string]lockfile.Todo, len(v.todo))
	for _, t := range v.todo {
		by[t.Output] = t
	}
	all := countSources(jobs)
	v.todo = v.todo[:0]
	for _, j := range mine {
		v.todo = append(v.todo, by[j.Output])
	}
	if r.shard.index > 1 {
		v.settled, v.found.Notices = nil, nil
	}
	r.log.Line("shard %s: %d of %s", r.shard, countSources(mine), english.Plural(all, "image", ""))
}

// countSources is how many sources jobs have.
func countSources(jobs []asset.Job) int {
	seen := map[string]bool{}
	for _, j := range jobs {
		seen[j.Source.Path] = true
	}
	return len(seen)
}
