package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/webpress/webpress/internal/httpclient"
)

// An api is a REST API of a forge: GitHub or GitLab.
type api interface {
	client() *httpclient.Client
	// request is one for path, below the repository, with what lets it in.
	request(method, path string) httpclient.Request
	// failure is err in the words for t.
	failure(t task, err error) error
}

// rest asks for path, below the repository. in, where it is not nil, is sent; out
// takes the answer. Whatever is asked may be asked twice.
func rest(ctx context.Context, a api, t task, method, path string, in, out any) error {
	r := a.request(method, path)
	r.Idempotent = true
	_, err := do(ctx, a, t, r, in, out)
	return err
}

func do(ctx context.Context, a api, t task, r httpclient.Request, in, out any) (*httpclient.Response, error) {
	resp, err := a.client().JSON(ctx, r, in, out)
	if err != nil {
		return nil, a.failure(t, err)
	}
	return resp, nil
}

// list gets all pages of what is at path.
func list[T any](ctx context.Context, a api, t task, path string, query url.Values) ([]T, error) {
	query.Set("per_page", fmt.Sprint(perPage))
	var all []T
	err := pages(query, func(q string) (*httpclient.Response, error) {
		var page []T
		resp, err := do(ctx, a, t, a.request(http.MethodGet, path+"?"+q), nil, &page)
		all = append(all, page...)
		return resp, err
	})
	var known *Error
	if err != nil && !errors.As(err, &known) {
		err = &Error{Op: t.op, Err: err}
	}
	return all, err
}
