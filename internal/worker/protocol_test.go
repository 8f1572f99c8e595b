package worker

import (
	"bytes"
	"testing"
)

// TestWriteFrame puts what comes behind a frame out in its order, and writes into none of it:
// an output may be a part of a buffer that goes on behind it.
func TestWriteFrame(t *testing.T) {
	buffer := bytes.Repeat([]byte("a"), maxJoined)
	long, short := buffer[:maxJoined-4], []byte("bb")
	var got bytes.Buffer
	if err := writeFrame(&got, "x", long, short); err != nil {
		t.Fatal(err)
	}
	want := "\x00\x00\x00\x03\"x\"" + string(long) + "bb"
	if got.String() != want {
		t.Errorf("wrote %d bytes that end in %q, want %d that end in %q", got.Len(), got.Bytes()[max(got.Len()-4, 0):], len(want), want[len(want)-4:])
	}
	if tail := string(buffer[maxJoined-4:]); tail != "aaaa" {
		t.Errorf("what is behind an output is %q now", tail)
	}
}
