//go:build linux && !race

package engine

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// measured makes a test binary convert this file and print what TestMemoryUse wants to
// know of it: in a process of its own, since memory that was used once is not given back.
var (
	measured = flag.String("measured", "", "convert this file and print what it took")
	byLook   = flag.Bool("by-look", false, "find its quality")
)

// TestMeasured is what TestMemoryUse runs.
func TestMeasured(t *testing.T) {
	if *measured == "" {
		t.Skip("a part of TestMemoryUse")
	}
	debug.SetGCPercent(25) // as CapHeap does
	data, err := os.ReadFile(*measured)
	if err != nil {
		t.Fatal(err)
	}
	info, err := codec.Probe(data)
	if err != nil {
		t.Fatal(err)
	}
	v := defaults
	if *byLook {
		v.Auto, v.Look = true, 70
	}
	before := status(t, "VmRSS:")
	if _, err := transcode(t.Context(), data, info, v, 1); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nmeasured %d %d\n", status(t, "VmHWM:")-before, EstimateMemory(info, []asset.Variant{v}))
}

// status is a number of bytes in what the system says of this process: ru_maxrss would
// be of the process before exec, too.
func status(t *testing.T, name string) (n int64) {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), name)
	if _, err := fmt.Sscanf(rest, "%d kB", &n); err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// The estimate of what a conversion needs is not below its peak, and not far above.
func TestMemoryUse(t *testing.T) {
	if testing.Short() {
		t.Skip("converts large images")
	}
	const w, h = 2000, 1600
	photo := ramp(w, h, false)
	glass := ramp(w, h, true)
	wide := image.NewNRGBA64(photo.Rect)
	flat := image.NewPaletted(photo.Rect, color.Palette{color.Black, color.White})
	few := image.NewPaletted(photo.Rect, nil)
	for i := range 256 {
		few.Palette = append(few.Palette, color.NRGBA{byte(i), byte(i * 3), byte(255 - i), 255})
	}
	for y := range h {
		for x := range w {
			wide.SetNRGBA64(x, y, color.NRGBA64{uint16(x * 16), uint16(y * 20), uint16(x*7 + y*3), 0xffff})
			few.Pix[y*w+x] = byte(x/9 + y/7)
		}
	}
	asPNG := func(m image.Image) []byte {
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	with := func(encode func(io.Writer) error) []byte {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	asWebP := func(m *image.NRGBA, lossless bool) []byte {
		im := pixel.NewRGBA(w, h, bytes.Clone(m.Pix))
		im.Alpha = !m.Opaque()
		data, err := codec.Encode(im, codec.EncodeOptions{Quality: 80, Effort: 0, Lossless: lossless})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	animation := &gif.GIF{}
	for i := range 3 {
		m := image.NewPaletted(few.Rect, few.Palette)
		for j, v := range few.Pix {
			m.Pix[j] = v + byte(i*40)
		}
		animation.Image, animation.Delay = append(animation.Image, m), append(animation.Delay, 10)
	}
	animated := with(func(out io.Writer) error { return gif.EncodeAll(out, animation) })
	moving, err := codec.Animate(t.Context(), animated, codec.AnimateOptions{Width: w, Height: h, Quality: 50})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"baseline.jpg":    with(func(out io.Writer) error { return jpeg.Encode(out, photo, nil) }),
		"progressive.jpg": progressive(w, h),
		"photo.png":       asPNG(photo),
		"alpha.png":       asPNG(glass),
		"16-bit.png":      asPNG(wide),
		"palette.png":     asPNG(few),
		"flat.png":        asPNG(flat),
		"still.gif":       with(func(out io.Writer) error { return gif.Encode(out, few, nil) }),
		"animated.gif":    animated,
		"animated.webp":   moving,
		"lossy.webp":      asWebP(photo, false),
		"alpha.webp":      asWebP(glass, false),
		"lossless.webp":   asWebP(photo, true),
		"photo.tiff":      with(func(out io.Writer) error { return tiff.Encode(out, photo, nil) }),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		most := 1.5
		if name == "flat.png" { // what is on it is not known before
			most = 3
		}
		t.Run(name, func(t *testing.T) { checkMemory(t, w*h, most, "-measured="+path) })
		// What was scored is only sometimes all that there is at the peak.
		t.Run(name+" by look", func(t *testing.T) { checkMemory(t, w*h, 3, "-measured="+path, "-by-look") })
	}
}

// checkMemory holds an estimate against what a conversion of so many pixels takes.
func checkMemory(t *testing.T, pixels int, most float64, args ...string) {
	t.Helper()
	out, err := exec.Command(os.Args[0], append([]string{"-test.run=^TestMeasured$"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var used, estimate int64
	_, rest, _ := strings.Cut(string(out), "\nmeasured ")
	if _, err := fmt.Sscan(rest, &used, &estimate); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%.1f bytes a pixel, estimated %.1f", float64(used)/float64(pixels), float64(estimate)/float64(pixels))
	if estimate < used || float64(estimate) > most*float64(used) {
		t.Errorf("it took %d MB, the estimate is %d MB", used>>20, estimate>>20)
	}
}

// progressive is a gray JPEG with one scan, of a bit a block, which libjpeg holds the
// coefficients of all pixels for: ITU-T T.81, annexes B and G.
func progressive(w, h int) []byte {
	u16 := func(n int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(n))) }
	mcus := ((w + 15) / 16) * ((h + 15) / 16)
	return join(
		"\xff\xd8",
		"\xff\xdb"+u16(67)+"\x00"+strings.Repeat("\x01", 64),
		"\xff\xc2"+u16(17)+"\x08"+u16(h)+u16(w)+"\x03\x01\x22\x00\x02\x11\x00\x03\x11\x00",
		"\xff\xc4"+u16(20)+"\x00\x01"+strings.Repeat("\x00", 15)+"\x00",
		"\xff\xda"+u16(12)+"\x03\x01\x00\x02\x00\x03\x00\x00\x00\x00",
		strings.Repeat("\x00", (6*mcus+7)/8),
		"\xff\xd9",
	)
}

func join(parts ...string) []byte { return []byte(strings.Join(parts, "")) }
