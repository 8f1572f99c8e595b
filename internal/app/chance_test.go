package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/app"
)

var chances = flag.Uint64("chances", 3, "how many repositories TestChance makes")

// TestChance lets chance do to a repository what people do: images and results are
// made, edited, copied, renamed, swapped and deleted, and settings change. However
// that went, after a run every image has the very result that it would have
// alone, nothing is left of those that are gone, and a second run does nothing.
func TestChance(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	for seed := range *chances {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			w := &world{T: t, Rand: rand.New(rand.NewPCG(seed, 7)), dir: t.TempDir(), alone: map[string]string{}}
			w.quality, w.template = 80, "{dir}/{name}.webp"
			w.git("init", "-q")
			for step := range 15 {
				w.story = append(w.story, fmt.Sprintf("-- step %d", step))
				n := 1 + w.IntN(3)
				for i := 0; i < n && !w.happen(i == 0); i++ {
				}
				w.settings()
				if w.IntN(2) == 0 {
					w.git("add", "--all")
				}
				w.look()
			}
		})
	}
}

// A world is a repository, and what was done to it.
type world struct {
	*testing.T
	*rand.Rand
	dir      string
	quality  int
	template string
	story    []string
	// alone are the results of images, by content and quality.
	alone map[string]string
}

// happen lets one thing happen. Images and results are renamed together only where
// nothing else happens to them before the next run: that both belong together could
// not be known. Then it is true.
func (w *world) happen(first bool) (last bool) {
	sources := w.files(".png")
	folder := []string{"", "x/", "x/y/", "z/"}[w.IntN(4)]
	other := folder + string(rune('a'+w.IntN(5))) + ".png"
	if len(sources) == 0 || w.IntN(5) == 0 {
		w.story = append(w.story, "new "+other)
		w.write(other, w.picture())
		return false
	}
	one := sources[w.IntN(len(sources))]
	_, taken := os.Lstat(w.at(other))
	what := []string{"edit", "copy", "rename", "rename both", "swap", "delete", "delete result", "delete both", "quality", "template"}[w.IntN(10)]
	w.story = append(w.story, fmt.Sprintf("%s: %s, %s", what, one, other))
	if first && w.IntN(4) == 0 { // also together with what else happens
		w.quality = 30 + 10*w.IntN(3)
	}
	switch what {
	case "edit":
		w.write(one, w.picture())
	case "copy":
		w.write(other, w.read(one))
	case "rename", "rename both":
		if taken == nil {
			return false
		}
		w.move(one, other)
		from, digits := w.there(one)
		if _, err := os.Lstat(w.at(w.result(other, digits))); err != nil && what == "rename both" && first {
			w.move(from, w.result(other, digits))
			return true
		}
	case "swap":
		if taken == nil {
			a, b := w.read(one), w.read(other)
			w.write(one, b)
			w.write(other, a)
		}
	case "delete":
		w.remove(one)
	case "delete result":
		result, _ := w.there(one)
		w.remove(result)
	case "delete both":
		w.remove(one)
		result, _ := w.there(one)
		w.remove(result)
	case "quality":
		w.quality = 30 + 10*w.IntN(3)
	case "template":
		w.template = []string{"{dir}/{name}.webp", "web/{dir}/{name}.webp", "{dir}/w/{name}.webp", "{dir}/{name}-{hash}.webp", "web/{dir}/{name}.{hash}.webp"}[w.IntN(5)]
	}
	return false
}

// look runs webpress, and looks at what has come of it.
func (w *world) look() {
	before := w.files(".webp")
	out := w.run("--prune")
	needed := map[string]bool{}
	for _, source := range w.files(".png") {
		want := w.made(w.read(source))
		result := w.result(source, fmt.Sprintf("%x", sha256.Sum256([]byte(want)))[:8])
		if want == "" {
			continue // it is not smaller
		}
		needed[result] = true
		if got, err := os.ReadFile(w.at(result)); err != nil || string(got) != want {
			w.fail("%s of %s is wrong (%v)\n%s", result, source, err, out)
		}
	}
	lock, _ := os.ReadFile(w.at("webpress.lock"))
	for _, result := range w.files(".webp") {
		// One that was moved by hand belongs to no source.
		if !needed[result] && (!slices.Contains(before, result) || strings.Contains(string(lock), "\t"+result+"\t")) {
			w.fail("%s is left over\n%s", result, out)
		}
	}
	w.git("add", "--all")
	w.git("update-index", "--refresh")
	was := w.state()
	out = w.run("--prune", "--verbose")
	if !maps.Equal(was, w.state()) || !strings.Contains(out, "\n0 files opened") {
		w.fail("a second run finds something to do\n%s", out)
	}
	if out := w.run("check"); strings.Contains(out, "error") {
		w.fail("check: %s", out)
	}
}

func (w *world) fail(format string, args ...any) {
	w.Helper()
	lock, _ := os.ReadFile(w.at("webpress.lock"))
	w.Fatalf("%s\n%s\n%s", fmt.Sprintf(format, args...), strings.Join(w.story[max(0, len(w.story)-15):], "\n"), lock)
}

// run runs webpress, which must not fail.
func (w *world) run(args ...string) string {
	w.Helper()
	return w.runIn(w.dir, args...)
}

func (w *world) runIn(dir string, args ...string) string {
	w.Helper()
	var out bytes.Buffer
	code := app.Command{
		Stdout: &out, Stderr: &out, Environ: os.Environ(), Getenv: func(string) string { return "" }, Dir: dir, Version: "test",
	}.Main(context.WithoutCancel(w.Context()), args)
	if code != app.ExitOK {
		w.fail("%v: exit code %d\n%s", args, code, &out)
	}
	return out.String()
}

// made is what webpress makes of an image that is alone in the world, empty where
// that is not smaller.
func (w *world) made(source string) string {
	key := fmt.Sprint(w.quality, source)
	if _, ok := w.alone[key]; !ok {
		dir := w.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.png"), []byte(source), 0o644); err != nil {
			w.Fatal(err)
		}
		w.runIn(dir, "--no-lock", "--lossless=never", fmt.Sprintf("--quality=%d", w.quality))
		data, _ := os.ReadFile(filepath.Join(dir, "a.webp"))
		w.alone[key] = string(data)
	}
	return w.alone[key]
}

// picture is one of few, so that there are copies. The first is not smaller.
func (w *world) picture() string {
	m := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	n, level := w.IntN(5), png.NoCompression
	if n == 0 {
		level = png.BestCompression
	}
	for i := range 256 {
		m.SetNRGBA(i%16, i/16, color.NRGBA{uint8(i * (n + 3)), uint8(i), uint8(n * 50), 255})
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: level}).Encode(&b, m); err != nil {
		w.Fatal(err)
	}
	return b.String()
}

// there is where the result of a source lies from before, and the digits in its name.
func (w *world) there(source string) (result, digits string) {
	before, after, hashed := strings.Cut(w.result(source, "\x00"), "\x00")
	if !hashed {
		return before, ""
	}
	for _, name := range w.files(".webp") {
		if len(name) == len(before)+8+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after) {
			return name, name[len(before):][:8]
		}
	}
	return before, "00000000"
}

// result is where the result of a source belongs.
func (w *world) result(source, digits string) string {
	name := strings.TrimSuffix(path.Base(source), ".png")
	return path.Clean(strings.NewReplacer("{dir}", path.Dir(source), "{name}", name, "{hash}", digits).Replace(w.template))
}

func (w *world) settings() {
	w.write("webpress.yml", fmt.Sprintf("lossless: never\nquality: %d\noutput: %q\n", w.quality, w.template))
}

func (w *world) at(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

func (w *world) read(name string) string {
	data, err := os.ReadFile(w.at(name))
	if err != nil {
		w.fail("%v", err)
	}
	return string(data)
}

func (w *world) write(name, data string) {
	if err := os.MkdirAll(filepath.Dir(w.at(name)), 0o755); err != nil {
		w.fail("%v", err)
	}
	if err := os.WriteFile(w.at(name), []byte(data), 0o644); err != nil {
		w.fail("%v", err)
	}
}

// move and remove take what is not there for moved and removed.
func (w *world) move(from, to string) {
	if data, err := os.ReadFile(w.at(from)); err == nil {
		w.write(to, string(data))
		w.remove(from)
	}
}

func (w *world) remove(name string) { _ = os.Remove(w.at(name)) }

func (w *world) git(args ...string) {
	cmd := exec.Command("git", args...)
	cmd.Dir = w.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		w.fail("git %v: %v\n%s", args, err, out)
	}
}

// files are those of a kind, sorted.
func (w *world) files(ext string) []string {
	var all []string
	for name := range w.state() {
		if path.Ext(name) == ext {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// state is when each file was written.
func (w *world) state() map[string]string {
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(w.dir), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".git":
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		info, err := d.Info()
		if err == nil {
			all[name] = fmt.Sprint(info.ModTime(), info.Size())
		}
		return err
	})
	if err != nil {
		w.fail("%v", err)
	}
	return all
}
