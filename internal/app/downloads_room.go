package app

import (
	"context"
	"os"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// alone downloads a source for which the disk had no room. What was downloaded ahead is given up, to be
// downloaded again when it is needed, and what is being downloaded and converted is waited for, until
// there is room or nothing else takes any.
func (d *downloads) alone(ctx context.Context, s asset.Source) got {
	d.lane.Lock()
	defer d.lane.Unlock()
	for {
		d.mu.Lock()
		d.crowded = true
		d.room.Broadcast()
		var ahead []*temporary
		for name, it := range d.items {
			if it.isReady() && it.counted && it.got.file != nil && !it.taken {
				ahead = append(ahead, it.got.file)
				d.waiting--
				d.waitingBytes -= it.got.source.Size
				d.items[name] = &item{source: it.source, done: make(chan struct{})}
			}
		}
		open, ended := d.open-len(ahead), d.ended+len(ahead)
		d.mu.Unlock()
		for _, file := range ahead {
			file.Close()
		}
		g := d.download(ctx, s, false)
		if !tree.IsFull(g.err) {
			return g
		}
		ended++ // its own
		d.mu.Lock()
		full := open == 0 && d.open == 0 && d.ended == ended
		for !full && d.ended == ended && ctx.Err() == nil {
			d.room.Wait()
		}
		d.mu.Unlock()
		if full || ctx.Err() != nil {
			return g
		}
	}
}

// A temporary is the file of one download.
type temporary struct {
	*os.File
	of *downloads
}

// create makes a temporary file that has no name.
func (d *downloads) create() (*temporary, error) {
	file, err := os.CreateTemp("", "webpress-*")
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.ended++
		return nil, err
	}
	_ = os.Remove(file.Name()) // what is open stays; where that is not so, the system removes it
	d.open++
	return &temporary{file, d}, nil
}

// Close gives the file's room on the disk back.
func (f *temporary) Close() error {
	err := f.File.Close()
	f.of.mu.Lock()
	f.of.open--
	f.of.ended++
	f.of.mu.Unlock()
	f.of.room.Broadcast()
	return err
}
