package app

import (
	"os"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/config"
)

// TestRivals refuses what the settings make of a source alone, and a run in the commit
// would not, since that has another image for the same place: an upload may leave it out.
func TestRivals(t *testing.T) {
	const same, place = "is also the output of", "is a source itself"
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0", 64) + "\nsize 4711\n"
	webp, err := os.ReadFile("../../testdata/pictures/webp/lossless.webp")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		other string // beside a.png
		body  string
		globs []string
		out   string
		want  string
	}{
		{name: "alone", other: "b.png", body: gif(1, 1)},
		{name: "two formats", other: "a.jpg", body: gif(1, 1), want: same},
		{name: "two names", other: "A.gif", body: gif(1, 1), want: same},
		{name: "no image", other: "a.jpg", body: "some text"},
		{name: "not asked for", other: "a.jpg", body: gif(1, 1), globs: []string{"*.png"}},
		{name: "another folder", other: "b/a.jpg", body: gif(1, 1)},
		{name: "all in one folder", other: "b/a.jpg", body: gif(1, 1), out: "{name}.webp", want: same},
		{name: "in Git LFS", other: "a.jpg", body: pointer, want: same},
		{name: "an earlier result", other: "a.webp", body: string(webp)},
		{name: "a source in its place", other: "a.webp", body: gif(1, 1), want: place},
		{name: "a source nearly in its place", other: "A.webp", body: string(webp), want: place},
		{name: "a result in Git LFS", other: "a.webp", body: pointer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := config.Config{Output: "{dir}/{name}.webp", Glob: tc.globs, Overwrite: true, MaxFileSize: 10000, MaxPixels: 1000000}
			if tc.out != "" {
				s.Output = tc.out
			}
			if s.Glob == nil {
				s.Glob = []string{"**"}
			}
			h := headOf(t, s, map[string]string{"a.png": gif(1, 1), tc.other: tc.body})
			e := bundle.Entry{Source: "a.png", Output: "a.webp", Blob: h.Blob("a.png")}
			err := h.fits(t.Context())(e, nil, asset.Result{Width: 1, Height: 1, Frames: 1, After: 1})
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// TestOriginSize knows the size of a source of every format without a decoder.
func TestOriginSize(t *testing.T) {
	for _, name := range []string{"heic/card.heic", "heic/rotated.heic", "heic/grid.heic", "avif/card.avif", "png/photo.png", "webp/lossless.webp"} {
		data, err := os.ReadFile("../../testdata/pictures/" + name)
		if err != nil {
			t.Error(err)
			continue
		}
		info, err := codec.Probe(data)
		if err != nil {
			t.Fatal(err)
		}
		o, err := readOrigin(strings.NewReader(string(data)), int64(len(data)))
		if err != nil || o.width != info.Width || o.height != info.Height || o.width == 0 {
			t.Errorf("%s: %+v, %v; want %dx%d", name, o, err, info.Width, info.Height)
		}
	}
}
