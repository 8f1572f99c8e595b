package worker

import (
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

const (
	// maxOutput is the length in bytes of an output that is still read, maxOutputs how many
	// there may be for one image.
	maxOutput, maxOutputs = 1 << 30, 1 << 10
)

// talk sends a request with the image that it opens, and reads the response with the data
// of its outputs. The image is not needed any more then.
func (p *process) talk(req request, c content) (resp response, outputs [][]byte, err error) {
	err = p.send(req, c)
	c.free()
	if err != nil {
		return resp, nil, err
	}
	return p.read(len(req.Variants))
}

// read reads a response to a request with so many variants, and the data of its outputs.
func (p *process) read(variants int) (resp response, outputs [][]byte, err error) {
	if err := readFrame(p.answers, &resp); err != nil {
		return resp, nil, err
	}
	if len(resp.Outputs) > maxOutputs || len(resp.Outputs) > variants {
		return resp, nil, fmt.Errorf("%d outputs for %d variants", len(resp.Outputs), variants)
	}
	for _, o := range resp.Outputs {
		if o.Size < 0 || o.Size > maxOutput {
			return resp, nil, fmt.Errorf("an output of %d bytes", o.Size)
		}
		out := make([]byte, o.Size)
		if _, err := io.ReadFull(p.answers, out); err != nil {
			return resp, nil, err
		}
		outputs = append(outputs, out)
	}
	return resp, outputs, nil
}

// send sends a request, with the image that it opens.
func (p *process) send(req request, c content) error {
	if c.fd < 0 {
		return writeFrame(p.conn, req, c.data)
	}
	req.Shared = true
	frame, err := encodeFrame(req)
	if err != nil {
		return err
	}
	n, _, err := p.conn.WriteMsgUnix(frame, unix.UnixRights(c.fd), nil)
	if err == nil && n < len(frame) {
		_, err = p.conn.Write(frame[n:])
	}
	return err
}
