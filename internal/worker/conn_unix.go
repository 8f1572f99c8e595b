package worker

import (
	"bufio"
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// A conn is a worker's end of the socket. It blocks: a worker has nothing else to do.
type conn struct {
	*bufio.Reader // of what receive reads
	fd            int
	// passed is a descriptor that came with what was read last, -1 for none.
	passed int
}

func newConn(fd int) *conn {
	c := &conn{fd: fd, passed: -1}
	c.Reader = bufio.NewReaderSize(receiver{c}, maxJoined)
	return c
}

// inherited says that this process was given a socket as this descriptor.
func inherited(fd int) bool {
	_, err := unix.Getsockname(fd)
	return err == nil
}

// A receiver reads from the socket of a conn.
type receiver struct{ *conn }

// Read reads at least a byte, and keeps a descriptor that comes with it.
func (c receiver) Read(p []byte) (int, error) {
	var beside [64]byte
	for {
		n, oobn, _, _, err := unix.Recvmsg(c.fd, p, beside[:], 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		if oobn > 0 {
			c.keep(beside[:oobn])
		}
		return n, nil
	}
}

// keep takes the descriptor out of a control message.
func (c *conn) keep(control []byte) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return
	}
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			continue
		}
		for _, fd := range fds {
			if c.passed >= 0 {
				unix.Close(c.passed)
			}
			c.passed = fd
		}
	}
}

// Write writes all of p.
func (c *conn) Write(p []byte) (written int, err error) {
	for written < len(p) {
		n, err := unix.Write(c.fd, p[written:])
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return written, err
		default:
			written += n
		}
	}
	return written, nil
}

// mapMemory maps the memory whose descriptor has come, to be read.
func (c *conn) mapMemory(size int64) ([]byte, error) {
	if c.passed < 0 {
		return nil, errors.New("no descriptor came with it")
	}
	defer func() { unix.Close(c.passed); c.passed = -1 }()
	return unix.Mmap(c.passed, 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
}

func unmap(memory []byte) {
	if memory != nil {
		_ = unix.Munmap(memory)
	}
}
