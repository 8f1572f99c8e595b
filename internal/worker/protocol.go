package worker

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
)

// What the two processes say to each other are frames: a number of 4 bytes, the length
// of the JSON behind it, and that JSON. Behind a request that opens an image come its bytes,
// unless the two share memory that has them, and behind a response those of the outputs.

// maxFrame is the length in bytes of a frame's JSON that is still read.
const maxFrame = 4 << 20

// maxJoined is up to how many bytes are copied to be written at once.
const maxJoined = 64 << 10

// An op is what a worker is asked for.
type op string

const (
	opOpen        op = "open"
	opOpenFor     op = "open-for" // open, and convert what is small
	opConvert     op = "convert"
	opCheck       op = "check"
	opPlaceholder op = "placeholder"
	opClose       op = "close" // has no response
)

// A request is about one image: the one that was opened last.
type request struct {
	Op op `json:"op"`
	// Size is the length of an image that is to be opened. Shared says that it is in
	// memory, the descriptor of which comes with the request.
	Size   int64 `json:"size,omitempty"`
	Shared bool  `json:"shared,omitempty"`

	Variants  []asset.Variant `json:"variants,omitempty"`
	Options   engine.Options  `json:"options,omitzero"`
	Strict    bool            `json:"strict,omitempty"`
	MaxPixels int64           `json:"max-pixels,omitempty"`
}

// A response has what was asked for, or an error.
type response struct {
	Error       *failure            `json:"error,omitempty"`
	Info        codec.Info          `json:"info,omitzero"`
	Outputs     []output            `json:"outputs,omitempty"`
	Placeholder *engine.Placeholder `json:"placeholder,omitempty"`
	// Converted says that an image was converted as it was opened; NotConverted is why
	// that failed.
	Converted    bool     `json:"converted,omitempty"`
	NotConverted *failure `json:"not-converted,omitempty"`
	// Confined is in the first response, which nobody has asked for.
	Confined *Confinement `json:"confined,omitempty"`
}

// An output is an engine.Output without its data, of which it has the length.
type output struct {
	Size int64 `json:"size"`
	// Error is why there are no data, nil where there are.
	Error    *failure `json:"error,omitempty"`
	Width    int      `json:"width"`
	Height   int      `json:"height"`
	Frames   int      `json:"frames"`
	Lossless bool     `json:"lossless,omitempty"`
	asset.Rating
	Notes []string `json:"notes,omitempty"`
}

// A failure is an error: a *codec.Error, or any other, which has a message alone.
type failure struct {
	Codec   *codec.Error `json:"codec,omitempty"`
	Message string       `json:"message,omitempty"`
}

// failureOf is err as it is sent; nil for none.
func failureOf(err error) *failure {
	if err == nil {
		return nil
	}
	f := &failure{Message: err.Error()}
	if e, ok := errors.AsType[*codec.Error](err); ok {
		f.Codec = e
	}
	return f
}

// writeFrame writes v and what comes behind it.
func writeFrame(w io.Writer, v any, behind ...[]byte) error {
	frame, err := encodeFrame(v)
	if err != nil {
		return err
	}
	for _, data := range behind {
		if len(frame)+len(data) <= maxJoined { // each write may wake the other process
			frame = append(frame, data...)
			continue
		}
		if _, err := w.Write(frame); err != nil {
			return err
		}
		frame = slices.Clip(data) // what is appended is not to be written into it
	}
	_, err = w.Write(frame)
	return err
}

func encodeFrame(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(data) > maxFrame {
		return nil, fmt.Errorf("a frame of %d bytes is longer than %d", len(data), maxFrame)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...), nil
}

// readFrame reads a frame into v.
func readFrame(r io.Reader, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrame {
		return fmt.Errorf("a frame of %d bytes is longer than %d", n, maxFrame)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}
