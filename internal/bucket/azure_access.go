package bucket

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/httpclient"
)

const (
	// azureAudience is what Azure wants a token of the CI's to be for.
	azureAudience = "api://AzureADTokenExchange"
	azureScope    = "https://storage.azure.com/.default"
	azureLogin    = "https://login.microsoftonline.com"
	// emulatorAccount and emulatorKey are those that everybody's emulator has.
	emulatorAccount = "devstoreaccount1"
	emulatorKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// hintAzure is how to get in.
const hintAzure = "in CI, set azure-client-id and azure-tenant-id and give the job an OpenID Connect token; elsewhere set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING"

// azureAccess is how requests prove who asks: one of a token, a key and a SAS token.
type azureAccess struct {
	account  string
	endpoint string // of a connection string, empty elsewhere
	key      []byte
	sas      string
	token    *renewable[string]
}

// azureCredentials finds them: the settings azure-client-id and azure-tenant-id, then a
// connection string, a key, a SAS token, a client secret and a token in a file, all of the
// environment. The instance's own are never asked for.
func azureCredentials(a Address, o Options, hide *secrets) (*azureAccess, error) {
	access := &azureAccess{account: a.Account}
	env := o.Getenv
	client, tenant := env("AZURE_CLIENT_ID"), env("AZURE_TENANT_ID")
	key, sas, secret, file := env("AZURE_STORAGE_KEY"), env("AZURE_STORAGE_SAS_TOKEN"), env("AZURE_CLIENT_SECRET"), env("AZURE_FEDERATED_TOKEN_FILE")
	hide.add(key, secret)
	switch {
	case o.AzureClientID != "" || o.AzureTenantID != "":
		client, tenant = cmp.Or(o.AzureClientID, client), cmp.Or(o.AzureTenantID, tenant)
		if o.IDToken == nil {
			return nil, badCredentials("give the job the permission for it: `id-token: write` at GitHub, `id_tokens` at GitLab",
				"azure-client-id is set, and the CI gives no token")
		}
		return access, access.exchange(client, tenant, o, hide, assertion(func(ctx context.Context) (string, error) { return identity(ctx, o, azureAudience) }))
	case env("AZURE_STORAGE_CONNECTION_STRING") != "":
		return access, access.connection(env("AZURE_STORAGE_CONNECTION_STRING"), hide)
	case key != "":
		if account := env("AZURE_STORAGE_ACCOUNT"); account != "" && account != a.Account {
			return nil, badCredentials("set both to the same", "AZURE_STORAGE_KEY is that of account %s, and the address names %s", account, a.Account)
		}
		return access, access.sharedKey(key)
	case sas != "":
		return access, access.signature(sas, hide)
	case secret != "":
		return access, access.exchange(client, tenant, o, hide, func(context.Context) (url.Values, error) {
			return url.Values{"client_secret": {secret}}, nil
		})
	case file != "":
		return access, access.exchange(client, tenant, o, hide, assertion(func(context.Context) (string, error) { return tokenFile("AZURE_FEDERATED_TOKEN_FILE", file) }))
	}
	return nil, noCredentials(hintAzure)
}

// connection reads a connection string.
func (z *azureAccess) connection(s string, hide *secrets) error {
	const setting = "AZURE_STORAGE_CONNECTION_STRING"
	parts := map[string]string{}
	for part := range strings.SplitSeq(s, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[strings.ToLower(name)] = value
	}
	hide.add(parts["accountkey"])
	if parts["usedevelopmentstorage"] == "true" {
		parts["accountname"], parts["accountkey"] = emulatorAccount, emulatorKey
		parts["blobendpoint"] = "http://127.0.0.1:10000/" + emulatorAccount
	}
	account := parts["accountname"]
	switch {
	case account == "" && parts["sharedaccesssignature"] == "":
		return badCredentials("copy it from the portal as a whole", "%s names no account", setting)
	case account != "" && account != z.account:
		return badCredentials("set both to the same", "%s is that of account %s, and the address names %s", setting, account, z.account)
	}
	z.endpoint = parts["blobendpoint"]
	if suffix := parts["endpointsuffix"]; z.endpoint == "" && suffix != "" {
		z.endpoint = cmp.Or(parts["defaultendpointsprotocol"], "https") + "://" + z.account + ".blob." + suffix
	}
	switch {
	case parts["accountkey"] != "":
		return z.sharedKey(parts["accountkey"])
	case parts["sharedaccesssignature"] != "":
		return z.signature(parts["sharedaccesssignature"], hide)
	}
	return badCredentials("copy it from the portal as a whole", "%s has neither a key nor a signature", setting)
}

func (z *azureAccess) sharedKey(key string) error {
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
	if err != nil || len(decoded) == 0 {
		return badCredentials("copy it from the portal as a whole", "the account's key is not base64")
	}
	z.key = decoded
	return nil
}

func (z *azureAccess) signature(sas string, hide *secrets) error {
	sas = strings.TrimPrefix(strings.TrimSpace(sas), "?")
	query, err := url.ParseQuery(sas)
	if err != nil || query.Get("sig") == "" {
		hide.add(sas)
		return badCredentials("copy it from the portal as a whole", "the SAS token has no signature")
	}
	hide.add(sas, query.Get("sig"), url.QueryEscape(query.Get("sig")))
	z.sas = sas
	return nil
}

// assertion makes a token of the CI's the proof of a client.
func assertion(token func(ctx context.Context) (string, error)) func(ctx context.Context) (url.Values, error) {
	return func(ctx context.Context) (url.Values, error) {
		t, err := token(ctx)
		return url.Values{"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {t}}, err
	}
}

var validTenant = pattern(`^[A-Za-z0-9][A-Za-z0-9.-]*$`)

// exchange gets tokens for a client which proves itself.
func (z *azureAccess) exchange(client, tenant string, o Options, hide *secrets, proof func(ctx context.Context) (url.Values, error)) error {
	switch {
	case client == "" || tenant == "":
		return badCredentials("set both azure-client-id and azure-tenant-id, or AZURE_CLIENT_ID and AZURE_TENANT_ID", "the client or the tenant is missing")
	case !validTenant().MatchString(tenant):
		return badCredentials("write its ID or its domain", "azure-tenant-id is %q", tenant)
	}
	authority := strings.TrimRight(cmp.Or(o.Getenv("AZURE_AUTHORITY_HOST"), azureLogin), "/")
	if err := onlySafely(authority); err != nil {
		return badCredentials("use https", "AZURE_AUTHORITY_HOST: %w", err)
	}
	http := tokenClient(o)
	z.token = &renewable[string]{now: o.Clock.Now, get: func(ctx context.Context) (string, time.Time, error) {
		values, err := proof(ctx)
		if err != nil {
			return "", time.Time{}, err
		}
		hide.add(values.Get("client_assertion"))
		values.Set("grant_type", "client_credentials")
		values.Set("client_id", client)
		values.Set("scope", azureScope)
		var answer struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   int64  `json:"expires_in"`
		}
		if _, err := http.JSON(ctx, form(authority+"/"+tenant+"/oauth2/v2.0/token", values), nil, &answer); err != nil {
			return "", time.Time{}, azureRefused(err)
		}
		if answer.AccessToken == "" {
			return "", time.Time{}, badCredentials("check AZURE_AUTHORITY_HOST", "the token service gave no token")
		}
		hide.add(answer.AccessToken)
		return answer.AccessToken, o.Clock.Now().Add(time.Duration(answer.ExpiresIn) * time.Second), nil
	}}
	return nil
}

// azureRefused explains an answer of the token service.
func azureRefused(err error) error {
	refusal, ok := errors.AsType[*httpclient.Error](err)
	if !ok {
		return err
	}
	e := tokenRefused(refusal)
	switch text := string(refusal.Body); {
	case strings.Contains(text, "AADSTS70021"), strings.Contains(text, "AADSTS700213"), strings.Contains(text, "AADSTS700212"):
		e.Hint = "add a federated credential to the application, with the issuer and the subject of the CI's token and the audience " + azureAudience
	case strings.Contains(text, "AADSTS700024"):
		e.Kind, e.Hint = ErrClock, "the token's times do not fit: set the clock of this machine, such as by NTP"
	case strings.Contains(text, "AADSTS7000222"):
		e.Kind, e.Hint = ErrExpired, "AZURE_CLIENT_SECRET has ended: make a new one, or use the CI's tokens"
	case strings.Contains(text, "AADSTS7000215"):
		e.Hint = "check AZURE_CLIENT_SECRET: it has to be the secret's value, not its ID"
	case strings.Contains(text, "AADSTS90002"):
		e.Hint = "check azure-tenant-id"
	case strings.Contains(text, "AADSTS700016"):
		e.Hint = "check azure-client-id, and that the application is in this tenant"
	}
	return e
}

// authorize proves a request.
func (z *azureAccess) authorize(ctx context.Context, req *http.Request) error {
	switch {
	case z.token != nil:
		token, err := z.token.current(ctx)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	case z.key != nil:
		req.Header.Set("Authorization", "SharedKey "+z.account+":"+z.sign(req))
	default:
		if req.URL.RawQuery != "" {
			req.URL.RawQuery += "&"
		}
		req.URL.RawQuery += z.sas
	}
	return nil
}

// sign is the signature of a request by the account's key: "Authorize with Shared Key" in
// the documentation of Azure Storage, for the services since 2009-09-19.
func (z *azureAccess) sign(req *http.Request) string {
	h := req.Header
	length := ""
	if req.ContentLength > 0 {
		length = strconv.FormatInt(req.ContentLength, 10)
	}
	lines := []string{
		req.Method, h.Get("Content-Encoding"), h.Get("Content-Language"), length, h.Get("Content-Md5"), h.Get("Content-Type"), "", // X-Ms-Date instead of Date
		h.Get("If-Modified-Since"), h.Get("If-Match"), h.Get("If-None-Match"), h.Get("If-Unmodified-Since"), h.Get("Range"),
	}
	var own []string
	for name, values := range h {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-ms-") {
			own = append(own, name+":"+strings.Join(values, ","))
		}
	}
	slices.Sort(own)
	lines = append(append(lines, own...), "/"+z.account+req.URL.EscapedPath())
	query := req.URL.Query()
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Sorted(slices.Values(query[name]))
		lines = append(lines, strings.ToLower(name)+":"+strings.Join(values, ","))
	}
	mac := hmac.New(sha256.New, z.key)
	mac.Write([]byte(strings.Join(lines, "\n")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
