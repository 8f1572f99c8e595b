package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// A benchCase is one table: who runs on which images, to what end.
type benchCase struct {
	name   string
	title  string // %d is the width
	set    string // the images: photos, heic, drawn or one
	resize bool
	often  int // runs are multiplied by it
	// outputs are those of each image, nil for one of its size or of the width, and
	// format is theirs, empty for WebP.
	outputs []output
	format  string
	// run is how the case is measured, nil for beside the peers.
	run func(b bench, ctx context.Context) (string, error)
}

var cases = []benchCase{
	{name: "resize", title: "JPEG and PNG, at most %d pixels wide", set: "photos", resize: true, often: 1},
	{name: "full", title: "JPEG and PNG, full size", set: "photos", often: 1},
	{name: "heic-resize", title: "HEIC, at most %d pixels wide", set: "heic", resize: true, often: 1},
	{name: "heic-full", title: "HEIC, full size", set: "heic", often: 1},
	{name: "drawn", title: "PNG of screenshots and icons, full size", set: "drawn", often: 1},
	{
		name: "widths", title: "JPEG and PNG, 1600, 960 and 480 pixels wide", set: "photos", often: 1,
		outputs: []output{{Name: "-1600", Width: 1600}, {Name: "-960", Width: 960}, {Name: "-480", Width: 480}},
	},
	{
		name: "thumbs", title: "JPEG and PNG, 1200 pixels wide and a thumbnail of 300", set: "photos", often: 1,
		outputs: []output{{Name: "-main", Width: 1200}, {Name: "-thumb", Width: 300, Quality: 70}},
	},
	{
		name: "avatar", title: "JPEG and PNG, 200x200 where the eye goes", set: "photos", often: 1,
		outputs: []output{{Width: 200, Height: 200}},
	},
	{
		name: "avif", title: "JPEG and PNG to AVIF, 1200 pixels wide, libaom at speed 8", set: "photos", often: 1,
		outputs: []output{{Width: 1200}}, format: "avif",
	},
	{name: "start", title: "One small PNG, from start to written", set: "one", often: 10},
	{name: "done", run: bench.done},
	{name: "shards", run: bench.shards},
	{name: "isolation", run: bench.isolation},
	{name: "pages", run: bench.pages},
	{name: "addresses", run: bench.addresses},
	{name: "serve", run: bench.serve},
	{name: "looks", run: bench.looks},
}

func caseNames() []string {
	var names []string
	for _, c := range cases {
		names = append(names, c.name)
	}
	return names
}

// A bench runs cases.
type bench struct {
	options
	procs int
}

// An output is a file that is made of an image: one of at most so many pixels wide, or
// of just width x height, cut out where the eye goes.
type output struct {
	Name    string // behind the name of the image
	Width   int    // 0: full size
	Height  int
	Quality int
}

// work is what a peer is asked to do: turn in/ of the working folder dir into
// files of out/.
type work struct {
	set     string
	dir     string
	files   []string // in/a.jpg, in/b.png …, in the order of a shell
	outputs []output // of each file
	format  string   // webp or avif
	procs   int
	cache   string
	program string // webpress
}

// quality and effort are the same for all programs; effort is cwebp's -m. For AVIF, quality is
// libheif's that webpress takes for 80, and effort 9 less libaom's speed, as vips has it.
const (
	quality     = 80
	effort      = 4
	avifQuality = 64
	avifEffort  = 1
)

// isFull reports whether images keep their size, and hasOne that each becomes one plain WebP.
func (w work) isFull() bool { return w.outputs[0].Width == 0 }
func (w work) hasOne() bool {
	return len(w.outputs) == 1 && w.outputs[0].Height == 0 && w.format == "webp" && w.set != "one"
}

// measure runs the programs in turns and returns the table of a case.
func (b bench) measure(ctx context.Context, c benchCase) (string, error) {
	if c.run != nil {
		return c.run(b, ctx)
	}
	w := work{set: c.set, outputs: slices.Clone(c.outputs), format: cmp.Or(c.format, "webp"), procs: b.procs, cache: b.cache, program: b.webpress}
	title := c.title
	if c.outputs == nil {
		w.outputs = []output{{}}
	}
	if c.resize {
		w.outputs[0].Width = b.size
		title = fmt.Sprintf(c.title, b.size)
	}
	for i := range w.outputs {
		o := &w.outputs[i]
		if o.Quality = cmp.Or(o.Quality, quality); w.format == "avif" {
			o.Quality = avifQuality
		}
	}
	dir, err := os.MkdirTemp("", "webpress-bench-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	w.dir = dir
	if w.files, err = b.lay(ctx, c.set, filepath.Join(dir, "in")); err != nil {
		return "", err
	}

	var rows []row
	var notes []string
	var running []peer
	for _, p := range peers {
		if p.command(w) == nil || !b.asked(p.name) {
			continue
		}
		if err := p.missing(w); err != nil {
			notes = append(notes, fmt.Sprintf("%s is missing: %v.", p.name, err))
			continue
		}
		running = append(running, p)
		rows = append(rows, row{name: p.name})
	}
	peaks := make([]int64, len(running))
	for j, p := range running {
		if err := os.MkdirAll(filepath.Join(dir, "out"), 0o755); err != nil {
			return "", err
		}
		if peaks[j], err = peakOfAll(ctx, dir, p.command(w), p.env(w)...); err != nil {
			return "", fmt.Errorf("%s: %w", p.name, err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
			return "", err
		}
	}
	runs := b.runs * c.often
	for i := range runs {
		for j := range running {
			fmt.Fprintf(os.Stderr, "\r%-12s run %d of %d: %-30s", c.name, i+1, runs, running[j].name)
			s, err := once(ctx, running[j], w)
			if err != nil {
				return "", fmt.Errorf("%s: %w", running[j].name, err)
			}
			s.memory = max(peaks[j], s.memory) // which is too short for samples
			rows[j].samples = append(rows[j].samples, s)
		}
	}
	fmt.Fprintf(os.Stderr, "\r%-60s\r", "")
	if c.set == "heic" {
		notes = append(notes, libraries(ctx, w)...)
	}
	size := total(w)
	what := fmt.Sprintf("%d files, %.1f MB", len(w.files), float64(size)/1e6)
	if len(w.files) == 1 {
		what = fmt.Sprintf("%s, %.1f kB", filepath.Base(w.files[0]), float64(size)/1e3)
	}
	return table(title+" ("+what+")", rows, notes), nil
}

// asked reports whether a peer takes part: all do, unless -peers names some.
func (b bench) asked(name string) bool {
	for _, p := range b.peers {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return len(b.peers) == 0
}

// total is the length of all inputs in bytes.
func total(w work) int64 {
	var n int64
	for _, f := range w.files {
		if info, err := os.Stat(filepath.Join(w.dir, f)); err == nil {
			n += info.Size()
		}
	}
	return n
}

// lay puts copies of the images of a set into a folder, so that no program waits
// for the disk, and returns their names.
func (b bench) lay(ctx context.Context, set, dir string) ([]string, error) {
	sources, err := pictures(ctx, set, b.cache)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var files []string
	for _, path := range sources {
		name := filepath.Base(path)
		if err := duplicate(path, filepath.Join(dir, name)); err != nil {
			return nil, err
		}
		files = append(files, "in/"+name)
	}
	sort.Strings(files)
	return files, nil
}

// duplicate copies a file through a small buffer: written just now, it is in
// the kernel's cache.
func duplicate(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
