package remote

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/testfiles"
)

// A meter is a listener that counts what clients send.
type meter struct {
	net.Listener
	n atomic.Int64
}

type metered struct {
	net.Conn
	n *atomic.Int64
}

func (m *meter) Accept() (net.Conn, error) {
	c, err := m.Listener.Accept()
	return metered{c, &m.n}, err
}

func (m metered) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.n.Add(int64(n))
	return n, err
}

// TestNothingForNothing sends no image to a server that takes none at the moment.
func TestNothingForNothing(t *testing.T) {
	large := append([]byte(testfiles.Image(t, "png/rgba.png")), make([]byte, 4<<20)...)
	b := &basic{t: t, result: rgbaWebP(t, wanted), faults: []http.HandlerFunc{status(429, "Retry-After", "1"), status(503, "Retry-After", "1")}}
	server := httptest.NewUnstartedServer(b)
	m := &meter{Listener: server.Listener}
	server.Listener = m
	server.Start()
	t.Cleanup(server.Close)
	c, err := New(Options{Address: server.URL, Key: "secret-key", MaxSize: 1 << 20, Clock: newClock().all()})
	if err != nil {
		t.Fatal(err)
	}
	img, err := c.Open(t.Context(), large)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := img.Convert(t.Context(), []asset.Variant{wanted}, engine.Options{}); err != nil {
		t.Fatal(err)
	}
	if n := m.n.Load(); n > int64(len(large))+64<<10 {
		t.Errorf("%d bytes were sent for %d", n, len(large))
	}
}

// TestDownloadResumes goes on with a result where the connection broke.
func TestDownloadResumes(t *testing.T) {
	b := &basic{result: rgbaWebP(t, wanted)}
	var ranges []string
	b.download = func(w http.ResponseWriter, r *http.Request) {
		ranges = append(ranges, r.Header.Get("Range"))
		w.Header().Set("ETag", `"one"`)
		if len(ranges) == 1 {
			w.Header().Set("Accept-Ranges", "bytes")
			w.Header().Set("Content-Length", fmt.Sprint(len(b.result)))
			_, _ = w.Write(b.result[:50])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b.result))
	}
	c, _ := b.start(t)
	got, err := b.try(t, c)
	if err != nil || !bytes.Equal(got[0].Data, b.result) {
		t.Errorf("%v", err)
	}
	if want := []string{"", "bytes=50-"}; !cmp.Equal(ranges, want) {
		t.Errorf("%q", ranges)
	}
}

// TestDownloadURL follows the address of a result at the same host, and at no private one.
func TestDownloadURL(t *testing.T) {
	other := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked for %s, with %q", r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	for address, want := range map[string]string{
		"/api/v1/download/x?signature=1":       "",
		other.URL + "/x":                       "a loopback address",
		strings.Replace(other.URL, "s", "", 1): "without encryption",
		"https://169.254.169.254/latest":       "a link-local address",
		"ftp://x.example/y":                    "not an address",
		"https://user:secret@x.example/y":      "not an address",
		"https://x.example:22/y":               "port 22",
		"https://%41:8080/":                    "not an address",
		"//169.254.169.254/x":                  "without encryption",
		"https://" + strings.Repeat("a", 2000): "host of 2000 bytes",
		"https://[::ffff:10.0.0.1]/":           "a private address",
		"javascript:alert(1)":                  "not an address",
	} {
		b := &basic{result: rgbaWebP(t, wanted), change: func(answer map[string]any) { answer["downloadUrl"] = address }}
		c, _ := b.start(t)
		_, err := b.try(t, c)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
