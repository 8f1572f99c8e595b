package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/container"
)

var jsBlock = regexp.MustCompile("(?ms)^```js\n(.*?)^```$")

// TestServeNode has the code of docs/serve-javascript.md, as it is, run by Node.js.
func TestServeNode(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	if err := writePicture("photo", filepath.Join(dir, "photo.jpg"), 300, 240); err != nil {
		t.Fatal(err)
	}
	var program bytes.Buffer
	for _, m := range jsBlock.FindAllStringSubmatch(read(t, "docs/serve-javascript.md"), -1) {
		program.WriteString(m[1])
	}
	program.WriteString(read(t, "testdata/serve.mjs"))
	if err := os.WriteFile(filepath.Join(dir, "serve.mjs"), program.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir, "--allow-downloads", "--allow-private-hosts=127.0.0.1")
	out, err := command(t, dir, "key", "add", "node", "--rate=60").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), node, "serve.mjs")
	c.Dir, c.Env = dir, append(os.Environ(), "API="+s.url+"/api/v1", "KEY="+servedKey.FindString(string(out)))
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for name, want := range map[string][2]int{"avatar.webp": {64, 64}, "chair-thumb.webp": {300, 240}, "photo.webp": {120, 96}} {
		if w, h := webpSize(t, filepath.Join(dir, name)); w != want[0] || h != want[1] {
			t.Errorf("%s: %d x %d", name, w, h)
		}
	}
	s.end(t)
}

// webpSize is the size of a WebP image in pixels.
func webpSize(t *testing.T, path string) (width, height int) {
	t.Helper()
	f, err := container.Parse(asset.WebP, []byte(read(t, path)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return f.Width, f.Height
}
