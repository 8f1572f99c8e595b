package app

import (
	"bytes"
	"strings"
	"testing"
	"time"

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
	l := newLog(&out, &err, false)
	l.color(true, true)
	l.line("%s", "a\x1b[31m.png -> a.webp  2.0 kB -> 1.0 kB  -50.0 %  3 ms")
	l.warn("odd")
	l.error("bad")
	l.hint("mind")
	l.flush()
	if want := `a\x1b[31m.png -> a.webp  2.0 kB -> 1.0 kB` + "\x1b[32m  -50.0 %\x1b[0m  3 ms\n"; out.String() != want {
		t.Errorf("standard output: %q, want %q", out.String(), want)
	}
	if want := "\x1b[1;33mwebpress: warning:\x1b[0m odd\n\x1b[1;31mwebpress:\x1b[0m bad\n\x1b[36m  hint:\x1b[0m mind\n"; err.String() != want {
		t.Errorf("standard error: %q, want %q", err.String(), want)
	}
}

func TestQuietLog(t *testing.T) {
	var out, err bytes.Buffer
	l := newLog(&out, &err, false)
	l.quiet = true
	l.line("done")
	l.text("all of it")
	l.warn("odd")
	l.hint("of the warning")
	l.error("bad")
	l.hint("of the error")
	l.result("found")
	l.flush()
	if out.String() != "found\n" || err.String() != "webpress: bad\n  hint: of the error\n" {
		t.Errorf("standard output %q, standard error %q", out.String(), err.String())
	}
}

func TestTimes(t *testing.T) {
	for _, tt := range []struct {
		done int
		want string
	}{
		{1, "converting, 10s elapsed, 30s left"},
		{3, "converting, 10s elapsed, 3s left"},
		{4, "converting, 10s elapsed, 0s left"},
	} {
		if got := times(10*time.Second, tt.done, 4); got != tt.want {
			t.Errorf("%d: %q, want %q", tt.done, got, tt.want)
		}
	}
}
