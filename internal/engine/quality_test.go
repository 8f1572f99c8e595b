package engine

import (
	"bytes"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// jpegOf is the photo as a JPEG of a quality.
func jpegOf(t *testing.T, quality int) ([]byte, codec.Info) {
	t.Helper()
	photo, _ := load(t, "png/photo.png")
	p, err := codec.Decode(photo, codec.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := codec.EncodeJPEG(&p.Image, codec.JPEGOptions{Quality: quality})
	if err != nil {
		t.Fatal(err)
	}
	info, err := codec.Probe(data)
	if err != nil {
		t.Fatal(err)
	}
	return data, info
}

// A JPEG is encoded as one without a cap is with the quality that it has.
func TestQualityCap(t *testing.T) {
	of := func(change func(v *asset.Variant)) asset.Variant {
		v := defaults
		change(&v)
		return v
	}
	for name, tt := range map[string]struct {
		source int
		v      asset.Variant
		want   int // 0 is not lowered
		note   string
	}{
		"WebP":        {source: 50, v: defaults, want: 63, note: "encoded with quality 63 in place of 80: the source is a JPEG of quality 50"},
		"AVIF":        {source: 50, v: of(func(v *asset.Variant) { v.Format = asset.AVIF }), want: 63, note: "encoded with quality 63 in place of 80: the source is a JPEG of quality 50"},
		"AVIF's own":  {source: 50, v: of(func(v *asset.Variant) { v.Format, v.OwnQuality = asset.AVIF, true }), want: 53, note: "encoded with quality 53 in place of 80: the source is a JPEG of quality 50"},
		"JPEG":        {source: 50, v: of(func(v *asset.Variant) { v.Format = asset.JPEG }), want: 63, note: "encoded with quality 63 in place of 80: the source is a JPEG of quality 50"},
		"JPEG's own":  {source: 50, v: of(func(v *asset.Variant) { v.Format, v.OwnQuality = asset.JPEG, true }), want: 50, note: "encoded with quality 50 in place of 80: the source is a JPEG of quality 50"},
		"high enough": {source: 70, v: defaults},
		"a lower one": {source: 50, v: of(func(v *asset.Variant) { v.Quality = 60 })},
		"not wanted":  {source: 50, v: of(func(v *asset.Variant) { v.NoQualityCap = true })},
		"shrunk":      {source: 50, v: of(func(v *asset.Variant) { v.MaxWidth = 100 })},
		"cut":         {source: 50, v: of(func(v *asset.Variant) { v.Width, v.Height, v.Crop = 40, 10000, "center" }), want: 63, note: "encoded with quality 63 in place of 80: the source is a JPEG of quality 50"},
		"cut smaller": {source: 50, v: of(func(v *asset.Variant) { v.Width, v.Height, v.Crop = 40, 40, "center" })},
		"lossless":    {source: 50, v: of(func(v *asset.Variant) { v.Lossless = asset.LosslessAlways })},
		"PNG":         {source: 50, v: of(func(v *asset.Variant) { v.Format = asset.PNG })},
	} {
		t.Run(name, func(t *testing.T) {
			data, info := jpegOf(t, tt.source)
			got, err := transcode(t.Context(), data, info, tt.v, 1)
			if err != nil {
				t.Fatal(err)
			}
			plain := tt.v
			plain.NoQualityCap = true
			if tt.want > 0 {
				plain.Quality = tt.want
			}
			want, err := transcode(t.Context(), data, info, plain, 1)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Data, want.Data) {
				t.Errorf("%d bytes, want %d", len(got.Data), len(want.Data))
			}
			note := strings.Join(got.Notes, "; ")
			if tt.note == "" && strings.Contains(note, "quality") || !strings.Contains(note, tt.note) {
				t.Errorf("note %q, want %q", note, tt.note)
			}
		})
	}
	photo, info := load(t, "png/photo.png")
	v := of(func(v *asset.Variant) { v.Quality = 100 })
	if out, err := transcode(t.Context(), photo, info, v, 1); err != nil || len(out.Notes) > 0 {
		t.Errorf("a PNG: %q, %v", out.Notes, err)
	}
}
