package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// A sample is what one run of a peer took.
type sample struct {
	wall, cpu time.Duration
	// memory is the peak in bytes: in tables that have peers, of all processes together,
	// what they share counted once; otherwise of the largest process. The kernel counts what this program had in memory when it
	// started the peer, too, so this program keeps itself small.
	memory int64
	// files and bytes are what was written; lossless is how many of the files
	// are so.
	files, lossless int
	bytes           int64
}

// once empties out/, runs a peer and looks at what it wrote.
func once(ctx context.Context, p peer, w work) (sample, error) {
	out := filepath.Join(w.dir, "out")
	if err := os.RemoveAll(out); err != nil {
		return sample{}, err
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return sample{}, err
	}
	s, err := measured(ctx, w.dir, p.command(w), p.env(w)...)
	if err != nil {
		return s, err
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		return s, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return s, err
		}
		if filepath.Ext(e.Name()) != "."+w.format {
			continue
		}
		s.files++
		s.bytes += info.Size()
		f, err := os.Open(filepath.Join(out, e.Name()))
		if err != nil {
			return s, err
		}
		if lossless(f) {
			s.lossless++
		}
		if err := f.Close(); err != nil {
			return s, err
		}
	}
	if s.files == 0 {
		return s, errors.New("wrote nothing")
	}
	return s, nil
}

// measured runs a command in dir and takes its time and memory.
func measured(ctx context.Context, dir string, argv []string, env ...string) (sample, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var output bytes.Buffer
	cmd.Stderr = &output
	before := children()
	start := time.Now()
	err := cmd.Run()
	s := sample{wall: time.Since(start)}
	left := reap(before)
	if err != nil {
		return s, fmt.Errorf("%w\n%s", err, output.Bytes())
	}
	state := cmd.ProcessState
	s.cpu = state.UserTime() + state.SystemTime() + left // of its children too
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		s.memory = int64(usage.Maxrss) //nolint:unconvert // 32 bits on some
		if runtime.GOOS != "darwin" {
			s.memory *= 1024
		}
	}
	return s, nil
}

// lossless reports whether a WebP file holds a VP8L image and no lossy one,
// https://developers.google.com/speed/webp/docs/riff_container.
func lossless(webp io.ReaderAt) bool {
	found := false
	head := make([]byte, 8)
	for at := int64(12); ; {
		if _, err := webp.ReadAt(head, at); err != nil {
			return found // the end
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "VP8 ":
			return false
		case "VP8L":
			found = true
		case "ANMF": // a frame: its header, then chunks of its own
			at += 8 + 16
			continue
		}
		at += 8 + size + size%2
	}
}
