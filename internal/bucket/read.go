package bucket

import (
	"context"
	"fmt"
	"io"
)

// resetAfter is how many bytes have to arrive after a failure for the next one to be the
// first again: a large object may be cut off often, as long as it goes on.
const resetAfter = 1 << 20

// Read implements Bucket.
func (b *bucket) Read(ctx context.Context, key, ifNoneMatch string) (io.ReadCloser, Object, error) {
	r := &reader{ctx: ctx, bucket: b, key: key}
	r.trial = trial{bucket: b, op: operation{verb: "read", key: key}}
	var o Object
	err := b.do(ctx, r.trial.op, func(ctx context.Context, _ int) (err error) {
		r.body, _, o, err = b.driver.read(ctx, b.address.Prefix+key, readRequest{ifNoneMatch: ifNoneMatch})
		if err == nil && ifNoneMatch != "" && o.ETag == ifNoneMatch {
			// A server that does not keep to the condition.
			r.body.Close()
			return &Error{Kind: ErrNotModified}
		}
		return err
	})
	if err != nil {
		return nil, Object{}, err
	}
	o.Key = key
	r.object = o
	return r, o, nil
}

// A reader is the body of an object, which goes on where a connection ended.
type reader struct {
	ctx    context.Context
	bucket *bucket
	key    string
	object Object
	body   io.ReadCloser
	// offset is how much was read, and good how much of that since the last failure.
	offset, good int64
	trial        trial
	err          error
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, err := r.body.Read(p)
		r.offset += int64(n)
		r.good += int64(n)
		switch {
		case r.object.Size >= 0 && r.offset > r.object.Size:
			r.err = r.fail(fmt.Errorf("the server sent more than the %d bytes of the object", r.object.Size))
			return n, r.err
		case err == io.EOF && (r.object.Size < 0 || r.offset == r.object.Size):
			r.err = io.EOF
			return n, io.EOF
		case err == io.EOF:
			err = io.ErrUnexpectedEOF
		case err == nil:
			return n, nil
		}
		if r.err = r.resume(err); r.err != nil || n > 0 {
			return n, r.err
		}
	}
}

func (r *reader) fail(err error) error {
	return r.bucket.why(r.trial.op, &Error{Kind: ErrConnection, Err: err, Attempts: r.trial.attempts + 1}, &answer{})
}

// resume opens the object again where its body ended by err.
func (r *reader) resume(err error) error {
	r.body.Close()
	r.body = io.NopCloser(eof{})
	if r.good >= resetAfter {
		r.trial = trial{bucket: r.bucket, op: r.trial.op}
	}
	r.good = 0
	if r.trial.attempts == 0 {
		r.trial.attempts = 1
	}
	if r.object.ETag == "" {
		// It cannot be known whether the rest is that of the same object.
		return r.fail(err)
	}
	failure := r.bucket.unanswered(err)
	for {
		if err := r.trial.failed(r.ctx, failure, &answer{}); err != nil {
			return err
		}
		r.trial.attempts++
		ctx, a := withAnswer(r.ctx)
		err := r.reopen(ctx)
		if err == nil {
			return nil
		}
		op := r.trial.op
		op.match = true
		failure = r.bucket.why(op, err, a)
	}
}

func (r *reader) reopen(ctx context.Context) error {
	body, from, o, err := r.bucket.driver.read(ctx, r.bucket.address.Prefix+r.key, readRequest{offset: r.offset, ifMatch: r.object.ETag})
	if err != nil {
		return err
	}
	if o.ETag != r.object.ETag || from > r.offset {
		body.Close()
		return &Error{Kind: ErrChanged, Hint: "somebody has written it meanwhile: run the job again"}
	}
	if _, err := io.CopyN(io.Discard, body, r.offset-from); err != nil {
		body.Close()
		return err
	}
	r.body = body
	return nil
}

// Close implements io.Closer.
func (r *reader) Close() error {
	if r.err == nil || r.err == io.EOF {
		r.err = errClosed
	}
	return r.body.Close()
}

var errClosed = fmt.Errorf("read of an object: %w", io.ErrClosedPipe)

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }
