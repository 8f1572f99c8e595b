package budget_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/budget"
	"github.com/webpress/webpress/internal/testfiles"
)

// tree writes files into a folder, and returns it and the sources, last path first.
func tree(t testing.TB, files map[string][]byte) (dir string, sources []asset.Source) {
	t.Helper()
	for name, data := range files {
		format, _ := asset.Sniff(data)
		sources = append(sources, asset.Source{Path: name, Format: format, Size: int64(len(data))})
	}
	return testfiles.Dir(t, files), sources
}

func TestMeasure(t *testing.T) {
	heic, jpeg, turned := []byte(testfiles.Image(t, "heic/rotated.heic")), []byte(testfiles.Image(t, "jpeg/gps.jpg")), []byte(testfiles.Image(t, "jpeg/orientation-6.jpg"))
	dir, sources := tree(t, map[string][]byte{
		"b/rotated.heic": heic, "a.jpg": jpeg, "b/turned.jpg": turned,
		"c.png": []byte(testfiles.Image(t, "png/exif.png")), "size alone.jpg": jpeg, "untouched.jpg": jpeg, "broken.jpg": jpeg[:50],
	})
	sources = append(sources, asset.Source{Path: "gone.jpg", Format: asset.JPEG, Size: 7}, asset.Source{Path: "b", Format: asset.JPEG, Size: 7})
	before := append([]asset.Source{}, sources...)
	want := func(path string) budget.Want {
		return map[string]budget.Want{
			"size alone.jpg": {Size: true}, "untouched.jpg": {}, "b/turned.jpg": {GPS: true},
		}[path]
	}
	all := func(path string) budget.Want {
		if w := want(path); w != (budget.Want{}) || path == "untouched.jpg" {
			return w
		}
		return budget.Want{Size: true, GPS: true}
	}
	files, err := budget.Measure(t.Context(), dir, sources, all)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, sources); diff != "" {
		t.Errorf("the sources were changed: %s", diff)
	}
	var got []string
	for _, f := range files {
		line := fmt.Sprintf("%s %s %d: %dx%d = %d, %v", f.Path, f.Format, f.Size, f.Width, f.Height, f.Pixels, f.GPS)
		if f.Err != nil {
			fault, ok := f.Err.(*asset.Fault)
			if !ok {
				t.Fatalf("%T", f.Err)
			}
			line += fmt.Sprintf(", %s (%s)", fault.Message, fault.Hint)
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{
		fmt.Sprintf("a.jpg jpeg %d: 192x128 = 24576, true", len(jpeg)),
		`b jpeg 7: 0x0 = 0, false, measure "b": it is a folder, not a file ()`,
		fmt.Sprintf("b/rotated.heic heic %d: 192x128 = 24576, true", len(heic)),
		fmt.Sprintf("b/turned.jpg jpeg %d: 0x0 = 0, false", len(turned)),
		`broken.jpg jpeg 50: 0x0 = 0, false, measure "broken.jpg": jpeg: the file is cut short (copy, download or export it again)`,
		fmt.Sprintf("c.png png %d: 192x128 = 24576, true", len([]byte(testfiles.Image(t, "png/exif.png")))),
		`gone.jpg jpeg 7: 0x0 = 0, false, measure "gone.jpg": no such file or directory ()`,
		fmt.Sprintf("size alone.jpg jpeg %d: 192x128 = 24576, false", len(jpeg)),
		fmt.Sprintf("untouched.jpg jpeg %d: 0x0 = 0, false", len(jpeg)),
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMeasureOpensOnlyWhatItMust(t *testing.T) {
	sources := []asset.Source{{Path: "b.jpg", Size: 2}, {Path: "a.jpg", Size: 1}}
	nothing := func(string) budget.Want { return budget.Want{} }
	files, err := budget.Measure(t.Context(), filepath.Join(t.TempDir(), "gone"), sources, nothing)
	if err != nil || len(files) != 2 || files[0].Path != "a.jpg" || files[0].Size != 1 || files[0].Err != nil {
		t.Errorf("%+v, %v", files, err)
	}
	all := func(string) budget.Want { return budget.Want{Size: true} }
	if _, err := budget.Measure(t.Context(), filepath.Join(t.TempDir(), "gone"), sources, all); err == nil || !strings.HasSuffix(err.Error(), `gone": no such file or directory`) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, want := range []func(string) budget.Want{nothing, all} {
		if _, err := budget.Measure(ctx, t.TempDir(), sources, want); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

func TestMeasureManyFiles(t *testing.T) {
	files := map[string][]byte{}
	jpeg := []byte(testfiles.Image(t, "jpeg/420.jpg"))
	for i := range 200 {
		files[fmt.Sprintf("%03d.jpg", i)] = jpeg
	}
	dir, sources := tree(t, files)
	got, err := budget.Measure(t.Context(), dir, sources, func(string) budget.Want { return budget.Want{Size: true, GPS: true} })
	if err != nil || len(got) != 200 {
		t.Fatal(len(got), err)
	}
	for i, f := range got {
		if f.Path != fmt.Sprintf("%03d.jpg", i) || f.Width != 192 || f.Height != 128 || f.GPS || f.Err != nil {
			t.Fatalf("%+v", f)
		}
	}
}

// BenchmarkMeasure measures 10,000 small files.
func BenchmarkMeasure(b *testing.B) {
	pictures := [][]byte{[]byte(testfiles.Image(b, "jpeg/420.jpg")), []byte(testfiles.Image(b, "png/exif.png")), []byte(testfiles.Image(b, "gif/still.gif"))}
	files := map[string][]byte{}
	for i := range 10_000 {
		files[fmt.Sprintf("%02d/%04d", i%100, i)] = pictures[i%len(pictures)]
	}
	dir, sources := tree(b, files)
	for _, want := range []budget.Want{{}, {Size: true}, {Size: true, GPS: true}} {
		b.Run(fmt.Sprintf("size=%v,gps=%v", want.Size, want.GPS), func(b *testing.B) {
			for b.Loop() {
				measured, err := budget.Measure(b.Context(), dir, sources, func(string) budget.Want { return want })
				if err != nil || len(measured) != len(files) || measured[0].Err != nil || (measured[0].Width > 0) != want.Size {
					b.Fatal(len(measured), err)
				}
			}
			b.ReportMetric(float64(b.N*len(files))/b.Elapsed().Seconds(), "files/s")
		})
	}
}
