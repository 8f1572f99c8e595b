package httpclient

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	tests := map[string]string{
		"https://api.github.com/repos/a/b/pulls?state=open&per_page=100": "https://api.github.com/repos/a/b/pulls?state=open&per_page=100",
		"https://x-access-token:ghs_abc@github.com/a/b.git":              "https://***@github.com/a/b.git",
		"https://token@host": "https://***@host",
		"https://s.blob.core.windows.net/c/b?se=2026&sig=a%2Bb&comp=block": "https://s.blob.core.windows.net/c/b?se=***&sig=***&comp=block",
		"https://host/a?private_token=1&page=2#access_token=3":             "https://host/a?private_token=***&page=2",
		"https://host/a?SECRETALONE":                                       "https://host/a?***",
		"https://host/a%20b?X-Amz-Signature=1":                             "https://host/a%20b?X-Amz-Signature=***",
		"not a url\x00":                                                    "***",
		"//host/x":                                                         "://host/x",
		"":                                                                 "***",
	}
	for in, want := range tests {
		if got := Redact(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A server that echoes the request does not get it into an error or a
// log line, whatever way it ends.
func TestNothingIsTold(t *testing.T) {
	const secret = "s3cr3t-v4lu3"
	basic := base64.StdEncoding.EncodeToString([]byte("me:" + secret))
	echo := func(status int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			text := fmt.Sprintf(`{"message":"you said %s %s %s %s and ghp_0123456789abcdefghij and token=abcdefgh12345"}`,
				r.URL.String(), r.Header["Authorization"], r.Header["Private-Token"], basic)
			w.Header().Set("X-Echo", text)
			w.Header().Set("X-Request-Id", r.Header.Get("Private-Token"))
			answer(status, text, header...)(w, r)
		}
	}
	tests := map[string]http.HandlerFunc{
		"refused":      echo(404),
		"broken":       echo(500),
		"limited":      echo(429, "Retry-After", "1"),
		"moved":        echo(301, "Location", "https://host/"+secret+"?sig="+secret),
		"moved oddly":  echo(302, "Location", "https://host:"+secret+"/%zz"),
		"not a number": echo(200, "Content-Length", "7", "X", "y"),
		"hangs up": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				fmt.Fprintf(conn, "HTTP/1.1 200 %s\r\nBad header %s\r\n\r\n", secret, secret)
				conn.Close()
			}
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, handler)
			url := strings.Replace(s.URL, "http://", "http://me:"+secret+"@", 1) + "/hook/" + secret + "?sig=" + secret + "&" + secret
			c := newBench(t, Options{Retries: 1})
			var out int
			_, err := c.JSON(t.Context(), Request{
				Method: "POST", URL: url, PrivatePath: true, Idempotent: true,
				Header: http.Header{"Authorization": {"Bearer " + secret}, "Private-Token": {secret}},
			}, 1, &out)
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			all := fmt.Sprintf("%v\n%s\n%s\n%s\n%v", err, e.Body, c.log(), e.URL, e.Header)
			for _, bad := range []string{secret, basic, "ghp_0", "abcdefgh12345"} {
				if strings.Contains(all, bad) {
					t.Errorf("%q is shown:\n%s", bad, all)
				}
			}
			if !strings.HasPrefix(e.URL, "http://***@127.0.0.1:") || !strings.HasSuffix(e.URL, "/***?***") {
				t.Errorf("URL %q", e.URL)
			}
		})
	}
}

// Words that only sound like secrets are left.
func TestWordsAreLeft(t *testing.T) {
	for _, s := range []string{
		"Bad credentials", `{"error":"invalid_token","error_description":"Token was revoked."}`,
		"Basic authentication is deprecated", `{"token":null,"secret":{"a":1}}`,
		"Resource not accessible by integration",
	} {
		if got := (redactor{}).text(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("https://u:p@h/a?b=c&d#e")
	f.Fuzz(func(t *testing.T, path string) {
		const secret = "QQsecretQQ"
		if strings.ContainsAny(path, "?#") {
			return
		}
		if got := Redact("https://u:" + secret + "@host/" + path + "?sig=" + secret); strings.Contains(got, secret) {
			t.Errorf("%q", got)
		}
	})
}
