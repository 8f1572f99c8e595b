package fetch

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

func TestNameIn(t *testing.T) {
	for value, want := range map[string]string{
		"":                                    "",
		"inline":                              "",
		`attachment; filename="a.jpg"`:        "a.jpg",
		`attachment; filename=a.jpg`:          "a.jpg",
		`attachment; filename="../../x.jpg"`:  "x.jpg",
		`attachment; filename="C:\\x\\y.jpg"`: "y.jpg",
		`attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.jpg`: "Grüße.jpg",
		`attachment; filename*=UTF-8''a%00b%2Fc.jpg`:       "c.jpg",
		`attachment; filename="..."`:                       "",
		`attachment; filename="CON.jpg"`:                   "_CON.jpg",
		`attachment; filename=".git"`:                      "git",
		`attachment; filename="a?b:c.jpg"`:                 "a-b-c.jpg",
		`;;;`:                                              "",
	} {
		if got := nameIn(http.Header{"Content-Disposition": {value}}); got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}

func TestNameOf(t *testing.T) {
	for path, want := range map[string]string{
		"":                 "",
		"/":                "",
		"/p/":              "",
		"/p/1.heic":        "1.heic",
		"/a%20b.jpg":       "a b.jpg",
		"/p/..%2f..%2fa":   "a",
		"/a%0ab.jpg":       "a-b.jpg",
		"/p/%ff.jpg":       "-.jpg",
		"/nul":             "_nul",
		"/a.jpg.":          "a.jpg",
		"/p/%2e%2e":        "",
		"/a%e2%80%aeb.jpg": "a-b.jpg",
	} {
		u, err := url.Parse("https://shop.example" + path)
		if err != nil {
			t.Fatal(err)
		}
		if got := nameOf(u); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, address := range []string{
		"https://shop.example/a.jpg", "HTTP://shop.example", "https://shop.example:8443/?a=b#c", "http://[::1]:8080/", "https://grüße.example/ä b",
	} {
		if _, err := Check(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for address, want := range map[string]string{
		"":                                 "does not begin with https://",
		"a.jpg":                            "does not begin with https://",
		"ftp://shop.example/a.jpg":         "does not begin with https://",
		"file:///etc/passwd":               "does not begin with https://",
		"https:///a.jpg":                   "has no host",
		"https://./a.jpg":                  "has no host",
		"https:shop.example":               "has no host",
		"https://user:secret@shop.example": "has a user or a password",
		"https://secret@shop.example":      "has a user or a password",
		"https://shop.example:22/":         "port 22",
		"https://shop.example:99999/":      "port 99999",
		"https://" + strings.Repeat("ä", 600) + ".example/secret": "a host of 1208 bytes",
		"https://secret%zz": "is not a URL",
		"https://a\nsecret": "is not a URL",
		"https://shop.example/" + strings.Repeat("secret", 2000): "has 12021 bytes",
	} {
		_, err := Check(address)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error()+asset.HintOf(err), "secret") || asset.HintOf(err) == "" {
			t.Errorf("%.100s: %v, hint %q", address, err, asset.HintOf(err))
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("%d bytes", len(err.Error()))
		}
	}
}
