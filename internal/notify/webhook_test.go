package notify

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/httpclient"
)

// The vector of GitHub's "Validating webhook deliveries", and one of RFC 4231.
func TestSign(t *testing.T) {
	tests := []struct{ secret, body, want string }{
		{"It's a Secret to Everybody", "Hello, World!", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
		{"Jefe", "what do ya want for nothing?", "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	}
	for _, test := range tests {
		if got := Sign(test.secret, []byte(test.body)); got != test.want {
			t.Errorf("%q: %s, want %s", test.secret, got, test.want)
		}
	}
}

// A receiver is a server that checks what it gets as the documentation says.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int // of the first answers; later ones are 204
	got      []*http.Request
	reports  map[string]string // by key
}

const secret = "correct horse battery staple"

func receive(t *testing.T, statuses ...int) *receiver {
	t.Helper()
	r := &receiver{statuses: statuses, reports: map[string]string{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		n := len(r.got)
		r.got = append(r.got, req)
		if sig := req.Header.Get(StandardSignatureHeader); sig != "" {
			seconds, _ := strconv.ParseInt(req.Header.Get(TimestampHeader), 10, 64)
			if !hmac.Equal([]byte(sig), []byte(StandardSign([]string{secret}, req.Header.Get(IDHeader), time.Unix(seconds, 0), body))) {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
		}
		if sig := req.Header.Get(SignatureHeader); sig != "" && !hmac.Equal([]byte(sig), []byte(Sign(secret, body))) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		r.reports[req.Header.Get(KeyHeader)] = string(body)
		if n < len(r.statuses) {
			w.WriteHeader(r.statuses[n])
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(r.Close)
	return r
}

func client(log *strings.Builder) *httpclient.Client {
	return httpclient.New(httpclient.Options{
		Retries: 5, UserAgent: "webpress/1.2.3",
		Logf:  func(format string, args ...any) { fmt.Fprintf(log, format+"\n", args...) },
		Clock: httpclient.Clock{Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }},
	})
}

const report = `{"schema":1,"duration":12,"results":[{"source":{"path":"a.png"},"duration":3}]}`

func TestWebhook(t *testing.T) {
	// It took the first one in, but could not say so.
	r := receive(t, 502, 500)
	var log strings.Builder
	w := Webhook{URL: r.URL + "/hooks/T0p53cr3t?key=T0p53cr3t", Secret: secret, Client: client(&log)}
	clock := time.Unix(1_700_000_000, 0)
	w.Now = func() time.Time { clock = clock.Add(time.Minute); return clock }
	notes, err := w.Send(t.Context(), []byte(report))
	if err != nil || len(notes) > 0 {
		t.Fatalf("notes %q, error %v", notes, err)
	}
	if len(r.got) != 3 || len(r.reports) != 1 {
		t.Fatalf("%d requests, %d reports", len(r.got), len(r.reports))
	}
	first := r.got[0]
	for name, want := range map[string]string{
		"Content-Type":  `^application/json$`,
		"User-Agent":    `^webpress/1\.2\.3$`,
		EventHeader:     `^report$`,
		DeliveryHeader:  `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		KeyHeader:       `^[0-9a-f]{64}$`,
		SignatureHeader: `^sha256=[0-9a-f]{64}$`,
	} {
		if got := first.Header.Get(name); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: %q", name, got)
		}
		for _, again := range r.got[1:] {
			if again.Header.Get(name) != first.Header.Get(name) {
				t.Errorf("%s is another one in another attempt", name)
			}
		}
	}
	for i, want := range []string{"1700000060", "1700000120", "1700000180"} {
		if got := r.got[i].Header; got.Get(TimestampHeader) != want || got.Get(IDHeader) != first.Header.Get(KeyHeader) || got.Get(StandardSignatureHeader) == "" {
			t.Errorf("attempt %d is of %s, want %s: %v", i+1, got.Get(TimestampHeader), want, got)
		}
	}
	if first.Method != "POST" || first.URL.Path != "/hooks/T0p53cr3t" || r.reports[first.Header.Get(KeyHeader)] != report {
		t.Errorf("got %s %s %q", first.Method, first.URL, r.reports)
	}
	if strings.Contains(log.String(), "T0p53cr3t") || strings.Contains(log.String(), secret) || !strings.Contains(log.String(), "502") {
		t.Errorf("log: %s", log.String())
	}
}

func TestWebhookWithoutSecret(t *testing.T) {
	r := receive(t)
	var log strings.Builder
	if _, err := (Webhook{URL: r.URL, Client: client(&log)}).Send(t.Context(), []byte(report)); err != nil {
		t.Fatal(err)
	}
	if _, there := r.got[0].Header[SignatureHeader]; there {
		t.Error("there is a signature")
	}
	if h := r.got[0].Header; h.Get(IDHeader) == "" || h.Get(TimestampHeader) == "" || h.Get(StandardSignatureHeader) != "" {
		t.Errorf("got %v", h)
	}
}

func TestWebhookThatFails(t *testing.T) {
	tests := map[string]struct {
		secret string
		status int
		hint   string
	}{
		"wrong secret": {"another", 0, "the same as webhook-secret"},
		"no secret":    {"", 403, "set webhook-secret"},
		"wrong path":   {secret, 404, "check webhook-url"},
		"too long":     {secret, 413, "limit on the length"},
		"its fault":    {secret, 500, "look into its log"},
		"gone":         {secret, 410, "remove webhook-url"},
		"moved":        {secret, 301, "moved"},
		"odd":          {secret, 418, "look into its log"},
		"too often":    {secret, 429, "later"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var statuses []int
			for range 10 {
				statuses = append(statuses, test.status)
			}
			r := receive(t, statuses...)
			var log strings.Builder
			_, err := Webhook{URL: r.URL + "/T0p53cr3t", Secret: test.secret, Client: client(&log)}.Send(t.Context(), []byte(report))
			fault, ok := errors.AsType[*asset.Fault](err)
			if !ok || !strings.HasPrefix(fault.Message, "send report to webhook: POST http://127.0.0.1:") || !strings.Contains(fault.Hint, test.hint) {
				t.Fatalf("error %#v", err)
			}
			if want := map[int]int{500: 6, 429: 6}[test.status]; len(r.got) != max(want, 1) {
				t.Errorf("%d attempts", len(r.got))
			}
			if all := fault.Message + fault.Hint + log.String(); strings.Contains(all, "T0p53cr3t") || strings.Contains(all, secret) {
				t.Errorf("a secret is shown: %s", all)
			}
		})
	}
}

func TestWebhookOfNobody(t *testing.T) {
	r := receive(t)
	r.Close()
	var log strings.Builder
	_, err := Webhook{URL: r.URL, Client: client(&log)}.Send(t.Context(), []byte(report))
	if fault, ok := errors.AsType[*asset.Fault](err); !ok || !strings.Contains(fault.Hint, "reached") || !strings.Contains(fault.Message, "(6 attempts)") {
		t.Errorf("error %#v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Webhook{URL: r.URL, Client: client(&log)}).Send(ctx, []byte(report)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestCheck(t *testing.T) {
	for url, note := range map[string]bool{
		"https://example.com/a":         false,
		"HTTP://example.com:8080/a":     true,
		"http://10.0.0.1/a":             true,
		"http://localhost:9/":           false,
		"http://api.localhost/":         false,
		"http://127.8.9.1/":             false,
		"http://[::1]:80/":              false,
		"http://[::ffff:127.0.0.1]/":    false,
		"http://localhost.example.com/": true,
		"http://127.0.0.1.example.com/": true,
	} {
		notes, err := Webhook{URL: url + "?T0p53cr3t"}.Check()
		if err != nil || (len(notes) == 1) != note || strings.Contains(strings.Join(notes, ""), "T0p53cr3t") {
			t.Errorf("%s: notes %q, error %v", url, notes, err)
		}
	}
	for secret, ok := range map[string]bool{"a b": true, "whsec_": false, "whsec_T0p53!": false, "whsec_TTBwNTM=": true, "whsec_TTBwNTM whsec_T0p53!": false} {
		_, err := Webhook{URL: "https://example.com", Secret: secret}.Check()
		if fault, bad := errors.AsType[*asset.Fault](err); bad == ok || bad && strings.Contains(fault.Message+fault.Hint, "T0p53") {
			t.Errorf("%q: %v", secret, err)
		}
	}
	for _, url := range []string{"", "example.com", "ftp://example.com", "file:///x", "https://u:T0p53cr3t@:1", "https://T0p53 cr3t/", "https://"} {
		_, err := Webhook{URL: url}.Check()
		if fault, ok := errors.AsType[*asset.Fault](err); !ok || fault.Hint == "" || strings.Contains(fault.Message+fault.Hint, "T0p53") {
			t.Errorf("%q: %#v", url, err)
		}
	}
}

// A rerun takes other times, and nothing else is new; all else makes another report.
func TestKey(t *testing.T) {
	w := Webhook{Facts: ci.Facts{Repository: "a/b", RunID: "1", HeadSHA: "c"}}
	key := w.key([]byte(report))
	rerun := strings.NewReplacer(`"duration":12,`, `"duration":99, `, `"duration":3`, `"duration":4`).Replace(report)
	if got := w.key([]byte(rerun)); got != key {
		t.Error("a rerun has another key")
	}
	other := w
	other.Secret, other.URL = "new", "https://new.example"
	if got := other.key([]byte(report)); got != key {
		t.Error("another secret or URL makes another key")
	}
	seen := map[string]string{key: "the first"}
	add := func(what, key string) {
		if seen[key] != "" {
			t.Errorf("%s has the key of %s", what, seen[key])
		}
		seen[key] = what
	}
	add("another path", w.key([]byte(strings.Replace(report, "a.png", "b.png", 1))))
	add("not JSON", w.key([]byte("{")))
	add("another run", Webhook{Facts: ci.Facts{Repository: "a/b", RunID: "2", HeadSHA: "c"}}.key([]byte(report)))
	add("shifted facts", Webhook{Facts: ci.Facts{Repository: "a/b1", HeadSHA: "c"}}.key([]byte(report)))
	add("another commit", Webhook{Facts: ci.Facts{Repository: "a/b", RunID: "1", HeadSHA: "d"}}.key([]byte(report)))
}
