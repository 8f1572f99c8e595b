package remote

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
)

// TestReadLimit reads the fields of rate limits, of all drafts.
func TestReadLimit(t *testing.T) {
	for text, want := range map[string]limit{
		`RateLimit: "convert";r=59;t=1|RateLimit-Policy: "convert";q=60;w=60`:      {59, time.Second, 60, time.Minute},
		`RateLimit: limit=100, remaining=50, reset=30|RateLimit-Policy: 100;w=60`:  {50, 30 * time.Second, 0, time.Minute},
		"RateLimit-Limit: 60|RateLimit-Remaining: 0|RateLimit-Reset: 12":           {0, 12 * time.Second, 0, 0},
		"X-RateLimit-Remaining: 3|X-RateLimit-Reset: 1795865210":                   {3, 0, 0, 0},
		`RateLimit: "a";r=-5;t=999999999999, "b";r=7`:                              {0, 24 * time.Hour, 0, 0},
		`RateLimit: "a";r=1;t=99999999`:                                            {1, 24 * time.Hour, 0, 0},
		`RateLimit: "burst";r=0;t=3, "day";r=9;t=4|RateLimit-Policy: "burst";q=10`: {0, 3 * time.Second, 10, 0},
	} {
		h := http.Header{}
		for line := range strings.SplitSeq(text, "|") {
			name, value, _ := strings.Cut(line, ": ")
			h.Set(name, value)
		}
		if got, ok := readLimit(h); !ok || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, ok, want)
		}
	}
	for _, h := range []http.Header{{}, {"Ratelimit": {"x"}}, {"Ratelimit-Remaining": {"many"}}} {
		if got, ok := readLimit(h); ok {
			t.Errorf("%v: %+v", h, got)
		}
	}
}

// FuzzReadLimit reads what servers write.
func FuzzReadLimit(f *testing.F) {
	f.Add(`"convert";r=59;t=1`, `"convert";q=60;w=60`, "1")
	f.Add("limit=100, remaining=50, reset=30", "100;w=60", "")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		l, ok := readLimit(http.Header{"Ratelimit": {a}, "Ratelimit-Policy": {b}, "Ratelimit-Remaining": {c}})
		if l.remaining < 0 || l.reset < 0 || l.window < 0 || l.pace() < 0 || l.pace() > 24*time.Hour || !ok && l.remaining != 0 {
			t.Errorf("%+v, %v", l, ok)
		}
	})
}

// TestAddress takes addresses of APIs, and refuses those that would send a key in the clear.
func TestAddress(t *testing.T) {
	for address, want := range map[string]string{
		"https://convert.example":          "https://convert.example/api/v1/convert",
		"https://convert.example/":         "https://convert.example/api/v1/convert",
		"https://convert.example:8443/v2/": "https://convert.example:8443/v2/convert",
		"http://127.0.0.1:8080":            "http://127.0.0.1:8080/api/v1/convert",
		"http://localhost:8080":            "http://localhost:8080/api/v1/convert",
		"http://[::1]":                     "http://[::1]/api/v1/convert",
		"http://10.0.0.5":                  "engine: images and the key would be sent to 10.0.0.5 without encryption",
		"http://convert.example":           "engine: images and the key would be sent to convert.example without encryption",
		"http://127.0.0.1.evil.example":    "engine: images and the key would be sent to 127.0.0.1.evil.example without encryption",
		"https://user:pw@convert.example":  "engine: it has a user or a password in it",
		"https://convert.example/?key=x":   "engine: it has more than a host and a path",
		"ftp://convert.example":            "engine: it is not an address that begins with https://",
		"convert.example":                  "engine: it is not an address that begins with https://",
		"https://":                         "engine: it is not an address that begins with https://",
	} {
		c, err := New(Options{Address: address})
		if err != nil {
			if err.Error() != want || asset.HintOf(err) == "" {
				t.Errorf("%s: %v", address, err)
			}
			continue
		}
		if got := c.url("convert"); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
	if _, err := New(Options{Address: "http://10.0.0.5", Insecure: true}); err != nil {
		t.Error(err)
	}
}

// TestKeyFor sends a key to no host that somebody else has chosen.
func TestKeyFor(t *testing.T) {
	for _, c := range []struct {
		key       string
		untrusted bool
		want, err string
	}{
		{"", false, "", ""},
		{"", true, "", ""},
		{"wpk_x", false, "wpk_x", ""},
		{"wpk_x", true, "", "anyone who can change that file"},
		{"convert.example:8443 wpk_x", true, "wpk_x", ""},
		{" Convert.Example:8443  wpk_x\n", false, "wpk_x", ""},
		{"convert.example wpk_x", true, "", "another host"},
		{"evil.example wpk_x", false, "", "another host"},
	} {
		codec, err := New(Options{Address: "https://convert.example:8443", Key: c.key, Untrusted: c.untrusted})
		if err != nil {
			if c.err == "" || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error()+asset.HintOf(err), "wpk_x") {
				t.Errorf("%q: %v; %q", c.key, err, asset.HintOf(err))
			}
			continue
		}
		if c.err != "" || codec.Key != c.want {
			t.Errorf("%q: %q", c.key, codec.Key)
		}
	}
	if got := Secrets("convert.example wpk_x"); len(got) != 1 || got[0] != "wpk_x" {
		t.Errorf("%q", got)
	}
}

// TestForecast counts what a run takes.
func TestForecast(t *testing.T) {
	full, few := Limits{PerMinute: 60}, Limits{PerMinute: 1, Quota: 500, Left: 1}
	var f Forecast
	for i := range 214 {
		size := int64(8_000_000)
		if i < 17 {
			size = 19_000_000
		}
		f.Add(size, 3, full)
	}
	if got, want := f.Describe(full), "214 files, 1.9 GB, 231 credits, about 4 minutes at 60 a minute"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	f = Forecast{}
	f.Add(10, 1, few)
	if got, want := f.Describe(few), "1 file, 10 B, 1 credit, about 1 minute at 1 a minute, 1 credit of 500 left this month"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	f = Forecast{}
	f.Add(10, 2, Limits{Basic: true, PerMinute: 60})
	if got, want := f.Describe(full), "1 file, 20 B, 2 credits, about 1 minute at 60 a minute"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
