package score

import (
	"math"
	"testing"

	"github.com/webpress/webpress/internal/pixel"
)

// filled is an image of one color.
func filled(w, h int, r, g, b, a byte) *pixel.Image {
	im := pixel.NewRGBA(w, h, make([]byte, 4*w*h))
	im.Alpha = a != 255
	for p := im.Planes[0]; len(p) > 0; p = p[4:] {
		p[0], p[1], p[2], p[3] = r, g, b, a
	}
	return im
}

func compared(t *testing.T, a, b *pixel.Image, o Options) float64 {
	t.Helper()
	r, err := Prepare(a, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Free()
	got, err := r.Compare(b)
	if err != nil {
		t.Fatal(err)
	}
	if math.IsNaN(got) || math.IsInf(got, 0) {
		t.Fatalf("score %g", got)
	}
	return got
}

// The same image has 100, and another one less, whatever its size and shape.
func TestSizes(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {7, 7}, {8, 8}, {9, 17}, {1, 2000}, {2000, 3}, {63, 65}, {1300, 1301}} {
		a, b := textured(size[0], size[1], 0), filled(size[0], size[1], 250, 10, 10, 255)
		if got := compared(t, a, a, Options{}); got != 100 {
			t.Errorf("%dx%d: %.3f for the same image", size[0], size[1], got)
		}
		if got := compared(t, a, b, Options{}); got > 70 {
			t.Errorf("%dx%d: %.3f for another image", size[0], size[1], got)
		}
	}
}

// A WebP has at most 16383 pixels a side.
func TestLargest(t *testing.T) {
	if testing.Short() {
		t.Skip("takes two gigabytes")
	}
	const side = 16383
	a := filled(side, side, 200, 100, 50, 255)
	r, err := Prepare(a, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Free()
	if got, err := r.Compare(a); err != nil || got != 100 {
		t.Errorf("%.3f, %v", got, err)
	}
}

// Tiles of a large image say what all of it does.
func TestTiles(t *testing.T) {
	const w, h = 2100, 1500
	a := textured(w, h, 0)
	for step := range uint32(4) {
		b := textured(w, h, 3*step)
		some, all := compared(t, a, b, Options{}), compared(t, a, b, Options{Whole: true})
		if math.Abs(some-all) > 0.5 {
			t.Errorf("step %d: %.3f by tiles, %.3f by all", step, some, all)
		}
	}
}

// What is not seen does not count, and what is seen on one of the backgrounds does.
func TestAlpha(t *testing.T) {
	clear, other := filled(64, 64, 255, 0, 0, 0), filled(64, 64, 0, 255, 0, 0)
	if got := compared(t, clear, other, Options{}); got != 100 {
		t.Errorf("%.3f for the color of transparent pixels", got)
	}
	if got := compared(t, clear, filled(64, 64, 26, 26, 26, 255), Options{}); got > 50 {
		t.Errorf("%.3f for a dark image in the place of none", got)
	}
	if got := compared(t, filled(64, 64, 230, 230, 230, 255), clear, Options{}); got > 50 {
		t.Errorf("%.3f for nothing in the place of a bright image", got)
	}
	opaque := textured(64, 64, 0)
	flagged := textured(64, 64, 5)
	want := compared(t, opaque, flagged, Options{})
	flagged.Alpha = true
	if got := compared(t, opaque, flagged, Options{}); got != want {
		t.Errorf("%.3f where alpha is 255 everywhere, want %.3f", got, want)
	}
}

// A sample is made of parts of the image, and its tiles do not see each other.
func TestSample(t *testing.T) {
	a, b := textured(1200, 900, 0), textured(1200, 900, 6)
	o := Options{Tile: SampleSide}
	sample, other := Sample(a, 6, 3), Sample(b, 6, 3)
	if sample.Width != 3*SampleSide || sample.Height != 2*SampleSide {
		t.Fatalf("%dx%d", sample.Width, sample.Height)
	}
	if got, want := compared(t, sample, other, o), compared(t, a, b, Options{}); math.Abs(got-want) > 4 {
		t.Errorf("the sample has %.3f, the image %.3f", got, want)
	}
	tile := func(im *pixel.Image) *pixel.Image {
		out := pixel.NewRGBA(SampleSide, SampleSide, nil)
		for y := range SampleSide {
			copy(out.Planes[0][y*out.Stride[0]:][:4*SampleSide], im.Planes[0][y*im.Stride[0]:])
		}
		return out
	}
	two := pixel.NewRGBA(SampleSide, 2*SampleSide, append(tile(a).Planes[0], tile(a).Planes[0]...))
	worse := pixel.NewRGBA(SampleSide, 2*SampleSide, append(tile(b).Planes[0], tile(b).Planes[0]...))
	if got, want := compared(t, two, worse, o), compared(t, tile(a), tile(b), Options{}); math.Abs(got-want) > 1e-3 {
		t.Errorf("two equal tiles have %.4f, one %.4f", got, want)
	}
}

// Images that C could not read are refused.
func TestRefused(t *testing.T) {
	good := textured(20, 10, 0)
	short, gray := *good, *good
	short.Planes[0] = short.Planes[0][:4*20*9]
	gray.Layout = pixel.Gray
	for name, im := range map[string]*pixel.Image{"short": &short, "gray": &gray, "empty": {}} {
		if _, err := Prepare(im, Options{}); err == nil {
			t.Errorf("%s: prepared", name)
		}
	}
	r, err := Prepare(good, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Free()
	if _, err := r.Compare(textured(10, 20, 0)); err == nil {
		t.Error("another size is compared")
	}
}

// Profiles come with images: whatever is in them, they are read, or left out.
func FuzzProfile(f *testing.F) {
	icc, _ := pixel.CodedProfile(pixel.PrimariesP3, pixel.TransferSRGB)
	f.Add(icc)
	f.Add(icc[:140])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, icc []byte) {
		for _, v := range matrixOf(icc) {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				t.Error(v)
			}
		}
	})
}

// The primaries of Display P3 make other mixtures than sRGB's.
func TestProfile(t *testing.T) {
	icc, _ := pixel.CodedProfile(pixel.PrimariesP3, pixel.TransferSRGB)
	srgb, p3 := matrixOf(nil), matrixOf(icc)
	same := true
	for i := range srgb {
		same = same && math.Abs(float64(srgb[i]-p3[i])) < 0.01
	}
	if same {
		t.Error("P3 is read as sRGB")
	}
	for row := range 3 { // white is white
		a, b := srgb[3*row]+srgb[3*row+1]+srgb[3*row+2], p3[3*row]+p3[3*row+1]+p3[3*row+2]
		if math.Abs(float64(a-b)) > 0.002 {
			t.Errorf("row %d adds up to %f, and to %f in P3", row, a, b)
		}
	}
}

// The first two levels of a large image are not kept in memory, and its score is the same as if
// they were, also where a side is odd or too short for all levels.
func TestLarge(t *testing.T) {
	for side, want := range map[[2]int]float64{
		{1500, 1003}: 86.77683084528239, {2001, 777}: 87.03650726592433, {1024, 1025}: 62.83439892104396, {4003, 300}: 86.33726000212684,
		{70000, 17}: 87.1618378611445, {17, 70001}: 76.45798994982201, {31, 40000}: 77.86342461133383,
	} {
		a, b := pixel.NewRGBA(side[0], side[1], nil), pixel.NewRGBA(side[0], side[1], nil)
		for i := range a.Planes[0] {
			a.Planes[0][i] = byte(i*i>>7 + i*13)
			b.Planes[0][i] = a.Planes[0][i] ^ byte(i>>3&7)
		}
		r, err := Prepare(a, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Compare(b)
		r.Free()
		if err != nil || math.Abs(got-want) > 0.001 {
			t.Errorf("%v: %v, %v, want %v", side, got, err, want)
		}
	}
}
