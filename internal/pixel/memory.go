package pixel

import (
	"slices"
	"sync"
)

// Images come and go in blocks of megabytes, and a fresh block costs more than
// what is done with it: the system has to find and clear its pages, one by one. So
// blocks that are done with serve again; they are neither counted by the memory
// budget nor found by the garbage collector, and therefore few.
const (
	smallBlock  = 64 << 10
	largeBlock  = 12 << 20
	spareMemory = 24 << 20
)

// A bufferPool holds unused blocks, the oldest first.
type bufferPool struct {
	mu     sync.Mutex
	blocks [][]byte
	size   int
}

var buffers bufferPool

// take returns n bytes that may hold anything.
func (s *bufferPool) take(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	best := -1
	for i, b := range s.blocks {
		if cap(b) >= n && cap(b) <= 2*n && (best < 0 || cap(b) < cap(s.blocks[best])) {
			best = i
		}
	}
	if best < 0 {
		return make([]byte, n)
	}
	return s.remove(best)[:n]
}

func (s *bufferPool) remove(i int) []byte {
	b := s.blocks[i]
	s.blocks = slices.Delete(s.blocks, i, i+1)
	s.size -= cap(b)
	return b
}

// give adds an unused block to the pool.
func (s *bufferPool) give(b []byte) {
	if cap(b) < smallBlock || cap(b) > largeBlock {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocks = append(s.blocks, b)
	for s.size += cap(b); s.size > spareMemory; {
		s.remove(0)
	}
}

// NewBlock returns n bytes for pixels, which may hold anything.
func NewBlock(n int) []byte { return buffers.take(n) }

// Free releases the pixels of im: their memory is reused for other images. im is
// empty afterwards.
func (im *Image) Free() {
	buffers.give(im.block)
	*im = Image{}
}

// FreeBlock releases bytes that NewBlock returned, which are reused.
func FreeBlock(b []byte) { buffers.give(b) }
