package codec

import (
	"encoding/binary"
	"image"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webpress/webpress/internal/asset"
)

// An apngFile builds an APNG.
type apngFile struct {
	w, h, plays int
	patches     []patch
	hidden      bool // the plain image is not the first frame
	den         uint16
}

func (a apngFile) bytes(t testing.TB) []byte {
	still := func(w, h int, pix []byte) (header []byte, bodies [][]byte) {
		m := &image.NRGBA{Pix: slices.Clone(pix), Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
		m.Pix[3] &= 0xfe // so that image/png writes alpha always
		f, err := scanPNG(encodePNG(t, m))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range f.image {
			bodies = append(bodies, c[8:len(c)-4])
		}
		return f.header, bodies
	}
	u32 := binary.BigEndian.AppendUint32
	sequence := uint32(0)
	control := func(p patch) []byte {
		b := u32(nil, sequence)
		sequence++
		for _, v := range []int{p.w, p.h, p.x, p.y} {
			b = u32(b, uint32(v))
		}
		den := a.den
		if den == 0 {
			den = 1000
		}
		b = binary.BigEndian.AppendUint16(b, uint16(p.duration/time.Millisecond))
		b = binary.BigEndian.AppendUint16(b, den)
		over := byte(0)
		if p.over {
			over = 1
		}
		return pngChunk("fcTL", append(b, byte(p.dispose), over))
	}
	header, first := still(a.w, a.h, make([]byte, 4*a.w*a.h))
	file := slices.Concat([]byte(pngSignature), header, pngChunk("acTL", u32(u32(nil, uint32(len(a.patches))), uint32(a.plays))))
	rest := a.patches
	if !a.hidden {
		file = append(file, control(rest[0])...)
		_, first = still(rest[0].w, rest[0].h, rest[0].pix)
		rest = rest[1:]
	}
	for _, body := range first {
		file = append(file, pngChunk("IDAT", body)...)
	}
	for _, p := range rest {
		file = append(file, control(p)...)
		_, bodies := still(p.w, p.h, p.pix)
		for _, body := range bodies {
			file = append(file, pngChunk("fdAT", append(u32(nil, sequence), body...))...)
			sequence++
		}
	}
	return append(file, pngChunk("IEND", nil)...)
}

// asWritten is patches as the builder writes them.
func asWritten(patches []patch) []patch {
	patches = slices.Clone(patches)
	for i := range patches {
		patches[i].pix = slices.Clone(patches[i].pix)
		patches[i].pix[3] &= 0xfe
	}
	return patches
}

func TestDecodeAPNG(t *testing.T) {
	for seed := range uint64(8) {
		patches := randomPatches(seed, 17, 11, 9, false)
		file := apngFile{w: 17, h: 11, plays: int(seed), patches: patches, hidden: seed%2 == 1}
		data := file.bytes(t)
		info, err := probePNG(data)
		if err != nil {
			t.Fatal(err)
		}
		want := Info{Format: asset.PNG, Width: 17, Height: 11, Frames: 9, Alpha: true, Depth: 8}
		if diff := cmp.Diff(want, info, cmpopts.IgnoreFields(Info{}, "Bits", "Memory")); diff != "" {
			t.Error(diff)
		}
		a, _, err := decodeAPNG(data)
		if err != nil {
			t.Fatal(err)
		}
		if a.loop != int(seed) || a.frames != 9 {
			t.Errorf("loop %d, %d frames", a.loop, a.frames)
		}
		patches = asWritten(patches)
		if patches[0].dispose == disposePrevious {
			patches[0].dispose = disposeClear
		}
		same(t, shots(t, a), reference(17, 11, patches))
		for n := 0; n < len(data)-12; n += 7 {
			if _, _, err := decodeAPNG(data[:n]); err == nil {
				t.Fatalf("the first %d of %d bytes pass", n, len(data))
			}
		}
	}
}

func TestAPNGDelay(t *testing.T) {
	p := randomPatches(1, 4, 4, 1, false)
	for _, tc := range []struct {
		num  int
		den  uint16
		want time.Duration
	}{
		{1, 30, time.Second / 30},
		{5, 65535, 100 * time.Millisecond},
		{0, 100, 100 * time.Millisecond},
		{65535, 1, 65535 * time.Second},
	} {
		p[0].duration = time.Duration(tc.num) * time.Millisecond
		a, _, err := decodeAPNG(apngFile{w: 4, h: 4, patches: p, den: tc.den}.bytes(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := shots(t, a)[0].duration; got != tc.want {
			t.Errorf("%d/%d: %v, want %v", tc.num, tc.den, got, tc.want)
		}
	}
	// A denominator of 0 is 100.
	a := apngFile{w: 4, h: 4, patches: p}
	p[0].duration = 50 * time.Millisecond
	data := a.bytes(t)
	f, err := scanPNG(data)
	if err != nil {
		t.Fatal(err)
	}
	f.anim.frames = nil
	body := make([]byte, 26)
	binary.BigEndian.PutUint32(body[4:], 4)
	binary.BigEndian.PutUint32(body[8:], 4)
	binary.BigEndian.PutUint16(body[20:], 50)
	if err := f.anim.addFrame(f, body); err != nil {
		t.Fatal(err)
	}
	if got := f.anim.frames[0].duration; got != 500*time.Millisecond {
		t.Errorf("50/0: %v", got)
	}
}

// One frame that the plain image is not part of: the frame is what is shown.
func TestAPNGStill(t *testing.T) {
	patches := asWritten(randomPatches(3, 5, 5, 1, false))
	data := apngFile{w: 5, h: 5, patches: patches, hidden: true}.bytes(t)
	info, err := probePNG(data)
	if err != nil || info.Frames != 1 {
		t.Fatalf("%+v, %v", info, err)
	}
	f, _, err := decodePNG(data)
	if err != nil {
		t.Fatal(err)
	}
	same(t, []shot{{pix: f.pix}}, []shot{{pix: reference(5, 5, patches)[0].pix}})
}

func TestAPNGRefused(t *testing.T) {
	patches := randomPatches(4, 6, 6, 3, false)
	good := apngFile{w: 6, h: 6, patches: patches}.bytes(t)
	chunks := func(file []byte) (all [][]byte) {
		for rest := file[8:]; len(rest) > 0; {
			n := 12 + binary.BigEndian.Uint32(rest)
			all = append(all, rest[:n])
			rest = rest[n:]
		}
		return all
	}
	file := func(chunks [][]byte) []byte {
		return slices.Concat([]byte(pngSignature), slices.Concat(chunks...))
	}
	c := chunks(good) // IHDR acTL fcTL IDAT fcTL fdAT fcTL fdAT IEND
	outside := slices.Clone(c[4][8 : len(c[4])-4])
	binary.BigEndian.PutUint32(outside[12:], 1<<31)
	claims := slices.Clone(c[2][8 : len(c[2])-4])
	for _, tc := range []struct {
		name   string
		chunks [][]byte
		want   string
	}{
		{"swapped", [][]byte{c[0], c[1], c[2], c[3], c[6], c[7], c[4], c[5], c[8]}, "apng: the frames are out of order"},
		{"lost", [][]byte{c[0], c[1], c[2], c[3], c[4], c[6], c[7], c[8]}, "apng: the frames are out of order"},
		{"empty frame", [][]byte{c[0], c[1], c[2], c[3], c[4], c[8]}, "apng: frame 2 holds no pixels"},
		{"outside", [][]byte{c[0], c[1], c[2], c[3], pngChunk("fcTL", outside), c[5], c[8]}, "apng: frame 2 reaches out of the image"},
		{"pixels without a frame", [][]byte{c[0], c[1], c[3], pngChunk("fdAT", []byte{0, 0, 0, 0, 1}), c[8]}, "apng: pixels come before their frame"},
		{"short header", [][]byte{c[0], c[1], pngChunk("fcTL", claims[:20]), c[3], c[8]}, "apng: the header of a frame is damaged"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, err := range []error{second(probePNG(file(tc.chunks))), third(decodeAPNG(file(tc.chunks)))} {
				if err == nil || err.Error() != tc.want {
					t.Errorf("got %v, want %s", err, tc.want)
				}
			}
		})
	}
	// Without acTL it is a plain PNG, and so it is where acTL comes late.
	for _, chunks := range [][][]byte{
		{c[0], c[2], c[3], c[4], c[5], c[8]},
		{c[0], c[2], c[3], c[1], c[4], c[5], c[8]},
		{c[0], c[1], c[3], c[8]},
	} {
		if info, err := probePNG(file(chunks)); err != nil || info.Frames != 1 {
			t.Errorf("%+v, %v", info, err)
		}
		if _, _, err := decodePNG(file(chunks)); err != nil {
			t.Error(err)
		}
	}
}

func FuzzDecodeAPNG(f *testing.F) {
	f.Add(apngFile{w: 6, h: 6, patches: randomPatches(5, 6, 6, 3, false)}.bytes(f))
	f.Add(apngFile{w: 3, h: 3, patches: randomPatches(6, 3, 3, 2, false), hidden: true}.bytes(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzAnimation(t, data, probePNG, decodeAPNG)
	})
}

// fuzzAnimation holds what is true of every animation: as many frames as the
// header says, or an error.
func fuzzAnimation(t *testing.T, data []byte, probe func([]byte) (Info, error), decode func([]byte) (*animation, meta, error)) {
	info, err := probe(data)
	if err != nil || info.Width*info.Height*info.Frames > 1<<20 {
		return
	}
	a, _, err := decode(data)
	if err != nil {
		return
	}
	if a.frames != info.Frames {
		t.Fatalf("%d frames, the header says %d", a.frames, info.Frames)
	}
	for n := 0; ; n++ {
		pix, d, err := a.next()
		if err != nil {
			if err.Error() == "EOF" && n != info.Frames {
				t.Fatalf("%d frames, the header says %d", n, info.Frames)
			}
			return
		}
		if len(pix) != 4*info.Width*info.Height || d <= 0 {
			t.Fatalf("frame %d has %d bytes and lasts %v", n, len(pix), d)
		}
		if !info.Alpha && !isOpaque(pix) {
			t.Fatalf("frame %d is transparent, the header says that none is", n)
		}
	}
}
