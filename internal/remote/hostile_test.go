package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/testfiles"
)

// A basic is an API that has only the calls convert, status and download, and which may misbehave.
type basic struct {
	t   *testing.T
	mu  sync.Mutex
	log []string
	// faults answer the first requests to convert, one each; a nil one does not.
	faults []http.HandlerFunc
	// result is what jobs come to.
	result []byte
	// polls is how often a job is not done yet, answer is changed by change before it is sent.
	polls  int
	change func(answer map[string]any)
	// download, if not nil, is what answers downloads.
	download http.HandlerFunc
	forms    []map[string]string
}

func (b *basic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, apiPath)
	b.log = append(b.log, r.Method+" "+path)
	if r.Header.Get("Authorization") != "Bearer secret-key" {
		b.t.Errorf("%s %s has the key %q", r.Method, path, r.Header.Get("Authorization"))
	}
	switch {
	case path == "/convert" && r.Method == http.MethodPost:
		if len(b.faults) > 0 {
			fault := b.faults[0]
			b.faults = b.faults[1:]
			if fault != nil {
				fault(w, r)
				return
			}
		}
		b.convert(w, r)
	case strings.HasPrefix(path, "/status/"):
		status := "completed"
		if b.polls > 0 {
			b.polls--
			status = "processing"
		}
		b.answer(w, map[string]any{"jobId": "j1", "status": status})
	case strings.HasPrefix(path, "/download/") && b.download != nil:
		b.download(w, r)
	case strings.HasPrefix(path, "/download/"):
		_, _ = w.Write(b.result)
	default:
		http.NotFound(w, r)
	}
}

func (b *basic) convert(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		b.t.Error(err)
		return
	}
	form := map[string]string{}
	for name, values := range r.MultipartForm.Value {
		form[name] = strings.Join(values, "|")
	}
	f, header, err := r.FormFile("file")
	if err != nil {
		b.t.Error(err)
		return
	}
	data, _ := io.ReadAll(f)
	form["file"] = fmt.Sprintf("%s, %d bytes", header.Filename, len(data))
	b.forms = append(b.forms, form)
	status := "completed"
	if b.polls > 0 {
		status = "processing"
	}
	b.answer(w, map[string]any{"jobId": "j1", "status": status})
}

func (b *basic) answer(w http.ResponseWriter, answer map[string]any) {
	if b.change != nil {
		b.change(answer)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// start starts the API, and returns a client of it.
func (b *basic) start(t *testing.T) (*Codec, *fakeClock) {
	t.Helper()
	b.t = t
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	clock := newClock()
	c, err := New(Options{Address: server.URL, Key: "secret-key", Retries: 2, MaxSize: 1 << 20, Clock: clock.all()})
	if err != nil {
		t.Fatal(err)
	}
	return c, clock
}

// wanted is a variant of png/rgba.png, and rgbaWebP what is made of it.
var wanted = asset.Variant{Format: asset.WebP, Quality: 75, MaxWidth: 96}

func rgbaWebP(t *testing.T, v asset.Variant) []byte {
	t.Helper()
	out, err := open(t, engine.Local{}, "png/rgba.png").Convert(t.Context(), []asset.Variant{v}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Data
}

func (b *basic) try(t *testing.T, c *Codec) ([]engine.Output, error) {
	t.Helper()
	return open(t, c, "png/rgba.png").Convert(t.Context(), []asset.Variant{wanted}, engine.Options{})
}

// TestBasic converts by an API that has only the basic calls.
func TestBasic(t *testing.T) {
	b := &basic{result: rgbaWebP(t, wanted), polls: 2}
	c, clock := b.start(t)
	got, err := b.try(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got[0].Data, b.result) || got[0].Width != 96 || got[0].Height != 64 || got[0].Frames != 1 {
		t.Errorf("%d bytes, %dx%d", len(got[0].Data), got[0].Width, got[0].Height)
	}
	if want := []string{"GET /usage", "POST /convert", "GET /status/j1", "GET /status/j1", "GET /status/j1", "GET /download/j1"}; !cmp.Equal(b.log, want) {
		t.Errorf("%q", b.log)
	}
	want := []map[string]string{{"format": "webp", "quality": "75", "maxWidth": "96", "file": fmt.Sprintf("image.png, %d bytes", len(testfiles.Image(t, "png/rgba.png")))}}
	if !cmp.Equal(b.forms, want) {
		t.Error(cmp.Diff(want, b.forms))
	}
	if want := []time.Duration{firstPoll, 2 * firstPoll, 4 * firstPoll}; !cmp.Equal(clock.slept, want) {
		t.Errorf("slept %v", clock.slept)
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func body(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, text)
	}
}

// hangUp breaks the connection, after a part of an answer.
func hangUp(part string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if part != "" {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, part)
			_ = http.NewResponseController(w).Flush()
		}
		panic(http.ErrAbortHandler)
	}
}

// TestPassing gets over what passes by.
func TestPassing(t *testing.T) {
	for name, c := range map[string]struct {
		faults []http.HandlerFunc
		// slept is how long in all, at least and at most.
		least, most time.Duration
	}{
		"429 with Retry-After": {[]http.HandlerFunc{status(429, "Retry-After", "7")}, 7 * time.Second, 7 * time.Second},
		"429 often":            {[]http.HandlerFunc{status(429, "Retry-After", "2"), status(429, "Retry-After", "2"), status(429, "Retry-After", "2"), status(429, "Retry-After", "2"), status(429, "Retry-After", "2")}, 10 * time.Second, 10 * time.Second},
		"429 without":          {[]http.HandlerFunc{status(429), status(429)}, time.Second, 5 * time.Second},
		"503 with Retry-After": {[]http.HandlerFunc{status(503, "Retry-After", "30")}, 30 * time.Second, 30 * time.Second},
		"503, 502":             {[]http.HandlerFunc{status(503), status(502)}, 0, 3 * time.Second},
		"no answer":            {[]http.HandlerFunc{hangUp(""), hangUp("")}, 0, 3 * time.Second},
		"cut in the middle":    {[]http.HandlerFunc{hangUp(`{"jobId": "j`)}, 0, time.Second},
		"JSON that ends early": {[]http.HandlerFunc{body("application/json", `{"jobId": "j1", "sta`)}, 0, 0},
		"same host":            {[]http.HandlerFunc{status(307, "Location", apiPath+"/convert")}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := &basic{result: rgbaWebP(t, wanted), faults: c.faults}
			codec, clock := b.start(t)
			began := clock.Now()
			if _, err := b.try(t, codec); err != nil {
				t.Fatal(err)
			}
			if took := clock.Now().Sub(began); took < c.least || took > c.most {
				t.Errorf("slept %v", clock.slept)
			}
			if len(b.forms) != 1 || len(b.faults) > 0 {
				t.Errorf("%q", b.log)
			}
		})
	}
}

// TestRefused says what is wrong, and what to do about it.
func TestRefused(t *testing.T) {
	problem := func(code int, kind, detail string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(code)
			fmt.Fprintf(w, `{"type": "https://x/docs/serve.md#%s", "title": "T", "detail": "%s", "status": %d}`, kind, detail, code)
		}
	}
	for name, c := range map[string]struct {
		fault      http.HandlerFunc
		want, hint string
		// ends is set where no further image is sent.
		ends bool
	}{
		"401":      {status(401), "401 Unauthorized", "`engine-key`", true},
		"402":      {status(402), "402 Payment Required", "the credits are used up", true},
		"403":      {status(403), "403 Forbidden", "the key may not", true},
		"404":      {status(404), "404 Not Found", "no conversion API", true},
		"413":      {status(413), "413", "max-file-size", false},
		"415":      {problem(415, "unsupported-image", "what is it"), "415 T: what is it", "", false},
		"422":      {problem(422, "not-converted", "secret-key is broken"), "422 T: *** is broken", "", false},
		"option":   {problem(422, "unknown-option", "effort"), "effort", "update webpress there", true},
		"wrong":    {problem(422, "wrong-option", "effort"), "effort", "does not take the value", false},
		"quota":    {problem(429, "quota-exceeded", "no credits"), "no credits", "raise the quota", true},
		"for days": {status(429, "Retry-After", "200000"), "429", "run this again in 2 days", true},
		"HTML":     {body("text/html", "<!DOCTYPE html><p>Welcome"), "an HTML page", "no conversion API", true},
		"text":     {body("text/plain", "hello"), "not JSON", "no conversion API", true},
		"empty":    {body("application/json", ""), "nothing", "no conversion API", true},
		"no job":   {body("application/json", "{}"), "no jobId", "no conversion API", true},
		"302":      {status(302, "Location", "/login"), "moved", "set `engine`", true},
		"moved":    {status(307, "Location", "https://other.example/api/v1/convert"), "redirected to https://other.example", "set `engine` to it", true},
		"failed":   {body("application/json", `{"jobId": "j1", "status": "failed", "error": {"message": "no \u001b[31m luck"}}`), "no [31m luck", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			b := &basic{result: rgbaWebP(t, wanted), faults: []http.HandlerFunc{c.fault}}
			codec, _ := b.start(t)
			_, err := b.try(t, codec)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(asset.HintOf(err), c.hint) || c.hint == "" && asset.HintOf(err) != "" {
				t.Errorf("%v; %q", err, asset.HintOf(err))
			}
			if strings.ContainsAny(fmt.Sprint(err), "\x1b\n") || strings.Contains(fmt.Sprint(err), "secret-key") {
				t.Errorf("%q", err)
			}
			asked := len(b.log)
			if _, err := b.try(t, codec); (err != nil) != c.ends || (len(b.log) == asked) != c.ends {
				t.Errorf("then %v, %q", err, b.log[asked:])
			}
		})
	}
}

// TestResults believes nothing of what a server sends.
func TestResults(t *testing.T) {
	good := rgbaWebP(t, wanted)
	for name, c := range map[string]struct {
		result []byte
		want   string
	}{
		"another format": {[]byte(testfiles.Image(t, "jpeg/420.jpg")), "a result is JPEG, not WebP"},
		"a page":         {[]byte("<html>"), "not an image"},
		"nothing":        {nil, "a result is empty"},
		"another size":   {rgbaWebP(t, asset.Variant{Format: asset.WebP, Quality: 75}), "a result has 192x128 pixels, not 96x64"},
		"cut off":        {good[:len(good)-20], "not a sound WebP"},
		"damaged":        {append(bytes.Clone(good[:len(good)-100]), make([]byte, 100)...), ""},
		"too large":      {append(bytes.Clone(good), make([]byte, 1<<20)...), "a result has more than 1.0 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &basic{result: c.result}
			codec, _ := b.start(t)
			if _, err := b.try(t, codec); c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestSlow gives up on a job that takes too long, and on a run that ends.
func TestSlow(t *testing.T) {
	b := &basic{result: rgbaWebP(t, wanted), polls: 1 << 30}
	c, clock := b.start(t)
	c.Timeout = 5 * time.Minute
	_, err := b.try(t, c)
	if err == nil || !strings.Contains(err.Error(), "not done after 5 minutes") {
		t.Error(err)
	}
	for _, d := range clock.slept {
		if d > lastPoll {
			t.Errorf("slept %s", d)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.mu.Lock()
	b.change = func(map[string]any) { cancel() }
	b.mu.Unlock()
	_, err = open(t, c, "png/photo.png").Convert(ctx, []asset.Variant{wanted}, engine.Options{})
	if ctx.Err() == nil || err == nil {
		t.Errorf("%v", err)
	}
}

// TestUnreachable ends all requests once the server cannot be reached.
func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	clock := newClock()
	c, err := New(Options{Address: server.URL, Retries: 3, MaxSize: 1 << 20, Clock: clock.all()})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = open(t, c, "png/rgba.png").Convert(t.Context(), []asset.Variant{wanted}, engine.Options{})
		if err == nil || !strings.Contains(asset.HintOf(err), "cannot be reached") {
			t.Errorf("%v; %q", err, asset.HintOf(err))
		}
	}
	if len(clock.slept) != 3 {
		t.Errorf("slept %v", clock.slept)
	}
}

// TestTLS explains certificates that are not valid, and a server without TLS.
func TestTLS(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	t.Cleanup(plain.Close)
	for address, hint := range map[string]string{
		secure.URL: "SSL_CERT_FILE", strings.Replace(plain.URL, "http", "https", 1): "the server has no TLS",
	} {
		clock := newClock()
		c, err := New(Options{Address: address, Retries: 3, MaxSize: 1 << 20, Clock: clock.all()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.Limits(t.Context()); !strings.Contains(asset.HintOf(err), hint) || len(clock.slept) > 0 {
			t.Errorf("%v; %q, slept %v", err, asset.HintOf(err), clock.slept)
		}
	}
}
