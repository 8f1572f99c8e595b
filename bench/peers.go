package main

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// A peer is one program, in one way of starting it. Where there are several
// good ways, each is a peer, so that the best of them is seen.
type peer struct {
	name string
	// tools are the programs that it needs, and get says where they come from.
	tools []string
	get   string
	// command is nil where the peer cannot do the work.
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

// missing tells what a peer lacks here.
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

// peers lists everybody. Quality, effort and size are the same for all;
// nobody enlarges, and metadata is at each one's default.
var peers = []peer{
	{name: "webpress", get: "make build", command: webpress},
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
			argv := vipsthumbnail(w)
			if argv == nil {
				return nil
			}
			return xargs(w, strings.Join(quote(argv[:len(argv)-len(w.files)]), " ")+` "$1"`)
		},
		extra: func(work) []string { return []string{"VIPS_CONCURRENCY=1"} },
	},
	{
		name: "vips copy, xargs", tools: []string{"vips", "xargs"}, get: "apt-get install libvips-tools",
		command: func(w work) []string {
			if w.width > 0 || w.set == "one" {
				return nil
			}
			return xargs(w, fmt.Sprintf(`vips copy "$1" "$out[Q=%d,effort=%d]"`, quality, effort))
		},
		extra: func(work) []string { return []string{"VIPS_CONCURRENCY=1"} },
	},
	{
		name: "cwebp, xargs", tools: []string{"cwebp", "xargs"}, get: "apt-get install webp",
		command: func(w work) []string {
			if w.set == "heic" || w.width > 0 || w.set == "one" {
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
			if w.set == "one" {
				return nil
			}
			return append([]string{"mogrify", "-path", "out", "-format", "webp"}, append(magick(w), w.files...)...)
		},
	},
	{
		name: "ImageMagick, xargs", tools: []string{"mogrify", "xargs"}, get: "apt-get install imagemagick",
		command: func(w work) []string {
			if w.set == "one" {
				return nil
			}
			return xargs(w, "mogrify -path out -format webp "+strings.Join(quote(magick(w)), " ")+` "$1"`)
		},
		extra: func(work) []string { return []string{"MAGICK_THREAD_LIMIT=1"} },
	},
}

// webpress is started in the pictures' folder, as a user would.
func webpress(w work) []string {
	// Nobody else remembers what is done: every run makes all of it.
	argv := []string{w.program, "in", "--no-lock", "--output", "out/{name}.webp"}
	if w.set == "one" {
		argv[1] = w.files[0]
	}
	if w.width > 0 {
		argv = append(argv, "--max-width", strconv.Itoa(w.width))
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
	argv := []string{
		"node", filepath.Join(w.cache, "node", "sharp.cjs"), strconv.Itoa(atOnce), strconv.Itoa(threads),
		strconv.Itoa(w.width), strconv.Itoa(quality), strconv.Itoa(effort), "out",
	}
	return append(argv, w.files...)
}

func vipsthumbnail(w work) []string {
	if w.width == 0 || w.set == "one" {
		return nil
	}
	// A relative path would count from the input's folder, and one that starts
	// with a dot would be taken for a suffix.
	out := fmt.Sprintf("%s/out/%%s.webp[Q=%d,effort=%d]", w.dir, quality, effort)
	argv := []string{"vipsthumbnail", "--size", fmt.Sprintf("%dx>", w.width), "-o", out}
	return append(argv, w.files...)
}

func magick(w work) []string {
	argv := []string{"-quality", strconv.Itoa(quality), "-define", fmt.Sprintf("webp:method=%d", effort)}
	if w.width > 0 {
		argv = append([]string{"-resize", fmt.Sprintf("%dx>", w.width)}, argv...)
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
