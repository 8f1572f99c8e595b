package score

import (
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// tool is the original, which libjxl's sources build with JPEGXL_ENABLE_DEVTOOLS. With it,
// TestGolden asks it for all scores and writes them down.
var tool = flag.String("ssimulacra2", "", "path of the original, to renew the golden scores")

const golden = "testdata/golden.txt"

// TestGolden holds scores against those of the original.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	pairs := 0
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			out.WriteString(line)
			continue
		}
		reference, icc := load(t, f[0])
		candidate, _ := load(t, f[1])
		r, err := Prepare(reference, Options{ICC: icc})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Compare(candidate)
		r.Free()
		if err != nil {
			t.Fatalf("%s, %s: %v", f[0], f[1], err)
		}
		var want float64
		if *tool != "" {
			want = ask(t, reference, candidate, icc)
			fmt.Fprintf(&out, "%s %s %.4f\n", f[0], f[1], want)
		} else if want, err = strconv.ParseFloat(f[2], 64); err != nil {
			t.Fatal(err)
		}
		if math.Abs(got-want) > 0.5 {
			t.Errorf("%s, %s: score %.3f, and the original has %.3f", f[0], f[1], got, want)
		}
		t.Logf("%s, %s: %+.3f of %.3f", f[0], f[1], got-want, want)
		pairs++
	}
	if pairs < 40 {
		t.Errorf("there are %d pairs, want 40", pairs)
	}
	if *tool != "" {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// load returns the pixels and the profile of an image in testdata.
func load(t *testing.T, name string) (*pixel.Image, []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	p, err := codec.Decode(data, codec.DecodeOptions{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	im, err := pixel.ToRGBA(&p.Image, p.Image.Width, p.Image.Height, 1)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return im, p.ICC
}

// ask returns the original's score.
func ask(t *testing.T, reference, candidate *pixel.Image, icc []byte) float64 {
	t.Helper()
	args := make([]string, 2)
	for i, im := range []*pixel.Image{reference, candidate} {
		data, err := codec.EncodePNG(im, codec.PNGOptions{ICC: icc})
		if err != nil {
			t.Fatal(err)
		}
		args[i] = filepath.Join(t.TempDir(), fmt.Sprint(i, ".png"))
		if err := os.WriteFile(args[i], data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := exec.Command(*tool, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
