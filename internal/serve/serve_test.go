package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/testfiles"
)

// A bench is a server that answers over a socket.
type bench struct {
	*Server
	t    *testing.T
	http *httptest.Server
	dir  string
	key  string
	stop func()

	clock *clock
	log   *syncBuffer
}

// A clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.String()
}

// newBench starts a server with flags. change, which may be nil, changes its options.
func newBench(t *testing.T, change func(*Options), flags ...string) *bench {
	t.Helper()
	dir := t.TempDir()
	key, err := AddKey(dir, Key{Name: "shop"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: dir, key: key, clock: &clock{now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}, log: &syncBuffer{}}
	b.open(change, flags...)
	return b
}

// open starts a server in the folder of b.
func (b *bench) open(change func(*Options), flags ...string) {
	b.t.Helper()
	settings, err := config.Load(append([]string{"serve", "--data=" + b.dir, "--jobs=2"}, flags...), config.Env{Dir: b.t.TempDir()})
	if err != nil {
		b.t.Fatal(err)
	}
	o := Options{
		Settings: settings, Codec: engine.Local{}, Version: "1.2.3", Now: b.clock.Now, SyncWait: time.Minute,
		Log: slog.New(slog.NewJSONHandler(b.log, nil)),
	}
	if change != nil {
		change(&o)
	}
	if b.Server, err = New(o); err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	var background sync.WaitGroup
	wait := b.start(ctx, &background)
	b.http = httptest.NewServer(b.Handler())
	server := b.http
	b.stop = sync.OnceFunc(func() {
		b.drain()
		b.cancelAll()
		server.Close()
		wait(ctx)
		cancel()
		background.Wait()
		b.Close()
	})
	b.t.Cleanup(b.stop)
}

// An answered is an answer, read to its end.
type answered struct {
	*http.Response
	body []byte
}

// decode reads JSON.
func decode[T any](t *testing.T, a answered) (v T) {
	t.Helper()
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%s: %s", err, a.body)
	}
	return v
}

// do sends a request with the key of b, unless the header has another.
func (b *bench) do(method, address string, body io.Reader, header ...string) answered {
	b.t.Helper()
	a, err := b.send(method, address, body, header...)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// send is do for any goroutine.
func (b *bench) send(method, address string, body io.Reader, header ...string) (answered, error) {
	if strings.HasPrefix(address, "/") {
		address = b.http.URL + address
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, body)
	if err != nil {
		return answered{}, err
	}
	r.Header.Set("Authorization", "Bearer "+b.key)
	for i := 0; i < len(header); i += 2 {
		if header[i+1] == "" {
			r.Header.Del(header[i])
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answered{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answered{resp, data}, err
}

func (b *bench) get(address string, header ...string) answered {
	b.t.Helper()
	return b.do(http.MethodGet, address, nil, header...)
}

// A sent is a file of a form.
type sent struct{ name, data string }

// form is a body of files and of options, which are pairs of a name and a value.
func form(t testing.TB, files []sent, options ...string) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for i := 0; i < len(options); i += 2 {
		if err := w.WriteField(options[i], options[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile("file", f.name)
		if err == nil {
			_, err = io.WriteString(part, f.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return body, w.FormDataContentType()
}

// post sends a form.
func (b *bench) post(files []sent, options []string, header ...string) answered {
	b.t.Helper()
	body, contentType := form(b.t, files, options...)
	return b.do(http.MethodPost, convertPath, body, append([]string{"Content-Type", contentType}, header...)...)
}

// photo is a JPEG of 64 x 48 pixels or so.
func photo(t testing.TB) []sent { return []sent{{"photo.jpg", testfiles.Image(t, "jpeg/420.jpg")}} }

// status checks the status of an answer.
func (a answered) status(t *testing.T, want int) answered {
	t.Helper()
	if a.StatusCode != want {
		t.Fatalf("%d, want %d: %s", a.StatusCode, want, a.body)
	}
	return a
}

// problem checks that an answer is a problem of a kind.
func (a answered) problem(t *testing.T, k kind) Problem {
	t.Helper()
	a.status(t, k.status)
	p := decode[Problem](t, a)
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" || p.Type != newProblem(k, "").Type || p.Status != k.status || p.Title != k.title {
		t.Errorf("%s: %+v, want %s", got, p, k.name)
	}
	return p
}

// A gate is a codec that opens nothing until it is opened itself.
type gate struct {
	engine.Local
	open chan struct{}
	// asked counts what waits.
	asked chan struct{}
}

func newGate() *gate { return &gate{open: make(chan struct{}), asked: make(chan struct{}, 100)} }

func (g *gate) OpenFor(ctx context.Context, size int64, fill func([]byte) error, variants []asset.Variant, o engine.Options) (engine.Image, error) {
	g.asked <- struct{}{}
	select {
	case <-g.open:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return g.Local.OpenFor(ctx, size, fill, variants, o)
}

// entries are the names in a folder of the server.
func (b *bench) entries(elements ...string) int {
	b.t.Helper()
	all, err := os.ReadDir(filepath.Join(append([]string{b.dir}, elements...)...))
	if err != nil && !os.IsNotExist(err) {
		b.t.Fatal(err)
	}
	return len(all)
}
