package httpclient

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func to(status int, target *string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", *target)
		w.WriteHeader(status)
	}
}

// No header that could be a secret, and no old URL, goes to another host, not
// by way of it either; net/http alone takes localhost:1 and localhost:2 for one.
func TestRedirectsDoNotLeak(t *testing.T) {
	other := serve(t, answer(200, "fine"))
	back := ""
	detour := serve(t, to(307, &back))
	for name, target := range map[string]*string{"to another": &other.URL, "and back": &detour.URL} {
		t.Run(name, func(t *testing.T) {
			home := serve(t, to(307, target), answer(200, "fine"))
			back = home.URL + "/back"
			last := home
			if name == "to another" {
				last = other
			}
			c := newBench(t, Options{})
			_, err := c.Do(t.Context(), Request{
				Method: "PUT", URL: home.URL + "?sig=abcdef", Body: Bytes([]byte("x")),
				Header: http.Header{"Authorization": {"Bearer t"}, "Private-Token": {"t"}, "X-Webpress-Signature-256": {"t"}, "Accept": {"a/b"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := last.heads[len(last.heads)-1]
			for _, h := range []string{"Authorization", "Private-Token", "X-Webpress-Signature-256", "Referer"} {
				if got.Get(h) != "" {
					t.Errorf("%s: %q", h, got.Get(h))
				}
			}
			if got.Get("Accept") != "a/b" || last.bodies[len(last.bodies)-1] != "x" {
				t.Errorf("headers %v", got)
			}
		})
	}
}

// A repository that was renamed: the same host, so that the token is needed.
func TestRedirectOnOneServer(t *testing.T) {
	target := "/repositories/1"
	s := serve(t, to(301, &target), answer(200, "fine"))
	c := newBench(t, Options{})
	if _, err := c.Do(t.Context(), Request{URL: s.URL + "?sig=abcdef", Header: http.Header{"Authorization": {"Bearer t"}}}); err != nil {
		t.Fatal(err)
	}
	if s.heads[1].Get("Authorization") != "Bearer t" || s.heads[1].Get("Referer") != "" {
		t.Errorf("headers %v", s.heads[1])
	}
}

// A POST that would become a GET has not been delivered.
func TestRedirectOfPost(t *testing.T) {
	target := "https://elsewhere.example/hook?sig=abcdef"
	for _, status := range []int{301, 302} {
		s := serve(t, to(status, &target))
		c := newBench(t, Options{Retries: 5})
		_, err := c.Do(t.Context(), Request{Method: "POST", URL: s.URL})
		if err == nil || !strings.HasSuffix(err.Error(), "moved to https://elsewhere.example/hook?sig=***") || s.count() != 1 {
			t.Errorf("%d requests, error %v", s.count(), err)
		}
	}
}

func TestRedirectsThatAreRefused(t *testing.T) {
	plain := serve(t, answer(200, ""))
	secure := httptest.NewTLSServer(to(307, &plain.URL))
	defer secure.Close()
	c := newBench(t, Options{Retries: 5, Transport: secure.Client().Transport})
	_, err := c.Do(t.Context(), Request{URL: secure.URL})
	if err == nil || !strings.HasSuffix(err.Error(), "redirected from https to http") || plain.count() > 0 || len(c.waits) > 0 {
		t.Errorf("waits %v, error %v", c.waits, err)
	}

	for target, want := range map[string]string{
		"/again":             "redirected too often",
		"ftp://host/":        "redirected to what is neither http nor https",
		"http://[::1/x?y=zz": "redirected to what is not a URL",
	} {
		s := serve(t, to(307, &target))
		c := newBench(t, Options{Retries: 5})
		_, err := c.Do(t.Context(), Request{URL: s.URL})
		if err == nil || !strings.HasSuffix(err.Error(), want) || len(c.waits) > 0 {
			t.Errorf("%s: waits %v, error %v", target, c.waits, err)
		}
	}
}

func TestSameServer(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"https://a.example/x", "https://A.example:443/y", true},
		{"http://a.example/x", "https://a.example/x", true},
		{"https://a.example", "http://a.example", false},
		{"https://a.example", "https://sub.a.example", false},
		{"https://a.example", "https://a.example:8443", false},
		{"http://a.example:8080", "https://a.example:8080", false},
	}
	for _, test := range tests {
		a, _ := url.Parse(test.a)
		b, _ := url.Parse(test.b)
		if got := SameServer(a, b); got != test.want {
			t.Errorf("%s, %s: %t", test.a, test.b, got)
		}
	}
}
