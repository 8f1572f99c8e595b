package pixel

import (
	"bytes"
	"testing"
	"unsafe"
)

func same(a, b []byte) bool { return unsafe.SliceData(a) == unsafe.SliceData(b) }

func TestShelf(t *testing.T) {
	const kb = 1 << 10
	var s bufferPool
	large, small := s.take(900*kb), s.take(300*kb)
	s.give(large)
	s.give(small)
	if b := s.take(100 * kb); same(b, small) || same(b, large) {
		t.Error("a block more than twice as large is given away")
	}
	if b := s.take(301 * kb); same(b, small) || same(b, large) {
		t.Error("a block that is too small, or far too large, is given away")
	}
	if b := s.take(200 * kb); !same(b, small) || len(b) != 200*kb {
		t.Errorf("the block that fits best is not used: %d bytes", len(b))
	}
	if b := s.take(900 * kb); !same(b, large) || s.size != 0 {
		t.Errorf("the block is not used again, %d bytes are said to be there", s.size)
	}

	s.give(make([]byte, smallBlock-1))
	s.give(make([]byte, largeBlock+1))
	if len(s.blocks) != 0 {
		t.Errorf("%d blocks that are too small or too large are kept", len(s.blocks))
	}
	first := make([]byte, largeBlock)
	s.give(first)
	for range spareMemory / largeBlock {
		s.give(make([]byte, largeBlock))
	}
	if s.size > spareMemory || len(s.blocks) != spareMemory/largeBlock || same(s.blocks[0], first) {
		t.Errorf("%d blocks of %d bytes are kept, and the oldest is not the one that goes", len(s.blocks), s.size)
	}
}

// What is in memory that serves again shows nowhere: not in planes whose size is
// rounded up, and not where chroma is missing.
func TestMemoryServesAgain(t *testing.T) {
	defer func(old [][]byte) { buffers.blocks, buffers.size = old, 0 }(buffers.blocks)
	const width, height = 331, 257
	results := func(fill byte) (all [][]byte) {
		buffers.blocks, buffers.size = nil, 0
		for range 4 {
			for n := smallBlock; n <= 4<<20; n *= 2 {
				buffers.give(bytes.Repeat([]byte{fill}, n))
			}
		}
		for _, kind := range []Layout{Gray, YUV, RGBA} {
			for _, orientation := range []int{1, 6} {
				like := Image{Width: width, Height: height, Layout: kind, Depth: 8, Full: true, Matrix: MatrixBT601}
				src := NewRGBA(width, height, nil)
				if kind != RGBA {
					src = NewPlanar(like)
				}
				for p, pix := range src.Planes {
					w, h := src.PlaneSize(p)
					if kind == RGBA {
						w, h = 4*width*min(1, len(pix)), height
					}
					for y := range h {
						for x := range w {
							pix[y*src.Stride[p]+x] = byte(7*x ^ 3*y)
						}
					}
				}
				planes, err := ToYUV420(src, 200, 155, orientation)
				if err != nil {
					t.Fatal(err)
				}
				exact, err := ToRGBA(src, 200, 155, orientation)
				if err != nil {
					t.Fatal(err)
				}
				for p, pix := range planes.Planes {
					w, h := planes.PlaneSize(p)
					for y := range h {
						all = append(all, bytes.Clone(pix[y*planes.Stride[p]:][:w]))
					}
				}
				all = append(all, bytes.Clone(exact.Planes[0]))
				src.Free()
				planes.Free()
				exact.Free()
			}
		}
		return all
	}
	zeros, ones := results(0), results(255)
	for i := range zeros {
		if !bytes.Equal(zeros[i], ones[i]) {
			t.Fatalf("row %d depends on what was in memory", i)
		}
	}
}
