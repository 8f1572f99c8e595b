package bucket

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
)

// Why a bucket did not do what it was asked to, for errors.Is.
var (
	// ErrNotExist: there is no such object. It is fs.ErrNotExist.
	ErrNotExist = fs.ErrNotExist
	// ErrExist: there is an object, and IfAbsent was set. It is fs.ErrExist.
	ErrExist = fs.ErrExist
	// ErrChanged: the object is not the one that was meant by its ETag.
	ErrChanged = errors.New("the object has changed")
	// ErrNotModified: the object is the one that is known already.
	ErrNotModified = errors.New("the object has not changed")
	// ErrNoBucket: there is no such bucket, container or storage account.
	ErrNoBucket = errors.New("the bucket does not exist")
	// ErrForbidden: the credentials are good, and lack a right.
	ErrForbidden = errors.New("no permission")
	// ErrCredentials: there are none, or they are not good.
	ErrCredentials = errors.New("the credentials are not valid")
	// ErrExpired: the credentials were good once.
	ErrExpired = errors.New("the credentials have expired")
	// ErrRegion: the bucket is in another region than was asked.
	ErrRegion = errors.New("the bucket is in another region")
	// ErrClock: this machine's clock is too far off for a signature.
	ErrClock = errors.New("the clock of this machine is wrong")
	// ErrThrottled: too many requests were made.
	ErrThrottled = errors.New("too many requests")
	// ErrUnavailable: the server failed.
	ErrUnavailable = errors.New("the server failed")
	// ErrConnection: the server was not reached, or stopped in the middle.
	ErrConnection = errors.New("no connection")
	// ErrDigest: what arrived is not what was sent.
	ErrDigest = errors.New("the content was damaged on its way")
	// ErrRedirected: the server is somewhere else.
	ErrRedirected = errors.New("the server redirects")
	// ErrUnsupported: the server does not know how to do it.
	ErrUnsupported = errors.New("not supported by this server")
	// ErrSource: what is to be written could not be read, or has changed meanwhile.
	ErrSource = errors.New("the content to write could not be read")
	// ErrInvalid: the key or an option is none that a bucket takes.
	ErrInvalid = errors.New("not valid")
)

// An Error is why something could not be done with a bucket. It holds no secret.
type Error struct {
	// Op is what was to be done, such as `write "a.webp"`.
	Op string
	// Address is the bucket's.
	Address string
	// Kind is one of the Err… of this package, or nil where none fits.
	Kind error
	// Hint, where not empty, says in plain words what to change.
	Hint string
	// Status, Code and RequestID are the server's, where there was an answer.
	Status    int
	Code      string
	RequestID string
	// Attempts is how often it was tried.
	Attempts int
	// Err is the cause, or the server's words.
	Err error

	// retry says that another attempt may succeed, wait how long the server asks to be
	// left alone, or 0.
	retry bool
	wait  time.Duration
	// region is the bucket's, where the server says so.
	region string
}

// Error returns one line without the hint.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		fmt.Fprintf(&b, "%s: ", e.Op)
	}
	if e.Address != "" {
		fmt.Fprintf(&b, "%s: ", e.Address)
	}
	switch {
	case e.Kind != nil && e.Err != nil && !strings.Contains(e.Err.Error(), e.Kind.Error()):
		fmt.Fprintf(&b, "%v: %v", e.Kind, e.Err)
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	case e.Kind != nil:
		b.WriteString(e.Kind.Error())
	default:
		fmt.Fprintf(&b, "status %d", e.Status)
	}
	var facts []string
	if e.Code != "" {
		facts = append(facts, e.Code)
	}
	if e.RequestID != "" {
		facts = append(facts, "request "+e.RequestID)
	}
	if e.Attempts > 1 {
		facts = append(facts, fmt.Sprintf("%d attempts", e.Attempts))
	}
	if len(facts) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(facts, ", "))
	}
	return b.String()
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

// As makes errors.As find an *asset.Fault in e, which is the form in which all packages
// report an error and its fix.
func (e *Error) As(target any) bool {
	fault, ok := target.(**asset.Fault)
	if ok {
		*fault = &asset.Fault{Message: e.Error(), Hint: e.Hint}
	}
	return ok
}

// noCredentials is the error of settings without any way to get in.
func noCredentials(hint string) error {
	return &Error{Kind: ErrCredentials, Err: errors.New("there are no credentials"), Hint: hint}
}

// badCredentials is the error of settings that contradict themselves or lack a part.
func badCredentials(hint, format string, args ...any) error {
	return &Error{Kind: ErrCredentials, Err: fmt.Errorf(format, args...), Hint: hint}
}

// sourceError is an error of the reader that an object's content comes from.
type sourceError struct{ error }

func (s *sourceError) Unwrap() error { return s.error }

// hintOf is the hint of err, or another where it has none.
func hintOf(err error, other string) string {
	if hint := asset.HintOf(err); hint != "" {
		return hint
	}
	return other
}
