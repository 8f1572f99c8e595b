package serve

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// convertBuckets are the bounds of the histogram of conversions, in seconds.
var convertBuckets = []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// metrics are the numbers of a server since it began. What can be asked for at any time, such as
// the length of the queue, is not among them.
type metrics struct {
	mu       sync.Mutex
	began    time.Time
	requests map[requestLabels]int64
	// received and sent are the bytes of bodies of requests and of answers.
	received, sent int64
	// ended is how many jobs have ended with a status, imagesIn and imagesOut how many bytes
	// they had and made.
	ended               map[Status]int64
	imagesIn, imagesOut int64
	// buckets are how many jobs took no longer than that of convertBuckets and longer than the
	// one before, and at the end all others.
	buckets []int64
	seconds float64
	// hooks is how many attempts to deliver a webhook there were, by what they came to.
	hooks map[string]int64
}

type requestLabels struct {
	method, route string
	status        int
}

func newMetrics(now time.Time) *metrics {
	return &metrics{
		began: now, requests: map[requestLabels]int64{}, ended: map[Status]int64{}, buckets: make([]int64, len(convertBuckets)+1), hooks: map[string]int64{},
	}
}

// request counts a request that was answered. route is a pattern and not an address, of which
// there are any number.
func (m *metrics) request(method, route string, status int, received, sent int64) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodOptions:
	default: // whatever a client calls it
		method = "other"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[requestLabels{method, route, status}]++
	m.received += received
	m.sent += sent
}

// job counts a job that has ended, and how long it was in work.
func (m *metrics) job(j *Job, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended[j.Status]++
	m.imagesIn += j.bytesIn()
	for _, o := range j.results() {
		m.imagesOut += o.Bytes
	}
	seconds := took.Seconds()
	m.seconds += seconds
	at, _ := slices.BinarySearch(convertBuckets, seconds)
	m.buckets[at]++
}

// hook counts an attempt to deliver a webhook.
func (m *metrics) hook(delivered bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if delivered {
		m.hooks["delivered"]++
	} else {
		m.hooks["failed"]++
	}
}

// An exposition is text in the format of Prometheus, version 0.0.4.
type exposition struct{ bytes.Buffer }

// family begins the samples of one name.
func (e *exposition) family(name, kind, help string) {
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// sample writes a line. labels are pairs of a name and a value.
func (e *exposition) sample(name string, value float64, labels ...string) {
	e.WriteString(name)
	for i := 0; i < len(labels); i += 2 {
		fmt.Fprintf(e, "%c%s=\"%s\"", "{,"[min(i, 1)], labels[i], labelEscapes.Replace(labels[i+1]))
	}
	if len(labels) > 0 {
		e.WriteByte('}')
	}
	e.WriteByte(' ')
	e.WriteString(strconv.FormatFloat(value, 'g', -1, 64))
	e.WriteByte('\n')
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// one writes a family of a single sample.
func (e *exposition) one(name, kind, help string, value float64, labels ...string) {
	e.family(name, kind, help)
	e.sample(name, value, labels...)
}

// getMetrics answers Prometheus. There are neither names of keys nor of files.
func (s *Server) getMetrics(w http.ResponseWriter, _ *http.Request) error {
	var e exposition
	e.one("webpress_build_info", "gauge", "Version of webpress.", 1, "version", s.version)
	e.one("webpress_workers", "gauge", "Jobs that are converted at a time.", float64(s.workers))
	e.one("webpress_queue_length", "gauge", "Jobs that wait for a worker.", float64(s.queue.length()))
	e.one("webpress_queue_limit", "gauge", "Jobs that may wait.", float64(s.queue.max))
	e.one("webpress_uploads", "gauge", "Requests whose bodies are being read.", float64(s.uploads.length()))
	e.family("webpress_jobs", "gauge", "Jobs that the server knows, by status.")
	counts := s.store.count()
	for _, status := range statuses {
		e.sample("webpress_jobs", float64(counts[status]), "status", string(status))
	}
	s.metrics.write(&e)
	e.one("go_goroutines", "gauge", "Number of goroutines that currently exist.", float64(runtime.NumGoroutine()))
	h := w.Header()
	h.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(e.Bytes())
	return nil
}

// write writes all numbers, in an order that does not change.
func (m *metrics) write(e *exposition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.family("webpress_http_requests_total", "counter", "Requests that were answered.")
	for _, l := range slices.SortedFunc(maps.Keys(m.requests), func(a, b requestLabels) int {
		return strings.Compare(fmt.Sprint(a.route, a.method, a.status), fmt.Sprint(b.route, b.method, b.status))
	}) {
		e.sample("webpress_http_requests_total", float64(m.requests[l]), "method", l.method, "route", l.route, "status", strconv.Itoa(l.status))
	}
	e.one("webpress_http_received_bytes_total", "counter", "Bytes of bodies of requests.", float64(m.received))
	e.one("webpress_http_sent_bytes_total", "counter", "Bytes of bodies of answers.", float64(m.sent))
	e.family("webpress_jobs_ended_total", "counter", "Jobs that were converted, or could not be.")
	for _, status := range []Status{Completed, Failed} {
		e.sample("webpress_jobs_ended_total", float64(m.ended[status]), "status", string(status))
	}
	e.one("webpress_images_read_bytes_total", "counter", "Bytes of the files of jobs that have ended.", float64(m.imagesIn))
	e.one("webpress_images_written_bytes_total", "counter", "Bytes of the results of jobs that have ended.", float64(m.imagesOut))
	e.family("webpress_conversion_seconds", "histogram", "Time that jobs were in work.")
	var n int64
	for i, count := range m.buckets {
		bound := "+Inf"
		if i < len(convertBuckets) {
			bound = strconv.FormatFloat(convertBuckets[i], 'g', -1, 64)
		}
		n += count
		e.sample("webpress_conversion_seconds_bucket", float64(n), "le", bound)
	}
	e.sample("webpress_conversion_seconds_sum", m.seconds)
	e.sample("webpress_conversion_seconds_count", float64(n))
	e.family("webpress_webhook_attempts_total", "counter", "Attempts to deliver a webhook.")
	for _, result := range []string{"delivered", "failed"} {
		e.sample("webpress_webhook_attempts_total", float64(m.hooks[result]), "result", result)
	}
	e.one("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", float64(m.began.UnixMilli())/1000)
}
