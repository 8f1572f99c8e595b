//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestOwnStderr crashes in a process of its own, once what libraries write is muted.
func TestOwnStderr(t *testing.T) {
	if os.Getenv("CRASH") != "" {
		own, mute := ownStderr()
		_, _ = syscall.Write(2, []byte("before\n"))
		mute()
		_, _ = syscall.Write(2, []byte("a library's line\n"))
		fmt.Fprintln(own, "a line of webpress")
		panic("a crash")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestOwnStderr$")
	cmd.Env = append(os.Environ(), "CRASH=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil {
		t.Fatal("no crash")
	}
	got := stderr.String()
	for _, want := range []string{"before\n", "a line of webpress\n", "panic: a crash", "stderr_unix_test.go"} {
		if strings.Count(got, want) == 0 {
			t.Errorf("%q is not in what is on standard error:\n%s", want, got)
		}
	}
	if strings.Contains(got, "library") {
		t.Errorf("a library is on standard error:\n%s", got)
	}
}
