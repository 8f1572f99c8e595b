package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOnce(t *testing.T) {
	w := work{dir: t.TempDir(), files: []string{"in/a b.png", "in/c.png"}, procs: 2, format: "webp"}
	if err := os.Mkdir(filepath.Join(w.dir, "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range w.files {
		if err := os.WriteFile(filepath.Join(w.dir, f), []byte("12345"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	copies := peer{
		name:    "cp",
		command: func(w work) []string { return xargs(w, `sleep 0.05; cp "$1" "$out"; test "$WORD" = "it's"`) },
		extra:   func(work) []string { return []string{"WORD=it's"} },
	}
	for range 2 { // the second run must not see the files of the first
		s, err := once(context.Background(), copies, w)
		if err != nil {
			t.Fatal(err)
		}
		if s.files != 2 || s.bytes != 10 || s.lossless != 0 {
			t.Errorf("got %d files, %d bytes, %d lossless", s.files, s.bytes, s.lossless)
		}
		if s.wall < 50*time.Millisecond || s.cpu == 0 || s.memory == 0 {
			t.Errorf("got wall %v, cpu %v, memory %d", s.wall, s.cpu, s.memory)
		}
	}
	idle := peer{name: "true", command: func(work) []string { return []string{"true"} }}
	if _, err := once(context.Background(), idle, w); err == nil {
		t.Error("a peer that writes nothing passed")
	}
}

func TestLossless(t *testing.T) {
	for name, want := range map[string]bool{"lossy": false, "lossless": true, "alpha": false, "animated": true} {
		data, err := os.ReadFile("../testdata/pictures/webp/" + name + ".webp")
		if err != nil {
			t.Fatal(err)
		}
		if got := lossless(bytes.NewReader(data)); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if !lossless(strings.NewReader("RIFF....WEBPVP8L....")) || lossless(strings.NewReader("")) {
		t.Error("cut short")
	}
}
