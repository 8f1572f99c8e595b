package convert

import (
	"context"
	"math"
	"runtime/debug"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/webpress/webpress/internal/asset"
)

func TestAvailable(t *testing.T) {
	const meminfo = "MemTotal:       24000000 kB\nMemFree:  1000 kB\nMemAvailable:   2000000 kB\n"
	tests := []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing known", nil, math.MaxInt64},
		{"no container", map[string]string{
			"proc/meminfo":                          meminfo,
			"proc/self/cgroup":                      "0::/user.slice\n",
			"sys/fs/cgroup/user.slice/memory.max":   "max\n",
			"sys/fs/cgroup/user.slice/memory.high":  "max\n",
			"sys/fs/cgroup/user.slice/memory.other": "1\n",
		}, 2000000 << 10},
		{"version 2, own namespace", map[string]string{
			"proc/meminfo":             meminfo,
			"proc/self/cgroup":         "0::/\n",
			"sys/fs/cgroup/memory.max": "536870912\n",
		}, 512 << 20},
		{"version 2, the group around has less", map[string]string{
			"proc/meminfo":                     meminfo,
			"proc/self/cgroup":                 "0::/pod/box\n",
			"sys/fs/cgroup/pod/memory.max":     "268435456\n",
			"sys/fs/cgroup/pod/box/memory.max": "536870912\n",
		}, 256 << 20},
		{"version 2, throttled", map[string]string{
			"proc/self/cgroup":          "0::/\n",
			"sys/fs/cgroup/memory.max":  "max\n",
			"sys/fs/cgroup/memory.high": "134217728\n",
		}, 128 << 20},
		{"version 1, the host's path", map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "12:cpu,cpuacct:/docker/abc\n7:memory:/docker/abc\n1:name=systemd:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
		}, 1 << 30},
		{"version 1, unlimited", map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "7:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 2000000 << 10},
		{"damaged", map[string]string{
			"proc/meminfo":     "MemAvailable: much\n",
			"proc/self/cgroup": "memory\n7:memory\n",
		}, math.MaxInt64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for name, text := range tt.files {
				root[name] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := available(root); got != tt.want {
				t.Errorf("%d bytes, want %d", got, tt.want)
			}
		})
	}
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100)
		free, err := b.acquire(t.Context(), 60)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := b.tryAcquire(41); ok {
			t.Error("101 of 100 bytes were given")
		}
		// More than there is waits for all there is.
		var alone bool
		go func() {
			release, err := b.acquire(t.Context(), 1000)
			if err != nil {
				t.Error(err)
				return
			}
			alone = true
			release()
		}()
		synctest.Wait()
		if alone {
			t.Error("a picture larger than the budget did not wait")
		}
		free()
		synctest.Wait()
		if !alone {
			t.Error("a picture larger than the budget never ran")
		}

		hold, _ := b.acquire(t.Context(), 100)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.acquire(ctx, 1); err == nil {
			t.Error("acquire does not end with its context")
		}
		hold()
	})
}

// Capping the heap leaves what images may need as it was.
func TestCapHeapKeepsMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	want := DefaultMemory()
	debug.SetMemoryLimit(want)
	if got := DefaultMemory(); got != want {
		t.Errorf("%d bytes, then %d", want, got)
	}
}

// What one Run holds of shared memory, another waits for.
func TestSharedMemory(t *testing.T) {
	shared := NewSharedMemory(10)
	release, err := shared.budget.acquire(t.Context(), 8)
	if err != nil {
		t.Fatal(err)
	}
	job := asset.Job{Source: asset.Source{Path: "a.png", Format: asset.PNG, Size: 5}, Recipe: asset.Recipe{Variant: asset.Variant{Format: asset.WebP}}, Output: "a.webp"}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if results := Run(ctx, []asset.Job{job}, Options{Dir: t.TempDir(), Memory: 1 << 30, Shared: shared}); len(results) != 0 {
		t.Errorf("it did not wait: %+v", results)
	}
	release()
	if results := Run(t.Context(), []asset.Job{job}, Options{Dir: t.TempDir(), Memory: 1 << 30, Shared: shared}); len(results) != 1 {
		t.Errorf("%+v", results) // which fails: there is no such file
	}
}
