package worker

import (
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

const (
	// leastMemory is the length of shared memory at least, and mostMemory the length of
	// what is kept for smaller images.
	leastMemory = 1 << 20
	mostMemory  = 64 << 20
	// maxOutput is the length in bytes of an output that is still read, maxOutputs how many
	// there may be for one image.
	maxOutput, maxOutputs = 1 << 30, 1 << 10
)

// talk sends a request with the data that belongs to it, and reads the response with the
// data of its outputs.
func (p *process) talk(req request, data []byte) (resp response, outputs [][]byte, err error) {
	if req.Op == opOpen {
		err = p.sendImage(req, data)
	} else {
		err = writeFrame(p.conn, req)
	}
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

// sendImage sends a request to open an image: by memory that both processes have, where
// there is such, or else behind it.
func (p *process) sendImage(req request, data []byte) error {
	fd := -1
	if size := int64(len(p.memory)); size < req.Size || size > mostMemory && req.Size <= mostMemory {
		unmap(p.memory)
		p.memory = nil
		want := int64(leastMemory)
		for want < req.Size {
			want *= 2
		}
		if want > mostMemory {
			want = req.Size
		}
		var err error
		if p.memory, fd, err = newMemory(want); err == nil {
			req.NewMemory = want
			defer closeMemory(fd)
		}
	}
	if int64(len(p.memory)) < req.Size {
		return writeFrame(p.conn, req, data)
	}
	req.Shared = true
	copy(p.memory, data)
	frame, err := encodeFrame(req)
	if err != nil {
		return err
	}
	if fd < 0 {
		_, err = p.conn.Write(frame)
		return err
	}
	n, _, err := p.conn.WriteMsgUnix(frame, unix.UnixRights(fd), nil)
	if err == nil && n < len(frame) {
		_, err = p.conn.Write(frame[n:])
	}
	return err
}
