package cache

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// helperDir names, in the environment, the folder in which the test binary works as
// one of several processes.
const helperDir = "CACHE_TEST_DIR"

// numbers is how many different entries there are, rounds how often a process opens
// the cache.
const numbers, rounds = 40, 6

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		if err := work(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// work reads, writes and trims the cache for a while, on several goroutines.
func work(dir string) error {
	var mu sync.Mutex
	var wrong error
	fail := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		wrong = fmt.Errorf(format, args...)
	}
	for round := range rounds {
		c, err := Open(Options{Dir: dir, MaxBytes: numbers / 2 * 1300, Logf: fail})
		if err != nil {
			return err
		}
		var pool sync.WaitGroup
		for range 4 {
			pool.Go(func() {
				for range 60 {
					i := rand.IntN(numbers)
					if e, ok := c.Get(key(i)); !ok {
						c.Put(key(i), entry(i))
					} else if diff := cmp.Diff(entry(i), e); diff != "" {
						fail("entry %d is another one: %s", i, diff)
					}
				}
			})
		}
		if round%2 == 0 { // every other time while the cache is in use
			pool.Wait()
		}
		if err := c.Close(); err != nil {
			return err
		}
		pool.Wait()
	}
	return wrong
}

// Several processes, of which some are killed, never see a part of an entry, and
// none logs an error.
func TestProcesses(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "cache")
	run := func() (*exec.Cmd, *tail) {
		out := &tail{}
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), helperDir+"="+dir)
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd, out
	}
	var pool sync.WaitGroup
	for range 3 {
		cmd, out := run()
		pool.Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v: %s", err, out.text)
			}
		})
	}
	for i := range 3 {
		cmd, _ := run()
		time.Sleep(time.Duration(i*20+20) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	pool.Wait()

	c := open(t, dir, numbers/2*1300, time.Now())
	whole := 0
	for i := range numbers {
		if e, ok := c.Get(key(i)); ok {
			whole++
			if diff := cmp.Diff(entry(i), e); diff != "" {
				t.Error(diff)
			}
		}
	}
	if err := c.Close(); err != nil || len(c.logged()) > 0 || whole == 0 {
		t.Errorf("%d entries, error %v, logged %q", whole, err, c.logged())
	}
	var left int64
	for _, i := range held(t, c.Cache, numbers) {
		left += size(t, c.Cache, i)
	}
	if left == 0 || left > c.MaxBytes {
		t.Errorf("%d bytes of entries are left", left)
	}
}

// tail is what a process has written.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	return len(p), nil
}
