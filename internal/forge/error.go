package forge

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// Why a forge did not do what it was asked to, for errors.Is.
var (
	// ErrNotFound: there is no such thing, or the token may not see it.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: the token is not valid, or lacks a permission.
	ErrForbidden = errors.New("not allowed")
	// ErrProtected: rules of the branch or the repository forbid it.
	ErrProtected = errors.New("the branch is protected")
	// ErrStale: the branch has moved since it was looked at.
	ErrStale = errors.New("the branch has moved")
	// ErrRateLimited: too many requests were made, and the server asks for a
	// longer wait than the client grants.
	ErrRateLimited = errors.New("rate limit reached")
	// ErrTooLarge: less has to be sent at once.
	ErrTooLarge = errors.New("too large")
	// ErrUnsupported: the server does not know how to do it, or cannot carry it.
	ErrUnsupported = errors.New("not supported by this server")
	// ErrConflict: what is there stands in the way of it, such as a branch or a
	// pull request that exists already.
	ErrConflict = errors.New("in conflict with what is there")
)

// An Error is why something could not be done at a forge.
type Error struct {
	// Op is what was to be done, such as `create branch "webp"`.
	Op string
	// Kind is one of the Err… of this package, or nil if none fits.
	Kind error
	// Hint, if not empty, says in plain words what to change.
	Hint string
	// Err is the cause: a *httpclient.Error with the server's words in it, or another
	// where nothing was sent. A GraphQL error has the Status 200.
	Err error
}

// Error returns one line without the hint.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %v", e.Op, e.Kind)
	}
	return e.Op + ": " + e.Err.Error()
}

// Unwrap returns Kind and Err.
func (e *Error) Unwrap() []error {
	var list []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}

// As makes errors.As find an *asset.Fault in e, the form of an error and its
// fix in all packages.
func (e *Error) As(target any) bool {
	fault, ok := target.(**asset.Fault)
	if ok {
		*fault = &asset.Fault{Message: e.Error(), Hint: e.Hint}
	}
	return ok
}

// A rule names errors by the server's words.
type rule struct {
	words []string // one of them is in the message, in lower case
	kind  error
	hint  string
}

// find is the first of rules that fits message.
func find(rules []rule, message string) (rule, bool) {
	message = strings.ToLower(message)
	for _, r := range rules {
		for _, w := range r.words {
			if strings.Contains(message, w) {
				return r, true
			}
		}
	}
	return rule{}, false
}

// general explains what does not depend on the forge. ok says that it did.
func general(e *httpclient.Error) (kind error, hint string, ok bool) {
	switch {
	case e.Limited && e.Wait > 0:
		return ErrRateLimited, fmt.Sprintf("too many requests were made with this token: run the job again in %s, or use a token of its own",
			e.Wait.Round(time.Second)), true
	case e.Limited:
		return ErrRateLimited, "too many requests were made with this token: run the job again later, or use a token of its own", true
	case e.Status == 0:
		return nil, "check that the API can be reached from where the job runs, and its proxy and certificates", true
	case e.Status/100 == 3:
		return nil, "the repository or the API has moved: set the new address", true
	case e.Status == http.StatusRequestEntityTooLarge:
		return ErrTooLarge, "less has to be sent at once", true
	case e.Status == http.StatusMethodNotAllowed, e.Status == http.StatusNotImplemented:
		return ErrUnsupported, "this server's API cannot do it", true
	case e.Status >= 500:
		return nil, "the server has a fault of its own: run the job again later", true
	}
	return nil, "", false
}
