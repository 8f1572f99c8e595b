// Command testpic draws every image of testdata: the small ones that tests
// read and the larger ones of the demo. Run it at the root of the project:
//
//	go run ./internal/testpic           # all of them
//	go run ./internal/testpic jpeg/     # those whose path contains "jpeg/"
//
// The images and testdata/README.md are committed, so it need not be run
// to build or test webpress. What Go's own encoders cannot write is made by
// tools, needed at this time only: cjpeg (libjpeg-turbo-progs), convert
// (imagemagick), heif-enc (libheif-examples) with x265 and aom, cwebp,
// gif2webp and img2webp (webp). Drawing is deterministic; the bytes that a tool
// writes may change with its version.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// root is where the images go, below the root of the project.
const root = "testdata"

func main() {
	ctx := context.Background()
	if err := paint(ctx, root, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "testpic:", err)
		os.Exit(1)
	}
}

// paint writes the images whose name contains one of the words, or all of them
// when there are none, and the README that describes them all.
func paint(ctx context.Context, dir string, words []string) error {
	tmp, err := os.MkdirTemp("", "testpic-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	s := studio{dir: tmp}
	for _, p := range catalogue() {
		if !wanted(p.name, words) {
			continue
		}
		data, err := p.make(ctx, s)
		if err != nil {
			return fmt.Errorf("draw %q: %w", p.name, err)
		}
		path := filepath.Join(dir, filepath.FromSlash(p.name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
		fmt.Printf("%-36s %9d bytes\n", p.name, len(data))
	}
	return os.WriteFile(filepath.Join(dir, "README.md"), []byte(readme()), 0o644)
}

func wanted(name string, words []string) bool {
	for _, w := range words {
		if strings.Contains(name, w) {
			return true
		}
	}
	return len(words) == 0
}

// A picture is one file below testdata.
type picture struct {
	// name is the path below testdata, with forward slashes.
	name string
	// width and height are in pixels, as a person sees the image.
	width, height int
	// what is said of it in the README.
	what string
	// make returns the file's bytes.
	make func(ctx context.Context, s studio) ([]byte, error)
}

// A studio runs the tools, in a temporary folder.
type studio struct{ dir string }

// input is a file that a tool reads: its extension and content.
type input struct {
	ext  string
	data []byte
}

// through runs a tool and returns what it wrote to its output file. In args,
// IN is replaced by the path of the first input, IN2 by that of the second, and
// OUT by that of the output, which has the extension outExt.
func (s studio) through(ctx context.Context, outExt string, ins []input, tool string, args ...string) ([]byte, error) {
	out := filepath.Join(s.dir, "out"+outExt)
	if err := os.RemoveAll(out); err != nil {
		return nil, err
	}
	places := []string{"OUT", out}
	for i, in := range ins {
		path := filepath.Join(s.dir, fmt.Sprintf("in%d%s", i+1, in.ext))
		if err := os.WriteFile(path, in.data, 0o644); err != nil {
			return nil, err
		}
		key := "IN"
		if i > 0 {
			key = fmt.Sprintf("IN%d", i+1)
		}
		places = append([]string{key, path}, places...) // the longer keys first
	}
	replace := strings.NewReplacer(places...)
	full := make([]string, len(args))
	for i, a := range args {
		full[i] = replace.Replace(a)
	}
	cmd := exec.CommandContext(ctx, tool, full...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("run %s: %w\n%s", tool, err, text)
	}
	return os.ReadFile(out)
}
