package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []int
		want int
	}{
		{nil, 0},
		{[]int{7}, 7},
		{[]int{1, 9}, 1},
		{[]int{1, 2, 9}, 2},
		{[]int{1, 2, 3, 9}, 2},
	} {
		if got := median(c.in); got != c.want {
			t.Errorf("median(%v) = %d, want %d", c.in, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	ms := func(wall, cpu int, memory int64) sample {
		return sample{time.Duration(wall) * time.Millisecond, time.Duration(cpu) * time.Millisecond, memory, 3, 1, 2_345_678}
	}
	rows := []row{
		{"webpress", []sample{ms(700, 1300, 90e6), ms(600, 1200, 100e6), ms(650, 1250, 80e6)}},
		{"slow", []sample{ms(5000, 6000, 50e6)}},
		{"sharp", []sample{ms(1000, 2000, 200e6), ms(1300, 2500, 200e6), ms(900, 2000, 180e6)}},
	}
	want := `### Title

| | wall (min to max) | CPU | peak memory | files out | of them lossless | bytes out | webpress takes |
|---|--:|--:|--:|--:|--:|--:|--:|
| webpress | 650 ms (600 ms to 700 ms) | 1.25 s | 90 MB | 3 | 1 | 2.35 MB |  |
| slow | 5.00 s (5.00 s to 5.00 s) | 6.00 s | 50 MB | 3 | 1 | 2.35 MB | 0.13 of its time |
| sharp | 1.00 s (900 ms to 1.30 s) | 2.00 s | 200 MB | 3 | 1 | 2.35 MB | 0.65 of its time |

Beside the fastest peer, sharp, webpress takes 0.65 of the wall time, 0.62 of the CPU time and 0.45 of the peak memory.

x is missing.
`
	if diff := cmp.Diff(want, table("Title", rows, []string{"x is missing."})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("### Title\n\nall are missing.\n", "### Title\n"+table("Title", nil, []string{"all are missing."})[len("### Title\n\n"):]); diff != "" {
		t.Error(diff)
	}
}

func TestFastest(t *testing.T) {
	if _, ok := fastest([]row{{"webpress", []sample{{wall: 1}}}}); ok {
		t.Error("webpress is no peer of itself")
	}
}

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		span(29*time.Millisecond + 600*time.Microsecond): "30 ms",
		span(1234 * time.Millisecond):                    "1.23 s",
		bytesOf(999):                                     "999 B",
		bytesOf(123_456):                                 "123 kB",
		bytesOf(1_234_567):                               "1.23 MB",
		bytesOf(290_000_000):                             "290 MB",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
