package forge

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/webpress/webpress/internal/httpclient"
)

// A text is JSON that is made while it is sent, as what is in it may be larger
// than the memory: literal pieces, and contents in base64 between them.
type text struct {
	pieces []piece
	length int64
}

type piece struct {
	literal string
	content *Content
	name    string // of content
}

// A contentError is one of a Content, and none of the server or the way to it.
type contentError struct {
	name string
	err  error
}

func (e *contentError) Error() string {
	if e.name == "" {
		return "read content: " + e.err.Error()
	}
	return fmt.Sprintf("read %q: %v", e.name, e.err)
}

func (e *contentError) Unwrap() error { return e.err }

// raw adds s as it is.
func (t *text) raw(s string) {
	t.pieces = append(t.pieces, piece{literal: s})
	t.length += int64(len(s))
}

// value adds v as JSON.
func (t *text) value(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	t.raw(string(data))
	return nil
}

// base64 adds c as a JSON string. name is for errors.
func (t *text) base64(name string, c Content) {
	t.raw(`"`)
	t.pieces = append(t.pieces, piece{content: &c, name: name})
	t.length += int64(base64.StdEncoding.EncodedLen(int(c.Size)))
	t.raw(`"`)
}

// into makes t the body of r.
func (t *text) into(r *httpclient.Request) {
	r.Header.Set("Content-Type", "application/json")
	r.Length = t.length
	r.Body = func() (io.Reader, error) { return &textReader{pieces: t.pieces}, nil }
}

// A textReader reads a text. It has one content open at a time.
type textReader struct {
	pieces []piece
	now    io.Reader // of pieces[0]
}

func (r *textReader) Read(p []byte) (int, error) {
	for len(p) > 0 && len(r.pieces) > 0 {
		if r.now == nil {
			if r.pieces[0].content == nil {
				r.now = strings.NewReader(r.pieces[0].literal)
			} else {
				f, err := r.pieces[0].content.Open()
				if err != nil {
					return 0, &contentError{r.pieces[0].name, err}
				}
				r.now = &encoder{file: f, left: r.pieces[0].content.Size}
			}
		}
		n, err := r.now.Read(p)
		if err == io.EOF {
			// What was only read may fail to close as it likes.
			err = nil
			_ = r.Close()
			r.pieces = r.pieces[1:]
		} else if err != nil {
			err = &contentError{r.pieces[0].name, err}
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	if len(p) == 0 {
		return 0, nil
	}
	return 0, io.EOF
}

// Close closes what is open.
func (r *textReader) Close() error {
	c, ok := r.now.(io.Closer)
	r.now = nil
	if ok {
		return c.Close()
	}
	return nil
}

// An encoder turns what it reads into base64.
type encoder struct {
	file io.ReadCloser
	left int64  // bytes of file that are still to come
	out  []byte // encoded, and not handed on yet
	end  bool
}

// blockSize is what an encoder reads at once: a multiple of 3, so that no
// padding is needed in between.
const blockSize = 3 << 14

func (e *encoder) Read(p []byte) (int, error) {
	if len(e.out) == 0 {
		if e.end {
			return 0, io.EOF
		}
		block := make([]byte, blockSize)
		n, err := io.ReadFull(e.file, block)
		e.left -= int64(n)
		if e.end = err == io.EOF || err == io.ErrUnexpectedEOF; !e.end && err != nil {
			return 0, err
		}
		if e.left < 0 || e.end && e.left != 0 {
			return 0, fmt.Errorf("the file's size has changed meanwhile")
		}
		e.out = base64.StdEncoding.AppendEncode(nil, block[:n])
		if len(e.out) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, e.out)
	e.out = e.out[n:]
	return n, nil
}

func (e *encoder) Close() error { return e.file.Close() }
