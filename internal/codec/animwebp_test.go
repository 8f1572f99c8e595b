package codec

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An animWebP builds an animated WebP by hand; its frames' offsets are even.
type animWebP struct {
	w, h    int
	loop    int
	patches []patch
	extra   []byte // chunks behind ANIM
}

func riff(kind string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
	b = append(b, body...)
	if len(body)%2 != 0 {
		b = append(b, 0)
	}
	return b
}

func put24(b []byte, v int) []byte { return append(b, byte(v), byte(v>>8), byte(v>>16)) }

func (a animWebP) bytes(t testing.TB) []byte {
	head := put24(put24([]byte{0x12, 0, 0, 0}, a.w-1), a.h-1)
	anim := binary.LittleEndian.AppendUint16([]byte{1, 2, 3, 4}, uint16(a.loop))
	file := slices.Concat([]byte("WEBP"), riff("VP8X", head), riff("ANIM", anim), a.extra)
	for _, p := range a.patches {
		// Two frames make an animation: of one, the encoder makes a still.
		frames := []patch{
			{w: p.w, h: p.h, pix: p.pix, duration: time.Second},
			{w: p.w, h: p.h, pix: slices.Repeat([]byte{9, 9, 9, 255}, p.w*p.h), duration: time.Second},
		}
		data, err := encodeAnimation(t.Context(), fromPatches(p.w, p.h, frames), animOptions{lossless: true})
		if err != nil {
			t.Fatal(err)
		}
		f, err := scanAnimWebP(data)
		if err != nil {
			t.Fatal(err)
		}
		if one := f.frames[0]; one.w != p.w || one.h != p.h {
			t.Fatalf("the frame is %dx%d, not %dx%d", one.w, one.h, p.w, p.h)
		}
		flags := byte(0)
		if p.dispose == disposeClear {
			flags |= 1
		}
		if !p.over {
			flags |= 2
		}
		var body []byte
		for _, v := range []int{p.x / 2, p.y / 2, p.w - 1, p.h - 1, int(p.duration / time.Millisecond)} {
			body = put24(body, v)
		}
		file = append(file, riff("ANMF", slices.Concat(body, []byte{flags}, f.frames[0].stream))...)
	}
	return riff("RIFF", file)
}

// webpPatches are random patches as WebP can have them.
func webpPatches(seed uint64, w, h, n int) []patch {
	patches := randomPatches(seed, w, h, n, false)
	for i := range patches {
		p := &patches[i]
		p.x, p.y = p.x&^1, p.y&^1
		if p.dispose == disposePrevious {
			p.dispose = disposeNone
		}
		// The encoder leaves the colour of what is transparent open, and trims
		// transparent borders.
		for k := 0; k < len(p.pix); k += 4 {
			if p.pix[k+3] == 0 {
				clear(p.pix[k : k+4])
			}
		}
		p.pix[3], p.pix[len(p.pix)-1] = 77, 88
	}
	return patches
}

func TestDecodeAnimWebP(t *testing.T) {
	for seed := range uint64(6) {
		patches := webpPatches(seed, 16, 12, 8)
		file := animWebP{
			w: 16, h: 12, loop: 3, patches: patches,
			extra: slices.Concat(riff("ICCP", []byte("icc")), riff("EXIF", exifBlock(binary.LittleEndian, 8)), riff("XMP ", []byte("<x/>")), riff("ABCD", []byte("?"))),
		}
		data := file.bytes(t)
		a, m, err := decodeAnimWebP(data)
		if err != nil {
			t.Fatal(err)
		}
		want := meta{ICC: []byte("icc"), EXIF: exifBlock(binary.LittleEndian, 8), XMP: []byte("<x/>"), Orientation: 8}
		if diff := cmp.Diff(want, m); diff != "" {
			t.Error(diff)
		}
		if a.loop != 3 || a.background != 0x04030201 || a.frames != 8 {
			t.Errorf("loop %d, background %08x, %d frames", a.loop, a.background, a.frames)
		}
		same(t, shots(t, a), reference(16, 12, patches))
		for n := range data {
			if _, _, err := decodeAnimWebP(data[:n]); err == nil {
				t.Fatalf("the first %d of %d bytes pass", n, len(data))
			}
		}
	}
}

func TestAnimWebPRefused(t *testing.T) {
	good := animWebP{w: 16, h: 12, patches: webpPatches(1, 16, 12, 2)}
	data := good.bytes(t)
	const frame = 12 + 18 + 14 // where the first ANMF is
	change := func(at int, v ...byte) []byte {
		b := slices.Clone(data)
		copy(b[at:], v)
		return b
	}
	still, err := encodeAnimation(t.Context(), fromPatches(4, 4, solid(4, 4, 1)), animOptions{lossless: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "webp: this is not a WebP"},
		{"still", still, "webp: it holds no animation"},
		{"no frames", animWebP{w: 4, h: 4}.bytes(t), "webp: it holds no frame"},
		{"outside", change(frame+8, 1), "webp: frame 1 reaches out of the image"},
		{"another size", change(frame+14, 7), "webp: frame 1 is cut short or damaged"},
		{"length that lies", change(frame+4, 0xff, 0xff, 0xff, 0xff), "webp: the file is cut short"},
		{"frame's length", change(frame+8+16+4, 0xff), "webp: frame 1 is cut short"},
		{"no pixels", change(frame+8+16, 'X'), "webp: frame 1 holds no pixels"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, _, err := decodeAnimWebP(tc.data)
			for err == nil {
				_, _, err = a.next()
			}
			if err.Error() != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func FuzzDecodeAnimWebP(f *testing.F) {
	f.Add(animWebP{w: 8, h: 8, patches: webpPatches(2, 8, 8, 3), extra: riff("ICCP", []byte("x"))}.bytes(f))
	lossy, err := encodeAnimation(f.Context(), fromPatches(9, 9, randomPatches(1, 9, 9, 3, false)), animOptions{quality: 50})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(lossy)
	f.Fuzz(func(t *testing.T, data []byte) {
		scanned, err := scanAnimWebP(data)
		if err != nil || scanned.w*scanned.h*len(scanned.frames) > 1<<20 {
			return
		}
		a, _, err := decodeAnimWebP(data)
		if err != nil {
			t.Fatal(err)
		}
		for {
			pix, _, err := a.next()
			if err != nil {
				return
			}
			if len(pix) != 4*a.w*a.h {
				t.Fatalf("%d bytes for %dx%d", len(pix), a.w, a.h)
			}
			if !scanned.alpha() && !isOpaque(pix) {
				t.Fatal("a frame is transparent, the headers say that none is")
			}
		}
	})
}
