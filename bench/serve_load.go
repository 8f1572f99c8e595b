package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// clients is how many post at a time in the case serve: more than a server can take.
	clients = 200
	// loadSize is how many bytes the image has that they post.
	loadSize = 100_000
)

// A loadLog is what clients have seen.
type loadLog struct {
	mu sync.Mutex
	// took are the times of jobs that were accepted, from the request to the result, with when
	// they ended.
	took []loadTime
	// refused is how often the answer was 429 or 503, and wrong how often anything else went
	// wrong; first is the first of those.
	refused, wrong int
	first          string
}

type loadTime struct{ at, took time.Duration }

// overload has many clients post a thumbnail job each, again and again for some time.
func (b bench) overload(ctx context.Context, image string) (string, error) {
	data, err := os.ReadFile(image)
	if err != nil {
		return "", err
	}
	if missing := loadSize - len(data); missing > 0 && missing < 1<<16 { // a comment makes it up
		comment := binary.BigEndian.AppendUint16([]byte{0xff, 0xfe}, uint16(missing-2))
		data = slices.Concat(data[:2], comment, make([]byte, missing-4), data[2:])
	}
	dir, err := os.MkdirTemp("", "webpress-bench-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	s, err := startServer(ctx, b.webpress, filepath.Join(dir, "data"))
	if err != nil {
		return "", err
	}
	defer s.stop()
	fmt.Fprintf(os.Stderr, "\r%-12s %d clients for %v%20s", "serve", clients, b.load, "")
	var l loadLog
	var number atomic.Uint32
	began := time.Now()
	var posting sync.WaitGroup
	for range clients {
		posting.Go(func() {
			for time.Since(began) < b.load && ctx.Err() == nil {
				l.post(ctx, s, distinct(data, number.Add(1)), began)
			}
		})
	}
	time.Sleep(b.load / 2)
	half := peakMemory(s.cmd.Process.Pid)
	posting.Wait()
	whole := peakMemory(s.cmd.Process.Pid)
	fmt.Fprintf(os.Stderr, "\r%-70s\r", "")

	var t strings.Builder
	fmt.Fprintf(&t, "### The conversion API under load\n\n%d clients on the same machine for %v, each of which posts a JPEG of %s for a thumbnail of 300 pixels, again and again. "+
		"Times are from the request to the end of an accepted job.\n\n", clients, b.load, bytesOf(int64(len(data))))
	t.WriteString("| | first half | second half |\n|---|--:|--:|\n")
	var rows [2][]time.Duration
	for _, one := range l.took {
		i := 0
		if one.at > b.load/2 {
			i = 1
		}
		rows[i] = append(rows[i], one.took)
	}
	fmt.Fprintf(&t, "| jobs | %d | %d |\n", len(rows[0]), len(rows[1]))
	for _, quantile := range []int{50, 99} {
		fmt.Fprintf(&t, "| p%d |", quantile)
		for _, row := range rows {
			slices.Sort(row)
			at := time.Duration(0)
			if len(row) > 0 {
				at = row[(len(row)-1)*quantile/100]
			}
			fmt.Fprintf(&t, " %s |", span(at))
		}
		t.WriteString("\n")
	}
	fmt.Fprintf(&t, "| peak memory of the server | %s | %s |\n", bytesOf(half), bytesOf(whole))
	fmt.Fprintf(&t, "\n%d requests were refused by 429 or 503; %d had another error%s.\n", l.refused, l.wrong, l.first)
	return t.String(), nil
}

// post posts an image once, and waits as the answer says if it is refused.
func (l *loadLog) post(ctx context.Context, s *server, image []byte, began time.Time) {
	start := time.Now()
	status, wait, err := s.convert(ctx, "maxWidth=300", bytes.NewReader(image))
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil && status == http.StatusOK:
		l.took = append(l.took, loadTime{now.Sub(began), now.Sub(start)})
	case err == nil && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable):
		l.refused++
		l.mu.Unlock()
		time.Sleep(wait)
		l.mu.Lock()
	default:
		if l.wrong++; l.wrong == 1 {
			l.first = fmt.Sprintf(", the first of them: %d %v", status, err)
		}
	}
}

// distinct is a JPEG with another comment, so that it is another job.
func distinct(jpeg []byte, n uint32) []byte {
	comment := binary.BigEndian.AppendUint32([]byte{0xff, 0xfe, 0, 6}, n)
	return slices.Concat(jpeg[:2], comment, jpeg[2:])
}

// peakMemory is the most that a process has had in memory, in bytes, without those that decode
// for it; 0 where the system does not say.
func peakMemory(pid int) int64 {
	kb, err := strconv.ParseInt(strings.TrimSuffix(field(fmt.Sprintf("/proc/%d/status", pid), "VmHWM"), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kb * 1024
}
