//go:build linux

package worker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/testfiles"
)

// jobs are those of sources in a folder.
func jobs(sources map[string]string) (jobs []asset.Job) {
	for name, data := range sources {
		format, _ := asset.Sniff([]byte(data)[:min(len(data), asset.SniffLen)])
		jobs = append(jobs, asset.Job{Source: asset.Source{Path: name, Size: int64(len(data)), Format: format}, Recipe: asset.Recipe{Variant: webp}, Output: name + ".webp"})
	}
	return jobs
}

// runOptions are those of a run with three workers in a folder.
func runOptions(t *testing.T, dir string) convert.Options {
	p := newPool(t)
	p.Jobs = 3
	return convert.Options{Codec: p, Dir: dir, Jobs: p.Jobs, SmallSize: SmallSize, Small: Depth, KeepLarger: true}
}

// TestRun expects a run to end with all images that are sound converted, whatever the
// decoders of the others do.
func TestRun(t *testing.T) {
	sources := map[string]string{}
	for i, order := range []string{"nil", "exit-0", "abort", "garbage", "close", "eat", "size", "wild"} {
		sources[fmt.Sprintf("%d-%s.png", i, order)] = string(hostile(t, order))
	}
	for i := range 30 {
		sources[fmt.Sprintf("%d-good.png", i)] = testfiles.Image(t, "png/rgba.png")
	}
	dir := testfiles.Dir(t, sources)
	results := convert.Run(t.Context(), jobs(sources), runOptions(t, dir))
	if len(results) != len(sources) {
		t.Fatalf("%d results for %d sources", len(results), len(sources))
	}
	for _, r := range results {
		_, err := os.Stat(dir + "/" + r.Target)
		want := asset.Failed
		if strings.HasSuffix(r.Source.Path, "-good.png") {
			want = asset.Converted
		}
		if r.Status != want || (err == nil) != (want == asset.Converted) {
			t.Errorf("%s is %s, want %s: %v; its output: %v", r.Source.Path, r.Status, want, r.Err, err)
		}
	}
}

// TestKilledWorkers kills workers at random: each image ends once, converted or failed.
func TestKilledWorkers(t *testing.T) {
	sources := map[string]string{}
	for i := range 60 {
		sources[fmt.Sprintf("%03d.png", i)] = testfiles.Image(t, "png/card.png")
	}
	dir := testfiles.Dir(t, sources)
	ctx, stop := context.WithCancel(t.Context())
	var killed atomic.Int64
	var killer sync.WaitGroup
	killer.Go(func() {
		for ctx.Err() == nil {
			time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
			if pids := children(t); len(pids) > 0 && syscall.Kill(pids[rand.IntN(len(pids))], syscall.SIGKILL) == nil {
				killed.Add(1)
			}
		}
	})
	results := convert.Run(t.Context(), jobs(sources), runOptions(t, dir))
	stop()
	killer.Wait()
	seen := map[string]bool{}
	failed := 0
	for _, r := range results {
		if seen[r.Source.Path] {
			t.Errorf("%s ends twice", r.Source.Path)
		}
		seen[r.Source.Path] = true
		_, err := os.Stat(dir + "/" + r.Target)
		if (r.Status == asset.Converted) != (err == nil) {
			t.Errorf("%s is %s: %v; its output: %v", r.Source.Path, r.Status, r.Err, err)
		}
		if r.Status == asset.Failed {
			failed++
		}
	}
	if len(seen) != len(sources) {
		t.Errorf("%d of %d images have ended", len(seen), len(sources))
	}
	t.Logf("%d signals, %d images failed", killed.Load(), failed)
}

// TestInterrupted expects the cause of the end of a context, and no worker to be left.
func TestInterrupted(t *testing.T) {
	p := newPool(t)
	cause := errors.New("the job was canceled")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
	if _, err := convertWith(ctx, p, hostile(t, "hang"), webp); !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
	if _, err := p.Open(ctx, hostile(t, "hang")); !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}

// TestRenewed expects a new worker after some images.
func TestRenewed(t *testing.T) {
	p := newPool(t)
	data := []byte(testfiles.Image(t, "png/pixel.png"))
	pids := map[int]bool{}
	for range 2*maxImages + 1 {
		img, err := p.Open(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		pids[img.(*image).w.cmd.Process.Pid] = true
		img.Close()
	}
	if len(pids) != 3 {
		t.Errorf("%d workers for %d images, want 3", len(pids), 2*maxImages+1)
	}
}

// parentVariable makes the test's binary a parent that has workers until it is killed. It is
// the path of an image that keeps them busy.
const parentVariable = "WEBPRESS_TEST_PARENT"

func beParent() {
	image, err := os.ReadFile(os.Getenv(parentVariable))
	if err != nil {
		panic(err)
	}
	p := &Pool{}
	p.Warm(context.Background(), 4)
	for range 3 {
		go func() { _, _ = convertWith(context.Background(), p, image, webp) }()
	}
	time.Sleep(time.Minute)
	os.Exit(1)
}

// TestKilledParent kills a parent at random moments: none of its workers is left.
func TestKilledParent(t *testing.T) {
	path := testfiles.Dir(t, map[string]string{"spin.png": string(hostile(t, "spin"))}) + "/spin.png"
	most := 0
	for i := range 10 {
		parent := exec.Command("/proc/self/exe")
		parent.Env = append(os.Environ(), parentVariable+"="+path)
		if err := parent.Start(); err != nil {
			t.Fatal(err)
		}
		if i == 0 { // at least once with all of them
			for range 1000 {
				if len(childrenOf(t, parent.Process.Pid)) >= 4 {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
		} else {
			time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
		}
		workers := childrenOf(t, parent.Process.Pid)
		most = max(most, len(workers))
		if err := parent.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = parent.Wait()
		for _, pid := range workers {
			waitUntilGone(t, pid)
		}
	}
	if most < 4 {
		t.Errorf("%d workers at most, want 4: nothing was shown", most)
	}
}

// waitUntilGone waits until a process has ended: there is none of that number, or one that
// nobody has waited for.
func waitUntilGone(t *testing.T, pid int) {
	t.Helper()
	for range 1000 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if _, state, _ := strings.Cut(string(stat), ") "); err != nil || strings.HasPrefix(state, "Z") {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("worker %d has outlived its parent", pid)
}
