package plan

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

const (
	// minShardCost is what a job takes at least, in microseconds: a file has to be
	// opened, and another written.
	minShardCost = 1000
	// maxShardCost, two weeks, is there for the costs of all jobs to be added up.
	maxShardCost = 1 << 40
)

// Shard returns the jobs of shard index, from 1, of total, in the order in which
// they were given. costs[i] is what jobs[i] takes, as Costs guesses it. There are
// none where index is not of 1 to total. All jobs of a source are in the same shard.
//
// Every job is in exactly one shard. In which depends on nothing but the paths, the
// costs and total, so that machines that know nothing of each other agree. The costs
// of the shards are about the same, as far as the largest jobs allow it, and a job
// that comes or goes moves few others: with a thousand jobs in up to 16 shards,
// mostly none, less than a percent on average, and now and then a fifth.
//
// It is rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to
// increase hit rates", 1998): a job goes to the shard with the highest hash of both.
// Loads are bounded as by Mirrokni, Thorup and Zadimoghaddam ("Consistent hashing
// with bounded loads", 2016): where that shard is full, the next one takes it.
func Shard(jobs []asset.Job, costs []float64, index, total int) []asset.Job {
	if index < 1 || index > total {
		return nil
	}
	var mine []asset.Job
	for i, s := range shards(jobs, costs, total) {
		if s == index-1 {
			mine = append(mine, jobs[i])
		}
	}
	return mine
}

// shards is the index of the shard of each of jobs, from 0.
func shards(jobs []asset.Job, costs []float64, total int) []int {
	all := asset.BySource(jobs)
	of := make([]int, len(jobs))
	// Whole numbers have the same sum in any order, on any processor.
	whole := make([]int64, len(all))
	order := make([]int, len(all))
	var sum int64
	path := func(g int) string { return jobs[all[g][0]].Source.Path }
	for g, group := range all {
		order[g], whole[g] = g, minShardCost
		cost := 0.0
		for _, i := range group {
			cost += costs[i]
		}
		if micro := math.Round(cost * 1000); micro > minShardCost {
			whole[g] = int64(min(micro, maxShardCost))
		}
		sum += whole[g]
	}
	// Small jobs come last, and fill what the large ones have left.
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(whole[b], whole[a]), cmp.Compare(path(a), path(b)))
	})
	limit := shardLimit(sum / int64(total))
	loads := make([]int64, total)
	for _, i := range order {
		h := fnv.New64a()
		h.Write([]byte(path(i)))
		seed := finalise(h.Sum64())
		// best is the one with the highest hash among those with room, least the
		// one among those with the smallest load.
		best, least := -1, 0
		var bestHash, leastHash uint64
		for s, load := range loads {
			hash := finalise(seed + uint64(s+1)*0x9e3779b97f4a7c15)
			if load+whole[i] <= limit && (best < 0 || hash > bestHash) {
				best, bestHash = s, hash
			}
			if s == 0 || load < loads[least] || load == loads[least] && hash > leastHash {
				least, leastHash = s, hash
			}
		}
		if best < 0 {
			best = least
		}
		for _, k := range all[i] {
			of[k] = best
		}
		loads[best] += whole[i]
	}
	return of
}

// shardLimit is the load at which a shard is full: 2 to 7.1 % above the average. It
// goes up in steps, so that one more job seldom changes it: without them, the small
// jobs that fill each shard to its limit would be others each time.
func shardLimit(average int64) int64 {
	limit := int64(minShardCost)
	for limit < average+average/50 {
		limit += limit / 20
	}
	return limit
}

// finalise mixes the bits of h, as MurmurHash3 ends: those of FNV-1a say too little
// of the last characters.
func finalise(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
