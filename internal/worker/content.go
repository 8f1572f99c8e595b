package worker

import "github.com/webpress/webpress/internal/asset"

// minShared is from how many bytes an image is in memory that is shared with the worker. To
// make and to map that takes longer than to copy less.
const minShared = 64 << 10

// A content is the bytes of an image. fd is the descriptor of the memory that they are in, by
// which a worker gets them without a copy; -1 is none.
type content struct {
	data []byte
	fd   int
}

// noContent belongs to requests that open nothing.
var noContent = content{fd: -1}

// newContent has room for so many bytes.
func newContent(size int64) content {
	if size >= minShared {
		if memory, fd, err := newMemory(size); err == nil {
			return content{memory, fd}
		}
	}
	return content{make([]byte, size), -1}
}

// contentOf has data, which stay as they are until a worker has them.
func contentOf(data []byte) content {
	if len(data) < minShared {
		return content{data, -1}
	}
	c := newContent(int64(len(data)))
	copy(c.data, data)
	return c
}

// free gives the memory back, which a worker keeps for as long as it needs it.
func (c *content) free() {
	if c.fd >= 0 {
		unmap(c.data)
		closeMemory(c.fd)
	}
	c.data, c.fd = nil, -1
}

// format is what the content says that it is.
func (c content) format() asset.Format {
	format, _ := asset.Sniff(c.data[:min(len(c.data), asset.SniffLen)])
	return format
}
