//go:build e2e

// Package e2e runs webpress as its users do: in the container image, and in
// workflows. It needs a Docker engine; `make e2e` builds the image and runs it.
package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// image is the container image under test.
var image = func() string {
	if name := os.Getenv("WEBPRESS_E2E_IMAGE"); name != "" {
		return name
	}
	return "webpress:local"
}()

// hostile are file names that try to speak to the CI, to a shell, to git, to
// Markdown and HTML, or that only look odd.
var hostile = []string{
	"::set-output name=stolen::yes.png",
	"a\n::set-output name=stolen::yes\nb.png",
	"a\nstolen=yes\nb.png",
	"a\r::error::not mine.png",
	"$(touch stolen).png",
	"`touch stolen`;touch stolen;.png",
	"-rf.png",
	"--help.png",
	"two  spaces .png",
	"pipe|*bold*_`code`.png",
	"<img src=x onerror=alert(1)>.png",
	"[link](javascript:alert(1)).png",
	"quote\"s'.png",
	"back\\slash.png",
	"tab\there.png",
	"\x1b[31mred.png",
	"\u202egnp.exe.png",
	"ünï/日本語 📷.png",
	"${{ github.token }}.png",
	"%0A::error::.png",
	"{name}.png",
	"[a-z]{1,2}.png",
}

// A result is what a command came to.
type result struct {
	out  string // standard output and error
	code int
}

// run runs a command and returns what it came to; only a command that cannot be
// started fails the test.
func run(t *testing.T, dir, name string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	// What is set for these tests is no setting of webpress's.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "WEBPRESS_") })
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("%s: %v", name, err)
	}
	return result{out.String(), cmd.ProcessState.ExitCode()}
}

// must is run for commands that have to succeed.
func must(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	r := run(t, dir, name, args...)
	if r.code != 0 {
		t.Fatalf("%s %s: exit code %d\n%s", name, strings.Join(args, " "), r.code, r.out)
	}
	return r.out
}

// need skips the test where a tool is missing, and says so also where go test keeps
// quiet about tests that are skipped: `make e2e` installs these tools if it can.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			fmt.Fprintf(os.Stderr, "e2e: SKIPPED %s: %s is not installed; run scripts/deps e2e\n", t.Name(), tool)
			t.Skip(tool, " is not installed")
		}
	}
}

// docker runs the image with flags for docker and arguments for the container.
func docker(t *testing.T, flags []string, args ...string) result {
	t.Helper()
	all := append([]string{"run", "--rm", "--network", "host"}, flags...)
	return run(t, "", "docker", append(append(all, image), args...)...)
}

// root is the module's root.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// picture reads one of the images in testdata.
func picture(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root(t), "testdata", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// put writes a file and the folders that it lies in.
func put(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantWebP checks that a file is there and is WebP.
func wantWebP(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return
	}
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WEBP" {
		t.Errorf("%s is no WebP", path)
	}
}

// wantText checks that text holds all of the parts.
func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}
