package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A peer is one program, in one way of starting it. If there are several
// good ways, each is a peer, so that the best of them is seen.
type peer struct {
	name string
	// tools are the programs that it needs, and get says where they come from.
	tools []string
	get   string
	// command is nil if the peer cannot do the work.
	command func(w work) []string
	// extra returns environment variables, and may be nil.
	extra func(w work) []string
}

func (p peer) env(w work) []string {
	if p.extra == nil {
		return nil
	}
	return p.extra(w)
}

// missing returns what a peer lacks here.
func (p peer) missing(w work) error {
	for _, tool := range p.tools {
		if tool == "sharp" {
			if _, err := os.Stat(sharpFolder(w.cache)); err != nil {
				return fmt.Errorf("%s", p.get)
			}
			continue
		}
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s", p.get)
		}
	}
	if p.name == "webpress" {
		if _, err := os.Stat(w.program); err != nil {
			return fmt.Errorf("%s", p.get)
		}
	}
	return nil
}

// peers lists all programs. Quality, effort and size are the same for all;
// none enlarges, and metadata is at each one's default.
var peers = []peer{
	{name: "webpress", get: "make build", command: webpress},
	{
		name: "webpress, the first output alone", get: "make build",
		command: func(w work) []string {
			if len(w.outputs) == 1 {
				return nil
			}
			w.outputs = w.outputs[:1]
			return webpress(w)
		},
	},
	{
		name: "sharp, a few at once", tools: []string{"node", "sharp"}, get: "install Node, then npm install sharp",
		command: func(w work) []string { return sharp(w, w.procs, 1) },
	},
	{
		name: "sharp, Promise.all", tools: []string{"node", "sharp"}, get: "install Node, then npm install sharp",
		command: func(w work) []string { return sharp(w, len(w.files), 0) },
	},
	{
		name: "vipsthumbnail", tools: []string{"vipsthumbnail"}, get: "apt-get install libvips-tools",
		command: func(w work) []string { return vipsthumbnail(w) },
		extra:   func(w work) []string { return []string{"VIPS_CONCURRENCY=" + strconv.Itoa(w.procs)} },
	},
	{
		name: "vipsthumbnail, xargs", tools: []string{"vipsthumbnail", "xargs"}, get: "apt-get install libvips-tools",
		command: func(w work) []string {
			if vipsthumbnail(w) == nil {
				return nil
			}
			return xargs(w, vipsthumbnails(w, ` "$1"`))
		},
		extra: func(work) []string { return []string{"VIPS_CONCURRENCY=1"} },
	},
	{
		name: "vips copy, xargs", tools: []string{"vips", "xargs"}, get: "apt-get install libvips-tools",
		command: func(w work) []string {
			if !w.isFull() || !w.hasOne() {
				return nil
			}
			return xargs(w, fmt.Sprintf(`vips copy "$1" "$out[Q=%d,effort=%d]"`, quality, effort))
		},
		extra: func(work) []string { return []string{"VIPS_CONCURRENCY=1"} },
	},
	{
		name: "cwebp, xargs", tools: []string{"cwebp", "xargs"}, get: "apt-get install webp",
		command: func(w work) []string {
			if w.set == "heic" || !w.isFull() || !w.hasOne() {
				return nil // reads no HEIC; cannot shrink without enlarging others
			}
			return xargs(w, fmt.Sprintf(`cwebp -quiet -q %d -m %d "$1" -o "$out"`, quality, effort))
		},
	},
	{
		name: "cwebp", tools: []string{"cwebp"}, get: "apt-get install webp",
		command: func(w work) []string {
			if w.set != "one" {
				return nil
			}
			return []string{"cwebp", "-quiet", "-q", strconv.Itoa(quality), "-m", strconv.Itoa(effort), w.files[0], "-o", "out/one.webp"}
		},
	},
	{
		name: "ImageMagick mogrify", tools: []string{"mogrify"}, get: "apt-get install imagemagick",
		command: func(w work) []string {
			if !w.hasOne() {
				return nil
			}
			return append([]string{"mogrify", "-path", "out", "-format", "webp"}, append(magick(w), w.files...)...)
		},
	},
	{
		name: "ImageMagick, xargs", tools: []string{"mogrify", "xargs"}, get: "apt-get install imagemagick",
		command: func(w work) []string {
			if !w.hasOne() {
				return nil
			}
			return xargs(w, "mogrify -path out -format webp "+strings.Join(quote(magick(w)), " ")+` "$1"`)
		},
		extra: func(work) []string { return []string{"MAGICK_THREAD_LIMIT=1"} },
	},
}

// webpress is started in the images' folder, as a user would.
func webpress(w work) []string {
	// No other program remembers what is done: every run makes all of it.
	argv := []string{w.program, "in", "--no-lock"}
	if w.set == "one" {
		argv[1] = w.files[0]
	}
	if len(w.outputs) == 1 {
		o := w.outputs[0]
		argv = append(argv, "--format", w.format, "--output", "out/{name}"+o.Name+".{format}")
		switch {
		case o.Height > 0:
			argv = append(argv, "--width", strconv.Itoa(o.Width), "--height", strconv.Itoa(o.Height), "--crop", "attention")
		case o.Width > 0:
			argv = append(argv, "--max-width", strconv.Itoa(o.Width))
		}
		return argv
	}
	argv = append(argv, "--output", "out/{name}-{variant}.{format}")
	for _, o := range w.outputs {
		argv = append(argv, "--variant", fmt.Sprintf("%s:max-width=%d,quality=%d", o.Name[1:], o.Width, o.Quality))
	}
	return argv
}

//go:embed sharp.cjs
var sharpScript []byte

// sharpFolder is where npm puts sharp.
func sharpFolder(cache string) string { return filepath.Join(cache, "node", "node_modules", "sharp") }

// sharp runs our script with so many files at once and so many threads each,
// 0 for sharp's own choice.
func sharp(w work, atOnce, threads int) []string {
	if w.set == "heic" || w.set == "one" {
		return nil // the binaries on npm have no HEVC decoder
	}
	asked, err := json.Marshal(map[string]any{
		"atOnce": atOnce, "threads": threads, "format": w.format, "effort": w.effort(), "outputs": w.outputs, "out": "out",
	})
	if err != nil {
		panic(err) // strings and numbers cannot fail
	}
	return append([]string{"node", filepath.Join(w.cache, "node", "sharp.cjs"), string(asked)}, w.files...)
}

func (w work) effort() int {
	if w.format == "avif" {
		return avifEffort
	}
	return effort
}

// vipsthumbnail reads each file once for each output: it makes one at a time.
func vipsthumbnail(w work) []string {
	if w.isFull() || w.set == "one" {
		return nil
	}
	return append([]string{"sh", "-c", vipsthumbnails(w, ` "$@"`), "sh"}, w.files...)
}

// vipsthumbnails is the line of shell that makes all outputs of files.
func vipsthumbnails(w work, files string) string {
	var lines []string
	for _, o := range w.outputs {
		size := []string{"--size", fmt.Sprintf("%dx>", o.Width)}
		if o.Height > 0 {
			size = []string{"--size", fmt.Sprintf("%dx%d", o.Width, o.Height), "--smartcrop", "attention"}
		}
		// A relative path would count from the input's folder, and one that starts
		// with a dot would be taken for a suffix.
		out := fmt.Sprintf("%s/out/%%s%s.%s[Q=%d,effort=%d]", w.dir, o.Name, w.format, o.Quality, w.effort())
		lines = append(lines, strings.Join(quote(slices.Concat([]string{"vipsthumbnail"}, size, []string{"-o", out})), " ")+files)
	}
	return strings.Join(lines, " && ")
}

func magick(w work) []string {
	argv := []string{"-quality", strconv.Itoa(quality), "-define", fmt.Sprintf("webp:method=%d", effort)}
	if !w.isFull() {
		argv = append([]string{"-resize", fmt.Sprintf("%dx>", w.outputs[0].Width)}, argv...)
	}
	return argv
}

// xargs runs a line of shell for every file, as many at once as there are
// processors. In it $1 is the file and $out the path of the result.
func xargs(w work, line string) []string {
	each := "n=${1##*/}; out=out/${n%.*}.webp; " + line
	script := fmt.Sprintf(`printf '%%s\0' "$@" | xargs -0 -n1 -P%d sh -c '%s' sh`, w.procs, strings.ReplaceAll(each, `'`, `'\''`))
	return append([]string{"sh", "-c", script, "sh"}, w.files...)
}

// quote makes words safe for a shell.
func quote(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return out
}
