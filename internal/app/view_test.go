package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/testfiles"
)

func TestView(t *testing.T) {
	for _, tt := range []struct {
		name   string
		env    map[string]string
		err    error
		opened bool
		want   string // on standard output
	}{
		{"browser", nil, nil, true, "opened "},
		{"none", nil, errNoBrowser, true, "webpress-report.html\n"},
		{"broken", nil, errors.New("xdg-open: exit status 3"), true, "webpress-report.html\n"},
		{"ci", map[string]string{"CI": "true", "GITHUB_ACTIONS": "true"}, nil, false, "webpress-report.html\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			data, err := os.ReadFile("../../testdata/pictures/png/rgba.png")
			if err != nil {
				t.Fatal(err)
			}
			testfiles.Write(t, dir, "a.png", string(data))
			var out, errs bytes.Buffer
			opened := ""
			code := Command{
				Stdout: &out, Stderr: &errs, Dir: dir, Version: "test", Getenv: func(name string) string { return tt.env[name] },
				Browse: func(_ context.Context, file string) error {
					opened = file
					return tt.err
				},
			}.Main(t.Context(), []string{"view"})
			if code != ExitOK {
				t.Fatalf("exit code %d\n%s%s", code, &out, &errs)
			}
			if want := filepath.Join(dir, "webpress-report.html"); tt.opened != (opened == want) {
				t.Errorf("opened %q", opened)
			}
			if !strings.Contains(out.String(), tt.want) {
				t.Errorf("%q is not in %q", tt.want, &out)
			}
			if broken := strings.Contains(errs.String()+out.String(), "the browser was not opened: xdg-open: exit status 3"); broken != (tt.name == "broken") {
				t.Errorf("it says %s", &errs)
			}
		})
	}
}

func TestOpener(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("for Linux")
	}
	bin := t.TempDir()
	for _, name := range []string{"xdg-open", "wslview"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	for _, tt := range []struct{ name, want string }{
		{"", ""}, {"DISPLAY", "xdg-open"}, {"WAYLAND_DISPLAY", "xdg-open"}, {"WSL_DISTRO_NAME", "wslview"},
	} {
		r := run{Command: Command{Getenv: func(name string) string {
			if name == tt.name && name != "" {
				return "1"
			}
			return ""
		}}}
		if got := strings.Join(r.opener(), " "); got != tt.want {
			t.Errorf("with %s: %q, want %q", tt.name, got, tt.want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	r := run{Command: Command{Getenv: func(string) string { return "1" }}}
	if got := r.opener(); got != nil {
		t.Errorf("without any: %q", got)
	}
}
