package bucket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"golang.org/x/oauth2/google/externalaccount"

	"github.com/webpress/webpress/internal/httpclient"
)

// googleScope is what tokens are for: objects, and nothing else.
const googleScope = "https://www.googleapis.com/auth/devstorage.read_write"

// hintGCS is how to get in.
const hintGCS = "in CI, set gcp-workload-identity-provider and give the job an OpenID Connect token; elsewhere set GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`"

// fileTypes are the kinds of files with credentials that are taken.
var fileTypes = []google.CredentialsType{
	google.ServiceAccount, google.AuthorizedUser, google.ExternalAccount, google.ExternalAccountAuthorizedUser, google.ImpersonatedServiceAccount,
}

var (
	validPool           = pattern(`^projects/\d+/locations/[a-z0-9-]+/workloadIdentityPools/[a-z0-9-]+/providers/[a-z0-9-]+$`)
	validServiceAccount = pattern(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+$`)
)

// googleToken finds the credentials: the setting gcp-workload-identity-provider, then the
// file of GOOGLE_APPLICATION_CREDENTIALS, then gcloud's. The instance's own are never
// asked for.
func googleToken(ctx context.Context, o Options, hide *secrets) (*renewable[string], error) {
	var source func(ctx context.Context) (oauth2.TokenSource, error)
	switch {
	case o.GCPWorkloadIdentityProvider != "":
		config, err := federation(o, hide)
		if err != nil {
			return nil, err
		}
		source = func(ctx context.Context) (oauth2.TokenSource, error) {
			// It is changed in use.
			c := config
			return externalaccount.NewTokenSource(ctx, c)
		}
	default:
		name, setting := o.Getenv("GOOGLE_APPLICATION_CREDENTIALS"), "GOOGLE_APPLICATION_CREDENTIALS"
		if name == "" {
			name, setting = filepath.Join(o.Getenv("HOME"), ".config", "gcloud", "application_default_credentials.json"), "gcloud's file"
			if o.Getenv("HOME") == "" {
				return nil, noCredentials(hintGCS)
			}
			if _, err := os.Stat(name); err != nil {
				return nil, noCredentials(hintGCS)
			}
		}
		data, kind, err := credentialsFile(setting, name)
		if err != nil {
			return nil, err
		}
		source = func(ctx context.Context) (oauth2.TokenSource, error) {
			c, err := google.CredentialsFromJSONWithType(ctx, data, kind, googleScope)
			if err != nil {
				return nil, badCredentials("check "+setting, "read %s: %w", setting, err)
			}
			return c.TokenSource, nil
		}
		// What is wrong with a file is known without a request.
		if _, err := source(ctx); err != nil {
			return nil, err
		}
	}
	client := &http.Client{
		Transport:     &userAgent{httpclient.Stream(httpclient.Options{Transport: o.Transport, Timeout: o.Timeout, Clock: o.Clock}), o.UserAgent},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &renewable[string]{now: o.Clock.Now, get: func(ctx context.Context) (string, time.Time, error) {
		s, err := source(context.WithValue(ctx, oauth2.HTTPClient, client))
		if err != nil {
			return "", time.Time{}, err
		}
		token, err := s.Token()
		if err != nil {
			return "", time.Time{}, googleRefused(err)
		}
		hide.add(token.AccessToken)
		return token.AccessToken, token.Expiry, nil
	}}, nil
}

type userAgent struct {
	next http.RoundTripper
	name string
}

// RoundTrip implements http.RoundTripper.
func (u *userAgent) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", u.name)
	return u.next.RoundTrip(req)
}

// credentialsFile reads a file and says what kind of credentials it has.
func credentialsFile(setting, name string) ([]byte, google.CredentialsType, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, "", badCredentials("check "+setting, "read %s: %w", setting, err)
	}
	var f struct {
		Type google.CredentialsType `json:"type"`
	}
	// Its errors would quote the file.
	if json.Unmarshal(data, &f) != nil {
		return nil, "", badCredentials("check "+setting, "%s is not JSON", setting)
	}
	if !slices.Contains(fileTypes, f.Type) {
		return nil, "", badCredentials("use a file of a service account or of workload identity federation", "%s has credentials of an unknown type", setting)
	}
	return data, f.Type, nil
}

// federation is the exchange of the CI's tokens at Google.
func federation(o Options, hide *secrets) (externalaccount.Config, error) {
	pool := strings.TrimPrefix(strings.TrimPrefix(o.GCPWorkloadIdentityProvider, "https:"), "//iam.googleapis.com/")
	switch {
	case !validPool().MatchString(pool):
		return externalaccount.Config{}, badCredentials("write projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER, with the project's number",
			"gcp-workload-identity-provider is %q", pool)
	case o.GCPServiceAccount != "" && !validServiceAccount().MatchString(o.GCPServiceAccount):
		return externalaccount.Config{}, badCredentials("write NAME@PROJECT.iam.gserviceaccount.com", "gcp-service-account is %q", o.GCPServiceAccount)
	case o.IDToken == nil:
		return externalaccount.Config{}, badCredentials("give the job the permission for it: `id-token: write` at GitHub, `id_tokens` at GitLab",
			"gcp-workload-identity-provider is set, and the CI gives no token")
	}
	c := externalaccount.Config{
		Audience: "//iam.googleapis.com/" + pool, SubjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
		SubjectTokenSupplier: supplier{o, hide, "https://iam.googleapis.com/" + pool}, Scopes: []string{googleScope},
	}
	if o.GCPServiceAccount != "" {
		c.ServiceAccountImpersonationURL = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" + url.PathEscape(o.GCPServiceAccount) + ":generateAccessToken"
	}
	return c, nil
}

// supplier gives the CI's token to the exchange.
type supplier struct {
	o        Options
	hide     *secrets
	audience string
}

// SubjectToken implements externalaccount.SubjectTokenSupplier.
func (s supplier) SubjectToken(ctx context.Context, _ externalaccount.SupplierOptions) (string, error) {
	token, err := identity(ctx, s.o, s.audience)
	s.hide.add(token)
	return token, err
}

// answeredBy matches the status in errors of oauth2 that have no type.
var answeredBy = pattern(`status code (\d{3})(?:: (?s:(.*)))?`)

// googleRefused explains why there is no token.
func googleRefused(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e := &Error{Kind: ErrCredentials, Hint: "check what Google trusts: issuer, audience and attribute condition of the workload identity provider, and that its principals have the role Workload Identity User at the service account"}
	body := ""
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response != nil {
		e.Status, body = refused.Response.StatusCode, string(refused.Body)
	} else if m := answeredBy().FindStringSubmatch(err.Error()); m != nil {
		_, _ = fmt.Sscan(m[1], &e.Status)
		body = m[2]
	}
	switch {
	case e.Status == 0:
		return &Error{Kind: ErrConnection, Err: withoutURL(err), retry: !httpclient.IsPermanent(err),
			Hint: "check that Google's token service can be reached from where the job runs, with its proxy and certificates"}
	case e.Status == http.StatusTooManyRequests, e.Status >= 500:
		e.Kind, e.Hint, e.retry = ErrUnavailable, hintLater, true
	case strings.Contains(body, "short-lived token"), strings.Contains(body, "Token used too early"):
		e.Kind, e.Hint = ErrClock, "set the clock of this machine, such as by NTP"
	}
	e.Err = fmt.Errorf("no token: %d %s: %s", e.Status, http.StatusText(e.Status), (&httpclient.Error{Body: googleWords(body)}).Message())
	return e
}

// googleWords makes the errors of Google's APIs, whose message is one deeper, those that
// httpclient reads.
func googleWords(body string) []byte {
	if _, message := parseAnswer([]byte(body)); message != "" {
		return []byte(message)
	}
	return []byte(body)
}

// isLoopback says that a host is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
