package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// smallFiles is how many small images the case isolation has in one of its rows.
const smallFiles = 10_000

// isolation measures decoders in confined processes beside decoders in the process of the
// run: time in turns, and in one more run each the memory of all processes together.
func (b bench) isolation(ctx context.Context) (string, error) {
	resize := []string{fmt.Sprintf("--max-width=%d", b.size)}
	cases := []struct {
		title, set string
		flags      []string
		often      int
	}{
		{fmt.Sprintf("JPEG and PNG, at most %d pixels wide", b.size), "photos", resize, 1},
		{"JPEG and PNG, full size", "photos", nil, 1},
		{fmt.Sprintf("HEIC, at most %d pixels wide", b.size), "heic", resize, 1},
		{"One small PNG, from start to written", "one", nil, 10},
		{fmt.Sprintf("%d small PNGs", smallFiles), "", nil, 1},
	}
	var t strings.Builder
	t.WriteString("### Decoders in confined processes, beside `sandbox: off`\n\n")
	t.WriteString("| | confined | in one process | wall | memory of all processes |\n|---|--:|--:|--:|--:|\n")
	for _, c := range cases {
		dir, err := os.MkdirTemp("", "webpress-bench-")
		if err != nil {
			return "", err
		}
		rows, peaks, err := b.pair(ctx, dir, c.title, c.set, c.flags, b.runs*c.often)
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
		if err != nil {
			return "", err
		}
		with, without := rows[0], rows[1]
		fmt.Fprintf(&t, "| %s | %s | %s | %.3f | %s, %.2f |\n", c.title, span(median(of(with, wall))), span(median(of(without, wall))),
			ratio(median(of(with, wall)), median(of(without, wall))),
			bytesOf(peaks[0]), ratio(peaks[0], peaks[1]))
	}
	return t.String(), nil
}

// pair measures one row: confined, and not.
func (b bench) pair(ctx context.Context, dir, title, set string, flags []string, runs int) (rows [2]row, peaks [2]int64, err error) {
	if set == "" {
		err = laySmall(filepath.Join(dir, "in"))
	} else {
		_, err = b.lay(ctx, set, filepath.Join(dir, "in"))
	}
	if err != nil {
		return rows, peaks, err
	}
	for i := range runs + 1 {
		for j, sandbox := range []string{"auto", "off"} {
			fmt.Fprintf(os.Stderr, "\r%-12s run %d of %d: %-50s", "isolation", i, runs, title)
			if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
				return rows, peaks, err
			}
			argv := append([]string{b.webpress, "--no-lock", "--quiet", "--sandbox=" + sandbox, "--output=out/{name}.{ext}.webp"}, flags...)
			argv = append(argv, "in")
			if i == 0 { // also for the caches
				peaks[j], err = peakOfAll(ctx, dir, argv)
			} else {
				var s sample
				s, err = measured(ctx, dir, argv)
				rows[j].samples = append(rows[j].samples, s)
			}
			if err != nil {
				return rows, peaks, err
			}
		}
	}
	fmt.Fprintf(os.Stderr, "\r%-80s\r", "")
	return rows, peaks, nil
}

// laySmall writes many small images of different content.
func laySmall(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	small := smallPNG()
	for i := range smallFiles {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("img%06d.png", i)), variant(small, i), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// peakOfAll runs a command, and returns the most bytes that it and the processes that it
// has started had in memory at once, those that they share counted once (Pss in proc(5)).
// It is 0 if there is no /proc.
func peakOfAll(ctx context.Context, dir string, argv []string, env ...string) (peak int64, err error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	before := children()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case err := <-done:
			reap(before)
			return peak, err
		case <-time.After(5 * time.Millisecond):
			peak = max(peak, proportional(cmd.Process.Pid))
		}
	}
}

// proportional is the Pss of a process and all that descend from it.
func proportional(pid int) (sum int64) {
	proc := fmt.Sprintf("/proc/%d/", pid)
	if f, err := os.Open(proc + "smaps_rollup"); err == nil {
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if field := strings.Fields(lines.Text()); len(field) > 1 && field[0] == "Pss:" {
				n, _ := strconv.ParseInt(field[1], 10, 64)
				sum += n << 10
			}
		}
		f.Close()
	}
	tasks, _ := filepath.Glob(proc + "task/*/children")
	for _, task := range tasks {
		data, _ := os.ReadFile(task)
		for child := range strings.FieldsSeq(string(data)) {
			if n, err := strconv.Atoi(child); err == nil {
				sum += proportional(n)
			}
		}
	}
	return sum
}
