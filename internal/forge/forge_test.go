package forge

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/httpclient"
)

func TestNextPage(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`<https://a.example/x?page=2>; rel="next"`:                                           "page=2",
		`<https://a.example/x?page=1>; rel="prev", <https://a.example/x?page=3>; rel="next"`: "page=3",
		`<https://a.example/x?page=1>;rel=prev,<https://a.example/x?page=3>;rel=next`:        "page=3",
		`<https://a.example/x?q=a,b&page=3>; title="a, b"; REL="next"`:                       "q=a,b&page=3",
		`<https://a.example/x?page=1>; rel="last"`:                                           "",
		`<https://a.example/x?page=1`:                                                        "",
		`nonsense`:                                                                           "",
		`<:>; rel="next"`:                                                                    "",
		``:                                                                                   "",
	}
	for header, want := range tests {
		if got := nextPage([]string{header}); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

func FuzzNextPage(f *testing.F) {
	for _, s := range []string{`<https://a.example/x?page=2>; rel="next"`, `<>,<>;rel=next`, `<a>;,<`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) { nextPage([]string{header}) })
}

func TestPagesEnd(t *testing.T) {
	t.Parallel()
	same := &httpclient.Response{Header: http.Header{"Link": {`<https://a.example/x?page=1>; rel="next"`}}}
	n := 0
	err := pages(url.Values{"page": {"1"}}, func(string) (*httpclient.Response, error) { n++; return same, nil })
	if err != nil || n != 1 {
		t.Errorf("%d pages, %v", n, err)
	}
	n = 0
	err = pages(url.Values{}, func(string) (*httpclient.Response, error) {
		n++
		return &httpclient.Response{Header: http.Header{"Link": {`<https://a.example/x?` + strings.Repeat("a", n) + `>; rel="next"`}}}, nil
	})
	if err == nil || n != maxPages {
		t.Errorf("%d pages, %v", n, err)
	}
}
