package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/pixel"
	"github.com/webpress/webpress/internal/score"
)

// sharpDefaults are the qualities that sharp takes where none is asked for:
// https://sharp.pixelplumbing.com/api-output. Its JPEG has no row, as it lays transparent pixels
// on another color.
var sharpDefaults = map[asset.Format]int{asset.WebP: 80, asset.AVIF: 50}

// sharpPass has sharp encode, by its defaults, the very pixels that webpress encodes: shrunk by
// webpress, and handed over as PNG. It is not ok where sharp is missing.
func (b bench) sharpPass(ctx context.Context, v asset.Variant, files []string) (r lookRun, ok bool, err error) {
	quality, known := sharpDefaults[v.Format]
	if _, err := os.Stat(sharpFolder(b.cache)); err != nil || !known {
		return r, false, nil
	}
	dir, err := os.MkdirTemp("", "webpress-bench-")
	if err != nil {
		return r, false, err
	}
	defer os.RemoveAll(dir)
	exact := v
	exact.Format, exact.Quality = asset.PNG, 0
	argv := []string{"node", filepath.Join(b.cache, "node", "sharp.cjs")}
	job, err := json.Marshal(map[string]any{
		"atOnce": 1, "threads": 1, "format": string(v.Format), "effort": effort, "out": dir, "outputs": []output{{Quality: quality}},
	})
	if err != nil {
		return r, false, err
	}
	argv = append(argv, string(job))
	for i, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			return r, false, err
		}
		info, err := codec.Probe(data)
		if err != nil {
			return r, false, err
		}
		made, err := engine.Convert(ctx, data, info, []asset.Variant{exact}, engine.Options{MaxPixels: 1 << 30, Threads: 1})
		if err != nil {
			return r, false, fmt.Errorf("%s: %w", path, err)
		}
		name := filepath.Join(dir, strconv.Itoa(i)+".png")
		if err := os.WriteFile(name, made[0].Data, 0o600); err != nil {
			return r, false, err
		}
		argv = append(argv, name)
	}
	if _, err := measured(ctx, dir, argv); err != nil {
		return r, false, err
	}
	for i := range files {
		name := filepath.Join(dir, strconv.Itoa(i))
		was, err := pixelsOf(name + ".png")
		if err != nil {
			return r, false, err
		}
		is, err := pixelsOf(name + "." + string(v.Format))
		if err != nil {
			return r, false, err
		}
		ref, err := score.Prepare(was, score.Options{})
		if err != nil {
			return r, false, err
		}
		got, err := ref.Compare(is)
		ref.Free()
		if err != nil {
			return r, false, err
		}
		info, err := os.Stat(name + "." + string(v.Format))
		if err != nil {
			return r, false, err
		}
		r.bytes += info.Size()
		r.scores = append(r.scores, got)
	}
	return r, true, nil
}

// pixelsOf are the pixels of an image as RGBA.
func pixelsOf(name string) (*pixel.Image, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	p, err := codec.Decode(data, codec.DecodeOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	im, err := pixel.ToRGBA(&p.Image, p.Image.Width, p.Image.Height, 1)
	if err == nil {
		im.Alpha = p.Image.Alpha
	}
	return im, err
}
