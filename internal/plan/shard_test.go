package plan

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

// distributions are costs of images, in milliseconds: all the same, as those of
// photos vary, as those of all kinds do, and with a heavy tail.
var distributions = map[string]func(r *rand.Rand) float64{
	"equal":       func(*rand.Rand) float64 { return 500 },
	"lognormal 1": func(r *rand.Rand) float64 { return 100 * math.Exp(r.NormFloat64()) },
	"lognormal 2": func(r *rand.Rand) float64 { return 100 * math.Exp(2*r.NormFloat64()) },
	"Pareto 1.2":  func(r *rand.Rand) float64 { return 100 / math.Pow(1-r.Float64(), 1/1.2) },
	"unknown":     func(*rand.Rand) float64 { return 0 },
}

// work is n jobs and their costs.
func work(r *rand.Rand, n int, cost func(*rand.Rand) float64) ([]asset.Job, []float64) {
	jobs, costs := make([]asset.Job, n), make([]float64, n)
	site := r.IntN(1000)
	for i := range jobs {
		jobs[i].Source.Path = fmt.Sprintf("site%d/images/%d.png", site, i)
		costs[i] = cost(r)
	}
	return jobs, costs
}

func TestShardBalance(t *testing.T) {
	for name, cost := range distributions {
		r := rand.New(rand.NewPCG(1, 2))
		for range 50 {
			total := 1 + r.IntN(32)
			jobs, costs := work(r, 30*total+r.IntN(1000), cost)
			loads := make([]float64, total)
			for i, s := range shards(jobs, costs, total) {
				loads[s] += max(costs[i], 1)
			}
			var sum float64
			for _, l := range loads {
				sum += l
			}
			// The shard of a job that is more than its share has nothing else.
			if limit := max(1.15*sum/float64(total), slices.Max(costs)); slices.Max(loads) > 1.000001*limit {
				t.Errorf("%s: one of %d shards of %d jobs has %.0f, more than %.0f", name, total, len(jobs), slices.Max(loads), limit)
			}
		}
	}
}

// One more image than a thousand moves less than a percent of them on average, as a
// rule none, and a fifth when the limit goes up a step.
func TestShardStability(t *testing.T) {
	const n, rounds = 1000, 40
	for name, cost := range distributions {
		for _, total := range []int{2, 4, 8, 16} {
			r := rand.New(rand.NewPCG(3, uint64(total)))
			var moves []int
			sum := 0
			for range rounds {
				jobs, costs := work(r, n+1, cost)
				before, after := shards(jobs[:n], costs[:n], total), shards(jobs, costs, total)
				moved := 0
				for i, s := range before {
					if after[i] != s {
						moved++
					}
				}
				moves, sum = append(moves, moved), sum+moved
			}
			slices.Sort(moves)
			t.Logf("%-11s %2d shards: %4.1f moved, median %d, at most %d", name, total, float64(sum)/rounds, moves[rounds/2], moves[rounds-1])
			if sum > n/100*rounds || moves[rounds/2] > 2 || moves[rounds-1] > n/5 {
				t.Errorf("%s, %d shards: %v moved", name, total, moves)
			}
		}
	}
}

// What a shard is does not depend on the order of the jobs, nor on how a processor
// rounds.
func TestShardOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	jobs, costs := work(r, 300, distributions["lognormal 1"])
	want := map[string]int{}
	for i, s := range shards(jobs, costs, 5) {
		want[jobs[i].Source.Path] = s
	}
	for range 10 {
		r.Shuffle(len(jobs), func(i, j int) {
			jobs[i], jobs[j], costs[i], costs[j] = jobs[j], jobs[i], costs[j], costs[i]
		})
		for i := range costs {
			costs[i] = math.Nextafter(costs[i], float64(r.IntN(2))*1e9)
		}
		got := map[string]int{}
		for i, s := range shards(jobs, costs, 5) {
			got[jobs[i].Source.Path] = s
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
	// The jobs of one shard come in the order in which they were given.
	mine := Shard(jobs, costs, 2, 5)
	at := -1
	for _, j := range mine {
		i := slices.IndexFunc(jobs, func(other asset.Job) bool { return other.Source.Path == j.Source.Path })
		if i <= at || want[j.Source.Path] != 1 {
			t.Errorf("%s is not in its place", j.Source.Path)
		}
		at = i
	}
}

// Machines with another version would do some images twice and others never.
func TestShardIsPinned(t *testing.T) {
	var jobs []asset.Job
	var costs []float64
	for i := range 12 {
		jobs = append(jobs, asset.Job{Source: asset.Source{Path: fmt.Sprintf("%c.png", 'a'+i)}})
		costs = append(costs, float64(100*(i%4)))
	}
	if diff := cmp.Diff([]int{1, 0, 0, 1, 1, 2, 2, 1, 0, 2, 2, 0}, shards(jobs, costs, 3)); diff != "" {
		t.Error(diff)
	}
}

func TestShardEdges(t *testing.T) {
	jobs := []asset.Job{{Output: "a"}, {Output: "b"}}
	strange := []float64{math.Inf(1), math.NaN()}
	for _, tt := range []struct{ index, total, want int }{
		{1, 1, 2}, {0, 1, 0}, {2, 1, 0}, {1, 0, 0}, {0, 0, 0}, {-1, 3, 0},
	} {
		if got := len(Shard(jobs, strange, tt.index, tt.total)); got != tt.want {
			t.Errorf("shard %d of %d has %d jobs, want %d", tt.index, tt.total, got, tt.want)
		}
	}
	if got := Shard(nil, nil, 1, 2); len(got) != 0 {
		t.Errorf("of nothing there is %v", got)
	}
}

// FuzzShard holds that every job is in one shard, that no shard gets a job that
// another has room for, and that the order of the jobs is nothing to it.
func FuzzShard(f *testing.F) {
	f.Add(uint8(3), []byte("some costs of jobs, eight bytes for each of them"))
	f.Add(uint8(0), []byte{})
	f.Add(uint8(200), make([]byte, 80))
	f.Fuzz(func(t *testing.T, n uint8, data []byte) {
		total := int(n) + 1
		var jobs []asset.Job
		var costs []float64
		for len(data) >= 8 {
			jobs = append(jobs, asset.Job{Source: asset.Source{Path: fmt.Sprint(len(jobs))}})
			costs = append(costs, math.Float64frombits(binary.LittleEndian.Uint64(data)))
			data = data[8:]
		}
		seen := map[string]int{}
		for index := range total {
			for _, j := range Shard(jobs, costs, index+1, total) {
				seen[j.Source.Path]++
			}
		}
		for _, j := range jobs {
			if seen[j.Source.Path] != 1 {
				t.Errorf("job %s is in %d shards", j.Source.Path, seen[j.Source.Path])
			}
		}
		if len(seen) != len(jobs) {
			t.Errorf("%d jobs became %d", len(jobs), len(seen))
		}
		of := shards(jobs, costs, total)
		loads, largest, sum := make([]float64, total), 0.0, 0.0
		for i, s := range of {
			cost := minShardCost / 1000.0
			if costs[i] > cost {
				cost = min(costs[i], maxShardCost/1000)
			}
			loads[s] += cost
			largest, sum = max(largest, cost), sum+cost
		}
		average := sum / float64(total)
		if most := slices.Max(loads); most > 1.0001*max(1.073*average+1.1, average+largest) {
			t.Errorf("a shard has %v of %v", most, average)
		}
		slices.Reverse(jobs)
		slices.Reverse(costs)
		back := shards(jobs, costs, total)
		slices.Reverse(back)
		if !slices.Equal(of, back) {
			t.Errorf("backwards %v is %v", of, back)
		}
	})
}
