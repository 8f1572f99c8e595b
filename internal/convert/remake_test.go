package convert

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/testfiles"
)

// Remade is what a run makes, whatever the number of threads, and nothing else is.
func TestVerify(t *testing.T) {
	for _, name := range []string{"png/p3.png", "jpeg/orientation-6.jpg", "gif/animated.gif"} {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join("../../testdata/pictures", name))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			file := "a" + filepath.Ext(name)
			testfiles.Write(t, dir, file, content)
			format, _ := asset.Sniff(content[:min(len(content), asset.SniffLen)])
			j := asset.Job{
				Source: asset.Source{Path: file, Format: format, Size: int64(len(content))}, Output: "a.webp",
				Recipe: asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80, Lossless: asset.LosslessAuto, Effort: 2, MaxWidth: 60, Metadata: asset.MetadataICC}},
			}
			got := Run(t.Context(), []asset.Job{j}, Options{Dir: dir})
			if got[0].Status != asset.Converted {
				t.Fatalf("%+v", got[0])
			}
			result, err := os.ReadFile(filepath.Join(dir, "a.webp"))
			if err != nil {
				t.Fatal(err)
			}
			if err := Verify(t.Context(), engine.Local{}, j, content, result, 0); err != nil {
				t.Error(err)
			}
			other := j
			other.Recipe.Quality, other.Recipe.MaxWidth = 40, 50
			for what, err := range map[string]error{
				"one byte more":  Verify(t.Context(), engine.Local{}, j, content, append(result[:len(result):len(result)], 0), 0),
				"other settings": Verify(t.Context(), engine.Local{}, other, content, result, 0),
			} {
				if !errors.Is(err, ErrOther) {
					t.Errorf("%s: %v", what, err)
				}
			}
			j.Recipe.MinSavings = 100
			if err := Verify(t.Context(), engine.Local{}, j, content, result, 0); !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), "not smaller") {
				t.Errorf("not worth it: %v", err)
			}
			j.Recipe.MaxPixels = 1
			if err := Verify(t.Context(), engine.Local{}, j, content, result, 0); err == nil || errors.Is(err, ErrOther) {
				t.Errorf("too many pixels: %v", err)
			}
			j.Recipe.MaxPixels = 0
			if err := Verify(t.Context(), engine.Local{}, j, content, result, 1); err == nil || !strings.Contains(err.Error(), "memory") {
				t.Errorf("too much memory: %v", err)
			}
		})
	}
	// Of a JPEG, what was made before qualities were capped is a result too.
	content, err := os.ReadFile("../../testdata/pictures/jpeg/420.jpg")
	if err != nil {
		t.Fatal(err)
	}
	capped := asset.Job{
		Source: asset.Source{Path: "a.jpg", Format: asset.JPEG, Size: int64(len(content))}, Output: "a.webp",
		Recipe: asset.Recipe{Variant: asset.Variant{Format: asset.JPEG, Quality: 100}},
	}
	uncapped := capped
	uncapped.Recipe.NoQualityCap = true
	out := [2]Output{}
	for i, j := range []asset.Job{capped, uncapped} {
		if out[i], err = Remake(t.Context(), engine.Local{}, j, content, 0); err != nil {
			t.Fatal(err)
		}
	}
	if out[0].After >= out[1].After {
		t.Fatalf("capped %d bytes, uncapped %d", out[0].After, out[1].After)
	}
	for _, tt := range []struct {
		name string
		j    asset.Job
		data []byte
		ok   bool
	}{
		{"capped", capped, out[0].Data, true}, {"made before", capped, out[1].Data, true},
		{"uncapped", uncapped, out[1].Data, true}, {"capped for uncapped", uncapped, out[0].Data, false},
	} {
		if err := Verify(t.Context(), engine.Local{}, tt.j, content, tt.data, 0); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if err := Verify(t.Context(), engine.Local{}, asset.Job{}, []byte("none"), nil, 0); err == nil {
		t.Error("what is not an image passes")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	content, err = os.ReadFile("../../testdata/pictures/png/p3.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Remake(ctx, engine.Local{}, asset.Job{Recipe: asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80}}}, content, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}
