package fetch

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

// cut is a handler that promises data from an offset on, sends n bytes of it, and hangs up.
func cut(data []byte, from, n int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(data)-from))
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(data)-1, len(data)))
			w.WriteHeader(http.StatusPartialContent)
		}
		_, _ = w.Write(data[from : from+n])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// part is a handler that sends data from an offset up to another.
func part(data []byte, from, to int, header ...string) http.HandlerFunc {
	header = append(header, "Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(data)))
	return answer(http.StatusPartialContent, string(data[from:to]), header...)
}

func TestCutDownload(t *testing.T) {
	data, other := image(300_000), append(image(200_000), "other"...)
	strong := []string{"ETag", `"1"`, "Accept-Ranges", "bytes"}
	whole := answer(200, string(data), strong...)
	for name, tc := range map[string]struct {
		handlers []http.HandlerFunc
		// ranges are the Range headers that are sent.
		ranges []string
		want   []byte
	}{
		"resumed":              {[]http.HandlerFunc{cut(data, 0, 100_000, strong...), part(data, 100_000, 300_000, strong...)}, []string{"", "bytes=100000-"}, data},
		"resumed twice":        {[]http.HandlerFunc{cut(data, 0, 100_000, strong...), cut(data, 100_000, 50_000), part(data, 150_000, 300_000)}, []string{"", "bytes=100000-", "bytes=150000-"}, data},
		"resumed in parts":     {[]http.HandlerFunc{cut(data, 0, 100_000, strong...), part(data, 100_000, 200_000), part(data, 200_000, 300_000)}, []string{"", "bytes=100000-", "bytes=200000-"}, data},
		"error in between":     {[]http.HandlerFunc{cut(data, 0, 100_000, strong...), answer(503, ""), part(data, 100_000, 300_000)}, []string{"", "bytes=100000-", "bytes=100000-"}, data},
		"cut before the image": {[]http.HandlerFunc{cut(data, 0, 3, strong...), whole}, []string{"", ""}, data},
		"weak ETag":            {[]http.HandlerFunc{cut(data, 0, 100_000, "ETag", `W/"1"`, "Accept-Ranges", "bytes"), whole}, []string{"", ""}, data},
		"no ranges":            {[]http.HandlerFunc{cut(data, 0, 100_000, "ETag", `"1"`, "Accept-Ranges", "none"), whole}, []string{"", ""}, data},
		"changed":              {[]http.HandlerFunc{cut(data, 0, 250_000, strong...), answer(200, string(other))}, []string{"", "bytes=250000-"}, other},
		"changed and shorter":  {[]http.HandlerFunc{cut(data, 0, 250_000, strong...), answer(416, ""), answer(200, string(other))}, []string{"", "bytes=250000-", ""}, other},
		"another ETag":         {[]http.HandlerFunc{cut(data, 0, 100_000, strong...), part(data, 100_000, 300_000, "ETag", `"2"`), whole}, []string{"", "bytes=100000-", ""}, data},
		"another part":         {[]http.HandlerFunc{cut(data, 0, 100_000, strong...), part(data, 50_000, 300_000), whole}, []string{"", "bytes=100000-", ""}, data},
		"a part unasked":       {[]http.HandlerFunc{part(data, 0, 100_000), whole}, []string{"", ""}, data},
	} {
		t.Run(name, func(t *testing.T) {
			s, got := serve(t, tc.handlers...)
			// A real file: it stays as long as it was if nobody shortens it.
			f, err := os.Create(filepath.Join(t.TempDir(), "a"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			r, err := newBench(t, Options{Retries: 2}).Get(t.Context(), s.URL, Known{ETag: `"0"`}, f)
			body, _ := os.ReadFile(f.Name())
			if err != nil || !bytes.Equal(body, tc.want) || r.Size != int64(len(tc.want)) {
				t.Errorf("%d bytes, %v", len(body), err)
			}
			if got.count() != len(tc.ranges) {
				t.Fatalf("%d requests, want %d", got.count(), len(tc.ranges))
			}
			for i, want := range tc.ranges {
				h := got.all[i].Header
				if h.Get("Range") != want {
					t.Errorf("request %d: Range %q, want %q", i, h.Get("Range"), want)
				}
				if resumes := want != ""; resumes != (h.Get("If-Range") == `"1"`) || resumes == (h.Get("If-None-Match") == `"0"`) {
					t.Errorf("request %d: %v", i, h)
				}
			}
		})
	}
}

func TestBadAnswers(t *testing.T) {
	jpeg := string(image(5000))
	tests := map[string]struct {
		handler    http.HandlerFunc
		want, hint string
	}{
		"HTML":             {answer(200, "\n\n<!DOCTYPE html><title>Log in</title>"), "the server answered with an HTML page, not an image", "logged in"},
		"HTML by its type": {answer(200, "<div>gone</div>", "Content-Type", "text/html"), "with an HTML page", ""},
		"HTML as an image": {answer(200, "<html><svg></svg></html>", "Content-Type", "image/jpeg"), "with an HTML page", ""},
		"JSON":             {answer(200, `{"error":"not found"}`, "Content-Type", "application/json"), "with JSON", "header"},
		"XML":              {answer(200, `<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`), "with XML", ""},
		"SVG":              {answer(200, `<svg xmlns="http://www.w3.org/2000/svg"/>`), "with an SVG image", "vector"},
		"text":             {answer(200, "no such file"), "with a text", ""},
		"PDF":              {answer(200, "%PDF-1.7 …"), "with a PDF document", "list"},
		"archive":          {answer(200, "PK\x03\x04…"), "with an archive", ""},
		"unknown":          {answer(200, "\x00\x01\x02\x03"), "of unknown format", ""},
		"nothing":          {answer(200, ""), "with an empty file", "browser"},
		"204":              {answer(204, ""), "204 No Content, which is not a file", ""},
		"202":              {answer(202, jpeg), "202 Accepted", ""},
		"401":              {answer(401, ""), "401 Unauthorized", "header"},
		"404":              {answer(404, "<html>"), "404 Not Found", "check the address"},
		"410":              {answer(410, ""), "410 Gone", "check the address"},
		"418":              {answer(418, "short and stout"), "418 I'm a teapot: short and stout", "browser"},
		"429":              {answer(429, "", "Retry-After", "3600"), "to be asked again in 1h0m0s", "in 1h0m0s"},
		"500":              {answer(500, ""), "500 Internal Server Error", "later"},
		"gzip":             {answer(200, jpeg, "Content-Encoding", "GZIP"), `compressed the answer with "gzip"`, "as they are"},
		"too large":        {answer(200, jpeg+jpeg, "Content-Length", "10000"), "it has 10000 bytes, more than the limit of 8000", "max-file-size"},
		"too large, no length": {func(w http.ResponseWriter, _ *http.Request) {
			for range 100 {
				_, _ = w.Write([]byte(jpeg))
				_ = http.NewResponseController(w).Flush()
			}
		}, "it has more than the limit of 8000 bytes", "max-file-size"},
		"cut":                     {cut([]byte(jpeg), 0, 3000), "the answer broke off after 3000 bytes", ""},
		"redirect loop":           {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) }, "redirected too often", "use that"},
		"redirect to file":        {answer(302, "", "Location", "file:///etc/passwd"), "redirected to what is neither http nor https", ""},
		"redirect to ftp":         {answer(302, "", "Location", "ftp://shop.example/a.jpg"), "neither http nor https", ""},
		"redirect nowhere":        {answer(302, ""), "302", ""},
		"redirect inside":         {answer(302, "", "Location", "http://10.0.0.1/a.jpg"), "10.0.0.1 is a private address", "10.0.0.1 to `allow-private-hosts`"},
		"metadata":                {answer(302, "", "Location", "http://169.254.169.254/latest/meta-data/"), "169.254.169.254 is a link-local address", ""},
		"redirect to a long host": {answer(302, "", "Location", "http://"+strings.Repeat("a", 2000)+"/"), "redirected to a host of 2000 bytes", ""},
		"redirect to SSH":         {answer(302, "", "Location", "http://127.0.0.1:22/"), "port 22 is not one for web servers", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s, _ := serve(t, tc.handler)
			_, _, err := newBench(t, Options{MaxSize: 8000}).get(t, s.URL+"/a.jpg")
			if err == nil || !strings.HasPrefix(err.Error(), `download "`+s.URL) || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error %v, want %q", err, tc.want)
			}
			if hint := asset.HintOf(err); !strings.Contains(hint, tc.hint) || strings.Contains(err.Error(), "\n") {
				t.Errorf("hint %q, want %q", hint, tc.hint)
			}
		})
	}
}

// Servers say so of what they do not compress.
func TestHarmlessEncoding(t *testing.T) {
	for _, coding := range []string{"identity", "none", "utf-8", "aws-chunked"} {
		s, _ := serve(t, answer(200, string(image(600)), "Content-Encoding", coding))
		if _, _, err := newBench(t, Options{}).get(t, s.URL); err != nil {
			t.Errorf("%s: %v", coding, err)
		}
	}
}

func TestRedirectFromHTTPS(t *testing.T) {
	plain, got := serve(t, answer(200, string(image(600))))
	s := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer s.Close()
	b := newBench(t, Options{})
	b.guard.direct.(*http.Transport).TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	if _, _, err := b.get(t, s.URL); err == nil || !strings.Contains(err.Error(), "redirected from https to http") || got.count() > 0 {
		t.Errorf("%d requests, %v", got.count(), err)
	}
}

func TestRedirectIsFollowed(t *testing.T) {
	s, _ := serve(t,
		answer(302, "", "Location", "/b?sig=secret"),
		answer(200, string(image(600)), "Content-Disposition", `attachment; filename="../x/c.jpg"`))
	_, r, err := newBench(t, Options{}).get(t, s.URL+"/a.jpg")
	if err != nil || r.FinalURL != s.URL+"/b?sig=***" || r.Name != "c.jpg" {
		t.Errorf("got %+v, %v", r, err)
	}
}

// A server that sends a byte a second makes no progress: the timer is not started again.
func TestDrip(t *testing.T) {
	data := image(1000)
	next := make(chan struct{})
	s, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(data)
		for {
			_ = http.NewResponseController(w).Flush()
			select {
			case <-next:
			case <-r.Context().Done():
				return
			}
			_, _ = w.Write([]byte("a"))
		}
	})
	b := newBench(t, Options{})
	m := memory{wrote: make(chan int)}
	failed := make(chan error)
	go func() {
		_, err := b.Get(t.Context(), s.URL, Known{}, &m)
		failed <- err
	}()
	tm := <-b.idle
	<-m.wrote
	for range 3 { // a connection, the request, the answer
		<-tm.resets
	}
	for range 50 {
		next <- struct{}{}
		<-m.wrote
	}
	if n := len(tm.resets); n > 0 {
		t.Errorf("%d bytes started the timer again", n)
	}
	tm.f()
	err := <-failed
	if err == nil || !strings.Contains(err.Error(), "fewer than 16384 bytes of the answer in 1m0s") || !strings.Contains(asset.HintOf(err), "slow") {
		t.Errorf("error %v, hint %q", err, asset.HintOf(err))
	}
}

func TestDeadline(t *testing.T) {
	there := make(chan struct{})
	s, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(there)
		<-r.Context().Done()
	})
	b := newBench(t, Options{Retries: 5})
	go func() {
		<-there
		(<-b.deadline).f()
	}()
	if _, _, err := b.get(t, s.URL); err == nil || !strings.Contains(err.Error(), "not done after 30m0s") {
		t.Errorf("error %v", err)
	}
}
