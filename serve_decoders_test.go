package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// decoders are the worker processes of a process.
func decoders(pid int) (all []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		children, _ := os.ReadFile(task)
		for field := range strings.FieldsSeq(string(children)) {
			line, _ := os.ReadFile("/proc/" + field + "/cmdline")
			if n, err := strconv.Atoi(field); err == nil && bytes.Contains(line, []byte("__worker")) {
				all = append(all, n)
			}
		}
	}
	return all
}

// TestServeDecodersKilled kills the decoders of a server while it converts. What they had open
// fails and says why, and the next job is done.
func TestServeDecodersKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("without /proc, the decoders are not found")
	}
	dir := t.TempDir()
	s := serve(t, dir)
	out, err := command(t, dir, "key", "add", "shop", "--rate=100000").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := client{t, s, servedKey.FindString(string(out))}
	image := picture(t, "noise", 700, 700)
	type answer struct{ JobID, Status, Error string }
	ask := func(method, path string, body []byte, header ...string) answer {
		t.Helper()
		status, data := c.do(method, path, body, header...)
		var a answer
		if err := json.Unmarshal(data, &a); err != nil || status >= http.StatusBadRequest {
			t.Fatalf("%d: %s", status, data)
		}
		return a
	}
	failed := 0
	for round := 0; failed < 2; round++ {
		if round == 30 {
			t.Fatal("no job has failed")
		}
		var jobs []string
		for n := range 2 {
			path := fmt.Sprintf("/api/v1/convert?effort=6&lossless=never&quality=%d", 2*round+n)
			jobs = append(jobs, ask(http.MethodPost, path, image, "Prefer", "respond-async").JobID)
		}
		for ask(http.MethodGet, "/api/v1/status/"+jobs[0], nil).Status == "queued" {
			time.Sleep(time.Millisecond)
		}
		for _, pid := range decoders(s.Process.Pid) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // or it has ended
		}
		for _, id := range jobs {
			a := ask(http.MethodGet, "/api/v1/status/"+id+"?wait=60", nil)
			switch {
			case a.Status == "failed" && strings.Contains(a.Error, "the decoder crashed (SIGKILL)"):
				failed++
			case a.Status != "completed":
				t.Errorf("%+v", a)
			}
		}
		if a := ask(http.MethodPost, fmt.Sprintf("/api/v1/convert?quality=%d", 99-round), image); a.Status != "completed" {
			t.Errorf("afterwards: %+v", a)
		}
	}
	s.end(t)
}
