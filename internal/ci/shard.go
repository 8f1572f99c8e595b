package ci

import "strconv"

// A counter is a pair of variables that hold the number of a job among
// several, and how many there are.
type counter struct {
	index, total string
	// from is the number of the first job: 0 or 1.
	from int
}

// gitlabCounter is set by the keyword parallel.
// https://docs.gitlab.com/ci/yaml/#parallel
var gitlabCounter = counter{"CI_NODE_INDEX", "CI_NODE_TOTAL", 1}

// counters are those of what webpress does not know otherwise, and of what starts
// jobs below a CI that it knows. The first that is set counts.
var counters = []counter{
	// https://circleci.com/docs/reference/variables/
	{"CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0},
	// https://buildkite.com/docs/pipelines/configure/environment-variables
	{"BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0},
	// https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
	{"AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", 0},
	// An indexed Job of Kubernetes, which does not set its completions.
	// https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
	{"JOB_COMPLETION_INDEX", "", 0},
}

// shard finds out which of several jobs this one is. own is what the platform has
// for it, if anything.
func (f *Facts) shard(getenv func(string) string, own ...counter) {
	for _, c := range append(own, counters...) {
		if f.Shard, f.Shards = c.read(getenv); f.Shard > 0 {
			return
		}
	}
}

// read returns the number of this job, from 1, and how many there are. Both are 0
// where they make no sense, and the second one where it is not set.
func (c counter) read(getenv func(string) string) (shard, shards int) {
	index, ok := counted(getenv(c.index))
	if !ok || index < c.from {
		return 0, 0
	}
	shard = index - c.from + 1
	if c.total == "" || getenv(c.total) == "" {
		return shard, 0
	}
	if shards, ok = counted(getenv(c.total)); !ok || shard > shards {
		return 0, 0
	}
	return shard, shards
}

// counted reads a number that is no more than a number of jobs can be.
func counted(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 30)
	return int(n), err == nil
}
