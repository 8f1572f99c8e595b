package serve

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/testfiles"
)

// A job that was accepted is converted by the next process, whatever it was at.
func TestRestart(t *testing.T) {
	g := newGate()
	b := newBench(t, func(o *Options) { o.Codec = g })
	var ids []string
	for _, q := range []string{"1", "2", "3"} {
		ids = append(ids, decode[jobView](t, b.post(photo(t), []string{"quality", q}, "Prefer", "respond-async").status(t, http.StatusAccepted)).JobID)
	}
	<-g.asked
	<-g.asked // two are in work, one waits
	b.stop()
	if err := os.WriteFile(filepath.Join(b.dir, incomingDir, "rest"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	testfiles.Write(t, b.dir, "jobs/job_damaged/job.json", "{")
	b.open(nil)
	for _, id := range ids {
		v := decode[jobView](t, b.get(statusPath+id+"?wait=60").status(t, http.StatusOK))
		if v.Status != Completed {
			t.Errorf("%+v", v)
		}
		b.get(downloadPath+id).status(t, http.StatusOK)
	}
	if !strings.Contains(b.log.text(), "job_damaged") || b.entries(incomingDir) != 0 {
		t.Error(b.log.text())
	}
	if u := decode[usageView](t, b.get(apiPath+"/usage")); u.Credits != 3 {
		t.Errorf("%+v", u)
	}
	// What was asked for before is known.
	if a := b.post(photo(t), []string{"quality", "1"}); decode[jobView](t, a.status(t, http.StatusOK)).JobID != ids[0] {
		t.Errorf("another job: %s", a.body)
	}
	if _, err := New(Options{Settings: b.settings}); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("two servers in one folder: %v", err)
	}
}

func TestCancel(t *testing.T) {
	g := newGate()
	b := newBench(t, func(o *Options) { o.Codec = g })
	j := decode[jobView](t, b.post(photo(t), nil, "Prefer", "respond-async").status(t, http.StatusAccepted))
	<-g.asked
	b.do(http.MethodDelete, statusPath+j.JobID, nil).status(t, http.StatusNoContent)
	if v := decode[jobView](t, b.get(statusPath+j.JobID)); v.Status != Canceled {
		t.Errorf("%+v", v)
	}
	b.get(downloadPath+j.JobID).problem(t, gone)
	// The same request is not that job any more.
	close(g.open)
	again := decode[jobView](t, b.post(photo(t), nil).status(t, http.StatusOK))
	if again.JobID == j.JobID {
		t.Error("the job that was canceled")
	}
	b.do(http.MethodDelete, apiPath+"/jobs/"+again.JobID, nil).status(t, http.StatusNoContent)
	b.get(again.DownloadURL).problem(t, gone)
	if n := b.entries(jobsDir, again.JobID); n != 1 {
		t.Errorf("%d results are left", n)
	}
}

// When it has to end, a server finishes what it is at, takes no more, and forgets nothing.
func TestDrain(t *testing.T) {
	g := newGate()
	b := newBench(t, func(o *Options) { o.Codec, o.Settings.Jobs = g, 1 })
	answers := make(chan answered, 2)
	post := func(q string) {
		body, contentType := form(t, photo(t), "quality", q)
		a, err := b.send(http.MethodPost, convertPath, body, "Content-Type", contentType)
		if err != nil {
			t.Error(err)
			return
		}
		answers <- a
	}
	go post("1")
	<-g.asked
	go post("2")
	for b.queue.length() == 0 {
		time.Sleep(time.Millisecond)
	}
	b.drain()
	b.get("/readyz").problem(t, shuttingDown)
	b.get("/livez").status(t, http.StatusOK)
	for range 2 { // whose jobs are not done are told where to ask
		(<-answers).status(t, http.StatusAccepted)
	}
	b.post(photo(t), nil).problem(t, shuttingDown)
	close(g.open)
	b.stop()
	b.open(nil)
	for _, j := range b.store.unfinished() {
		if v := decode[jobView](t, b.get(statusPath+j.ID+"?wait=60")); v.Status != Completed {
			t.Errorf("%+v", v)
		}
	}
}

func TestRun(t *testing.T) {
	b := newBench(t, nil)
	b.stop()
	s, err := New(Options{Settings: b.settings, Codec: b.codec, Now: b.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx, l) }()
	body, contentType := form(t, photo(t))
	b.do(http.MethodPost, "http://"+l.Addr().String()+convertPath, body, "Content-Type", contentType).status(t, http.StatusOK)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A receiver is a server that takes webhooks.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []*http.Request
	bodies [][]byte
	came   chan struct{}
}

func newReceiver(t *testing.T, status int) *receiver {
	r := &receiver{status: status, came: make(chan struct{}, 100)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got, r.bodies = append(r.got, req), append(r.bodies, body)
		w.WriteHeader(r.status)
		r.mu.Unlock()
		r.came <- struct{}{}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// settled waits until what is due was tried so often.
func (b *bench) settled(id string, attempts int) *Delivery {
	b.t.Helper()
	for {
		j, changed := b.store.get(id)
		if j.Webhook.Attempts >= attempts {
			return j.Webhook
		}
		select {
		case <-changed:
		case <-time.After(30 * time.Second):
			b.t.Fatalf("%+v", j.Webhook)
		}
	}
}

func TestWebhook(t *testing.T) {
	r := newReceiver(t, http.StatusServiceUnavailable)
	b := newBench(t, nil, "--allow-private-hosts=127.0.0.1")
	j := decode[jobView](t, b.post(photo(t), []string{"webhookUrl", r.URL + "/hook"}).status(t, http.StatusOK))
	if d := b.settled(j.JobID, 1); d.Delivered || !d.waits() || !d.Next.Equal(b.clock.Now().Add(5*time.Second)) {
		t.Errorf("%+v", d)
	}
	r.answer(http.StatusNoContent)
	b.clock.move(5 * time.Second)
	b.wakeHooks()
	if d := b.settled(j.JobID, 2); !d.Delivered || d.waits() {
		t.Errorf("%+v", d)
	}
	secret := decode[usageView](t, b.get(apiPath+"/usage")).WebhookSecret
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) != 24 {
		t.Fatal(secret, err)
	}
	ids := map[string]bool{}
	for i, got := range r.got {
		id, at := got.Header.Get("Webhook-Id"), got.Header.Get("Webhook-Timestamp")
		ids[id] = true
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, at, r.bodies[i])
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); got.Header.Get("Webhook-Signature") != want {
			t.Errorf("%v", got.Header)
		}
		var e event
		if err := json.Unmarshal(r.bodies[i], &e); err != nil || e.Type != "job.completed" || e.Data.JobID != j.JobID {
			t.Errorf("%v: %s", err, r.bodies[i])
		}
		b.get(e.Data.DownloadURL, "Authorization", "").status(t, http.StatusOK) // no key
	}
	if len(ids) != 1 {
		t.Error("attempts have different ids")
	}
	if strings.Contains(b.log.text(), "/hook") {
		t.Error("the log has the address")
	}
}

// A receiver that hangs keeps webhooks of its own key waiting, and not those of others.
func TestWebhookHangs(t *testing.T) {
	hang := make(chan struct{})
	var reached sync.WaitGroup
	reached.Add(maxHooksOfKey)
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		reached.Done()
		<-hang
	}))
	defer hanging.Close()
	r := newReceiver(t, http.StatusOK)
	b := newBench(t, nil, "--allow-private-hosts=127.0.0.1")
	other, err := AddKey(b.dir, Key{Name: "other"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for n := range maxHooksOfKey {
		b.post(photo(t), []string{"webhookUrl", hanging.URL, "quality", strconv.Itoa(n)}).status(t, http.StatusOK)
	}
	reached.Wait()
	mine := decode[jobView](t, b.post(photo(t), []string{"webhookUrl", r.URL}).status(t, http.StatusOK))
	theirs := decode[jobView](t, b.post(photo(t), []string{"webhookUrl", r.URL}, "Authorization", "Bearer "+other).status(t, http.StatusOK))
	if d := b.settled(theirs.JobID, 1); !d.Delivered {
		t.Errorf("%+v", d)
	}
	if j, _ := b.store.get(mine.JobID); j.Webhook.Attempts != 0 {
		t.Errorf("%+v", j.Webhook)
	}
	close(hang)
	if d := b.settled(mine.JobID, 1); !d.Delivered {
		t.Errorf("%+v", d)
	}
}

// A receiver that is gone is left alone, and one that never answers as it should for a day.
func TestWebhookEnds(t *testing.T) {
	b := newBench(t, nil, "--allow-private-hosts=127.0.0.1", "--keep=7d")
	r := newReceiver(t, http.StatusGone)
	j := decode[jobView](t, b.post(photo(t), []string{"webhookUrl", r.URL}).status(t, http.StatusOK))
	if d := b.settled(j.JobID, 1); d.waits() || d.Delivered {
		t.Errorf("%+v", d)
	}
	r.answer(http.StatusInternalServerError)
	began := b.clock.Now()
	j = decode[jobView](t, b.post(photo(t), []string{"webhookUrl", r.URL, "quality", "3"}).status(t, http.StatusOK))
	for n := 1; ; n++ {
		d := b.settled(j.JobID, n)
		if !d.waits() {
			break
		}
		b.clock.move(d.Next.Sub(b.clock.Now()))
		b.wakeHooks()
	}
	if took := b.clock.Now().Sub(began).Round(time.Hour); took != 24*time.Hour {
		t.Errorf("%s", took)
	}
	// The webhook of a job that fails tells of that.
	r.answer(http.StatusOK)
	p := b.post([]sent{{"a.jpg", testfiles.Image(t, "jpeg/420.jpg")[:300]}}, []string{"webhookUrl", r.URL}).problem(t, notConverted)
	b.settled(p.JobID, 1)
	if last := string(r.bodies[len(r.bodies)-1]); !strings.Contains(last, `"job.failed"`) {
		t.Error(last)
	}
}

// A name that resolves to an address of the inside is refused when it is used.
func TestWebhookToPrivateAddress(t *testing.T) {
	r := newReceiver(t, http.StatusOK)
	b := newBench(t, nil, "--webhook-url="+r.URL) // by whom the server belongs to, and not allowed either
	j := decode[jobView](t, b.post(photo(t), nil).status(t, http.StatusOK))
	if d := b.settled(j.JobID, 1); d.waits() || d.Delivered || len(r.got) != 0 {
		t.Errorf("%+v", d)
	}
}

func TestDownloadSource(t *testing.T) {
	images := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/a/photo.jpg" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, testfiles.Image(t, "jpeg/420.jpg"))
	}))
	defer images.Close()
	post := func(b *bench, body string) answered {
		return b.do(http.MethodPost, convertPath, strings.NewReader(body), "Content-Type", "application/json")
	}
	b := newBench(t, nil, "--allow-downloads", "--allow-private-hosts=127.0.0.1")
	j := decode[jobView](t, post(b, `{"source":{"url":"`+images.URL+`/a/photo.jpg"},"maxWidth":9,"format":["png"],"variants":null}`).status(t, http.StatusOK))
	if o := j.Outputs[0]; o.Name != "photo.png" || o.Width != 9 {
		t.Errorf("%+v", o)
	}
	post(b, `{"source":{"url":"`+images.URL+`/none.jpg"}}`).problem(t, notDownloaded)
	post(b, `{"source":{}}`).problem(t, wrongOption)
	post(b, `{"source":{"url":"file:///etc/passwd"}}`).problem(t, notDownloaded)
	post(b, `[]`).problem(t, badRequest)
	inside := newBench(t, nil, "--allow-downloads")
	for _, address := range []string{images.URL + "/a/photo.jpg", "http://169.254.169.254/latest/meta-data/"} {
		if p := post(inside, `{"source":{"url":"`+address+`"}}`).problem(t, notDownloaded); p.Option != "source" {
			t.Errorf("%+v", p)
		}
	}
}

func TestQueueIsFair(t *testing.T) {
	q := newQueue(10, func(key string) int { return map[string]int{"c": 1}[key] })
	for _, w := range []waiting{{"1", "a"}, {"2", "a"}, {"3", "a"}, {"4", "b"}, {"5", "c"}, {"6", "c"}} {
		if !q.reserve() {
			t.Fatal("full")
		}
		q.push(w.id, w.key)
	}
	var order string
	for range 4 {
		id, _, _ := q.next()
		order += id
	}
	if order != "1452" { // one of each key before a second one; c may have one alone
		t.Error(order)
	}
	q.done("c")
	if id, _, _ := q.next(); id != "6" {
		t.Error(id)
	}
	q.close()
	if _, _, ok := q.next(); ok {
		t.Error("next of a queue that is closed")
	}
}
