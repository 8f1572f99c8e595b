package bucket

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// hosts is a transport that notes where requests go, and answers that there is nothing.
type hosts []string

func (h *hosts) RoundTrip(req *http.Request) (*http.Response, error) {
	*h = append(*h, req.URL.Scheme+"://"+req.URL.Host+req.URL.Path)
	return &http.Response{StatusCode: http.StatusNotFound, Body: io.NopCloser(strings.NewReader("")), Header: http.Header{}, Request: req}, nil
}

// TestHosts has addresses and where their objects are.
func TestHosts(t *testing.T) {
	for address, want := range map[string]string{
		"s3://photos":                                      "https://photos.s3.us-east-1.amazonaws.com/a.png",
		"s3://photos/web?region=eu-west-1":                 "https://photos.s3.eu-west-1.amazonaws.com/web/a.png",
		"s3://pho.tos?region=eu-west-1":                    "https://s3.eu-west-1.amazonaws.com/pho.tos/a.png",
		"s3://photos?region=us-gov-west-1":                 "https://photos.s3.us-gov-west-1.amazonaws.com/a.png",
		"s3://photos?region=cn-north-1":                    "https://photos.s3.cn-north-1.amazonaws.com.cn/a.png",
		"s3://photos?region=eu-west-1&path-style=true":     "https://s3.eu-west-1.amazonaws.com/photos/a.png",
		"s3://photos?endpoint=https://x.r2.example":        "https://x.r2.example/photos/a.png",
		"s3://photos?endpoint=https://h&path-style=false":  "https://photos.h/a.png",
		"s3://photos?endpoint=http://127.0.0.1:9000":       "http://127.0.0.1:9000/photos/a.png",
		"az://account1/photos/web":                         "https://account1.blob.core.windows.net/photos/web/a.png",
		"az://account1/photos?endpoint=http://h:1/account": "http://h:1/account/photos/a.png",
	} {
		a, err := Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		var asked hosts
		b, err := Open(t.Context(), a, Options{Transport: &asked, Getenv: func(name string) string {
			return map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AZURE_STORAGE_KEY": "YQ=="}[name]
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Stat(t.Context(), "a.png"); err == nil || len(asked) != 1 || asked[0] != want {
			t.Errorf("%s: asked %q, %v", address, asked, err)
		}
	}
}
