package remote

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/httpclient"
	"github.com/webpress/webpress/internal/serve"
	"github.com/webpress/webpress/internal/testfiles"
)

// A fakeClock moves when somebody sleeps.
type fakeClock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *fakeClock { return &fakeClock{now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

func (c *fakeClock) all() httpclient.Clock { return httpclient.Clock{Now: c.Now, Sleep: c.Sleep} }

// A counter is a transport that notes what is asked for, and how it is answered.
type counter struct {
	mu       sync.Mutex
	requests []string
	statuses map[int]int
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, r.Method+" "+strings.TrimPrefix(r.URL.Path, apiPath))
	if c.statuses == nil {
		c.statuses = map[int]int{}
	}
	if err == nil {
		c.statuses[resp.StatusCode]++
	}
	return resp, err
}

// posts is how many conversions were asked for.
func (c *counter) posts() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.requests {
		if strings.HasPrefix(r, http.MethodPost) {
			n++
		}
	}
	return n
}

// served starts the API of webpress, with a key of such limits, and returns a client of it.
func served(t *testing.T, key serve.Key, local engine.Codec, clock *fakeClock) (*Codec, *counter) {
	t.Helper()
	return servedWith(t, key, serve.Options{Codec: local, Now: clock.Now}, clock)
}

func servedWith(t *testing.T, key serve.Key, o serve.Options, clock *fakeClock) (*Codec, *counter) {
	t.Helper()
	dir := t.TempDir()
	key.Name = "test"
	secret, err := serve.AddKey(dir, key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	settings, err := config.Load([]string{"serve", "--data=" + dir, "--jobs=2", "--quality=33", "--max-width=17"}, config.Env{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	o.Settings, o.Version = settings, "1.2.3"
	server, err := serve.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		server.Close()
	})
	seen := &counter{}
	c, err := New(Options{
		Address: "http://" + l.Addr().String(), Key: secret, Retries: 3, MaxSize: 10 << 20, Placeholders: true, Transport: seen, Clock: clock.all(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, seen
}

// variants ask for all that options can say.
func variants() []asset.Variant {
	base := asset.Variant{Format: asset.WebP, Quality: 80, Lossless: asset.LosslessAuto, NearLossless: asset.NearLosslessAuto, Effort: 4, Metadata: asset.MetadataICC}
	change := func(f func(v *asset.Variant)) asset.Variant {
		v := base
		f(&v)
		return v
	}
	return []asset.Variant{
		base,
		change(func(v *asset.Variant) { v.Name, v.MaxWidth, v.Quality, v.NoQualityCap = "thumb", 50, 99, true }),
		change(func(v *asset.Variant) {
			v.Format, v.Quality, v.OwnQuality, v.MaxHeight, v.Effort = asset.AVIF, 41, true, 40, 1
		}),
		change(func(v *asset.Variant) {
			v.Width, v.Height, v.Crop, v.Lossless = 30, 30, "top-left", asset.LosslessNever
		}),
		change(func(v *asset.Variant) { v.Width, v.Height, v.Crop, v.Enlarge = 400, 400, "center", true }),
		change(func(v *asset.Variant) { v.Format, v.Background, v.Metadata = asset.JPEG, "#ff0000", asset.MetadataNone }),
		change(func(v *asset.Variant) { v.Format, v.NearLossless, v.MaxWidth = asset.PNG, asset.NearLosslessNever, 20 }),
		change(func(v *asset.Variant) {
			v.Auto, v.Quality, v.Look, v.MinQuality, v.MaxQuality, v.Lossless = true, 0, 66.5, 5, 95, asset.LosslessNever
		}),
		change(func(v *asset.Variant) {
			v.MaxBytes, v.MinQuality, v.Shrink, v.Score, v.Lossless = 300, 20, true, true, asset.LosslessNever
		}),
	}
}

func open(t *testing.T, c engine.Codec, name string) engine.Image {
	t.Helper()
	img, err := c.Open(t.Context(), []byte(testfiles.Image(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestServed converts by the API of webpress, whose results are those that this machine makes.
func TestServed(t *testing.T) {
	c, seen := served(t, serve.Key{}, engine.Local{}, newClock())
	for i, name := range []string{"jpeg/orientation-6.jpg", "png/rgba.png", "heic/card.heic", "gif/animated.gif"} {
		t.Run(name, func(t *testing.T) {
			all := variants()
			if name == "gif/animated.gif" {
				all = all[:1] // others are of the first frame alone
			}
			got, err := open(t, c, name).Convert(t.Context(), all, engine.Options{})
			if err != nil {
				t.Fatal(err)
			}
			want, err := open(t, engine.Local{}, name).Convert(t.Context(), all, engine.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for k := range all {
				g, w := got[k], want[k]
				if string(g.Data) != string(w.Data) || g.Width != w.Width || g.Height != w.Height || g.Frames != w.Frames || g.Lossless != w.Lossless {
					t.Errorf("%+v: %d bytes, %dx%d, %d frames, lossless %v; want %d, %dx%d, %d, %v", all[k],
						len(g.Data), g.Width, g.Height, g.Frames, g.Lossless, len(w.Data), w.Width, w.Height, w.Frames, w.Lossless)
				}
			}
			p, err := open(t, c, name).Placeholder(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			local, err := open(t, engine.Local{}, name).Placeholder(t.Context(), 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			if !cmp.Equal(p, local) {
				t.Errorf("placeholder %+v, want %+v", p, local)
			}
			// What was sent once is not sent again.
			if _, err := open(t, c, name).Convert(t.Context(), all, engine.Options{}); err != nil {
				t.Fatal(err)
			}
			if n := seen.posts(); n != i+1 {
				t.Errorf("%d conversions, want %d", n, i+1)
			}
		})
	}
}

// TestLater waits for the jobs of a server that answers before they are done.
func TestLater(t *testing.T) {
	clock := newClock()
	c, seen := servedWith(t, serve.Key{}, serve.Options{Codec: engine.Local{}, Now: clock.Now, SyncWait: 1}, clock)
	if _, err := open(t, c, "jpeg/420.jpg").Convert(t.Context(), variants(), engine.Options{}); err != nil {
		t.Fatal(err)
	}
	if seen.statuses[http.StatusAccepted] != 1 || !slices.ContainsFunc(seen.requests, func(r string) bool { return strings.HasPrefix(r, "GET /status/") }) {
		t.Errorf("%q", seen.requests)
	}
}

// TestTogether has many ask for the same at the same time: the server is asked once.
func TestTogether(t *testing.T) {
	c, seen := served(t, serve.Key{}, engine.Local{}, newClock())
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, err := open(t, c, "png/photo.png").Convert(t.Context(), variants()[:1], engine.Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := seen.posts(); n != 1 {
		t.Errorf("%d conversions", n)
	}
}

// TestRate keeps to a rate without being refused, and without losing time.
func TestRate(t *testing.T) {
	clock := newClock()
	c, seen := served(t, serve.Key{Rate: 6}, engine.Local{}, clock)
	began := clock.Now()
	for width := range 20 {
		v := variants()[0]
		v.MaxWidth = width + 1
		if _, err := open(t, c, "png/rgba.png").Convert(t.Context(), []asset.Variant{v}, engine.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := seen.statuses[http.StatusTooManyRequests]; n > 0 {
		t.Errorf("refused %d times", n)
	}
	// The first six come at once, and one each ten seconds after that.
	if took := clock.Now().Sub(began); took != 140*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestRateTogether has more workers than the rate allows at a time.
func TestRateTogether(t *testing.T) {
	c, _ := served(t, serve.Key{Rate: 5}, engine.Local{}, newClock())
	var all sync.WaitGroup
	for width := range 24 {
		all.Go(func() {
			v := variants()[0]
			v.MaxWidth = width + 1
			if _, err := open(t, c, "png/rgba.png").Convert(t.Context(), []asset.Variant{v}, engine.Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// A flaky codec fails once for each image.
type flaky struct {
	engine.Local
	failed atomic.Bool
}

func (f *flaky) OpenFor(ctx context.Context, size int64, fill func([]byte) error, v []asset.Variant, o engine.Options) (engine.Image, error) {
	if !f.failed.Swap(true) {
		return nil, errors.New("the decoder crashed")
	}
	return f.Local.OpenFor(ctx, size, fill, v, o)
}

// TestFailedBefore asks again for what has failed at the server in an earlier run.
func TestFailedBefore(t *testing.T) {
	c, seen := served(t, serve.Key{}, &flaky{}, newClock())
	convert := func() error {
		_, err := open(t, c, "png/rgba.png").Convert(t.Context(), variants()[:1], engine.Options{})
		return err
	}
	if err := convert(); err == nil || !strings.Contains(err.Error(), "the decoder crashed") {
		t.Fatal(err)
	}
	if err := convert(); err != nil {
		t.Fatal(err)
	}
	if n := seen.posts(); n != 3 { // the second finds the failure of the first
		t.Errorf("%d conversions", n)
	}
}

// TestQuota ends all requests once the credits are used up.
func TestQuota(t *testing.T) {
	c, seen := served(t, serve.Key{Quota: 1}, engine.Local{}, newClock())
	for i, name := range []string{"png/rgba.png", "png/photo.png", "png/grey.png"} {
		_, err := open(t, c, name).Convert(t.Context(), variants()[:1], engine.Options{})
		if i == 0 && err != nil {
			t.Fatal(err)
		}
		if hint := asset.HintOf(err); i > 0 && (!strings.Contains(hint, "the credits are used up") || !strings.Contains(hint, "27 days")) {
			t.Errorf("%v: %q", err, hint)
		}
	}
	if n := seen.posts(); n != 2 {
		t.Errorf("%d conversions", n)
	}
}

// TestLimits asks the server what it allows.
func TestLimits(t *testing.T) {
	c, _ := served(t, serve.Key{Rate: 7, Quota: 100}, engine.Local{}, newClock())
	if _, err := open(t, c, "png/rgba.png").Convert(t.Context(), variants()[:1], engine.Options{}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Limits(t.Context())
	if want := (Limits{PerMinute: 7, Quota: 100, Left: 100}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

// TestWrongKey is found before an image is sent.
func TestWrongKey(t *testing.T) {
	c, seen := served(t, serve.Key{}, engine.Local{}, newClock())
	c.Key = "wpk_wrong-and-secret"
	_, err := open(t, c, "png/rgba.png").Convert(t.Context(), variants()[:1], engine.Options{})
	if hint := asset.HintOf(err); !strings.Contains(hint, "`engine-key`") || strings.Contains(err.Error()+hint, "wpk_wrong") || seen.posts() > 0 {
		t.Errorf("%v: %q, %v", err, hint, seen.requests)
	}
}
