package serve

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
)

// A request that is refused leaves nothing behind: it is refused again for the same reason, and
// taken once that is gone.
func TestRefusalDoesNotStick(t *testing.T) {
	b := newBench(t, nil)
	key, err := AddKey(b.dir, Key{Name: "small", Quota: 1}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	as := []string{"Authorization", "Bearer " + key}
	named := append([]string{"Idempotency-Key", "a"}, as...)
	first := decode[jobView](t, b.post(photo(t), nil, as...).status(t, http.StatusOK))
	for range 2 {
		b.post(photo(t), []string{"quality", "3"}, as...).problem(t, quotaExceeded)
		b.post(photo(t), []string{"quality", "4"}, named...).problem(t, quotaExceeded)
	}
	// What is there already costs nothing.
	if again := decode[jobView](t, b.post(photo(t), nil, as...).status(t, http.StatusOK)); again.JobID != first.JobID {
		t.Error("another job")
	}
	if u := decode[usageView](t, b.get(apiPath+"/usage", as...)); u.Credits != 1 || u.Jobs != 1 {
		t.Errorf("%+v", u)
	}
	if n := b.entries(jobsDir) + b.entries(incomingDir); n != 1 {
		t.Errorf("%d folders", n)
	}
	b.clock.move(28 * 24 * time.Hour)
	b.post(photo(t), []string{"quality", "4"}, named...).status(t, http.StatusOK)
}

// Before a job is accepted, its files and folders are flushed to the disk. Where that fails,
// there is no job, and the next attempt is one.
func TestAcceptedIsFlushed(t *testing.T) {
	b := newBench(t, nil)
	var mu sync.Mutex
	var flushed []string
	full := false
	b.store.flush = func(path string) error {
		rel, err := filepath.Rel(b.dir, path)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		flushed = append(flushed, rel)
		if full {
			return &os.PathError{Op: "sync", Path: path, Err: syscall.ENOSPC}
		}
		return flush(path)
	}
	post := func() answered {
		return b.post(append(photo(t), photo(t)...), nil, "Prefer", "respond-async", "Idempotency-Key", "a")
	}
	full = true
	post().problem(t, diskFull)
	if n := b.entries(jobsDir) + b.entries(incomingDir); n != 0 || b.queue.length() != 0 || b.store.has(b.keys.find(b.key).ID) {
		t.Errorf("%d folders are left", n)
	}
	if u := decode[usageView](t, b.get(apiPath+"/usage")); u.Credits != 0 {
		t.Errorf("%+v", u)
	}
	mu.Lock()
	full, flushed = false, nil
	mu.Unlock()
	j := decode[jobView](t, post().status(t, http.StatusAccepted))
	mu.Lock()
	var names []string
	for _, path := range flushed[:min(len(flushed), 5)] {
		if parts := strings.SplitN(filepath.ToSlash(path), "/", 3); parts[0] == incomingDir { // the second is random
			path = strings.Join(append(parts[2:], "."), "/")
		}
		names = append(names, path)
	}
	order := slices.Index(flushed, jobsDir)
	mu.Unlock()
	slices.Sort(names)
	if diff := cmp.Diff([]string{".", "in-1/.", "in-2/.", "job.json/.", "jobs"}, names); diff != "" || order != 4 {
		t.Errorf("flushed before the answer: %v %s", flushed, diff)
	}
	// The result is flushed before the upload is deleted.
	b.get(statusPath+j.JobID+"?wait=60").status(t, http.StatusOK)
	b.settling.Wait()
	mu.Lock()
	defer mu.Unlock()
	for _, name := range []string{"job.json", "out-1.webp", "out-2.webp", ""} {
		if !slices.Contains(flushed, filepath.Join(jobsDir, j.JobID, name)) {
			t.Errorf("%s is not flushed: %v", name, flushed)
		}
	}
}

// A fullDisk is a codec that fails as long as the disk is full.
type fullDisk struct {
	engine.Local
	full atomic.Bool
}

func (d *fullDisk) OpenFor(ctx context.Context, size int64, fill func([]byte) error, variants []asset.Variant, o engine.Options) (engine.Image, error) {
	if d.full.Load() {
		return nil, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return d.Local.OpenFor(ctx, size, fill, variants, o)
}

// A job that the server fails at costs nothing, and is tried again by the same request.
func TestServerFails(t *testing.T) {
	d := &fullDisk{}
	d.full.Store(true)
	b := newBench(t, func(o *Options) { o.Codec = d })
	for range 2 {
		a := b.post(photo(t), nil, "Idempotency-Key", "a")
		p := a.problem(t, diskFull)
		if a.Header.Get("Retry-After") == "" {
			t.Error(a.Header)
		}
		b.get(downloadPath+p.JobID).problem(t, diskFull)
		if v := decode[jobView](t, b.get(statusPath+p.JobID)); v.Status != Failed || v.CreditsUsed != 0 {
			t.Errorf("%+v", v)
		}
	}
	d.full.Store(false)
	b.post(photo(t), nil, "Idempotency-Key", "a").status(t, http.StatusOK)
	for range 2 {
		if u := decode[usageView](t, b.get(apiPath+"/usage")); u.Credits != 1 || u.Jobs != 3 {
			t.Errorf("%+v", u)
		}
		b.stop()
		b.open(nil)
	}
}

// A state of a job that was cut off is not one, and neither are those after it lost.
func TestCutState(t *testing.T) {
	b := newBench(t, nil)
	j := decode[jobView](t, b.post(photo(t), nil).status(t, http.StatusOK))
	cut := func(text string) {
		t.Helper()
		f, err := os.OpenFile(filepath.Join(b.store.folder(j.JobID), jobFile), os.O_WRONLY|os.O_APPEND, 0)
		if err == nil {
			_, err = f.WriteString(text)
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	for _, text := range []string{"\n", "\n{\"id\":\"" + j.JobID, "x"} {
		cut(text)
		if v := decode[jobView](t, b.get(statusPath+j.JobID).status(t, http.StatusOK)); v.Status != Completed {
			t.Errorf("%q: %+v", text, v)
		}
		b.stop()
		b.open(nil)
	}
	b.do(http.MethodDelete, statusPath+j.JobID, nil).status(t, http.StatusNoContent)
	b.stop()
	b.open(nil)
	if v := decode[jobView](t, b.get(statusPath+j.JobID).status(t, http.StatusOK)); v.Status != Expired {
		t.Errorf("%+v", v)
	}
}

// What a job costs is known to the process after one that was killed, whenever that was.
func TestUsageAfterKill(t *testing.T) {
	g := newGate()
	b := newBench(t, func(o *Options) { o.Codec = g })
	for n := range 5 {
		b.post(photo(t), []string{"quality", strconv.Itoa(n)}, "Prefer", "respond-async").status(t, http.StatusAccepted)
		if n == 2 {
			b.account.flush() // which has counted three, and must not count them twice
		}
	}
	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(b.dir)); err != nil {
		t.Fatal(err)
	}
	key, b2 := b.key, &bench{t: t, dir: killed, key: b.key, clock: b.clock, log: &syncBuffer{}}
	b2.open(nil)
	for _, j := range b2.store.unfinished() {
		b2.get(statusPath+j.ID+"?wait=60").status(t, http.StatusOK)
	}
	u := decode[usageView](t, b2.get(apiPath+"/usage", "Authorization", "Bearer "+key))
	if u.Credits != 5 || u.Jobs != 5 || u.Files != 5 || u.BytesOut == 0 {
		t.Errorf("%+v", u)
	}
	close(g.open)
	b2.stop()
	b2.open(nil) // in order
	if after := decode[usageView](t, b2.get(apiPath+"/usage")); after.Usage != u.Usage {
		t.Errorf("%+v, before %+v", after, u)
	}
}

// Requests for what is there already need no room in the queue.
func TestQueueFullOfOthers(t *testing.T) {
	b := newBench(t, nil)
	done := decode[jobView](t, b.post(photo(t), nil).status(t, http.StatusOK))
	b.stop()
	g := newGate()
	b.open(func(o *Options) { o.Codec = g }, "--queue=1")
	for q := range 3 {
		b.post(photo(t), []string{"quality", strconv.Itoa(q)}, "Prefer", "respond-async").status(t, http.StatusAccepted)
		if q < 2 {
			<-g.asked
		}
	}
	b.post(photo(t), []string{"quality", "9"}).problem(t, queueFull)
	for q, want := range map[string]int{"": http.StatusOK, "0": http.StatusAccepted, "2": http.StatusAccepted} {
		a := b.post(photo(t), []string{"quality", q}, "Prefer", "wait=0").status(t, want)
		if a.Header.Get("X-Credits-Used") != "0" || q == "" && decode[jobView](t, a).JobID != done.JobID {
			t.Errorf("%q: %v", q, a.Header)
		}
	}
	close(g.open)
}

// The same request many times at once is one job.
func TestSameJobAtOnce(t *testing.T) {
	b := newBench(t, nil)
	ids := make(chan string, 16)
	var posts sync.WaitGroup
	body, contentType := form(t, photo(t))
	for range cap(ids) {
		posts.Go(func() {
			a, err := b.send(http.MethodPost, convertPath, strings.NewReader(body.String()), "Content-Type", contentType)
			if err != nil {
				t.Error(err)
				return
			}
			ids <- decode[jobView](t, a).JobID
		})
	}
	posts.Wait()
	close(ids)
	var all []string
	for id := range ids {
		all = append(all, id)
	}
	if slices.Sort(all); len(slices.Compact(all)) != 1 {
		t.Error(all)
	}
	if u := decode[usageView](t, b.get(apiPath+"/usage")); u.Credits != 1 || u.Jobs != 1 {
		t.Errorf("%+v", u)
	}
}

func TestManyResults(t *testing.T) {
	b := newBench(t, nil)
	var widths []string
	var files []sent
	for n := range 40 {
		widths = append(widths, strconv.Itoa(n+1))
		files = append(files, photo(t)...)
	}
	p := b.post(files, []string{"widths", strings.Join(widths, ",")}).problem(t, tooLarge)
	if !strings.Contains(p.Detail, "1600") {
		t.Errorf("%+v", p)
	}
}

// connect sends the beginning of a request, and leaves the connection open.
func (b *bench) connect(text string) net.Conn {
	b.t.Helper()
	c, err := (&net.Dialer{}).DialContext(b.t.Context(), "tcp", strings.TrimPrefix(b.http.URL, "http://"))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		b.t.Fatal(err)
	}
	return c
}

// Uploads that hardly send anything do not keep others out, neither other keys nor their own.
func TestManySlowUploads(t *testing.T) {
	b := newBench(t, nil)
	other, err := AddKey(b.dir, Key{Name: "other", Rate: 1e6}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.uploads.mu.Lock()
	b.uploads.slowAfter = time.Hour
	b.uploads.mu.Unlock()
	slow := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 1000\r\n\r\n\x89", convertPath, other)
	for range maxUploadsOfKey {
		b.connect(slow)
	}
	for b.uploads.length() < maxUploadsOfKey {
		time.Sleep(time.Millisecond)
	}
	for range 3 {
		data := make([]byte, 100)
		n, err := b.connect(slow).Read(data)
		if err != nil || !strings.HasPrefix(string(data[:n]), "HTTP/1.1 503") {
			t.Errorf("%v: %s", err, data[:n])
		}
	}
	a := b.post(photo(t), nil, "Authorization", "Bearer "+other)
	if a.problem(t, tooManyUploads); a.Header.Get("Retry-After") != "1" {
		t.Error(a.Header)
	}
	b.post(photo(t), nil).status(t, http.StatusOK)
	b.uploads.mu.Lock()
	b.uploads.slowAfter = 0
	b.uploads.mu.Unlock()
	for q := range 5 {
		b.post(photo(t), []string{"quality", strconv.Itoa(q)}, "Authorization", "Bearer "+other).status(t, http.StatusOK)
	}
	if n := b.uploads.length(); n != maxUploadsOfKey-1 {
		t.Errorf("%d uploads", n)
	}
}

// A download that is not taken is cut off.
func TestSlowReader(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Patience = 20 * time.Millisecond })
	j := decode[jobView](t, b.post(photo(t), nil).status(t, http.StatusOK))
	// Larger than all buffers on the way.
	if err := os.Truncate(outFile(b.store.folder(j.JobID), "1.webp"), 1<<30); err != nil {
		t.Fatal(err)
	}
	c := b.connect(fmt.Sprintf("GET %s%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", downloadPath, j.JobID, b.key))
	for !strings.Contains(b.log.text(), `"route":"/api/v1/download/{id}"`) { // it has ended
		time.Sleep(time.Millisecond)
	}
	if n, err := io.Copy(io.Discard, c); n >= 1<<30 {
		t.Errorf("%d bytes: %v", n, err)
	}
	// The time of one answer is not that of the next on the same connection.
	for range 3 {
		time.Sleep(25 * time.Millisecond)
		b.get("/livez").status(t, http.StatusOK)
	}
}

// Jobs are listed from the newest, also after a restart, and forgotten in their time.
func TestManyJobs(t *testing.T) {
	b := newBench(t, nil, "--keep=1h")
	var ids []string
	for q := range 6 {
		b.clock.move(10 * time.Minute)
		ids = append(ids, decode[jobView](t, b.post(photo(t), []string{"quality", strconv.Itoa(q)}).status(t, http.StatusOK)).JobID)
	}
	list := func(query string) (got []int) {
		for _, v := range decode[map[string][]jobView](t, b.get(apiPath+"/jobs"+query).status(t, http.StatusOK))["jobs"] {
			got = append(got, slices.Index(ids, v.JobID))
		}
		return got
	}
	check := func(query string, want ...int) {
		t.Helper()
		if diff := cmp.Diff(want, list(query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for range 2 {
		check("", 5, 4, 3, 2, 1, 0)
		check("?limit=2", 5, 4)
		b.stop()
		b.open(nil, "--keep=1h")
	}
	b.do(http.MethodDelete, statusPath+ids[4], nil).status(t, http.StatusNoContent)
	b.clock.move(35 * time.Minute) // three are older than an hour
	b.store.expire(b.clock.Now(), true)
	check("?status=expired", 4, 2, 1, 0)
	check("?status=completed&limit=1", 5)
	b.clock.move(8 * 24 * time.Hour)
	b.store.expire(b.clock.Now(), false)
	check("?status=expired", 5, 4, 3, 2, 1, 0)
	b.store.expire(b.clock.Now(), true)
	check("")
	if n := b.entries(jobsDir); n != 0 || len(b.store.due) != 0 || len(b.store.byKey) != 0 || len(b.store.byPrint) != 0 {
		t.Errorf("%d folders, %d deadlines", n, len(b.store.due))
	}
}
