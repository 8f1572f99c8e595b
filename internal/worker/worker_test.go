//go:build linux

package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/testfiles"
)

var (
	webp    = asset.Variant{Format: asset.WebP, Quality: 80, Lossless: asset.LosslessAuto, Effort: 2, Metadata: asset.MetadataICC}
	options = engine.Options{MaxPixels: 1 << 28, Threads: 1}
)

func newPool(t testing.TB) *Pool {
	p := &Pool{}
	t.Cleanup(func() {
		p.Close()
		waitForNoChildren(t)
	})
	return p
}

// convertWith opens an image and converts it.
func convertWith(ctx context.Context, c engine.Codec, data []byte, variants ...asset.Variant) ([]engine.Output, error) {
	img, err := c.Open(ctx, data)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	return img.Convert(ctx, variants, options)
}

// children are the processes that this one has started, and that have not ended.
func children(t testing.TB) []int { return childrenOf(t, os.Getpid()) }

func childrenOf(t testing.TB, parent int) (pids []int) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("no list of children: %v", err)
	}
	for _, path := range tasks {
		data, _ := os.ReadFile(path) // a thread may be gone
		for _, field := range strings.Fields(string(data)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

func waitForNoChildren(t testing.TB) {
	t.Helper()
	for range 2000 {
		if len(children(t)) == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("workers are left: %v", children(t))
}

// TestSameAsLocal holds what a worker makes against what is made in this process.
func TestSameAsLocal(t *testing.T) {
	p := newPool(t)
	small := webp
	small.MaxWidth = 20
	avif := asset.Variant{Format: asset.AVIF, Quality: 80, Lossless: asset.LosslessAuto, Effort: 1, Metadata: asset.MetadataNone, MaxWidth: 16}
	for _, name := range []string{
		"avif/alpha.avif", "bmp/palette.bmp", "gif/animated.gif", "heic/grid.heic", "heic/rotated.heic", "jpeg/cmyk.jpg", "jpeg/420.jpg",
		"jpeg/orientation-6.jpg", "png/rgba16.png", "png/palette-alpha.png", "png/p3.png", "tiff/rgb16.tif", "webp/lossy.webp",
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			data := []byte(testfiles.Image(t, name))
			local, err := engine.Local{}.Open(ctx, data)
			if err != nil {
				t.Fatal(err)
			}
			defer local.Close()
			img, err := p.Open(ctx, data)
			if err != nil {
				t.Fatal(err)
			}
			defer img.Close()
			if diff := cmp.Diff(local.Info(), img.Info()); diff != "" {
				t.Errorf("its header (-local +worker):\n%s", diff)
			}
			variants := []asset.Variant{webp, small, avif}
			if local.Info().Frames > 1 {
				variants = variants[:2]
			}
			want, err := local.Convert(ctx, variants, options)
			if err != nil {
				t.Fatal(err)
			}
			got, err := img.Convert(ctx, variants, options)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if !bytes.Equal(got[i].Data, want[i].Data) || got[i].Width != want[i].Width || got[i].Height != want[i].Height ||
					got[i].Frames != want[i].Frames || got[i].Lossless != want[i].Lossless || !slices.Equal(got[i].Notes, want[i].Notes) {
					t.Errorf("output %d is not the same", i)
				}
			}
			wantPlaceholder, wantErr := local.Placeholder(ctx, 1<<28)
			gotPlaceholder, gotErr := img.Placeholder(ctx, 1<<28)
			if diff := cmp.Diff(wantPlaceholder, gotPlaceholder); diff != "" || fmt.Sprint(wantErr) != fmt.Sprint(gotErr) {
				t.Errorf("its placeholder: %v, want %v\n%s", gotErr, wantErr, diff)
			}
			if want, got := local.Check(ctx, true), img.Check(ctx, true); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("its check: %v, want %v", got, want)
			}
		})
	}
	if n := len(children(t)); n != 1 {
		t.Errorf("%d workers for one image after the other, want 1", n)
	}
}

// TestErrors expects the error of this process from a worker.
func TestErrors(t *testing.T) {
	p := newPool(t)
	jpeg := testfiles.Image(t, "jpeg/420.jpg")
	for name, data := range map[string]string{
		"empty": "", "text": "hello", "only a signature": jpeg[:3], "cut short": jpeg[:len(jpeg)/2],
		"half a HEIC": testfiles.Image(t, "heic/card.heic")[:900], "half a PNG": testfiles.Image(t, "png/photo.png")[:500],
	} {
		t.Run(name, func(t *testing.T) {
			_, want := convertWith(t.Context(), engine.Local{}, []byte(data), webp)
			_, got := convertWith(t.Context(), p, []byte(data), webp)
			w, _ := errors.AsType[*codec.Error](want)
			g, _ := errors.AsType[*codec.Error](got)
			if diff := cmp.Diff(w, g); diff != "" || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got error %v, want %v\n%s", got, want, diff)
			}
		})
	}
}

// TestConfined lets a decoder try whatever an exploit would.
func TestConfined(t *testing.T) {
	p := newPool(t)
	confined, err := p.Confinement(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for part, why := range confined.Missing {
		if part != partEnvironment || len(environment()) == 0 {
			t.Skipf("this kernel or container refuses %s: %s", part, why)
		}
	}
	dir := testfiles.Dir(t, map[string]string{"secret": "token"})
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	t.Setenv("GITHUB_TOKEN", "token")
	bystander := exec.Command("sleep", "1000")
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	_, err = convertWith(t.Context(), p, hostile(t, fmt.Sprintf("attack %s %s %d %d", dir, server.Addr(), os.Getpid(), bystander.Process.Pid)), webp)
	if want := "could: ."; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if err := bystander.Process.Kill(); err != nil {
		t.Errorf("another process was ended: %v", err)
	}
	_ = bystander.Wait()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("the folder has %v, want the secret alone; %v", files, err)
	}
	if secret, err := os.ReadFile(dir + "/secret"); string(secret) != "token" {
		t.Errorf("the secret is %q, want it untouched; %v", secret, err)
	}
}

// TestHostile expects one clear error for each thing that a decoder can do wrong, and the
// next image to be converted as ever.
func TestHostile(t *testing.T) {
	tests := map[string]string{ // order -> part of the error
		"nil":               "internal error: runtime error: invalid memory address",
		"wild":              "the decoder crashed (SIGSEGV)",
		"abort":             "the decoder crashed (SIGABRT)",
		"exit-0":            "the decoder crashed (exit code 0)",
		"exit-7":            "the decoder crashed (exit code 7)",
		"hang":              "it took longer than 1s",
		"spin":              "it took longer than 1s",
		"eat":               "MB of memory",
		"panic":             "a decoder's fault",
		"close":             "it stopped answering",
		"garbage":           "it answered nonsense",
		"long-frame":        "a frame of 4294967295 bytes is longer than",
		"half-frame":        "the decoder crashed (exit code 0)",
		"many-outputs":      "10 outputs for 1 variants",
		"huge-output":       "an output of 1125899906842624 bytes",
		"message":           " [2J::set-output name=a::b yyy",
		"lie":               "it has -5x",
		"size":              "is said to be",
		"script":            "gave an invalid answer: an output",
		"format":            "gave an invalid answer: an output",
		"none":              "0 outputs for 1 variants",
		"two":               "2 outputs for 1 variants",
		"escape":            "a note is not a line of text",
		"long-note":         "a note is not a line of text",
		"open-wild":         "the decoder crashed (SIGSEGV)",
		"open-hang":         "it took longer than 1s",
		"open-garbage":      "it answered nonsense",
		"open-many-outputs": "10 outputs for 0 variants",
	}
	good := []byte(testfiles.Image(t, "png/rgba.png"))
	want, err := convertWith(t.Context(), engine.Local{}, good, webp)
	if err != nil {
		t.Fatal(err)
	}
	for order, message := range tests {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			p := newPool(t)
			if strings.HasSuffix(order, "hang") || order == "spin" {
				p.Timeout = time.Second
			}
			_, err := convertWith(t.Context(), p, hostile(t, order), webp)
			if err == nil || !strings.Contains(err.Error(), message) {
				t.Fatalf("got error %v, want %q in it", err, message)
			}
			if strings.ContainsAny(err.Error(), "\x1b") || len(err.Error()) > 4<<10 {
				t.Errorf("the error is not safe to print: %.100q", err)
			}
			got, err := convertWith(t.Context(), p, good, webp)
			if err != nil || !bytes.Equal(got[0].Data, want[0].Data) {
				t.Errorf("the next image: %v", err)
			}
		})
	}
}
