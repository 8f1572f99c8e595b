package target

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/httpclient"
)

func TestIDToken(t *testing.T) {
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.RequestURI() + " " + r.Header.Get("Authorization")
		if r.URL.Path == "/none" {
			_, _ = w.Write([]byte("{}"))
			return
		}
		_, _ = w.Write([]byte(`{"count": 1, "value": "a.b.c"}`))
	}))
	defer server.Close()
	var masked strings.Builder
	a := Access{
		CI:   ci.Detect(func(name string) string { return map[string]string{"GITHUB_ACTIONS": "true"}[name] }, ci.Options{Out: &masked}),
		HTTP: httpclient.New(httpclient.Options{}),
	}
	if _, err := a.IDToken(t.Context(), "sts.amazonaws.com"); !strings.Contains(asset.HintOf(err), "id-token: write") {
		t.Errorf("without a right: %v, %q", err, asset.HintOf(err))
	}
	a.Secrets = ci.Secrets{IDTokenURL: server.URL + "/token?v=2", IDTokenBearer: "hush"}
	got, err := a.IDToken(t.Context(), "sts.amazonaws.com")
	if err != nil || got != "a.b.c" || asked != "/token?audience=sts.amazonaws.com&v=2 Bearer hush" {
		t.Errorf("token %q, %v; asked for %s", got, err, asked)
	}
	if !strings.Contains(masked.String(), "::add-mask::a.b.c") {
		t.Errorf("the token is not masked: %q", masked.String())
	}
	a.Secrets.IDTokenURL = server.URL + "/none"
	if _, err := a.IDToken(t.Context(), "x"); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("no token: %v", err)
	}
	a.Secrets = ci.Secrets{IDToken: "d.e.f"}
	if got, err := a.IDToken(t.Context(), "x"); err != nil || got != "d.e.f" {
		t.Errorf("GitLab's token is %q, %v", got, err)
	}
}
