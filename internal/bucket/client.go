package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/webpress/webpress/internal/httpclient"
)

const (
	// firstWait is the bound of the first wait between two attempts where the server
	// names none; it doubles up to lastWait. The wait is drawn from its upper half.
	firstWait = time.Second
	lastWait  = 30 * time.Second
	// maxWait is the longest wait that is granted to a server.
	maxWait = 5 * time.Minute
)

// A driver does the requests of one provider, each of them once. Keys are whole, with
// the prefix. Its errors are explained by the answer that its transport notes, unless
// they are an *Error.
type driver interface {
	// list returns a page of the objects with a prefix, in the order of their keys, and
	// what to give as after for the next one: empty at the end.
	list(ctx context.Context, prefix, after string) (page []Object, next string, err error)
	stat(ctx context.Context, key string) (Object, error)
	// read opens an object at an offset. Where ifMatch is not empty it is this object,
	// and where ifNoneMatch is not empty it is not that one. From is where the body
	// begins: at the offset, or at 0 where the server knows no ranges.
	read(ctx context.Context, key string, r readRequest) (body io.ReadCloser, from int64, o Object, err error)
	write(ctx context.Context, key string, w writeRequest) (Object, error)
	delete(ctx context.Context, key, ifMatch string) error
	// classify explains an answer in the words of the provider.
	classify(op operation, a *answer) *Error
	// renew makes the next request have fresh credentials. It is false where there are
	// none but those it has.
	renew() bool
	// move makes the next requests go to another region. It is false where that cannot
	// be.
	move(region string) bool
}

type readRequest struct {
	offset               int64
	ifMatch, ifNoneMatch string
}

type writeRequest struct {
	WriteOptions
	body io.Reader
	size int64
	md5  []byte
	// again returns body from its start once more.
	again func() (io.ReadCloser, error)
}

// An operation is what is done with a bucket. It decides what an answer means.
type operation struct {
	verb string // open, list, stat, read, write, delete
	key  string
	// absent and match are the conditions of a write, a read or a delete.
	absent, match bool
}

func (op operation) String() string {
	if op.key == "" {
		return op.verb
	}
	return fmt.Sprintf("%s %q", op.verb, op.key)
}

// bucket is a Bucket over a driver.
type bucket struct {
	address Address
	driver  driver
	o       Options
	secrets *secrets
}

func newBucket(a Address, o Options) *bucket {
	return &bucket{address: a, o: o, secrets: &secrets{}}
}

// Address implements Bucket.
func (b *bucket) Address() Address { return b.address }

// checkKey refuses a key that not every provider takes.
func (b *bucket) checkKey(key string) error {
	switch {
	case !ValidKey(key):
		return &Error{Kind: ErrInvalid, Err: errors.New("the key is not valid"), Hint: "it has to be a path: without empty parts, . and .., and control characters"}
	case len(b.address.Prefix)+len(key) > maxKey:
		return &Error{Kind: ErrInvalid, Err: fmt.Errorf("the key has more than %d bytes with its prefix", maxKey), Hint: "use shorter names or a shorter prefix"}
	}
	return nil
}

// do does an operation, again where that may help. n is the number of the attempt, from
// 1.
func (b *bucket) do(ctx context.Context, op operation, attempt func(ctx context.Context, n int) error) error {
	if op.verb != "list" {
		if err := b.checkKey(op.key); err != nil {
			return b.explain(op.verb, op.key, err)
		}
	}
	t := trial{bucket: b, op: op}
	for {
		t.attempts++
		inner, a := withAnswer(ctx)
		err := attempt(inner, t.attempts)
		if err == nil {
			return nil
		}
		if err := t.failed(ctx, err, a); err != nil {
			return err
		}
	}
}

// A trial is the attempts at one operation.
type trial struct {
	bucket         *bucket
	op             operation
	attempts       int
	failures       int // that were answered by a wait
	renewed, moved bool
}

// failed decides about a failed attempt. It returns nil, after a wait, where another one
// is worth it, and the error of the operation where not.
func (t *trial) failed(ctx context.Context, err error, a *answer) error {
	b := t.bucket
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", t.op, context.Cause(ctx))
	}
	e := b.why(t.op, err, a)
	e.Attempts = t.attempts
	switch {
	case errors.Is(e.Kind, ErrExpired) && !t.renewed && b.driver.renew():
		t.renewed = true
		return nil
	case errors.Is(e.Kind, ErrRegion) && e.region != "" && !t.moved && b.driver.move(e.region):
		b.o.Logf("%s: the bucket is in %s, asking there; set region=%s in its address to save the detour", b.address, e.region, e.region)
		t.moved = true
		return nil
	case !e.retry, t.failures >= b.o.Retries, e.wait > maxWait:
		return e
	}
	wait := e.wait
	if wait == 0 {
		bound := min(firstWait<<min(t.failures, 10), lastWait)
		wait = bound/2 + rand.N(bound/2+1)
	}
	t.failures++
	b.o.Logf("%s; trying again in %s (%d of %d)", e, wait.Round(100*time.Millisecond), t.failures, b.o.Retries)
	if err := b.o.Clock.Sleep(ctx, wait); err != nil {
		return fmt.Errorf("%s: %w", t.op, err)
	}
	return nil
}

// explain is the *Error of what failed without an answer.
func (b *bucket) explain(verb, key string, err error) error {
	return b.why(operation{verb: verb, key: key}, err, &answer{})
}

// why explains a failed attempt.
func (b *bucket) why(op operation, err error, a *answer) *Error {
	var e *Error
	source, token := (*sourceError)(nil), (*httpclient.Error)(nil)
	switch {
	case errors.As(err, &e):
		c := *e
		e = &c
	case errors.As(err, &source):
		e = &Error{Kind: ErrSource, Err: source.error}
	case errors.As(err, &token):
		e = tokenRefused(token)
	case a.status != 0:
		e = b.refused(op, a)
	default:
		e = b.unanswered(err)
	}
	e.Op, e.Address = op.String(), b.address.String()
	if e.Kind == nil || !errors.Is(e.Kind, ErrSource) {
		e.Err = b.secrets.hide(e.Err)
	}
	return e
}

// refused explains an answer.
func (b *bucket) refused(op operation, a *answer) *Error {
	e := b.driver.classify(op, a)
	e.Status, e.RequestID = a.status, a.requestID()
	if e.Code == "" {
		e.Code = a.code
	}
	if e.Err == nil {
		switch words := strings.TrimSpace(a.message); {
		case words != "":
			e.Err = errors.New(words)
		case e.Kind == nil:
			e.Err = fmt.Errorf("the server answers with status %d", a.status)
		}
	}
	if e.retry {
		if wait, ok := httpclient.RetryAfter(a.header.Get("Retry-After"), b.serverTime(a)); ok {
			e.wait = wait
		}
	}
	if e.wait > maxWait {
		e.Hint = fmt.Sprintf("the server asks for a wait of %s: run the job again then", e.wait.Round(time.Second))
	}
	return e
}

// serverTime is the time by the server's clock, or by this machine's where it does not
// say.
func (b *bucket) serverTime(a *answer) time.Time {
	if skew, ok := b.skew(a); ok {
		return b.o.Clock.Now().Add(skew)
	}
	return b.o.Clock.Now()
}

// unanswered explains a failure without an answer.
func (b *bucket) unanswered(err error) *Error {
	err = withoutURL(err)
	e := &Error{Kind: ErrConnection, Err: err, retry: !httpclient.IsPermanent(err)}
	if e.Hint = "check the endpoint, and that it can be reached from where the job runs, with its proxy and certificates"; b.address.Endpoint == "" {
		e.Hint = "check that the server can be reached from where the job runs, with its proxy and certificates"
	}
	if b.address.Provider == Azure && isUnknownHost(err) {
		e.Kind, e.Hint = ErrNoBucket, fmt.Sprintf("check the name of the storage account, %s", b.address.Account)
	}
	return e
}

// List implements Bucket.
func (b *bucket) List(ctx context.Context, under string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		prefix, after, last := b.address.Prefix+under, "", ""
		op := operation{verb: "list"}
		for {
			var page []Object
			var next string
			err := b.do(ctx, op, func(ctx context.Context, _ int) (err error) {
				page, next, err = b.driver.list(ctx, prefix, after)
				return err
			})
			if err != nil {
				yield(Object{}, err)
				return
			}
			for _, o := range page {
				if o.Key <= last && last != "" {
					yield(Object{}, b.explain("list", "", &Error{
						Kind: ErrUnsupported, Err: fmt.Errorf("it lists %q after %q", o.Key, last),
						Hint: "webpress needs lists in the order of the keys' bytes, which directory buckets of S3 and accounts of Azure with a hierarchical namespace do not have: use a bucket of another kind",
					}))
					return
				}
				last = o.Key
				key, ours := strings.CutPrefix(o.Key, b.address.Prefix)
				if !ours || strings.HasSuffix(key, "/") || key == "" {
					continue // what stands for a folder
				}
				if !ValidKey(key) {
					b.o.Logf("%s: left out %q, which is not a path", b.address, b.secrets.text(key))
					continue
				}
				o.Key = key
				if !yield(o, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			after = next
		}
	}
}

// Stat implements Bucket.
func (b *bucket) Stat(ctx context.Context, key string) (o Object, err error) {
	err = b.do(ctx, operation{verb: "stat", key: key}, func(ctx context.Context, _ int) error {
		o, err = b.driver.stat(ctx, b.address.Prefix+key)
		return err
	})
	if err != nil {
		return Object{}, err
	}
	o.Key = key
	return o, nil
}

// Delete implements Bucket.
func (b *bucket) Delete(ctx context.Context, key, ifMatch string) error {
	err := b.do(ctx, operation{verb: "delete", key: key, match: ifMatch != ""}, func(ctx context.Context, _ int) error {
		return b.driver.delete(ctx, b.address.Prefix+key, ifMatch)
	})
	gone := err
	if ifMatch != "" && errors.Is(err, ErrChanged) {
		// Some servers say so of what is not there as well.
		_, gone = b.Stat(ctx, key)
	}
	if errors.Is(gone, ErrNotExist) && !errors.Is(gone, ErrNoBucket) {
		return nil
	}
	return err
}

// secrets are what must not be shown. Credentials come and go while others are in use.
type secrets struct {
	mu   sync.Mutex
	list []string
}

// keep is how many are remembered: those of the last renewals, which errors on their way
// may quote.
const keep = 32

func (s *secrets) add(list ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range list {
		if secret != "" {
			s.list = append(s.list, secret)
		}
	}
	if n := len(s.list) - keep; n > 0 {
		s.list = s.list[n:]
	}
}

// text is the words of others as one line without secrets.
func (s *secrets) text(words string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return httpclient.RedactText(words, s.list...)
}

// hide is err without secrets in its text, and as it is where there were none.
func (s *secrets) hide(err error) error {
	if err == nil {
		return nil
	}
	if clean := s.text(err.Error()); clean != err.Error() {
		return &hiddenError{clean, err}
	}
	return err
}

// hiddenError has a text of its own. It is no use to unwrap but for errors.Is and As of
// kinds, which is why the cause is kept.
type hiddenError struct {
	text string
	err  error
}

func (h *hiddenError) Error() string { return h.text }

func (h *hiddenError) Is(target error) bool { return errors.Is(h.err, target) }
