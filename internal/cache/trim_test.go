package cache

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/tree"
)

// size is the length of the file of an entry.
func size(t *testing.T, c *Cache, i int) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(c.Dir, file(key(i))))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestTrim(t *testing.T) {
	tests := []struct {
		name string
		// used are the entries that are asked for, a day after the last one was made.
		used []int
		// room is the number of entries that there is room for, and a half.
		room int64
		want []int
	}{
		{name: "room for all", room: 6, want: []int{0, 1, 2, 3, 4, 5}},
		{name: "oldest first", room: 3, want: []int{3, 4, 5}},
		{name: "used stay", used: []int{0, 2}, room: 3, want: []int{0, 2, 5}},
		{name: "the last used stay", used: []int{5, 4, 0, 1}, room: 2, want: []int{0, 1}},
		{name: "no room", used: []int{1}, room: 0, want: nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			c := open(t, dir, 1<<20, start)
			for i := range 6 {
				c.Put(key(i), entry(i))
				c.now = c.now.Add(time.Minute)
			}
			one := size(t, c.Cache, 5)
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			c = open(t, dir, one*tt.room+one/2, start.Add(24*time.Hour))
			for _, i := range tt.used {
				if _, ok := c.Get(key(i)); !ok {
					t.Errorf("entry %d is gone", i)
				}
				c.now = c.now.Add(time.Second)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if got := held(t, c.Cache, 6); !slices.Equal(got, tt.want) {
				t.Errorf("entries %v, want %v", got, tt.want)
			}
			if len(c.log) > 0 {
				t.Errorf("logged %q", c.log)
			}
		})
	}
}

// What was used at the same time goes in the order of the names, on every machine.
func TestTrimTies(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20, start)
	for _, i := range []int{4, 1, 3, 0, 2} {
		c.Put(key(i), entry(i))
	}
	c.MaxBytes = 2*size(t, c.Cache, 0) + 500
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if got := held(t, c.Cache, 5); !slices.Equal(got, []int{3, 4}) {
		t.Errorf("entries %v", got)
	}
}

func TestTouch(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20, start)
	c.Put(key(1), entry(1))
	used := func() time.Time {
		info, err := os.Stat(filepath.Join(c.Dir, file(key(1))))
		if err != nil {
			t.Fatal(err)
		}
		return info.ModTime()
	}
	for _, tt := range []struct {
		after, want time.Duration
	}{
		{0, 0}, {time.Hour, 0}, {time.Hour + time.Second, time.Hour + time.Second},
		{2 * time.Hour, time.Hour + time.Second}, {4 * time.Hour, 4 * time.Hour},
		// A clock that was ahead is set right.
		{time.Hour, time.Hour},
	} {
		c.now = start.Add(tt.after)
		if _, ok := c.Get(key(1)); !ok {
			t.Fatal("the entry is gone")
		}
		if got := used(); !got.Equal(start.Add(tt.want)) {
			t.Errorf("after %v the time of use is %v, want %v", tt.after, got.Sub(start), tt.want)
		}
	}
}

func TestPutTooLarge(t *testing.T) {
	e := entry(1)
	head, err := header(key(1), e)
	if err != nil {
		t.Fatal(err)
	}
	whole := int64(len(head) + len(e.Data))
	for _, tt := range []struct {
		max  int64
		want bool
	}{{whole, true}, {whole - 1, false}, {0, false}, {-1, false}} {
		c := open(t, t.TempDir(), tt.max, start)
		c.Put(key(1), e)
		if _, ok := c.Get(key(1)); ok != tt.want {
			t.Errorf("with %d bytes at most, one of %d is kept: %v", tt.max, whole, ok)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if got := held(t, c.Cache, 2); (got != nil) != tt.want {
			t.Errorf("with %d bytes at most, one of %d stays: %v", tt.max, whole, got)
		}
		if len(c.log) > 0 {
			t.Errorf("logged %q", c.log)
		}
	}
}

// A run that makes more than is kept does not fill the disk before it ends.
func TestTrimBetween(t *testing.T) {
	c := open(t, t.TempDir(), 20_000, start)
	for i := range 200 {
		c.Put(key(i), entry(i))
		c.now = c.now.Add(time.Second)
		if n := len(held(t, c.Cache, 200)); n > 23 {
			t.Fatalf("%d entries after %d", n, i+1)
		}
	}
	if _, ok := c.Get(key(199)); !ok {
		t.Error("the last entry is gone")
	}
}

// Only files with names of the cache's own go, and of temporary ones only old ones.
func TestTrimSpares(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20, start)
	c.Put(key(1), entry(1))
	temp := func(letter string) string { return tree.TempPrefix + strings.Repeat(letter, 26) + tree.TempSuffix }
	k := filepath.Base(file(key(1)))
	files := map[string]time.Duration{
		// older than an hour, in the places where they are written
		"01/" + temp("A"): time.Hour + time.Second, temp("B"): 48 * time.Hour,
		// not that old, or ahead
		"01/" + temp("C"): time.Hour - time.Second, temp("D"): 0, temp("E"): -48 * time.Hour,
		// other names and places
		"01/" + tree.TempPrefix + "a.tmp":                          48 * time.Hour,
		"01/" + tree.TempPrefix + strings.Repeat("a", 26) + ".tmp": 48 * time.Hour,
		"sub/" + temp("A"):                                         48 * time.Hour,
		"sub/" + k:                                                 48 * time.Hour,
		"02/" + k:                                                  48 * time.Hour,
		"01/" + strings.ToUpper(k):                                 48 * time.Hour,
		"01/" + k + ".old":                                         48 * time.Hour,
		"01/sub/" + k:                                              48 * time.Hour,
		k:                                                          48 * time.Hour,
		"0A/notes":                                                 48 * time.Hour,
		"README":                                                   48 * time.Hour,
	}
	for name, age := range files {
		path := filepath.Join(dir, name)
		testfiles.Write(t, dir, name, "x")
		if err := os.Chtimes(path, start.Add(-age), start.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	// A folder is no file, whatever its name.
	folder := temp("F")
	if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, folder), start.Add(-48*time.Hour), start.Add(-48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	c.MaxBytes = 0
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	want := []string{".gitignore", "CACHEDIR.TAG"}
	for name := range files {
		if name != "01/"+temp("A") && name != temp("B") {
			want = append(want, name)
		}
	}
	got := testfiles.List(t, dir)
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(filepath.Join(dir, folder)); err != nil {
		t.Error(err)
	}
}

func TestTrimFails(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20, start)
	c.Put(key(1), entry(1))
	c.root.Close()
	err := c.Close()
	if err == nil || !strings.HasPrefix(err.Error(), "trim cache ") {
		t.Errorf("error %v", err)
	}
}
