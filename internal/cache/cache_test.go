package cache

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/tree"
)

// start is when the tests begin.
var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// A stage is a cache with a clock and a log.
type stage struct {
	*Cache
	mu  sync.Mutex
	now time.Time
	log []string
}

func (s *stage) logged() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// open opens a cache in dir at the time that is now.
func open(t *testing.T, dir string, maxBytes int64, now time.Time) *stage {
	t.Helper()
	s := &stage{now: now}
	c, err := Open(Options{
		Dir: dir, MaxBytes: maxBytes,
		Now: func() time.Time { return s.now },
		Logf: func(format string, args ...any) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.log = append(s.log, fmt.Sprintf(format, args...))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Cache = c
	t.Cleanup(func() { c.Close() })
	return s
}

// key is the name of the entry of a number, which is in a folder of its own up to
// 256.
func key(i int) string { return fmt.Sprintf("%02x", i%256) + Key(fmt.Sprint(i), "", asset.PNG)[2:] }

// entry is that of a number.
func entry(i int) Entry {
	data := make([]byte, 1000)
	rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}).Read(data)
	return Entry{
		Data: data, Width: i, Height: 2 * i, Frames: 1, Lossless: i%2 == 0, Pixels: int64(i * i),
		Notes: []string{"<a> & \"b\"\n"}, After: 1000,
	}
}

// held are those of the numbers below n that c has an entry for.
func held(t *testing.T, c *Cache, n int) []int {
	t.Helper()
	var numbers []int
	for i := range n {
		if _, err := os.Lstat(filepath.Join(c.Dir, file(key(i)))); err == nil {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

func TestKey(t *testing.T) {
	keys := map[string]string{}
	for _, parts := range [][3]string{
		{"a", "b", "png"}, {"ab", "", "png"}, {"", "ab", "png"}, {"a", "bp", "ng"}, {"a", "b", "jpeg"}, {"", "", ""},
		{"1:a,", "b", "png"}, {"a,1:b", "", "png"},
	} {
		k := Key(parts[0], parts[1], asset.Format(parts[2]))
		if !isKey(k) {
			t.Errorf("%q is no key", k)
		}
		if other, ok := keys[k]; ok {
			t.Errorf("%q and %s have the same key", parts, other)
		}
		keys[k] = fmt.Sprintf("%q", parts)
	}
	// A key that changes from one version to the next would empty all caches.
	if k := Key("a", "b", asset.PNG); k != "38d8398a41fb20f6d1d16e9a570490a2d6f554338e43408ab9bbcc2fcb24315d" {
		t.Errorf("the key has become %s", k)
	}
}

func TestPutGet(t *testing.T) {
	tests := map[string]Entry{
		"a picture":   entry(1),
		"not smaller": {Width: 1, Height: 2, Frames: 3, Pixels: 6, Reason: asset.NotSmaller, After: 12345},
		"bare":        {Data: []byte{0}},
		"large":       {Data: bytes.Repeat([]byte("webp"), 1<<14), After: 1 << 16},
	}
	dir := t.TempDir()
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			k := Key(name, "", asset.PNG)
			for range 2 {
				c := open(t, dir, 1<<30, start)
				if e, ok := c.Get(k); ok {
					if diff := cmp.Diff(want, e); diff != "" {
						t.Error(diff)
					}
					continue
				}
				c.Put(k, want)
				e, ok := c.Get(k)
				if diff := cmp.Diff(want, e); diff != "" || !ok {
					t.Error(ok, diff)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if len(c.log) > 0 {
					t.Errorf("logged %q", c.log)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, file(k))); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUsedWrongly(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20, start)
	for _, k := range []string{
		"", "ab", "../../../etc/passwd", strings.Repeat("g", 64), strings.ToUpper(key(171)), key(1) + "0", strings.Repeat("../", 21) + "a",
	} {
		c.Put(k, entry(1))
		if _, ok := c.Get(k); ok {
			t.Errorf("%q has an entry", k)
		}
	}
	c.Put(key(1), entry(1))
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	c.Put(key(2), entry(2))
	if _, ok := c.Get(key(1)); ok {
		t.Error("a closed cache has an entry")
	}
	if diff := cmp.Diff([]string{".gitignore", file(key(1)), "CACHEDIR.TAG"}, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
	if len(c.log) > 0 {
		t.Errorf("logged %q", c.log)
	}
}

// Every byte of an entry counts.
func TestTampering(t *testing.T) {
	dir := t.TempDir()
	k, want := key(1), Entry{Data: []byte("RIFF"), Width: 3, Height: 2, Frames: 1, Pixels: 6, After: 4}
	c := open(t, dir, 1<<20, start)
	c.Put(k, want)
	name := filepath.Join(dir, file(k))
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	variants := map[string][]byte{"empty": {}, "longer": append(slices.Clone(whole), 0)}
	for i := range whole {
		changed := slices.Clone(whole)
		changed[i] ^= 1
		variants[fmt.Sprintf("byte %d", i)] = changed
		variants[fmt.Sprintf("%d bytes", i)] = whole[:i]
	}
	other, err := header(key(2), want)
	if err != nil {
		t.Fatal(err)
	}
	variants["of another key"] = append(other, want.Data...)
	for name2, data := range variants {
		t.Run(name2, func(t *testing.T) {
			c := open(t, dir, 1<<20, start)
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
			if e, ok := c.Get(k); ok {
				t.Errorf("it is taken for %+v", e)
			}
			if _, err := os.Stat(name); err == nil {
				t.Error("it is still there")
			}
			if len(c.log) != 1 || !strings.Contains(c.log[0], "made again") {
				t.Errorf("logged %q", c.log)
			}
			c.Put(k, want)
			if e, ok := c.Get(k); !ok || cmp.Diff(want, e) != "" {
				t.Errorf("made again it is %+v, %v", e, ok)
			}
		})
	}
}

func TestOtherVersionIsToldOnce(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20, start)
	for i := range 5 {
		c.Put(key(i), entry(i))
		name := filepath.Join(dir, file(key(i)))
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data[len(magic)]++
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		if _, ok := c.Get(key(i)); ok {
			t.Errorf("entry %d is there", i)
		}
	}
	if len(c.log) != 1 || !strings.Contains(c.log[0], "another version") {
		t.Errorf("logged %q", c.log)
	}
	if left := held(t, c.Cache, 5); left != nil {
		t.Errorf("entries %v are left", left)
	}
}

// Links in the cache lead nowhere, and stay what they are.
func TestLinks(t *testing.T) {
	outside := t.TempDir()
	precious := filepath.Join(outside, "precious")
	if err := os.WriteFile(precious, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := open(t, dir, 1<<20, start)
	for i := range 4 {
		c.Put(key(i), entry(i))
	}
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	// An entry and a folder, each once for something inside and outside.
	move(file(key(0)), "00/kept")
	link("kept", file(key(0)))
	move(file(key(1)), "00/gone")
	link(precious, file(key(1)))
	move("02", "ee")
	link("ee", "02")
	move("03", "ef")
	link(outside, "03")
	link(outside, "04")
	for i := range 5 {
		if _, ok := c.Get(key(i)); ok {
			t.Errorf("entry %d was found behind a link", i)
		}
		c.Put(key(i), entry(i))
	}
	if got := held(t, c.Cache, 2); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("entries %v", got)
	}
	for i := range 2 {
		if e, ok := c.Get(key(i)); !ok || cmp.Diff(entry(i), e) != "" {
			t.Errorf("entry %d did not take the place of the link", i)
		}
	}
	c.MaxBytes = 0
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"precious"}, testfiles.List(t, outside)); diff != "" {
		t.Error(diff)
	}
	want := []string{".gitignore", "00/gone", "00/kept", "02", "03", "04", "CACHEDIR.TAG",
		"ee/" + filepath.Base(file(key(2))), "ef/" + filepath.Base(file(key(3)))}
	if diff := cmp.Diff(want, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
	if len(c.log) != 1 {
		t.Errorf("logged %q", c.log)
	}
}

// A failed write is logged once, and the run continues.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02x", i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, file(key(3)), "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := open(t, dir, 1<<20, start)
	for i := range 6 {
		c.Put(key(i), entry(i))
	}
	for i := range 6 {
		if e, ok := c.Get(key(i)); ok != (i >= 4) || ok && cmp.Diff(entry(i), e) != "" {
			t.Errorf("entry %d: %v", i, ok)
		}
	}
	if len(c.log) != 1 || !strings.Contains(c.log[0], key(0)) || !strings.Contains(c.log[0], "not a folder; the run goes on") {
		t.Errorf("logged %q", c.log)
	}
	for _, name := range testfiles.List(t, dir) {
		if tree.IsTemp(filepath.Base(name)) {
			t.Errorf("%s is left", name)
		}
	}
}

// Once the disk is full, nothing is tried any more: images have to be written, too.
func TestDiskFull(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS} {
		c := open(t, t.TempDir(), 1<<20, start)
		c.Put(key(1), entry(1))
		c.fail(&fs.PathError{Op: "write", Path: "x", Err: cause})
		c.fail(&fs.PathError{Op: "write", Path: "y", Err: cause})
		c.Put(key(2), entry(2))
		if got := held(t, c.Cache, 3); !slices.Equal(got, []int{1}) {
			t.Errorf("%v: entries %v", cause, got)
		}
		if _, ok := c.Get(key(1)); !ok {
			t.Errorf("%v: what is there is not read", cause)
		}
		if len(c.log) != 1 {
			t.Errorf("%v: logged %q", cause, c.log)
		}
	}
}

// Several processes make a folder into a cache at the same moment.
func TestOpenAtOnce(t *testing.T) {
	for range 50 {
		dir := filepath.Join(t.TempDir(), "cache")
		var pool sync.WaitGroup
		for range 8 {
			pool.Go(func() {
				c, err := Open(Options{Dir: dir, MaxBytes: 1 << 20})
				if err != nil {
					t.Errorf("Open: %v", err)
					return
				}
				if err := c.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
		}
		pool.Wait()
	}
}
