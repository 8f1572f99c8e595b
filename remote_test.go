package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// goRemote runs the Go tool for a build without codecs.
func goRemote(t *testing.T, system, arch string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", args...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch, "GOFLAGS=-tags=remote")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestRemoteBuilds compiles webpress without codecs for the system that is least like the others. A
// release, and the end-to-end tests, build it for all.
func TestRemoteBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the standard library")
	}
	goRemote(t, "windows", "amd64", "list", "-deps", "-export", "-f", "{{if eq .Name \"main\"}}{{.Export}}{{end}}", ".")
}

// buildRemote builds webpress without codecs, for this machine.
func buildRemote(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "webpress")
	goRemote(t, runtime.GOOS, runtime.GOARCH, "build", "-o", name, ".")
	return name
}

// TestRemoteAlone has a webpress without codecs say so, and what to do about it.
func TestRemoteAlone(t *testing.T) {
	name, dir := buildRemote(t), t.TempDir()
	run := func(args ...string) (string, error) {
		c := exec.CommandContext(t.Context(), name, args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := run("version"); err != nil || !strings.Contains(out, "this build has no codecs") {
		t.Errorf("%v: %s", err, out)
	}
	if err := writePicture("photo", filepath.Join(dir, "a.jpg"), 30, 20); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"."}, {"a.jpg", "-o", "a.webp"}} {
		if out, err := run(args...); err == nil || !strings.Contains(out, "set `engine`") || strings.Count(out, "without codecs") != 1 {
			t.Errorf("%v: %v: %s", args, err, out)
		}
	}
}
