package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// A command is one of those that are measured in a folder where all is there
// already.
type command struct {
	name string
	argv []string
	// after is run in the folder behind each run, and not measured.
	after [][]string
}

// done measures runs in repositories in which nothing is left to do, and beside
// them git status, which has to look at the same files.
func (b bench) done(ctx context.Context) (string, error) {
	commands := []command{
		{name: "webpress, nothing to do", argv: []string{b.webpress}},
		{name: "webpress check", argv: []string{b.webpress, "check"}},
		{name: "git status", argv: []string{"git", "status", "--porcelain"}},
	}
	t := newDoneTable("A repository in which all is done")
	for _, n := range []int{1_000, 10_000, 100_000} {
		dir, err := b.repository(ctx, n)
		if err != nil {
			return "", err
		}
		rows, err := b.turns(ctx, dir, commands)
		if err == nil {
			err = t.add(ctx, b.webpress, dir, n, rows)
		}
		if err == nil && n == 10_000 {
			err = b.changed(ctx, dir, t)
		}
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
		if err != nil {
			return "", err
		}
	}
	return t.String(), nil
}

// changed measures a branch that changes one image of all those in dir.
func (b bench) changed(ctx context.Context, dir string, t *doneTable) error {
	one := filepath.Join("p000", "img000000.png")
	if err := os.WriteFile(filepath.Join(dir, one), variant(smallPNG(), -1), 0o644); err != nil {
		return err
	}
	for _, args := range [][]string{{"checkout", "-qb", "patch"}, {"commit", "-qam", "patch"}} {
		if err := git(ctx, dir, args...); err != nil {
			return err
		}
	}
	undo := [][]string{{"git", "checkout", "-q", "--", "."}}
	rows, err := b.turns(ctx, dir, []command{
		{name: "webpress, one changed on a branch", argv: []string{b.webpress, "--changed-only=true", "--base=main"}, after: undo},
		{name: "webpress, that image and nothing else", argv: []string{b.webpress, "--no-lock", "--overwrite", one}, after: undo},
		{name: "git status", argv: []string{"git", "status", "--porcelain"}},
	})
	if err != nil {
		return err
	}
	return t.add(ctx, b.webpress, dir, 10_000, rows)
}

// turns runs commands in dir, one after the other, as often as is asked for.
func (b bench) turns(ctx context.Context, dir string, commands []command) ([]row, error) {
	rows := make([]row, len(commands))
	for i := range b.runs + 1 {
		for j, c := range commands {
			fmt.Fprintf(os.Stderr, "\r%-12s run %d of %d: %-40s", "done", i, b.runs, c.name)
			s, err := measured(ctx, dir, c.argv)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			for _, argv := range c.after {
				if out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput(); err != nil && argv[0] != "git" {
					return nil, fmt.Errorf("%v: %w\n%s", argv, err, out)
				}
				if argv[0] == "git" {
					if err := git(ctx, dir, argv[1:]...); err != nil {
						return nil, err
					}
				}
			}
			rows[j].name = c.name
			if i > 0 { // the first is for the caches
				rows[j].samples = append(rows[j].samples, s)
			}
		}
	}
	fmt.Fprintf(os.Stderr, "\r%-70s\r", "")
	return rows, nil
}

// repository makes one with n small images of different content, converts them,
// and commits the results.
func (b bench) repository(ctx context.Context, n int) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "webpress-bench-"); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "\r%-12s makes a repository of %d images", "done", n)
	small := smallPNG()
	for i := range n {
		folder := filepath.Join(dir, fmt.Sprintf("p%03d", i/500))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return dir, err
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("img%06d.png", i)), variant(small, i), 0o644); err != nil {
			return dir, err
		}
	}
	if err := git(ctx, dir, "init", "-q", "--initial-branch=main"); err != nil {
		return dir, err
	}
	for range 2 { // the images, and then the results
		if err := git(ctx, dir, "add", "--all"); err != nil {
			return dir, err
		}
		if err := git(ctx, dir, "commit", "-qm", "pictures"); err != nil {
			return dir, err
		}
		if _, err := measured(ctx, dir, []string{b.webpress}); err != nil {
			return dir, err
		}
	}
	return dir, nil
}

// git runs git without anybody's configuration.
func git(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w\n%s", args[0], err, out)
	}
	return nil
}

// smallPNG is an image that is smaller as WebP.
func smallPNG() []byte {
	m := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	for y := range 16 {
		for x := range 16 {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 16), uint8(y * 16), uint8(x ^ y), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err) // memory takes everything
	}
	return b.Bytes()
}

// variant is a PNG of the same pixels and another content: a text chunk more, in
// front of the last chunk, which has 12 bytes. See "Chunk layout" in the PNG
// specification.
func variant(data []byte, i int) []byte {
	text := fmt.Sprintf("tEXtComment\x00%d", i)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)-4))
	chunk = append(chunk, text...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE([]byte(text)))
	end := len(data) - 12
	return append(append(bytes.Clone(data[:end]), chunk...), data[end:]...)
}

// A doneTable is the table of runs that have nothing, or next to nothing, to do.
type doneTable struct {
	title string
	lines []string
}

func newDoneTable(title string) *doneTable { return &doneTable{title: title} }

var opened = regexp.MustCompile(`(?m)^(\d+) files? opened to see what`)

// add adds the rows for a repository of n images; the last of them is what the
// others are compared with.
func (t *doneTable) add(ctx context.Context, webpress, dir string, n int, rows []row) error {
	out, err := exec.CommandContext(ctx, webpress, "-C", dir, "--verbose").Output()
	if err != nil {
		return err
	}
	m := opened.FindSubmatch(out)
	if m == nil {
		return fmt.Errorf("webpress does not say how many files it opened:\n%.500s", out)
	}
	base := median(of(rows[len(rows)-1], wall))
	for i, r := range rows {
		walls, share, files := of(r, wall), "", ""
		if i < len(rows)-1 {
			share = fmt.Sprintf("%.1f of its time", ratio(median(walls), base))
		}
		if i == 0 {
			files = string(m[1])
		}
		t.lines = append(t.lines, fmt.Sprintf("| %d | %s | %s (%s to %s) | %s | %s | %s |", n, r.name,
			span(median(walls)), span(walls[0]), span(walls[len(walls)-1]), bytesOf(median(of(r, memory))), files, share))
	}
	return nil
}

// String is Markdown.
func (t *doneTable) String() string {
	return "### " + t.title + "\n\n" +
		"| images | | wall (min to max) | peak memory | images opened | relative to git status |\n|--:|---|--:|--:|--:|--:|\n" +
		strings.Join(t.lines, "\n") + "\n"
}
