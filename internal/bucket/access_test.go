package bucket_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
)

// idToken is the CI's, which no error and no log line may show.
const idToken = "eyJpZC10b2tlbg.eyJzdWIiOiJ3ZWJwcmVzcyJ9.c2lnbmF0dXJl"

// A tokens server is every token service there is. It gives out numbered tokens, of which
// only the last one is good.
type tokens struct {
	*httptest.Server
	t        *testing.T
	mu       sync.Mutex
	issued   int
	lifetime time.Duration
	refuse   func(w http.ResponseWriter, r *http.Request) bool
	requests []string
}

func newTokens(t *testing.T) *tokens {
	s := &tokens{t: t, lifetime: time.Hour}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *tokens) good(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return token == fmt.Sprintf("issued-t0ken-%d", s.issued)
}

// revoke makes the last token one that is good no longer.
func (s *tokens) revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued += 100
}

func (s *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = r.ParseForm()
	if r.Header.Get("User-Agent") != "webpress/1.2.3" {
		s.t.Errorf("%s: User-Agent %q", r.URL.Path, r.Header.Get("User-Agent"))
	}
	s.requests = append(s.requests, r.URL.Path)
	if s.refuse != nil && s.refuse(w, r) {
		return
	}
	s.issued++
	token, ends := fmt.Sprintf("issued-t0ken-%d", s.issued), time.Now().Add(s.lifetime).UTC()
	var want url.Values
	switch {
	case r.Form.Get("Action") != "":
		want = url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "WebIdentityToken": {idToken}, "RoleArn": {"arn:aws:iam::123:role/web"}, "Version": {"2011-06-15"}}
		fmt.Fprintf(w, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>ASIAISSUED</AccessKeyId><SecretAccessKey>issued-s3cret</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`, token, ends.Format(time.RFC3339))
	case r.URL.Path == "/v1/token":
		want = url.Values{"subject_token": {idToken}, "subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"}, "audience": {"//iam.googleapis.com/" + pool}}
		s.json(w, map[string]any{"access_token": token, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "token_type": "Bearer", "expires_in": s.lifetime.Seconds()})
	case strings.HasSuffix(r.URL.Path, ":generateAccessToken"):
		if got := r.Header.Get("Authorization"); got != fmt.Sprintf("Bearer issued-t0ken-%d", s.issued-1) {
			s.t.Errorf("impersonation by %q", got)
		}
		s.json(w, map[string]any{"accessToken": token, "expireTime": ends.Format(time.RFC3339)})
	case r.URL.Path == "/token":
		if r.Form.Get("assertion") == "" {
			s.t.Error("no assertion")
		}
		s.json(w, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": s.lifetime.Seconds()})
	case r.URL.Path == "/tenant-1/oauth2/v2.0/token":
		want = url.Values{"client_id": {"client-1"}, "grant_type": {"client_credentials"}, "scope": {"https://storage.azure.com/.default"}}
		if r.Form.Get("client_secret") != "cl1ent-s3cret" && r.Form.Get("client_assertion") != idToken {
			s.t.Error("no proof")
		}
		s.json(w, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": s.lifetime.Seconds()})
	default:
		s.t.Errorf("asked for %s", r.URL)
	}
	for name, values := range want {
		if !slices.Equal(r.Form[name], values) {
			s.t.Errorf("%s: %s is %q", r.URL.Path, name, r.Form[name])
		}
	}
}

func (s *tokens) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// toTokens sends what is for Google's token services to a server of the test's.
type toTokens struct{ server *tokens }

func (r toTokens) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Host, "googleapis.com") {
		u, _ := url.Parse(r.server.URL)
		req = req.Clone(req.Context())
		req.URL.Scheme, req.URL.Host = u.Scheme, u.Host
	}
	return http.DefaultTransport.RoundTrip(req)
}

const pool = "projects/123/locations/global/workloadIdentityPools/ci/providers/github"

// accesses are the ways to get in that go by a token service, with the requests that each
// needs and the audience that the CI's token is for.
func accesses(t *testing.T, s *tokens) map[string]struct {
	p        bucket.Provider
	o        bucket.Options
	env      map[string]string
	requests int
	audience string
} {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(idToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	external := filepath.Join(t.TempDir(), "gha-creds-1.json")
	writeJSON(t, external, map[string]any{
		"type": "external_account", "audience": "//iam.googleapis.com/" + pool, "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
		"token_url": "https://sts.googleapis.com/v1/token", "credential_source": map[string]any{"file": file},
	})
	account := filepath.Join(t.TempDir(), "account.json")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	writeJSON(t, account, map[string]any{
		"type": "service_account", "client_email": "a@b.iam.gserviceaccount.com", "token_uri": s.URL + "/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	})
	type access = struct {
		p        bucket.Provider
		o        bucket.Options
		env      map[string]string
		requests int
		audience string
	}
	return map[string]access{
		"aws-role":                       {bucket.S3, bucket.Options{AWSRole: "arn:aws:iam::123:role/web"}, map[string]string{"AWS_ENDPOINT_URL_STS": s.URL}, 1, "sts.amazonaws.com"},
		"AWS token file":                 {bucket.S3, bucket.Options{}, map[string]string{"AWS_ENDPOINT_URL_STS": s.URL, "AWS_ROLE_ARN": "arn:aws:iam::123:role/web", "AWS_WEB_IDENTITY_TOKEN_FILE": file}, 1, ""},
		"gcp-workload-identity-provider": {bucket.GCS, bucket.Options{GCPWorkloadIdentityProvider: pool}, nil, 1, "https://iam.googleapis.com/" + pool},
		"gcp-service-account": {bucket.GCS, bucket.Options{GCPWorkloadIdentityProvider: "//iam.googleapis.com/" + pool, GCPServiceAccount: "web@p.iam.gserviceaccount.com"}, nil, 2,
			"https://iam.googleapis.com/" + pool},
		"external account": {bucket.GCS, bucket.Options{}, map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": external}, 1, ""},
		"service account":  {bucket.GCS, bucket.Options{}, map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": account}, 1, ""},
		"azure-client-id":  {bucket.Azure, bucket.Options{AzureClientID: "client-1", AzureTenantID: "tenant-1"}, map[string]string{"AZURE_AUTHORITY_HOST": s.URL}, 1, "api://AzureADTokenExchange"},
		"Azure token file": {bucket.Azure, bucket.Options{}, map[string]string{"AZURE_AUTHORITY_HOST": s.URL, "AZURE_CLIENT_ID": "client-1", "AZURE_TENANT_ID": "tenant-1", "AZURE_FEDERATED_TOKEN_FILE": file}, 1, ""},
		"Azure secret":     {bucket.Azure, bucket.Options{}, map[string]string{"AZURE_AUTHORITY_HOST": s.URL, "AZURE_CLIENT_ID": "client-1", "AZURE_TENANT_ID": "tenant-1", "AZURE_CLIENT_SECRET": "cl1ent-s3cret"}, 1, ""},
	}
}

func writeJSON(t *testing.T, name string, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(name, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// openWith opens a bucket whose server takes what a token service gives.
func openWith(t *testing.T, s *tokens, p bucket.Provider, o bucket.Options, env map[string]string, audience string) (*bench, *atomic.Int32) {
	t.Helper()
	asked := &atomic.Int32{}
	o.UserAgent, o.Transport = "webpress/1.2.3", toTokens{s}
	o.Getenv = func(name string) string { return env[name] }
	if audience != "" {
		o.IDToken = func(_ context.Context, got string) (string, error) {
			asked.Add(1)
			if got != audience {
				t.Errorf("a token for %q, want %q", got, audience)
			}
			return idToken, nil
		}
	}
	b := &bench{server: buckettest.NewServer(t, p)}
	b.server.Tokens = s.good
	b.Bucket = b.server.Open(t, "web", b.options(o))
	return b, asked
}

// TestTokens goes in by every token service: once for many requests, again before the
// token ends, and again where it is refused before that.
func TestTokens(t *testing.T) {
	for name := range accesses(t, newTokens(t)) {
		t.Run(name, func(t *testing.T) {
			s := newTokens(t)
			a := accesses(t, s)[name]
			b, asked := openWith(t, s, a.p, a.o, a.env, a.audience)
			if len(s.requests) > 0 {
				t.Errorf("asked %q before there was anything to do", s.requests)
			}
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					if err := write(b, t.Context(), fmt.Sprint(i), bucket.WriteOptions{}); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if len(s.requests) != a.requests || a.audience != "" && asked.Load() != 1 {
				t.Fatalf("asked %q", s.requests)
			}
			b.mu.Lock()
			b.passed += 56 * time.Minute // 5 minutes before the end is too late
			b.mu.Unlock()
			for range 2 {
				if err := list(b, t.Context()); err != nil {
					t.Error(err)
				}
			}
			if len(s.requests) != 2*a.requests {
				t.Errorf("asked %q", s.requests)
			}
			s.revoke()
			for range 2 {
				if err := stat(b, t.Context(), "1"); err != nil {
					t.Error(err)
				}
			}
			if err := list(b, t.Context()); err != nil || len(s.requests) != 3*a.requests || len(b.waits) > 0 {
				t.Errorf("%v, asked %q", err, s.requests)
			}
		})
	}
}

// TestTokensRefused has token services that give none, and servers that take none.
func TestTokensRefused(t *testing.T) {
	for name := range accesses(t, newTokens(t)) {
		t.Run(name, func(t *testing.T) {
			s := newTokens(t)
			a := accesses(t, s)[name]
			b, _ := openWith(t, s, a.p, a.o, a.env, a.audience)
			s.refuse = func(w http.ResponseWriter, r *http.Request) bool {
				w.WriteHeader(http.StatusForbidden)
				switch {
				case r.Form.Get("Action") != "":
					fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity by %s</Message></Error></ErrorResponse>`, idToken)
				default:
					s.json(w, map[string]any{"error": "unauthorized_client", "error_description": "AADSTS700213: The given credential is rejected: " + idToken + " " + r.Form.Get("client_secret")})
				}
				return true
			}
			err := write(b, t.Context(), "a", bucket.WriteOptions{})
			if !errors.Is(err, bucket.ErrCredentials) || !strings.Contains(err.Error(), "ejected") && !strings.Contains(err.Error(), "Not authorized") || asset.HintOf(err) == "" {
				t.Errorf("%v, hint %q", err, asset.HintOf(err))
			}
			noSecrets(t, err, b.log())

			// They are good, and expire at once.
			s.refuse = nil
			b.server.Tokens = func(string) bool { return false }
			err = list(b, t.Context())
			if !errors.Is(err, bucket.ErrExpired) || asset.HintOf(err) == "" || len(s.requests) != 1+2*a.requests {
				t.Errorf("%v, asked %q", err, s.requests)
			}
			noSecrets(t, err, b.log())
		})
	}
}

// TestImpersonationRefused has a token that Google gives, and a service account that it
// does not lend.
func TestImpersonationRefused(t *testing.T) {
	s := newTokens(t)
	a := accesses(t, s)["gcp-service-account"]
	b, _ := openWith(t, s, a.p, a.o, a.env, a.audience)
	s.refuse = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, ":generateAccessToken") {
			buckettest.GCSError(w, http.StatusForbidden, "forbidden", "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).")
			return true
		}
		return false
	}
	err := list(b, t.Context())
	if !errors.Is(err, bucket.ErrCredentials) || !strings.Contains(err.Error(), "403 Forbidden: Permission 'iam.serviceAccounts.getAccessToken' denied") || !strings.Contains(asset.HintOf(err), "Workload Identity User") {
		t.Errorf("%v, hint %q", err, asset.HintOf(err))
	}
	noSecrets(t, err, b.log())
}
