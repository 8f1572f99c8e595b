package app

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"golang.org/x/sync/errgroup"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/fetch"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/tree"
)

const (
	// maxAhead is how many downloads may wait for their conversion, and maxAheadBytes how
	// many bytes they may have on the disk, those that are under way apart.
	maxAhead      = 32
	maxAheadBytes = 512 << 20
)

// A getter downloads one source: see fetch.Client.
type getter interface {
	Get(ctx context.Context, address string, known fetch.Known, to fetch.File) (fetch.Result, error)
}

// downloads are the sources of a run that come from addresses, on their way. Each is in a temporary
// file that has no name any more.
type downloads struct {
	get    getter
	past   *history.History
	maxAge time.Duration
	// tags are the entity tags of sources that are known already, by their paths.
	tags map[string]string
	// offline says that no server is asked.
	offline bool
	now     func() time.Time

	mu    sync.Mutex
	room  sync.Cond
	items map[string]*item
	// said is by the path of the source.
	said map[string]lockfile.Fetched
	// waiting are the downloads that nobody has taken yet, and their bytes.
	waiting      int
	waitingBytes int64
	// open counts the files that take room on the disk, ended those that do not any more, and downloads
	// that are done. crowded says that the disk once had no room: from then on nothing is downloaded
	// ahead. lane is for one that waits for room.
	open, ended int
	crowded     bool
	lane        sync.Mutex
	// same and files count what was asked for, bytes what came.
	same, files int
	bytes       int64
}

// A got is a download that has ended.
type got struct {
	source asset.Source
	file   *temporary
	result fetch.Result
	err    error
}

// An item is a source that is downloaded once.
type item struct {
	source asset.Source
	once   sync.Once
	done   chan struct{}
	got    got
	// counted says that it is among downloads.waiting, taken that it was waited for.
	counted, taken bool
}

// isReady reports whether the download has ended.
func (it *item) isReady() bool {
	select {
	case <-it.done:
		return true
	default:
		return false
	}
}

func newDownloads(get getter, past *history.History, now func() time.Time) *downloads {
	d := &downloads{get: get, past: past, now: now, items: map[string]*item{}, said: map[string]lockfile.Fetched{}}
	d.room.L = &d.mu
	return d
}

// byHost takes one of each host in turn: the sources of a host that is slow must not keep all others
// waiting.
func byHost(n int, address func(i int) string) []int {
	hosts, order := map[string][]int{}, []string(nil)
	for i := range n {
		_, rest, _ := strings.Cut(address(i), "://")
		host, _, _ := strings.Cut(rest, "/")
		if hosts[host] == nil {
			order = append(order, host)
		}
		hosts[host] = append(hosts[host], i)
	}
	out := make([]int, 0, n)
	for turn := 0; len(out) < n; turn++ {
		for _, host := range order {
			if turn < len(hosts[host]) {
				out = append(out, hosts[host][turn])
			}
		}
	}
	return out
}

// each calls do for n things, many at once: servers are waited for.
func (d *downloads) each(ctx context.Context, n int, do func(i int)) {
	var g errgroup.Group
	g.SetLimit(2 * maxAhead)
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			do(i)
			return nil
		})
	}
	_ = g.Wait()
}

// download gets one source into a temporary file. ask says that it is not wanted where it is what the
// lock file knows.
func (d *downloads) download(ctx context.Context, s asset.Source, ask bool) (out got) {
	out.source = s
	file, err := d.create()
	if err != nil {
		out.err = &asset.HintError{What: fmt.Sprintf("download %q", s.Path), Why: tree.Cause(err), Hint: tree.Hint(err, "TMPDIR")}
		return out
	}
	defer func() {
		if out.file == nil {
			file.Close()
		}
	}()
	var have fetch.Known
	if f, ok := known(d.past, s); ok && ask {
		have = fetch.Known{ETag: f.ETag, LastModified: f.LastModified}
	}
	if out.result, out.err = d.get.Get(ctx, s.URL, have, file); out.err != nil || out.result.NotModified {
		if out.err != nil && ctx.Err() == nil {
			out.err = fmt.Errorf("%q: %w", s.Path, out.err)
		}
		return out
	}
	if out.err = examine(&out.source, file, out.result.Size); out.err != nil {
		return out
	}
	out.file = file
	d.remember(out.source, out.result.ETag, out.result.LastModified)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files++
	d.bytes += out.result.Size
	return out
}

// examine fills in what a content is.
func examine(s *asset.Source, file io.ReaderAt, size int64) error {
	head := make([]byte, min(size, asset.SniffLen))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %q: %w", s.Path, err)
	}
	s.Size = size
	s.Format, _ = asset.Sniff(head)
	sum := sha1.New()
	fmt.Fprintf(sum, "blob %d\x00", size)
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, size)); err != nil {
		return fmt.Errorf("read %q: %w", s.Path, err)
	}
	s.Blob = hex.EncodeToString(sum.Sum(nil))
	return nil
}

func (d *downloads) remember(s asset.Source, etag, modified string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said[s.Path] = lockfile.Fetched{Blob: s.Blob, URL: shownAddress(s.URL), ETag: etag, LastModified: modified}
}

// keep has a download ready for its conversion. One that would take too much of the disk is downloaded
// again.
func (d *downloads) keep(name string, g got) {
	d.mu.Lock()
	if g.file != nil && d.waitingBytes+g.source.Size > maxAheadBytes {
		d.mu.Unlock()
		g.file.Close()
		return
	}
	defer d.mu.Unlock()
	it := &item{source: g.source, done: make(chan struct{}), got: g, counted: true}
	it.once.Do(func() { close(it.done) })
	d.items[name] = it
	d.waiting++
	d.waitingBytes += g.source.Size
}

// start downloads sources ahead of their conversion, until ctx ends.
func (d *downloads) start(ctx context.Context, jobs []asset.Job) {
	var queue []*item
	d.mu.Lock()
	for _, j := range jobs {
		if j.Source.URL == "" || d.items[j.Source.Path] != nil {
			continue
		}
		it := &item{source: j.Source, done: make(chan struct{})}
		d.items[j.Source.Path] = it
		queue = append(queue, it)
	}
	d.mu.Unlock()
	if len(queue) == 0 {
		return
	}
	context.AfterFunc(ctx, d.room.Broadcast)
	turns := byHost(len(queue), func(i int) string { return queue[i].source.URL })
	go func() {
		for _, i := range turns {
			it := queue[i]
			d.mu.Lock()
			for ctx.Err() == nil && !it.taken && !d.crowded && (d.waiting >= maxAhead || d.waitingBytes >= maxAheadBytes) {
				d.room.Wait()
			}
			wanted := !it.taken && !d.crowded && ctx.Err() == nil
			if wanted {
				d.waiting++
				it.counted = true
			}
			d.mu.Unlock()
			if wanted {
				go d.run(ctx, it)
			}
		}
	}()
}

// run downloads an item, if nobody has begun to.
func (d *downloads) run(ctx context.Context, it *item) {
	it.once.Do(func() {
		it.got = d.download(ctx, it.source, false)
		d.mu.Lock()
		d.waitingBytes += it.got.source.Size
		d.mu.Unlock()
		close(it.done)
		d.mu.Lock()
		d.ended++ // once it can be given up
		d.mu.Unlock()
		d.room.Broadcast()
	})
}

// fetch waits for a source. The caller closes the file.
func (d *downloads) fetch(ctx context.Context, s asset.Source) (asset.Source, convert.Content, error) {
	d.mu.Lock()
	it := d.items[s.Path]
	if it == nil {
		it = &item{source: s, done: make(chan struct{})}
		d.items[s.Path] = it
	}
	it.taken = true
	d.mu.Unlock()
	d.room.Broadcast()
	go d.run(ctx, it) // which may be far behind in the queue
	select {
	case <-it.done:
	case <-ctx.Done():
		return s, nil, ctx.Err()
	}
	d.mu.Lock()
	if it.counted {
		d.waiting--
		it.counted = false
	}
	d.waitingBytes -= it.got.source.Size
	d.mu.Unlock()
	d.room.Broadcast()
	g := it.got
	it.got.file = nil
	if tree.IsFull(g.err) {
		if g = d.alone(ctx, s); tree.IsFull(g.err) {
			g.err = &asset.HintError{What: "download", Why: g.err, Hint: "let TMPDIR be a folder with room for the largest sources, as many as `jobs` are converted at once"}
		}
	}
	if g.err != nil {
		return s, nil, g.err
	}
	return g.source, g.file, nil
}

// close gives up what nobody has taken.
func (d *downloads) close() {
	d.mu.Lock()
	var left []*temporary
	for _, it := range d.items {
		if it.isReady() && it.got.file != nil && !it.taken { // the end of the process closes all others
			left = append(left, it.got.file)
		}
	}
	d.mu.Unlock()
	for _, file := range left {
		file.Close()
	}
}

// unchanged is the result of a job whose source turned out to be what an earlier run has converted.
func (d *downloads) unchanged(here func(output string) bool) func(asset.Job) (asset.Result, bool) {
	return func(j asset.Job) (asset.Result, bool) {
		if d.past == nil {
			return asset.Result{}, false
		}
		one, ok := d.past.Settled(j, d.past.Prefix, d.past.Codecs)
		return one, ok && (one.Output == "" || here(path.Clean(one.Output)))
	}
}

// String says what was downloaded, empty where nothing was asked for.
func (d *downloads) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files+d.same == 0 {
		return ""
	}
	same := english.Plural(d.same, "source", "") + " not modified"
	if d.files == 0 {
		return same
	}
	text := fmt.Sprintf("%s downloaded, %s", english.Plural(d.files, "source", ""), humanize.Bytes(uint64(d.bytes)))
	if d.same > 0 {
		text += "; " + same
	}
	return text
}
