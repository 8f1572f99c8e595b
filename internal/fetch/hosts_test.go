package fetch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
)

// together downloads n files of each server at once, and reports errors.
func together(t *testing.T, b *bench, n int, servers ...string) {
	t.Helper()
	var wg sync.WaitGroup
	for _, s := range servers {
		for i := range n {
			wg.Go(func() {
				if _, err := b.Get(t.Context(), fmt.Sprintf("%s/%d.jpg", s, i), Known{}, &memory{}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
}

func TestPerHost(t *testing.T) {
	const size = 3
	var running, most, arrived atomic.Int32
	full := make(chan struct{}) // closed when size requests are there at a time
	s, got := serve(t, func(w http.ResponseWriter, r *http.Request) {
		now := running.Add(1)
		for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
		}
		if arrived.Add(1) == size {
			close(full)
		}
		<-full
		answer(200, string(image(100_000)))(w, r)
		running.Add(-1)
	})
	b := newBench(t, Options{PerHost: size})
	together(t, b, 32, s.URL)
	if most.Load() != size || got.count() != 32 {
		t.Errorf("%d requests, %d at a time", got.count(), most.Load())
	}
	if n := len(b.slots.hosts); n != 0 {
		t.Errorf("%d hosts are still known", n)
	}
}

// A host that is busy keeps no other waiting.
func TestPerHostOnly(t *testing.T) {
	done := make(chan struct{})
	slow, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		<-done
		answer(200, string(image(600)))(w, r)
	})
	fast, _ := serve(t, answer(200, string(image(600))))
	b := newBench(t, Options{PerHost: 1})
	var wg sync.WaitGroup
	wg.Go(func() { together(t, b, 3, slow.URL) })
	together(t, b, 3, fast.URL)
	close(done)
	wg.Wait()
}

func TestManyAtOnce(t *testing.T) {
	var servers []string
	for range 4 {
		s, _ := serve(t, answer(200, string(image(300_000)), "ETag", `"1"`))
		servers = append(servers, s.URL)
	}
	together(t, newBench(t, Options{}), 8, servers...)
}

func TestHeaderOnlyForItsHost(t *testing.T) {
	other, atOther := serve(t, answer(200, string(image(600))))
	s, atFirst := serve(t,
		answer(302, "", "Location", "/again"),
		answer(302, "", "Location", other.URL+"/b.jpg"))
	host := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	b := newBench(t, Options{Header: map[string]http.Header{host(s): {"authorization": {"Bearer secret"}, "X-Token": {"secret"}, "Cookie": {"a=secret"}}}})
	if _, _, err := b.get(t, s.URL+"/a.jpg"); err != nil {
		t.Fatal(err)
	}
	for i, r := range atFirst.all {
		if r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("X-Token") != "secret" || r.Header.Get("Cookie") != "a=secret" {
			t.Errorf("request %d: %v", i, r.Header)
		}
	}
	for name, values := range atOther.all[0].Header {
		if strings.Contains(fmt.Sprint(values), "secret") || name == "Referer" {
			t.Errorf("the other host got %s", name)
		}
	}
	if _, _, err := b.get(t, other.URL); err != nil || atOther.all[1].Header.Get("Authorization") != "" {
		t.Errorf("the other host got %v, %v", atOther.all[1].Header, err)
	}
}

func TestHeaderFor(t *testing.T) {
	b := newBench(t, Options{AllowPrivate: []string{"intranet.example"}, Header: map[string]http.Header{
		"Shop.Example": {"A": {"1"}}, "shop.example:8443": {"A": {"2"}}, "intranet.example": {"A": {"3"}}, "[2606:4700::1]": {"A": {"4"}},
	}})
	for address, want := range map[string]string{
		"https://shop.example/": "1", "https://SHOP.example.:443/": "1", "https://shop.example:8443/": "2", "https://shop.example:9443/": "",
		"https://a.shop.example/": "", "https://shop.example.org/": "", "http://intranet.example/": "3", "http://intranet.example:8080/": "",
		"https://[2606:4700::1]/": "4", "http://shop.example/": "error", "http://shop.example:8443/": "error",
	} {
		u, err := Check(address)
		if err != nil {
			t.Fatal(err)
		}
		h, err := b.headerFor(u)
		got := h.Get("A")
		if err != nil {
			if got = "error"; asset.HintOf(err) == "" {
				t.Errorf("%s: %v", address, err)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	for host, header := range map[string]http.Header{
		"": nil, "https://shop.example": nil, "*.example": nil, "shop.example:x": nil, "a b": nil,
		"a.example": {"Authorization": {"a\nb: c"}}, "b.example": {"a b": {"c"}},
	} {
		if _, err := New(Options{Header: map[string]http.Header{host: header}}); asset.HintOf(err) == "" {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// BenchmarkDownloads is about 1,000 files of 100 kB from 16 hosts that take 50 ms to answer.
func BenchmarkDownloads(b *testing.B) {
	for _, bb := range []struct {
		name  string
		known Known
	}{{"all", Known{}}, {"not modified", Known{ETag: `"1"`}}} {
		b.Run(bb.name, func(b *testing.B) {
			data := string(image(100_000))
			var servers []string
			for range 16 {
				s, _ := serve(b, func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(50 * time.Millisecond)
					if r.Header.Get("If-None-Match") != "" {
						w.WriteHeader(http.StatusNotModified)
						return
					}
					answer(200, data, "ETag", `"1"`)(w, r)
				})
				servers = append(servers, s.URL)
			}
			c, err := New(Options{AllowPrivate: []string{"127.0.0.1"}})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			b.ReportAllocs()
			for b.Loop() {
				var wg sync.WaitGroup
				for i := range 1000 {
					wg.Go(func() {
						if _, err := c.Get(b.Context(), fmt.Sprintf("%s/%d.jpg", servers[i%16], i), bb.known, &memory{}); err != nil {
							b.Error(err)
						}
					})
				}
				wg.Wait()
			}
		})
	}
}

// A header for a host without its port is not sent: the refusal says why.
func TestHeaderWithoutPort(t *testing.T) {
	s, _ := serve(t, answer(401, ""))
	b := newBench(t, Options{Header: map[string]http.Header{"127.0.0.1": {"Authorization": {"Bearer secret"}}}})
	_, _, err := b.get(t, s.URL+"/a.jpg")
	if hint := asset.HintOf(err); !strings.Contains(hint, "without its port: write it for "+strings.TrimPrefix(s.URL, "http://")) {
		t.Errorf("%v, hint %q", err, hint)
	}
}
