package codec

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An animation of more frames than libwebp is given at a time shows the same as its
// source, also where the first frame of a part has transparent edges.
func TestAnimationInParts(t *testing.T) {
	const side, frames = 8, 2*partFrames + 2
	canvas := func(n int) []byte {
		pix := make([]byte, 4*side*side)
		for y := n % 3; y < side-n%4; y++ { // what is not drawn is transparent
			for x := n % 5; x < side; x++ {
				copy(pix[4*(y*side+x):], []byte{byte(n), byte(n >> 3), byte(40 * x), 255})
			}
		}
		return pix
	}
	n := 0
	src := &animation{op: "test", w: side, h: side, loop: 3, frames: frames, read: func() (patch, error) {
		if n == frames {
			return patch{}, io.EOF
		}
		n++
		return patch{w: side, h: side, pix: canvas(n), duration: time.Duration(20+n%7) * time.Millisecond}, nil
	}}
	data, err := encodeAnimation(context.Background(), src, animOptions{lossless: true, effort: 2})
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := decodeAnimWebP(data)
	if err != nil || a.loop != 3 || a.frames != frames {
		t.Fatalf("%d frames, %d loops, %v", a.frames, a.loop, err)
	}
	for n := 1; n <= frames; n++ {
		got, d, err := a.next()
		if err != nil {
			t.Fatal(err)
		}
		want := canvas(n)
		for i := 0; i < len(got); i += 4 { // the color of what is transparent does not matter
			if got[i+3] != want[i+3] || got[i+3] > 0 && !bytes.Equal(got[i:i+4], want[i:i+4]) {
				t.Fatalf("frame %d, pixel %d: %v, want %v", n, i/4, got[i:i+4], want[i:i+4])
			}
		}
		if d != time.Duration(20+n%7)*time.Millisecond {
			t.Fatalf("frame %d lasts %v", n, d)
		}
	}
}

// Parts whose frames are all equal last as long as they did.
func TestAnimationInEqualParts(t *testing.T) {
	n := 0
	src := &animation{op: "test", w: 2, h: 2, frames: partFrames + 500, read: func() (patch, error) {
		if n == partFrames+500 {
			return patch{}, io.EOF
		}
		n++
		return patch{w: 2, h: 2, pix: bytes.Repeat([]byte{9, 8, 7, 255}, 4), duration: 20 * time.Millisecond}, nil
	}}
	data, err := encodeAnimation(context.Background(), src, animOptions{lossless: true, effort: 2})
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := decodeAnimWebP(data)
	if err != nil {
		t.Fatal(err)
	}
	var lasts []time.Duration
	for {
		_, d, err := a.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		lasts = append(lasts, d)
	}
	if diff := cmp.Diff([]time.Duration{partFrames * 20 * time.Millisecond, 500 * 20 * time.Millisecond}, lasts); diff != "" {
		t.Error(diff)
	}
}

func TestSetMetadataAgain(t *testing.T) {
	icc, exif, xmp := []byte("a profile"), exifBlock(binary.LittleEndian, 1), []byte("<x/>")
	for _, name := range []string{"webp/lossy.webp", "webp/animated.webp"} {
		data := picture(t, name)
		before, err := Probe(data)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time takes the place of the first
			if data, err = SetMetadata(data, icc, exif, xmp); err != nil {
				t.Fatal(err)
			}
		}
		after, err := Probe(data)
		if diff := cmp.Diff(before, after); diff != "" || err != nil {
			t.Error(name, diff, err)
		}
		m := webpMeta(data) // by libwebp
		if !bytes.Equal(m.ICC, icc) || !bytes.Equal(m.EXIF, exif) || !bytes.Equal(m.XMP, xmp) {
			t.Errorf("%s: profile %q, EXIF %q, XMP %q", name, m.ICC, m.EXIF, m.XMP)
		}
		if n := bytes.Count(data, []byte("ICCP")); n != 1 {
			t.Errorf("%s: %d profiles", name, n)
		}
	}
	for _, data := range [][]byte{nil, []byte("RIFF"), picture(t, "webp/lossy.webp")[:40]} {
		if _, err := SetMetadata(data, icc, nil, nil); err == nil {
			t.Errorf("metadata in %q", data)
		}
	}
}
