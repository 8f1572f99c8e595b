package ci

import "testing"

// platforms are environments that Detect knows, and one that it does not.
var platforms = map[string][]string{
	"GitHub":     {"GITHUB_ACTIONS", "true"},
	"GitLab":     {"GITLAB_CI", "true"},
	"Woodpecker": {"CI", "woodpecker"},
	"Drone":      {"DRONE", "true"},
	"none":       nil,
}

func TestShard(t *testing.T) {
	tests := map[string]struct {
		env           []string
		shard, shards int
	}{
		"nothing":             {nil, 0, 0},
		"Kubernetes":          {[]string{"JOB_COMPLETION_INDEX", "0"}, 1, 0},
		"Kubernetes, later":   {[]string{"JOB_COMPLETION_INDEX", "41"}, 42, 0},
		"AWS Batch":           {[]string{"AWS_BATCH_JOB_ARRAY_INDEX", "3", "AWS_BATCH_JOB_ARRAY_SIZE", "4"}, 4, 4},
		"AWS Batch, no size":  {[]string{"AWS_BATCH_JOB_ARRAY_INDEX", "3"}, 4, 0},
		"AWS Batch, no array": {[]string{"AWS_BATCH_JOB_ARRAY_SIZE", "4"}, 0, 0},
		"CircleCI":            {[]string{"CIRCLE_NODE_INDEX", "0", "CIRCLE_NODE_TOTAL", "2"}, 1, 2},
		"CircleCI, one":       {[]string{"CIRCLE_NODE_INDEX", "0", "CIRCLE_NODE_TOTAL", "1"}, 1, 1},
		"Buildkite":           {[]string{"BUILDKITE_PARALLEL_JOB", "1", "BUILDKITE_PARALLEL_JOB_COUNT", "2"}, 2, 2},
		"several":             {[]string{"JOB_COMPLETION_INDEX", "5", "BUILDKITE_PARALLEL_JOB", "1", "BUILDKITE_PARALLEL_JOB_COUNT", "2"}, 2, 2},
		"one is nonsense":     {[]string{"JOB_COMPLETION_INDEX", "5", "BUILDKITE_PARALLEL_JOB", "2", "BUILDKITE_PARALLEL_JOB_COUNT", "2"}, 6, 0},

		"out of range":   {[]string{"CIRCLE_NODE_INDEX", "2", "CIRCLE_NODE_TOTAL", "2"}, 0, 0},
		"none at all":    {[]string{"CIRCLE_NODE_INDEX", "0", "CIRCLE_NODE_TOTAL", "0"}, 0, 0},
		"negative":       {[]string{"JOB_COMPLETION_INDEX", "-1"}, 0, 0},
		"negative total": {[]string{"CIRCLE_NODE_INDEX", "0", "CIRCLE_NODE_TOTAL", "-2"}, 0, 0},
		"signed":         {[]string{"JOB_COMPLETION_INDEX", "+1"}, 0, 0},
		"a word":         {[]string{"JOB_COMPLETION_INDEX", "one"}, 0, 0},
		"a fraction":     {[]string{"JOB_COMPLETION_INDEX", "1.5"}, 0, 0},
		"spaces":         {[]string{"JOB_COMPLETION_INDEX", " 1"}, 0, 0},
		"too large":      {[]string{"JOB_COMPLETION_INDEX", "99999999999999999999"}, 0, 0},
		"a word for all": {[]string{"CIRCLE_NODE_INDEX", "0", "CIRCLE_NODE_TOTAL", "all"}, 0, 0},
	}
	for name, tt := range tests {
		for platform, env := range platforms {
			t.Run(name+" at "+platform, func(t *testing.T) {
				f := Detect(environ(append(env[:len(env):len(env)], tt.env...)...), Options{}).Facts()
				if f.Shard != tt.shard || f.Shards != tt.shards {
					t.Errorf("shard %d of %d, want %d of %d", f.Shard, f.Shards, tt.shard, tt.shards)
				}
			})
		}
	}
}

func TestGitLabShard(t *testing.T) {
	tests := map[string]struct {
		env           []string
		shard, shards int
	}{
		"first":                 {[]string{"CI_NODE_INDEX", "1", "CI_NODE_TOTAL", "3"}, 1, 3},
		"last":                  {[]string{"CI_NODE_INDEX", "3", "CI_NODE_TOTAL", "3"}, 3, 3},
		"no parallel":           {[]string{"CI_NODE_TOTAL", "1"}, 0, 0},
		"from zero":             {[]string{"CI_NODE_INDEX", "0", "CI_NODE_TOTAL", "3"}, 0, 0},
		"beyond":                {[]string{"CI_NODE_INDEX", "4", "CI_NODE_TOTAL", "3"}, 0, 0},
		"GitLab's own counts":   {[]string{"CI_NODE_INDEX", "2", "CI_NODE_TOTAL", "3", "JOB_COMPLETION_INDEX", "7"}, 2, 3},
		"only what is below it": {[]string{"CI_NODE_TOTAL", "1", "JOB_COMPLETION_INDEX", "7"}, 8, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := Detect(environ(append([]string{"GITLAB_CI", "true"}, tt.env...)...), Options{}).Facts()
			if f.Shard != tt.shard || f.Shards != tt.shards {
				t.Errorf("shard %d of %d, want %d of %d", f.Shard, f.Shards, tt.shard, tt.shards)
			}
		})
	}
	// Elsewhere these names count from 0, or from 1, or mean something else.
	f := Detect(environ("CI_NODE_INDEX", "1", "CI_NODE_TOTAL", "3"), Options{}).Facts()
	if f.Shard != 0 || f.Shards != 0 {
		t.Errorf("shard %d of %d without GitLab", f.Shard, f.Shards)
	}
}

func FuzzCounter(f *testing.F) {
	f.Add("0", "4")
	f.Add("3", "")
	f.Add("-1", "1e3")
	f.Fuzz(func(t *testing.T, index, total string) {
		for _, c := range append(counters, gitlabCounter) {
			shard, shards := c.read(environ(c.index, index, c.total, total))
			if shard < 0 || shards < 0 || shards > 0 && (shard < 1 || shard > shards) {
				t.Errorf("%+v: %q of %q is %d of %d", c, index, total, shard, shards)
			}
		}
	})
}
