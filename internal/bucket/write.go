package bucket

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// digestName is the name of the metadata that holds the SHA-256 of an object. It is
// also an identifier, as Azure wants it.
const digestName = "webpresssha256"

// validDigest matches a SHA-256 as it is stored.
var validDigest = pattern(`^[0-9a-f]{64}$`)

// storedDigest is the digest of an object by its metadata, empty where it holds another
// thing.
func storedDigest(s string) string {
	if s = strings.ToLower(s); validDigest().MatchString(s) {
		return s
	}
	return ""
}

// Write implements Bucket.
func (b *bucket) Write(ctx context.Context, key string, open func() (io.ReadCloser, error), size int64, w WriteOptions) (o Object, err error) {
	op := operation{verb: "write", key: key, absent: w.IfAbsent, match: w.IfMatch != ""}
	if err := checkWrite(size, w); err != nil {
		return Object{}, b.explain(op.verb, key, err)
	}
	sum, err := digest(open, size)
	if err == nil && w.SHA256 != "" && !strings.EqualFold(w.SHA256, hex.EncodeToString(sum.sha256)) {
		err = &sourceError{errors.New("it has changed since its digest was made")}
	}
	if err != nil {
		return Object{}, b.explain(op.verb, key, err)
	}
	w.SHA256 = hex.EncodeToString(sum.sha256)
	err = b.do(ctx, op, func(ctx context.Context, n int) error {
		o, err = b.writeOnce(ctx, key, open, writeRequest{WriteOptions: w, size: size, md5: sum.md5, again: open})
		if err == nil || n == 1 {
			return err
		}
		// The answer of an earlier attempt may be all that was lost.
		inner, a := ctx, answerOf(ctx)
		if why := b.why(op, err, a); !errors.Is(why, ErrExist) && !errors.Is(why, ErrChanged) {
			return err
		}
		refusal := *a
		there, statErr := b.driver.stat(inner, b.address.Prefix+key)
		*a = refusal
		if statErr == nil && there.SHA256 == w.SHA256 && there.Size == size && there.ETag != w.IfMatch {
			o = there
			return nil
		}
		return err
	})
	if err != nil {
		return Object{}, err
	}
	o.Key, o.Size, o.ContentType, o.SHA256 = key, size, w.ContentType, w.SHA256
	return o, nil
}

func answerOf(ctx context.Context) *answer {
	a, _ := ctx.Value(answerKey{}).(*answer)
	return a
}

func (b *bucket) writeOnce(ctx context.Context, key string, open func() (io.ReadCloser, error), w writeRequest) (Object, error) {
	body, err := open()
	if err != nil {
		return Object{}, &sourceError{err}
	}
	defer body.Close()
	source := &source{r: body, left: w.size}
	w.body = source
	o, err := b.driver.write(ctx, b.address.Prefix+key, w)
	if source.err != nil && err != nil {
		return Object{}, source.err
	}
	return o, err
}

// source is the content of an object on its way. It keeps the error of the reader, which
// clients wrap or lose.
type source struct {
	r    io.Reader
	left int64
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.left -= int64(n)
	switch {
	case s.left < 0, err == io.EOF && s.left > 0:
		err = errors.New("its length has changed")
		fallthrough
	case err != nil && err != io.EOF:
		s.err = &sourceError{err}
		return n, s.err
	}
	return n, err
}

func checkWrite(size int64, w WriteOptions) error {
	bad := func(what string) error { return &Error{Kind: ErrInvalid, Err: errors.New(what)} }
	switch {
	case size < 0:
		return bad("the size is negative")
	case size > maxObject:
		return &Error{Kind: ErrInvalid, Err: fmt.Errorf("it has %d bytes, and a single request carries %d", size, int64(maxObject))}
	case w.IfAbsent && w.IfMatch != "":
		return bad("IfAbsent and IfMatch exclude each other")
	case strings.ContainsAny(w.IfMatch, "\"\r\n"):
		return bad("an ETag has no quotes and no line breaks")
	case strings.ContainsAny(w.ContentType+w.CacheControl, "\r\n\x00"):
		return bad("a header has a line break")
	}
	return nil
}

// maxObject is the length in bytes of what all providers take in one request.
const maxObject = 5000 << 20

type sums struct{ sha256, md5 []byte }

// digest reads content once and checks its length.
func digest(open func() (io.ReadCloser, error), size int64) (sums, error) {
	body, err := open()
	if err != nil {
		return sums{}, &sourceError{err}
	}
	defer body.Close()
	strong, quick := sha256.New(), md5.New()
	n, err := io.Copy(io.MultiWriter(strong, quick), io.LimitReader(body, size+1))
	switch {
	case err != nil:
		return sums{}, &sourceError{err}
	case n != size:
		return sums{}, &sourceError{fmt.Errorf("it does not have %d bytes", size)}
	}
	return sums{strong.Sum(nil), quick.Sum(nil)}, nil
}
