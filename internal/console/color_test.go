package console

import (
	"bytes"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/config"
)

func TestColors(t *testing.T) {
	for _, tt := range []struct {
		setting string
		env     []string
		want    bool
	}{
		{config.Auto, nil, false}, // a buffer is not a terminal
		{config.ColorAlways, nil, true},
		{config.ColorAlways, []string{"NO_COLOR=1"}, true},
		{config.ColorNever, []string{"FORCE_COLOR=1"}, false},
		{config.Auto, []string{"FORCE_COLOR=1"}, true},
		{config.Auto, []string{"CLICOLOR_FORCE=1"}, true},
		{config.Auto, []string{"CLICOLOR_FORCE=0"}, false},
		{config.Auto, []string{"FORCE_COLOR="}, false},
		{config.Auto, []string{"FORCE_COLOR=1", "NO_COLOR=1"}, false},
		{config.Auto, []string{"FORCE_COLOR=1", "TERM=dumb"}, true},
	} {
		getenv := func(name string) string {
			for _, v := range tt.env {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		}
		if got := colors(tt.setting, &bytes.Buffer{}, getenv); got != tt.want {
			t.Errorf("%s with %q: %v", tt.setting, tt.env, got)
		}
	}
}

// A file name brings no escape sequence of its own along, and colors come and go.
func TestPaintedLog(t *testing.T) {
	var out, err bytes.Buffer
	l := New(Options{Stdout: &out, Stderr: &err, Color: config.ColorAlways})
	l.Line("%s", "a\x1b[31m.png -> a.webp  2.0 kB -> 1.0 kB  -50.0 %  3 ms")
	l.Warn("odd")
	l.Error("bad")
	l.Hint("mind")
	l.Flush()
	if want := `a\x1b[31m.png -> a.webp  2.0 kB -> 1.0 kB` + "\x1b[32m  -50.0 %\x1b[0m  3 ms\n"; out.String() != want {
		t.Errorf("standard output: %q, want %q", out.String(), want)
	}
	if want := "\x1b[1;33mwebpress: warning:\x1b[0m odd\n\x1b[1;31mwebpress:\x1b[0m bad\n\x1b[36m  hint:\x1b[0m mind\n"; err.String() != want {
		t.Errorf("standard error: %q, want %q", err.String(), want)
	}
}
