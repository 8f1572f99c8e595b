package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

var servedKey = regexp.MustCompile(`wpk_[A-Za-z0-9_-]{43}`)

// A served is a webpress serve that runs.
type served struct {
	*exec.Cmd
	url string
	// said is what it has said first, log what it has logged, which may be read once it has
	// ended.
	said string
	log  *bytes.Buffer
}

// serve runs webpress serve in a folder, on a free port.
func serve(t *testing.T, dir string, flags ...string) served {
	t.Helper()
	return serveBy(t, command(t, dir, append([]string{"serve", "--listen=127.0.0.1:0"}, flags...)...))
}

// serveBy runs webpress serve by a command.
func serveBy(t *testing.T, c *exec.Cmd) served {
	t.Helper()
	s := served{Cmd: c, log: &bytes.Buffer{}}
	s.Stderr = s.log
	out, err := s.StdoutPipe()
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Process.Kill(); _ = s.Wait() })
	lines := bufio.NewReader(out)
	for s.url == "" { // the last of what it says
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%v: %s%s", err, s.said, s.log)
		}
		s.said += line
		if rest, ok := strings.CutPrefix(line, "listening on "); ok {
			s.url = strings.TrimSpace(rest)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return s
}

// end interrupts the server, which ends in order.
func (s served) end(t *testing.T) {
	t.Helper()
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Errorf("%v\n%s", err, s.log)
	}
}

// TestServe has the commands of the documentation answered by a server of its own. It ends by
// SIGTERM, and knows its jobs after that.
func TestServe(t *testing.T) {
	for _, program := range []string{"curl", "bash"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	dir := t.TempDir()
	for name, kind := range map[string]string{"photo.jpg": "photo", "avatar.png": "photo"} {
		if err := writePicture(kind, filepath.Join(dir, name), 300, 240); err != nil {
			t.Fatal(err)
		}
	}
	s := serve(t, dir)
	key := servedKey.FindString(s.said)
	if key == "" {
		t.Fatalf("no key in %q", s.said)
	}
	docs, err := os.ReadFile("docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	run := func(script string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", `curl() { command curl --silent --show-error --fail-with-body "$@"; }`+"\n"+script)
		c.Dir, c.Env = dir, append(os.Environ(), "KEY="+key, "API="+s.url+"/api/v1")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("%v of\n%s\n%s", err, script, out)
		}
		return string(out)
	}
	blocks := 0
	for _, m := range docBlock.FindAllStringSubmatch(string(docs), -1) {
		if m[1] == "sh" && strings.Contains(m[2], "curl ") {
			run(strings.ReplaceAll(m[2], "http://127.0.0.1:8080", s.url))
			blocks++
		}
	}
	if blocks < 6 {
		t.Errorf("only %d blocks", blocks)
	}
	data, err := os.ReadFile(filepath.Join(dir, "photo.webp"))
	if err != nil || !bytes.HasPrefix(data, []byte("RIFF")) {
		t.Errorf("%v: %.20q", err, data)
	}
	// The command that the server has printed works as it is.
	for line := range strings.Lines(s.said) {
		if strings.HasPrefix(strings.TrimSpace(line), "curl ") {
			run(line)
		}
	}

	// Keys that are added are taken at once, and printed as the last word.
	out, err := command(t, dir, "key", "add", "shop", "--data=.webpress", "--rate=7").Output()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(out))
	key = words[len(words)-1]
	var usage struct {
		Key           string
		RatePerMinute int
	}
	if err := json.Unmarshal([]byte(run(`curl -H "Authorization: Bearer $KEY" $API/usage`)), &usage); err != nil || usage.Key != "shop" || usage.RatePerMinute != 7 {
		t.Errorf("%v: %+v", err, usage)
	}

	// Jobs that are in work when the server ends are done after that.
	var job struct{ JobID, Status string }
	posted := run(`curl -H "Authorization: Bearer $KEY" -H "Prefer: respond-async" -F file=@photo.jpg -F format=avif -F effort=6 $API/convert`)
	if err := json.Unmarshal([]byte(posted), &job); err != nil {
		t.Fatal(err)
	}
	s.end(t)
	for _, secret := range []string{key, "photo.jpg", "avatar", "shop"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	s = serve(t, dir)
	if servedKey.MatchString(s.said) {
		t.Error("another key was made")
	}
	got := run(`curl -H "Authorization: Bearer $KEY" "$API/status/` + job.JobID + `?wait=60"`)
	if err := json.Unmarshal([]byte(got), &job); err != nil || job.Status != "completed" {
		t.Errorf("%v: %s", err, got)
	}
	s.end(t)
}
