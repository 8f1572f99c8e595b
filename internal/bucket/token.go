package bucket

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/webpress/webpress/internal/httpclient"
)

// early is how long before its end a token is renewed: the longest request that it has
// to last for.
const early = 5 * time.Minute

// A renewable holds credentials that end, and gets new ones before they do. It may be
// used by several goroutines at once, of which one gets them.
type renewable[T any] struct {
	now func() time.Time
	// get returns new credentials, and when they end, the zero time for never.
	get func(ctx context.Context) (T, time.Time, error)

	mu    sync.Mutex
	value T
	until time.Time
	valid bool
}

// current returns credentials that last for a request.
func (r *renewable[T]) current(ctx context.Context) (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fresh() {
		return r.value, nil
	}
	value, ends, err := r.get(ctx)
	if err != nil {
		var none T
		return none, err
	}
	r.value, r.valid, r.until = value, true, time.Time{}
	if !ends.IsZero() {
		// What ends in less than twice the time is renewed half-way.
		now := r.now()
		r.until = ends.Add(-min(early, ends.Sub(now)/2))
	}
	return r.value, nil
}

func (r *renewable[T]) fresh() bool {
	return r.valid && (r.until.IsZero() || r.now().Before(r.until))
}

// drop makes the next current get new ones.
func (r *renewable[T]) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.valid = false
}

// expired says that current would get new ones.
func (r *renewable[T]) expired() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.fresh()
}

// tokenClient is the client for token services. Their answers are short, and what they
// are asked for may be asked for twice.
func tokenClient(o Options) *httpclient.Client {
	return httpclient.New(httpclient.Options{
		Retries: o.Retries, Timeout: o.Timeout, UserAgent: o.UserAgent, Logf: o.Logf, Transport: o.Transport, Clock: o.Clock,
	})
}

// form is a request to a token service.
func form(address string, values url.Values) httpclient.Request {
	return httpclient.Request{
		Method: http.MethodPost, URL: address, Idempotent: true,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}},
		Body:   httpclient.Bytes([]byte(values.Encode())),
	}
}

// identity returns a token of the CI's for an audience.
func identity(ctx context.Context, o Options, audience string) (string, error) {
	token, err := o.IDToken(ctx, audience)
	switch {
	case err != nil:
		return "", &Error{Kind: ErrCredentials, Err: err, Hint: hintOf(err, "give the job the permission for it: `id-token: write` at GitHub, `id_tokens` at GitLab")}
	case strings.TrimSpace(token) == "":
		return "", &Error{Kind: ErrCredentials, Err: errors.New("the CI gave an empty token"), Hint: "give the job the permission for it: `id-token: write` at GitHub, `id_tokens` at GitLab"}
	}
	return strings.TrimSpace(token), nil
}

// tokenFile reads a token that a platform leaves in a file, and writes anew before it
// ends.
func tokenFile(setting, path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", badCredentials("check "+setting, "read %s: %w", setting, err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" {
		return "", badCredentials("check "+setting, "the file that %s names is empty", setting)
	}
	return token, nil
}
