package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var kills = flag.Int("kills", 6, "how often TestServeKilled kills the server")

// A killedJob is what a client has been told of a job.
type killedJob struct {
	JobID, Status, Error string
	Outputs              []struct {
		SHA256, DownloadURL string
		Bytes               int64
	}
}

// A load is clients that post one image after another, whatever happens to the server.
type load struct {
	t     *testing.T
	url   string
	key   string
	image []byte
	stop  atomic.Bool

	mu sync.Mutex
	// jobs are the IDs of those that were accepted, and results what was said at once.
	jobs    map[string]bool
	results map[string]string
	// repeated is how many requests had to be sent again.
	repeated int
}

// post sends a request until it is answered by something else than an error of the network, or
// by a refusal that asks for patience.
func (l *load) post(name string, header http.Header) {
	var before string
	for tries := 0; ; tries++ {
		r, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.url+"/api/v1/convert?effort=0&filename="+name, bytes.NewReader(l.image))
		if err != nil {
			l.t.Error(err)
			return
		}
		r.Header = header.Clone()
		status, data, err := l.send(r)
		switch {
		case err != nil, status == http.StatusServiceUnavailable:
			if tries == 5000 {
				l.t.Errorf("%s: %v %d", name, err, status)
				return
			}
			time.Sleep(10 * time.Millisecond)
			continue
		case status != http.StatusOK && status != http.StatusAccepted:
			l.t.Errorf("%s: %d: %s", name, status, data)
			return
		}
		var job killedJob
		if err := json.Unmarshal(data, &job); err != nil || before != "" && before != job.JobID {
			l.t.Errorf("%s: %v: %s, before %s", name, err, data, before)
		}
		l.mu.Lock()
		l.jobs[job.JobID] = true
		if status == http.StatusOK {
			l.results[job.JobID] = job.Outputs[0].SHA256
		}
		if tries > 0 {
			l.repeated++
		}
		l.mu.Unlock()
		// Some ask again, and are told of the same job, whether another process has it or not.
		if before != "" || rand.N(4) > 0 {
			return
		}
		before = job.JobID
	}
}

func (l *load) send(r *http.Request) (status int, data []byte, err error) {
	r.Header.Set("Authorization", "Bearer "+l.key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	data, err = io.ReadAll(resp.Body)
	return resp.StatusCode, data, err
}

// run posts until stop is set.
func (l *load) run(client int) {
	for n := 0; !l.stop.Load(); n++ {
		name, header := fmt.Sprintf("c%d-%d.png", client, n), http.Header{}
		if n%2 == 0 {
			header.Set("Prefer", "respond-async")
		}
		if n%3 == 0 {
			header.Set("Idempotency-Key", name)
		}
		l.post(name, header)
	}
}

// get reads JSON from the server, which is not killed any more.
func (l *load) get(address string, v any) {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	status, data, err := l.send(r)
	if err == nil && status != http.StatusOK {
		err = errors.New(string(data))
	}
	if err == nil && v != nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// A hookLog takes webhooks, and knows which job each ID was about.
type hookLog struct {
	mu    sync.Mutex
	jobs  map[string]map[string]int // job, webhook-id: how often
	wrong []string
}

func (h *hookLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var e struct {
		Type string
		Data killedJob
	}
	data, err := io.ReadAll(r.Body)
	if err != nil { // the server was killed while it sent this
		return
	}
	err = json.Unmarshal(data, &e)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || e.Type != "job.completed" {
		h.wrong = append(h.wrong, fmt.Sprint(err, e))
	}
	if h.jobs[e.Data.JobID] == nil {
		h.jobs[e.Data.JobID] = map[string]int{}
	}
	h.jobs[e.Data.JobID][r.Header.Get("Webhook-Id")]++
	w.WriteHeader(http.StatusNoContent)
}

// TestServeKilled kills a server that is under load, at random moments. Every job that was
// accepted ends, once: no result and no webhook is lost, and each is charged once.
func TestServeKilled(t *testing.T) {
	dir := t.TempDir()
	image := picture(t, "photo", 150, 100)
	hooks := &hookLog{jobs: map[string]map[string]int{}}
	receiver := httptest.NewServer(hooks)
	defer receiver.Close()
	out, err := command(t, dir, "key", "add", "load", "--rate=1000000").Output()
	if err != nil {
		t.Fatal(err)
	}
	// The address stays the same, as the clients know no other.
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	start := func() served {
		return serveBy(t, command(t, dir, "serve", "--listen="+address, "--webhook-url="+receiver.URL, "--allow-private-hosts=127.0.0.1"))
	}
	l := &load{t: t, url: "http://" + address, key: servedKey.FindString(string(out)), image: image, jobs: map[string]bool{}, results: map[string]string{}}
	var clients sync.WaitGroup
	for n := range 8 {
		clients.Go(func() { l.run(n) })
	}
	defer l.stop.Store(true)
	for range *kills {
		s := start()
		time.Sleep(time.Duration(rand.N(400)) * time.Millisecond) // each time it is at something else
		_ = s.Process.Kill()
		_ = s.Wait()
	}
	s := start()
	l.stop.Store(true)
	clients.Wait()

	var bytesOut int64
	for id := range l.jobs {
		var job killedJob
		for job.Status == "" || job.Status == "queued" || job.Status == "processing" {
			l.get(l.url+"/api/v1/status/"+id+"?wait=60", &job)
		}
		if job.Status != "completed" || len(job.Outputs) != 1 {
			t.Errorf("%+v", job)
			continue
		}
		o := job.Outputs[0]
		if told := l.results[id]; told != "" && told != o.SHA256 {
			t.Errorf("%s: the result is another one", id)
		}
		bytesOut += o.Bytes
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.DownloadURL, nil)
		if err != nil {
			t.Fatal(err)
		}
		status, data, err := l.send(r)
		sum := sha256.Sum256(data)
		if err != nil || status != http.StatusOK || hex.EncodeToString(sum[:]) != o.SHA256 {
			t.Errorf("%s: %v %d, %d bytes", id, err, status, len(data))
		}
	}
	var usage struct{ Jobs, Credits, BytesOut int64 }
	l.get(l.url+"/api/v1/usage", &usage)
	if n := int64(len(l.jobs)); usage.Jobs != n || usage.Credits != n || usage.BytesOut != bytesOut {
		t.Errorf("%d jobs, %d bytes: %+v", n, bytesOut, usage)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, metrics, err := l.send(r)
	if want := `webpress_jobs{status="completed"} ` + strconv.Itoa(len(l.jobs)) + "\n"; err != nil || !strings.Contains(string(metrics), want) {
		t.Errorf("%v: %s, want %s", err, metrics, want)
	}
	for id := range l.jobs {
		var ids map[string]int
		for wait := 0; len(ids) == 0 && wait < 1000; wait++ { // the last are on their way
			hooks.mu.Lock()
			ids = hooks.jobs[id]
			hooks.mu.Unlock()
			if len(ids) == 0 {
				time.Sleep(20 * time.Millisecond)
			}
		}
		if len(ids) != 1 {
			t.Errorf("%s: webhooks %v", id, ids)
		}
	}
	hooks.mu.Lock()
	defer hooks.mu.Unlock()
	if len(hooks.wrong) > 0 || len(hooks.jobs) != len(l.jobs) {
		t.Errorf("webhooks of %d jobs, want %d: %v", len(hooks.jobs), len(l.jobs), hooks.wrong)
	}
	if len(l.jobs) < *kills {
		t.Errorf("only %d jobs", len(l.jobs))
	}
	t.Logf("%d jobs, %d requests were sent again, %d kills", len(l.jobs), l.repeated, *kills)
	s.end(t)
}
