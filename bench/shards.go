package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// shardCount is into how many parts the images are split.
const shardCount = 4

// shards measures the parts of a split run beside the whole: on as many machines,
// all of it takes as long as the slowest part.
func (b bench) shards(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "webpress-bench-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	files, err := b.lay(ctx, "photos", filepath.Join(dir, "in"))
	if err != nil {
		return "", err
	}
	rows := make([]row, shardCount+1)
	for i := range b.runs {
		for j := range rows {
			argv := []string{b.webpress, "--no-lock", fmt.Sprintf("--max-width=%d", b.size), "--output=out/{name}.{ext}.webp"}
			rows[j].name = "the whole"
			if j > 0 {
				rows[j].name = fmt.Sprintf("part %d of %d", j, shardCount)
				argv = append(argv, fmt.Sprintf("--shard=%d/%d", j, shardCount))
			}
			fmt.Fprintf(os.Stderr, "\r%-12s run %d of %d: %-30s", "shards", i+1, b.runs, rows[j].name)
			if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
				return "", err
			}
			s, err := measured(ctx, dir, argv)
			if err != nil {
				return "", err
			}
			rows[j].samples = append(rows[j].samples, s)
		}
	}
	fmt.Fprintf(os.Stderr, "\r%-60s\r", "")

	var t strings.Builder
	fmt.Fprintf(&t, "### JPEG and PNG, at most %d pixels wide, in %d parts (%d files)\n\n", b.size, shardCount, len(files))
	t.WriteString("| | wall (min to max) | CPU | of a quarter of the whole |\n|---|--:|--:|--:|\n")
	whole, slowest := median(of(rows[0], wall)), 0.0
	wholeCPU, busiest := median(of(rows[0], cpu)), 0.0
	for i, r := range rows {
		walls, share := of(r, wall), ""
		if i > 0 {
			times := shardCount * ratio(median(walls), whole)
			slowest = max(slowest, times)
			busiest = max(busiest, shardCount*ratio(median(of(r, cpu)), wholeCPU))
			share = fmt.Sprintf("%.2f", times)
		}
		fmt.Fprintf(&t, "| %s | %s (%s to %s) | %s | %s |\n", r.name, span(median(walls)), span(walls[0]), span(walls[len(walls)-1]), span(median(of(r, cpu))), share)
	}
	fmt.Fprintf(&t, "\nThe slowest part takes %.2f of a quarter of the whole, and the busiest %.2f of a quarter of its CPU time.\n", slowest, busiest)
	return t.String(), nil
}
