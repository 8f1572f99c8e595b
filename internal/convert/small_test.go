package convert

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
)

// A crowd is a codec that holds small images back until there are as many as it waits for.
type crowd struct {
	engine.Local
	size int64
	full chan struct{}
	want int

	mu                         sync.Mutex
	small, large, most, missed int
}

func (c *crowd) OpenFor(ctx context.Context, size int64, fill func([]byte) error, variants []asset.Variant, o engine.Options) (engine.Image, error) {
	c.mu.Lock()
	if size <= c.size {
		if c.small++; c.small == c.want {
			close(c.full)
		}
		c.mu.Unlock()
		select {
		case <-c.full:
		case <-ctx.Done():
		}
	} else {
		c.large++
		c.most = max(c.most, c.large)
		if c.small > 0 {
			c.missed++
		}
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.large--
		}()
	}
	return c.Local.OpenFor(ctx, size, fill, variants, o)
}

// TestSmall expects more small images than Jobs to be in work, and no more large ones.
func TestSmall(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i := range 20 {
		name, side := fmt.Sprintf("large%02d.png", i), 60
		if i%2 == 0 {
			name, side = fmt.Sprintf("small%02d.png", i), 8
		}
		if err := os.WriteFile(filepath.Join(dir, name), picture(t, side, side), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, name)
	}
	c := &crowd{size: 1000, full: make(chan struct{}), want: 6}
	results := Run(t.Context(), jobs(t, dir, recipe(), paths...), Options{Codec: c, Dir: dir, Jobs: 2, SmallSize: int(c.size), Small: 3, KeepLarger: true})
	if len(results) != len(paths) {
		t.Errorf("%d results, want %d", len(results), len(paths))
	}
	for _, r := range results {
		if r.Status != asset.Converted {
			t.Errorf("%s is %s: %v", r.Source.Path, r.Status, r.Err)
		}
	}
	if c.most > 2 {
		t.Errorf("%d large images at a time, want 2 at most", c.most)
	}
	if c.missed > 1 {
		t.Errorf("%d large images came behind small ones", c.missed)
	}
}
