package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"time"

	"github.com/webpress/webpress/internal/project"
)

// A kind is what all problems of one type have in common. Its name is a heading of
// docs/serve.md, and never changes.
type kind struct {
	name   string
	status int
	title  string
}

// The kinds of problems.
var (
	badRequest       = kind{"bad-request", http.StatusBadRequest, "The request cannot be read"}
	unauthorized     = kind{"unauthorized", http.StatusUnauthorized, "A key is needed"}
	optionNotAllowed = kind{"option-not-allowed", http.StatusForbidden, "The key may not set this option"}
	notAllowed       = kind{"not-allowed", http.StatusForbidden, "The server does not allow this"}
	wrongSignature   = kind{"wrong-signature", http.StatusForbidden, "The link is not one of this server"}
	notFound         = kind{"not-found", http.StatusNotFound, "There is no such thing"}
	methodNotAllowed = kind{"method-not-allowed", http.StatusMethodNotAllowed, "The method is not for this address"}
	notAcceptable    = kind{"not-acceptable", http.StatusNotAcceptable, "The result is not of a type that the request accepts"}
	slowUpload       = kind{"slow-upload", http.StatusRequestTimeout, "The upload is too slow"}
	notReady         = kind{"not-ready", http.StatusConflict, "The result is not there yet"}
	gone             = kind{"gone", http.StatusGone, "The result is not there any more"}
	tooLarge         = kind{"too-large", http.StatusRequestEntityTooLarge, "The request is too large"}
	unsupportedImage = kind{"unsupported-image", http.StatusUnsupportedMediaType, "The file is not an image that webpress reads"}
	unknownOption    = kind{"unknown-option", http.StatusUnprocessableEntity, "There is no such option"}
	wrongOption      = kind{"wrong-option", http.StatusUnprocessableEntity, "An option has a wrong value"}
	notConverted     = kind{"not-converted", http.StatusUnprocessableEntity, "The image cannot be converted"}
	notDownloaded    = kind{"not-downloaded", http.StatusUnprocessableEntity, "The source cannot be downloaded"}
	keyReused        = kind{"idempotency-key-reused", http.StatusUnprocessableEntity, "Another request had this Idempotency-Key"}
	rateLimited      = kind{"rate-limited", http.StatusTooManyRequests, "Too many requests"}
	quotaExceeded    = kind{"quota-exceeded", http.StatusTooManyRequests, "The credits of this month are used up"}
	internalError    = kind{"internal", http.StatusInternalServerError, "The server has failed"}
	queueFull        = kind{"queue-full", http.StatusServiceUnavailable, "Too many jobs are waiting"}
	tooManyUploads   = kind{"too-many-uploads", http.StatusServiceUnavailable, "Too many uploads are being read"}
	shuttingDown     = kind{"shutting-down", http.StatusServiceUnavailable, "The server is about to end"}
	diskFull         = kind{"disk-full", http.StatusInsufficientStorage, "The disk of the server is full"}
)

// kinds are all kinds of problems.
func kinds() []kind {
	return []kind{
		badRequest, unauthorized, optionNotAllowed, notAllowed, wrongSignature, notFound, methodNotAllowed, notAcceptable, slowUpload, notReady,
		gone, tooLarge, unsupportedImage, unknownOption, wrongOption, notConverted, notDownloaded, keyReused, rateLimited, quotaExceeded,
		internalError, queueFull, tooManyUploads, shuttingDown, diskFull,
	}
}

// A Problem is an error of a request, as RFC 9457 has it.
type Problem struct {
	// Type is a URI that never changes, and leads to what the documentation says of it.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail is about this occurrence.
	Detail string `json:"detail,omitempty"`
	// Option is the one that is wrong. Errors are all that are wrong.
	Option string        `json:"option,omitempty"`
	Errors []OptionError `json:"errors,omitempty"`
	// JobID is the job that the problem is about.
	JobID string `json:"jobId,omitempty"`

	retryAfter time.Duration
	cause      error
}

// An OptionError is what is wrong with one option.
type OptionError struct {
	Option string `json:"option"`
	Detail string `json:"detail"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

func newProblem(k kind, format string, args ...any) *Problem {
	return &Problem{
		Type:  project.URL + "/blob/v" + project.Major + "/docs/serve.md#" + k.name,
		Title: k.title, Status: k.status, Detail: fmt.Sprintf(format, args...),
	}
}

// problemOf is what a client is told of an error.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if errors.Is(err, syscall.ENOSPC) {
		p := newProblem(diskFull, "try again later")
		p.cause, p.retryAfter = err, time.Minute
		return p
	}
	p := newProblem(internalError, "the log of the server says more")
	p.cause = err
	return p
}

// write sends the problem.
func (p *Problem) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	for _, name := range []string{"Content-Disposition", "ETag", "Last-Modified"} { // of the answer that it is instead of
		h.Del(name)
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", seconds(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="webpress"`)
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
