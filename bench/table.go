package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A row is one peer in one case.
type row struct {
	name    string
	samples []sample
}

// of returns one number of each sample, in order of size.
func of[T cmp.Ordered](r row, f func(sample) T) []T {
	var all []T
	for _, s := range r.samples {
		all = append(all, f(s))
	}
	slices.Sort(all)
	return all
}

func wall(s sample) time.Duration { return s.wall }
func cpu(s sample) time.Duration  { return s.cpu }
func memory(s sample) int64       { return s.memory }

// median of sorted numbers; the lower middle one of an even count, so that it
// is a number that was measured. Zero if there are none.
func median[T any](sorted []T) (m T) {
	if len(sorted) == 0 {
		return m
	}
	return sorted[(len(sorted)-1)/2]
}

// table is the Markdown of one case. The last column is webpress's median wall
// time divided by the row's.
func table(title string, rows []row, notes []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", title)
	if len(rows) > 0 {
		b.WriteString("| | wall (min to max) | CPU | peak memory | files out | of them lossless | bytes out | webpress takes |\n")
		b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|\n")
	}
	own, found := find(rows)
	for _, r := range rows {
		walls, last := of(r, wall), r.samples[len(r.samples)-1]
		share := ""
		if found && r.name != own.name {
			share = fmt.Sprintf("%.2f of its time", ratio(median(of(own, wall)), median(walls)))
		}
		fmt.Fprintf(&b, "| %s | %s (%s to %s) | %s | %s | %d | %d | %s | %s |\n", r.name,
			span(median(walls)), span(walls[0]), span(walls[len(walls)-1]), span(median(of(r, cpu))),
			bytesOf(median(of(r, memory))), last.files, last.lossless, bytesOf(last.bytes), share)
	}
	if best, ok := fastest(rows); ok && found {
		notes = append([]string{fmt.Sprintf("Beside the fastest peer, %s, webpress takes %.2f of the wall time, %.2f of the CPU time and %.2f of the peak memory.",
			best.name, ratio(median(of(own, wall)), median(of(best, wall))),
			ratio(median(of(own, cpu)), median(of(best, cpu))),
			ratio(median(of(own, memory)), median(of(best, memory))))}, notes...)
	}
	for _, n := range notes {
		fmt.Fprintf(&b, "\n%s\n", n)
	}
	return b.String()
}

// find returns webpress's row.
func find(rows []row) (row, bool) {
	for _, r := range rows {
		if r.name == "webpress" && len(r.samples) > 0 {
			return r, true
		}
	}
	return row{}, false
}

// fastest returns the row with the smallest median wall time but webpress's.
func fastest(rows []row) (best row, ok bool) {
	for _, r := range rows {
		if !strings.HasPrefix(r.name, "webpress") && (!ok || median(of(r, wall)) < median(of(best, wall))) {
			best, ok = r, true
		}
	}
	return best, ok
}

func ratio[T ~int64](a, b T) float64 { return float64(a) / max(float64(b), 1) }

// span writes a duration with three digits or so.
func span(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.0f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// bytesOf writes a length in decimal units.
func bytesOf(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	case n < 20_000_000:
		return fmt.Sprintf("%.2f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0f MB", float64(n)/1e6)
}
