package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A client has a key of a server.
type client struct {
	*testing.T
	served
	key string
}

// do sends a request, and returns the status and the body of the answer.
func (c client) do(method, path string, body []byte, header ...string) (status int, data []byte) {
	c.Helper()
	r, err := http.NewRequestWithContext(c.Context(), method, c.url+path, bytes.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	if data, err = io.ReadAll(resp.Body); err != nil {
		c.Fatal(err)
	}
	return resp.StatusCode, data
}

// onSmallDisk changes a command so that it has a small disk of its own at /mnt.
func onSmallDisk(t *testing.T, c *exec.Cmd, size string) {
	t.Helper()
	if !mounts() {
		t.Skip("disks cannot be mounted here")
	}
	path, err := exec.LookPath("unshare")
	if err != nil {
		t.Skip(err)
	}
	script := fmt.Sprintf(`mount -t tmpfs -o size=%s tmpfs /mnt && exec "$@"`, size)
	c.Args = append([]string{"unshare", "--mount", "sh", "-c", script, "sh", c.Path}, c.Args[1:]...)
	c.Path = path
}

// picture is what writePicture writes, as a PNG.
func picture(t *testing.T, kind string, w, h int) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.png")
	if err := writePicture(kind, name, w, h); err != nil {
		t.Fatal(err)
	}
	return []byte(read(t, name))
}

// TestServeDiskFull fills the disk of a server: requests are answered by 507, and by the result
// once there is room again.
func TestServeDiskFull(t *testing.T) {
	dir := t.TempDir()
	cmd := command(t, dir, "serve", "--listen=127.0.0.1:0", "--data=/mnt/data")
	onSmallDisk(t, cmd, "3m")
	s := serveBy(t, cmd)
	c := client{t, s, servedKey.FindString(s.said)}
	image := picture(t, "noise", 500, 500)
	post := func(quality int, key string) (int, []byte) {
		return c.do(http.MethodPost, fmt.Sprintf("/api/v1/convert?quality=%d", quality), image, "Idempotency-Key", key)
	}
	var jobs []string
	status := http.StatusOK
	var answer []byte
	for q := 0; q < 50 && status == http.StatusOK; q++ {
		status, answer = post(50+q, fmt.Sprint(q))
		var job struct{ JobID string }
		if err := json.Unmarshal(answer, &job); err != nil {
			t.Fatalf("%v: %s", err, answer)
		}
		if status == http.StatusOK {
			jobs = append(jobs, job.JobID)
		}
	}
	if status != http.StatusInsufficientStorage || !strings.Contains(string(answer), "#disk-full") || len(jobs) == 0 {
		t.Fatalf("%d after %d jobs: %s", status, len(jobs), answer)
	}
	// What was refused gives its room back, which may do for this one.
	if status, answer = post(99, "x"); status != http.StatusInsufficientStorage && status != http.StatusOK {
		t.Errorf("%d: %s", status, answer)
	}
	// What is there can be had, and what was refused is converted after there is room.
	for _, id := range jobs {
		if status, _ := c.do(http.MethodGet, "/api/v1/download/"+id, nil); status != http.StatusOK {
			t.Errorf("%d", status)
		}
	}
	for _, id := range jobs {
		if status, answer := c.do(http.MethodDelete, "/api/v1/status/"+id, nil); status != http.StatusNoContent {
			t.Errorf("%d: %s", status, answer)
		}
	}
	if status, answer = post(99, "x"); status != http.StatusOK {
		t.Errorf("%d: %s", status, answer)
	}
	var usage struct{ Credits, Jobs int }
	if _, answer = c.do(http.MethodGet, "/api/v1/usage", nil); json.Unmarshal(answer, &usage) != nil || usage.Credits != len(jobs)+1 {
		t.Errorf("%d jobs: %s", len(jobs)+1, answer)
	}
	s.end(t)
}

// TestServeSlowUploads has a thousand clients that send hardly anything. They do not keep others out.
func TestServeSlowUploads(t *testing.T) {
	dir := t.TempDir()
	image := picture(t, "photo", 200, 100)
	s := serve(t, dir)
	c := client{t, s, servedKey.FindString(s.said)}
	out, err := command(t, dir, "key", "add", "slow", "--rate=100000").Output()
	if err != nil {
		t.Fatal(err)
	}
	slow := client{t, s, servedKey.FindString(string(out))}
	for range 1000 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "POST /api/v1/convert HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100000\r\n\r\n\x89", slow.key); err != nil {
			t.Fatal(err)
		}
	}
	for q := range 20 {
		if status, answer := c.do(http.MethodPost, fmt.Sprintf("/api/v1/convert?quality=%d", q), image); status != http.StatusOK {
			t.Errorf("%d: %s", status, answer)
		}
	}
	// Others of the same key may have to wait, but not for long.
	for tries := 0; ; tries++ {
		status, answer := slow.do(http.MethodPost, "/api/v1/convert?quality=30", image)
		if status == http.StatusOK {
			break
		}
		if status != http.StatusServiceUnavailable || tries == 100 {
			t.Fatalf("%d: %s", status, answer)
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.end(t)
}
