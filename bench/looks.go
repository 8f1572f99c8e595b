package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
)

// The classes of images that looks are measured on, and where Debian's packages have put
// them. -images names folders of others. None of them was used to fit the guess.
var lookClasses = []struct {
	name, pkg, folder string
	least             int64 // bytes of a file, so that icons are left out
}{
	{"photos", "mate-backgrounds", "usr/share/backgrounds/mate", 100 << 10},
	{"screenshots", "mate-user-guide", "usr/share/help/C/mate-user-guide", 4 << 10},
	{"drawings", "tuxpaint-stamps-default", "usr/share/tuxpaint/stamps", 30 << 10},
}

// lookImages is how many images of a class are taken at most.
const lookImages = 30

// lookWidth is the width that larger images are shrunk to.
const lookWidth = 1200

// A lookRun is what one way to choose the quality has made of a class.
type lookRun struct {
	bytes  int64
	scores []float64
	tries  int
	time   time.Duration
}

// looks is the table of automatic quality: beside quality 80, beside the fixed quality that
// keeps the same promise, and beside the lowest quality of each image that does.
func (b bench) looks(ctx context.Context) (string, error) {
	var out strings.Builder
	for _, class := range lookClasses {
		files, err := b.lookFiles(class.pkg, class.folder, class.least)
		if err != nil {
			return "", err
		}
		if len(files) == 0 {
			fmt.Fprintf(&out, "No %s: apt-get install %s, or -images with its files.\n\n", class.name, class.pkg)
			continue
		}
		for _, format := range []asset.Format{asset.WebP, asset.JPEG, asset.AVIF} {
			if b.lookFormat != "" && string(format) != b.lookFormat || b.lookFormat == "" && format != asset.WebP {
				continue
			}
			text, err := b.lookTable(ctx, class.name, format, files)
			if err != nil {
				return "", err
			}
			out.WriteString(text)
		}
	}
	return out.String(), nil
}

// lookFiles are up to lookImages images of a class, spread over all that there are.
func (b bench) lookFiles(pkg, folder string, least int64) ([]string, error) {
	var all []string
	for _, root := range []string{"/", filepath.Join(b.images, pkg)} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil // what is not there is missing
			}
			info, err := d.Info()
			ext := filepath.Ext(path)
			if err == nil && info.Mode().IsRegular() && info.Size() >= least && (ext == ".jpg" || ext == ".png") {
				all = append(all, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if b.images == "" || len(all) > 0 { // the same images in both would count twice
			break
		}
	}
	slices.Sort(all)
	var some []string
	n := min(len(all), lookImages)
	for i := range n {
		some = append(some, all[i*len(all)/n])
	}
	return some, nil
}

// lookTable measures a class in a format.
func (b bench) lookTable(ctx context.Context, class string, format asset.Format, files []string) (string, error) {
	var t strings.Builder
	fmt.Fprintf(&t, "### %s, %s (%d images, at most %d pixels wide)\n\n", strings.ToUpper(class[:1])+class[1:], format.Name(), len(files), lookWidth)
	t.WriteString("| quality | mean bytes | at or above | worst 5 % | lowest score | encodes | CPU time |\n|:--|--:|--:|--:|--:|--:|--:|\n")
	row := func(name string, aim float64, r lookRun) {
		slices.Sort(r.scores)
		above := 0
		for _, s := range r.scores {
			if s >= aim-0.05 {
				above++
			}
		}
		n := len(r.scores)
		effort := "|  |  |"
		if r.time > 0 {
			effort = fmt.Sprintf("| %.2f | %.0f ms |", float64(r.tries)/float64(n), float64(r.time.Milliseconds())/float64(n))
		}
		fmt.Fprintf(&t, "| %s | %.1f kB | %.0f %% | %.1f | %.1f %s\n", name, float64(r.bytes)/float64(n)/1e3,
			100*float64(above)/float64(n), r.scores[n/20], r.scores[0], effort)
	}
	base := asset.Variant{
		Format: format, Quality: quality, Lossless: asset.LosslessNever, Effort: effort, MaxWidth: lookWidth, Metadata: asset.MetadataICC, NoQualityCap: true,
	}
	if format == asset.JPEG {
		base.Background = "#ffffff"
	}
	all, err := scoresByQuality(ctx, base, files)
	if err != nil {
		return "", err
	}
	fixed, err := lookPass(ctx, base, files)
	if err != nil {
		return "", err
	}
	scored := base
	scored.Score = true
	again, err := lookPass(ctx, scored, files)
	if err != nil {
		return "", err
	}
	fixed.scores = again.scores
	row("80", 80, fixed)
	if sharp, ok, err := b.sharpPass(ctx, base, files); err != nil {
		return "", err
	} else if ok {
		row("sharp's default", 80, sharp)
	}
	for _, look := range []struct {
		name string
		aim  float64
	}{{"good", 70}, {"high", 80}, {"best", 88}} {
		v := base
		v.Auto, v.Look, v.Quality = true, look.aim, 0
		auto, err := lookPass(ctx, v, files)
		if err != nil {
			return "", err
		}
		row("auto, look: "+look.name, look.aim, auto)
		row("lowest of each image", look.aim, floorOf(all, look.aim))
		q, promise := promiseOf(all, look.aim)
		row(fmt.Sprintf("%d, for 90 %% at or above", q), look.aim, promise)
	}
	t.WriteString("\n")
	return t.String(), nil
}

// lookPass converts files one after the other.
func lookPass(ctx context.Context, v asset.Variant, files []string) (r lookRun, err error) {
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			return r, err
		}
		info, err := codec.Probe(data)
		if err != nil {
			return r, fmt.Errorf("%s: %w", path, err)
		}
		start := cpuTime()
		made, err := engine.Convert(ctx, data, info, []asset.Variant{v}, engine.Options{MaxPixels: 1 << 30, Threads: 1})
		if err != nil {
			return r, fmt.Errorf("%s: %w", path, err)
		}
		r.time += cpuTime() - start
		r.bytes += int64(len(made[0].Data))
		r.tries += max(1, made[0].Tries)
		if made[0].Rated() {
			r.scores = append(r.scores, made[0].Score)
		}
	}
	return r, nil
}

// A point is what an image comes to at a quality.
type point struct {
	quality int
	bytes   int64
	score   float64
}

type points []point

// at is the point of a quality.
func (p points) at(quality int) point {
	i, _ := slices.BinarySearchFunc(p, quality, func(p point, q int) int { return cmp.Compare(p.quality, q) })
	return p[min(i, len(p)-1)]
}

// lookQualities are the qualities that are tried for the floor: every second one from 40 on, and
// every tenth below. AVIF takes long, and gets every fourth.
func lookQualities(format asset.Format) (all []int) {
	step := 2
	if format == asset.AVIF {
		step = 4
	}
	for q := 1; q <= 100; q++ {
		if q >= 40 && q%step == 0 || q%10 == 0 || q == 1 {
			all = append(all, q)
		}
	}
	return all
}

// scoresByQuality encodes every image at all of lookQualities.
func scoresByQuality(ctx context.Context, base asset.Variant, files []string) ([]points, error) {
	all := make([]points, len(files))
	errs := make(chan error, len(files))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, path := range files {
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs <- func() error {
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				info, err := codec.Probe(data)
				if err != nil {
					return err
				}
				var variants []asset.Variant
				for _, q := range lookQualities(base.Format) {
					v := base
					v.Quality, v.Score, v.OwnQuality = q, true, base.Format != asset.WebP
					variants = append(variants, v)
				}
				made, err := engine.Convert(ctx, data, info, variants, engine.Options{MaxPixels: 1 << 30, Threads: 1})
				for k, m := range made {
					all[i] = append(all[i], point{variants[k].Quality, int64(len(m.Data)), m.Score})
				}
				return err
			}()
		}()
	}
	for i, path := range files {
		fmt.Fprintf(os.Stderr, "\rlooks: %d of %d", i+1, len(files))
		if err := <-errs; err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	fmt.Fprintf(os.Stderr, "\r%-40s\r", "")
	return all, nil
}

// floorOf takes the smallest result of each image that looks good enough, or else the one that
// looks best.
func floorOf(all []points, aim float64) (r lookRun) {
	for _, p := range all {
		best := p[len(p)-1]
		for _, one := range p {
			if good, was := one.score >= aim, best.score >= aim; good && (!was || one.bytes < best.bytes) || !good && !was && one.score > best.score {
				best = one
			}
		}
		r.bytes += best.bytes
		r.scores = append(r.scores, best.score)
	}
	return r
}

// promiseOf is the lowest quality at which nine of ten images look good enough.
func promiseOf(all []points, aim float64) (quality int, r lookRun) {
	for _, one := range all[0] {
		r = lookRun{}
		above := 0
		for _, p := range all {
			at := p.at(one.quality)
			r.bytes += at.bytes
			r.scores = append(r.scores, at.score)
			if at.score >= aim {
				above++
			}
		}
		if quality = one.quality; above*10 >= 9*len(all) {
			break
		}
	}
	return quality, r
}

// cpuTime is the processor time of this process: other programs do not count.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
