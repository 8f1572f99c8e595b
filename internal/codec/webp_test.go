package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

func TestDecodeWebP(t *testing.T) {
	for _, tc := range []struct {
		name      string
		lossy     bool
		alpha     bool
		tolerance float64
	}{
		{"webp/lossy.webp", true, false, 12},
		{"webp/lossless.webp", false, false, 0},
		{"webp/alpha.webp", true, true, 12},
	} {
		data := picture(t, tc.name)
		info, err := Probe(data)
		if err != nil {
			t.Fatal(err)
		}
		want := Info{Format: asset.WebP, Width: 192, Height: 128, Frames: 1, Alpha: tc.alpha, Depth: 8, Lossy: tc.lossy}
		if diff := cmp.Diff(want, info, cmpopts.IgnoreFields(Info{}, "Bits", "Memory")); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
		p, err := Decode(data, DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Image.Alpha != tc.alpha {
			t.Errorf("%s: alpha %v", tc.name, p.Image.Alpha)
		}
		checkCard(t, tc.name, p, tc.tolerance, nil)
		for n := 0; n < len(data); n += 1 + n/40 {
			if _, err := Decode(data[:n], DecodeOptions{}); err == nil {
				t.Errorf("%s: the first %d of %d bytes are decoded", tc.name, n, len(data))
			}
		}
		// What follows the file is not part of it.
		if _, err := Decode(append(slices.Clone(data), "garbage"...), DecodeOptions{}); err != nil {
			t.Errorf("%s, with garbage behind it: %v", tc.name, err)
		}
	}
}

// The card at many sizes, odd ones and lines among them, both ways.
func TestEncode(t *testing.T) {
	source, err := Decode(picture(t, "png/rgba.png"), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	opaque := source.Image
	opaque.Alpha = false
	for _, size := range [][2]int{{1, 1}, {1, 7}, {7, 1}, {2, 3}, {17, 16}, {33, 17}, {191, 127}, {1, asset.WebP.MaxSide()}, {asset.WebP.MaxSide(), 1}} {
		for _, alpha := range []bool{false, true} {
			src := &opaque
			if alpha {
				src = &source.Image
			}
			exact, err := pixel.ToRGBA(src, size[0], size[1], 1)
			if err != nil {
				t.Fatal(err)
			}
			planes, err := pixel.ToYUV420(src, size[0], size[1], 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, tc := range []struct {
				name string
				im   *pixel.Image
				o    EncodeOptions
				info Info
			}{
				{"lossless", exact, EncodeOptions{Lossless: true, Effort: 2}, Info{Alpha: alpha}},
				{"lossy", exact, EncodeOptions{Quality: 90}, Info{Alpha: alpha, Lossy: true}},
				{"planes", planes, EncodeOptions{Quality: 90, Threads: 2}, Info{Lossy: true}},
			} {
				data, err := Encode(tc.im, tc.o)
				if err != nil {
					t.Fatalf("%v, %s: %v", size, tc.name, err)
				}
				want := tc.info
				want.Format, want.Width, want.Height, want.Frames, want.Depth = asset.WebP, size[0], size[1], 1, 8
				info, err := Probe(data)
				if err != nil {
					t.Fatalf("%v, %s: %v", size, tc.name, err)
				}
				// A line of one pixel may happen to be opaque.
				info.Alpha, want.Alpha = info.Alpha && size[0] > 1, want.Alpha && size[0] > 1
				if diff := cmp.Diff(want, info, cmpopts.IgnoreFields(Info{}, "Bits", "Memory")); diff != "" {
					t.Errorf("%v, %s: %s", size, tc.name, diff)
				}
				p, err := Decode(data, DecodeOptions{})
				if err != nil {
					t.Fatalf("%v, %s: %v", size, tc.name, err)
				}
				if tc.o.Lossless && !sameVisible(p.Image.Planes[0], exact.Planes[0]) {
					t.Errorf("%v: lossless is not exact", size)
				}
			}
		}
	}
}

// sameVisible compares RGBA, where alpha 0 hides the colour.
func sameVisible(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i += 4 {
		if a[i+3] != b[i+3] || a[i+3] != 0 && !bytes.Equal(a[i:i+3], b[i:i+3]) {
			return false
		}
	}
	return true
}

// Less quality and more effort make smaller files.
func TestEncodeOptions(t *testing.T) {
	p, err := Decode(picture(t, "png/photo.png"), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	small, err := pixel.ToRGBA(&p.Image, 120, 80, 1)
	if err != nil {
		t.Fatal(err)
	}
	size := func(o EncodeOptions) int {
		data, err := Encode(small, o)
		if err != nil {
			t.Fatal(err)
		}
		return len(data)
	}
	best, middle, worst := size(EncodeOptions{Quality: 95, Effort: 4}), size(EncodeOptions{Quality: 80, Effort: 4}), size(EncodeOptions{Effort: 4})
	if best <= middle || middle <= worst {
		t.Errorf("quality 95, 80, 0: %d, %d, %d bytes", best, middle, worst)
	}
	if fast := size(EncodeOptions{Quality: 80}); fast <= middle {
		t.Errorf("effort 0, 4: %d, %d bytes", fast, middle)
	}
	if fast, slow := size(EncodeOptions{Lossless: true}), size(EncodeOptions{Lossless: true, Effort: 6}); fast <= slow {
		t.Errorf("lossless, effort 0, 6: %d, %d bytes", fast, slow)
	}
	// Out of range is the nearest there is.
	if a, b := size(EncodeOptions{Quality: 80, Effort: 99}), size(EncodeOptions{Quality: 80, Effort: 6}); a != b {
		t.Errorf("effort 99, 6: %d, %d bytes", a, b)
	}
}

func TestEncodeRefused(t *testing.T) {
	tooLarge := "webp: a WebP holds at most 16,383 pixels a side"
	layout := "webp: the encoder was handed pixels of the wrong layout"
	planes := pixel.NewPlanar(pixel.Image{Width: 4, Height: 4, Layout: pixel.YUV, SubW: 1, SubH: 1, Depth: 8})
	full := *planes
	full.Full = true
	for _, tc := range []struct {
		name string
		im   *pixel.Image
		o    EncodeOptions
		want string
	}{
		{"wide", pixel.NewRGBA(asset.WebP.MaxSide()+1, 1, nil), EncodeOptions{}, tooLarge},
		{"high", pixel.NewRGBA(1, asset.WebP.MaxSide()+1, nil), EncodeOptions{Lossless: true}, tooLarge},
		{"empty", pixel.NewRGBA(0, 1, nil), EncodeOptions{}, tooLarge},
		{"planes without loss", planes, EncodeOptions{Lossless: true}, layout},
		{"full range", &full, EncodeOptions{}, layout},
		{"grey", pixel.NewPlanar(pixel.Image{Width: 4, Height: 4, Layout: pixel.Gray, Depth: 8}), EncodeOptions{}, layout},
		{"quality", planes, EncodeOptions{Quality: 101}, "webp: the encoder failed"},
	} {
		data, err := Encode(tc.im, tc.o)
		if err == nil || err.Error() != tc.want || data != nil {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	for code, hint := range map[int]string{1: "`jobs`", 5: "`max-width`", 6: "`quality`", 7: "`quality`"} {
		if e, ok := errors.AsType[*Error](webpError(code)); !ok || e.Code != code || !strings.Contains(e.Hint, hint) {
			t.Errorf("code %d: %+v", code, e)
		}
	}
}

func TestSetMetadata(t *testing.T) {
	for _, name := range []string{"webp/lossy.webp", "webp/lossless.webp", "webp/alpha.webp", "webp/animated.webp"} {
		plain := picture(t, name)
		same, err := SetMetadata(plain, nil, nil, nil)
		if err != nil || !bytes.Equal(same, plain) {
			t.Errorf("%s: %d bytes became %d, %v", name, len(plain), len(same), err)
		}
		exif := exifBlock(binary.LittleEndian, 1)
		data, err := SetMetadata(plain, []byte("icc"), exif, []byte("<x/>"))
		if err != nil {
			t.Fatal(err)
		}
		want := meta{ICC: []byte("icc"), EXIF: exif, XMP: []byte("<x/>")}
		if diff := cmp.Diff(want, webpMeta(data)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		before, err1 := Probe(plain)
		after, err2 := Probe(data)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, err := SetMetadata([]byte("no WebP"), []byte("icc"), nil, nil); err == nil {
		t.Error("text got a profile")
	}
}
