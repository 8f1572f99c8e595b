package pixel

import (
	"math"
	"testing"
)

// pqOf and hlgOf are the samples, 0 to 1, for a luminance in cd/m2 of gray.
func pqOf(nits float64) float64 {
	const m1, m2, c1, c2, c3 = 2610. / 16384, 2523. / 32, 3424. / 4096, 2413. / 128, 2392. / 128
	y := math.Pow(nits/10000, m1)
	return math.Pow((c1+c2*y)/(1+c3*y), m2)
}

func hlgOf(nits float64) float64 {
	e := math.Pow(nits/1000, 1/1.2)
	if e <= 1./12 {
		return math.Sqrt(3 * e)
	}
	const a, b, c = 0.17883277, 0.28466892, 0.55991073
	return a*math.Log(12*e-b) + c
}

// grayHDR is a row of gray in YUV of 10 bits, repeated.
func grayHDR(transfer int, samples ...float64) *Image {
	im := NewPlanar(Image{
		Width: len(samples), Height: 2, Layout: YUV, Depth: 10, Full: true,
		Matrix: 9, Primaries: PrimariesBT2020, Transfer: transfer,
	})
	for y := range 2 {
		for x, v := range samples {
			im.set(0, x, y, int(math.Round(1023*v)))
			im.set(1, x, y, 512)
			im.set(2, x, y, 512)
		}
	}
	return im
}

// What is no brighter than reference white stays as bright as it is, by either way
// to the encoder.
func TestReferenceWhite(t *testing.T) {
	ramp := []int{0, 51, 102, 153, 204, 255}
	for transfer, sample := range map[int]func(float64) float64{TransferPQ: pqOf, TransferHLG: hlgOf} {
		var samples []float64
		for _, v := range ramp {
			samples = append(samples, sample(203*srgbCurve(float64(v)/255)))
		}
		im := grayHDR(transfer, samples...)
		exact, err := ToRGBA(im, im.Width, im.Height, 1)
		if err != nil {
			t.Fatal(err)
		}
		lossy, err := ToYUV420(im, im.Width, im.Height, 1)
		if err != nil {
			t.Fatal(err)
		}
		for x, want := range ramp {
			w := byte(want)
			if c := pixelAt(exact, x, 0); !near(c, [4]byte{w, w, w, 255}, 2) {
				t.Errorf("transfer %d: %d is %v", transfer, want, c)
			}
			luma := 16 + 219*float64(want)/255
			if got := float64(lossy.Planes[0][x]); math.Abs(got-luma) > 2 {
				t.Errorf("transfer %d: luma of %d is %.0f, want %.0f", transfer, want, got, luma)
			}
		}
	}
}

// Highlights are rolled off: up to 1,000 cd/m2, or what the file claims, brighter
// stays brighter.
func TestHighlights(t *testing.T) {
	nits := []float64{0, 1, 5, 20, 50, 100, 203, 300, 400, 600, 800, 1000}
	for transfer, sample := range map[int]func(float64) float64{TransferPQ: pqOf, TransferHLG: hlgOf} {
		for _, peak := range []float64{0, 1000, 4000} {
			if transfer == TransferHLG && peak > 1000 {
				continue
			}
			var samples []float64
			for _, n := range nits {
				samples = append(samples, sample(n))
			}
			im := grayHDR(transfer, samples...)
			im.Peak = peak
			got, err := ToRGBA(im, im.Width, im.Height, 1)
			if err != nil {
				t.Fatal(err)
			}
			last := -1
			for x, n := range nits {
				c := pixelAt(got, x, 0)
				if int(c[1]) <= last || c[0] != c[1] || c[1] != c[2] {
					t.Errorf("transfer %d, peak %.0f: %.0f cd/m2 is %v, what is darker is %d", transfer, peak, n, c, last)
				}
				last = int(c[1])
			}
			if peak <= 1000 && last != 255 || peak > 1000 && last > 250 {
				t.Errorf("transfer %d, peak %.0f: 1000 cd/m2 is %d", transfer, peak, last)
			}
		}
	}
}

// Levels that Chromium 156 shows for AVIF files with these samples.
func TestAsChromium(t *testing.T) {
	patches := [][2][3]byte{
		{{128, 128, 128}, {100, 100, 100}}, {{128, 120, 120}, {102, 92, 93}}, {{128, 64, 64}, {111, 35, 44}},
		{{128, 0, 0}, {111, 0, 0}}, {{0, 128, 0}, {0, 102, 0}}, {{0, 0, 128}, {0, 0, 80}}, {{128, 128, 0}, {102, 99, 0}},
		{{160, 80, 80}, {151, 45, 59}}, {{80, 160, 80}, {0, 138, 52}}, {{80, 80, 160}, {50, 57, 125}},
	}
	im := NewPlanar(Image{Width: len(patches), Height: 1, Layout: RGB, Depth: 16, Full: true, Primaries: PrimariesBT2020, Transfer: TransferHLG, Peak: 1000})
	for x, p := range patches {
		for c, v := range p[0] {
			im.set(c, x, 0, int(v)*257)
		}
	}
	got := decodeCurve(im)
	for x, p := range patches {
		if c := pixelAt(got, x, 0); !near(c, [4]byte{p[1][0], p[1][1], p[1][2], 255}, 2) {
			t.Errorf("HLG %v is %v, want %v", p[0], c, p[1])
		}
	}

	im = NewPlanar(Image{Width: 7, Height: 1, Layout: RGB, Depth: 16, Full: true, Primaries: PrimariesBT709, Transfer: TransferPQ})
	for x := range 7 {
		for c := range 3 {
			im.set(c, x, 0, 32*x*257)
		}
	}
	got = decodeCurve(im)
	for x, want := range []byte{0, 5, 30, 70, 132, 213, 255} {
		if c := pixelAt(got, x, 0); !near(c, [4]byte{want, want, want, 255}, 1) {
			t.Errorf("PQ %d is %v, want %d", 32*x, c, want)
		}
	}
}

// Curves that are not sRGB's are converted; those that browsers show as sRGB's are
// not. The levels are Chromium's.
func TestCurves(t *testing.T) {
	for transfer, want := range map[int][]byte{
		1: {32, 64, 128, 192}, 6: {32, 64, 128, 192}, 13: {32, 64, 128, 192}, 14: {32, 64, 128, 192}, 2: {32, 64, 128, 192},
		TransferGamma22: {26, 62, 129, 193}, TransferGamma28: {10, 40, 106, 179},
		TransferSMPTE240: {50, 81, 141, 199}, TransferLinear: {99, 137, 188, 225},
	} {
		im := NewPlanar(Image{Width: 4, Height: 1, Layout: YUV, Depth: 8, Full: true, Matrix: MatrixBT601, Primaries: PrimariesBT709, Transfer: transfer})
		for x, v := range []int{32, 64, 128, 192} {
			im.set(0, x, 0, v)
			im.set(1, x, 0, 128)
			im.set(2, x, 0, 128)
		}
		got, err := ToRGBA(im, 4, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		for x, w := range want {
			if c := pixelAt(got, x, 0); !near(c, [4]byte{w, w, w, 255}, 2) {
				t.Errorf("transfer %d: level %d is %v, want %d", transfer, x, c, w)
			}
		}
	}
}
