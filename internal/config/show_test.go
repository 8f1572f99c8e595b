package config

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shown is what Load prints for arguments that ask about webpress itself.
func shown(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	_, err := Load(args, Env{
		Environ: []string{"SOURCE_DATE_EPOCH=1767225600", "PLUGIN_X=1"}, // the latter a mistake that is none of its business
		Dir:     t.TempDir(), Stdout: &out, Version: "1.2.3",
		Libraries: func() []Library { return []Library{{"libwebp", "1.4.0"}, {"libjpeg-turbo", ""}} },
	})
	if !errors.Is(err, ErrShown) {
		t.Errorf("Load %q: %v", args, err)
	}
	return out.String()
}

func TestHelp(t *testing.T) {
	for name, args := range map[string][]string{
		"help.txt":       {"--qualty", "--help"}, // help comes before mistakes
		"help-check.txt": {"check", "a.png", "--help"},
		"help-short.txt": {"-h"},
	} {
		got := shown(t, args...)
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s is not the help of today; look at it, and run go test -update (-want +got):\n%s", path, diff)
		}
	}
}

func TestShow(t *testing.T) {
	const versions = "webpress 1.2.3\nlibwebp 1.4.0\nlibjpeg-turbo\n"
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"help"}, longHelp("", shortWidth)},
		{[]string{"help", "check"}, longHelp("check", shortWidth)},
		{[]string{"help", "-v", "--", "check"}, longHelp("check", shortWidth)},
		{[]string{"help", "check", "-h"}, shortHelp("check")},
		{[]string{"help", "--help"}, longHelp("help", shortWidth)},
		{[]string{"check", "-vh"}, shortHelp("check")},
		{[]string{"check", "-hV"}, shortHelp("check")},
		{[]string{"-h"}, ShortHelp()},
		{[]string{"photos", "-h"}, ShortHelp()},
		{[]string{"version"}, versions},
		{[]string{"--version"}, versions},
		{[]string{"check", "--version", "-h"}, versions},
		{[]string{"-V"}, "webpress 1.2.3\n"},
		{[]string{"-vV"}, "webpress 1.2.3\n"},
	} {
		if diff := cmp.Diff(tt.want, shown(t, tt.args...)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.args, diff)
		}
	}
}

// What looks like a question and is none.
func TestNotShown(t *testing.T) {
	for _, args := range [][]string{{"--", "-h"}, {"./help"}, {"--", "version"}, {"a", "help"}, {"-Ch"}} {
		var out bytes.Buffer
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "h"), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(args, Env{Dir: dir, Stdout: &out}); errors.Is(err, ErrShown) || out.Len() > 0 {
			t.Errorf("%q: %v, %q", args, err, out.String())
		}
	}
}

func TestShowMistakes(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"help", "chekc"}, []string{`help: there is no command "chekc"; did you mean check?`}},
		{[]string{"help", "zzzzzz"}, []string{`help: there is no command "zzzzzz"`}},
		{[]string{"help", "check", "merge"}, []string{"help: usage: webpress help [COMMAND] [FLAGS]"}},
		{[]string{"version", "1"}, []string{"version: usage: webpress version [FLAGS]"}},
		{[]string{"completion"}, []string{"completion: usage: webpress completion bash|zsh|fish [FLAGS]"}},
		{[]string{"completion", "powershell"}, []string{`completion: "powershell" is not one of bash, zsh, fish`}},
		{[]string{"man", "check"}, []string{"man: usage: webpress man [FLAGS]"}},
		{[]string{"version", "--qualty=1"}, []string{"--qualty: no such setting; did you mean --quality?"}},
	} {
		wantMistakes(t, tt.args, nil, "", tt.want...)
	}
}

// The short help fits on the smallest of screens, and that of no command is cut off.
func TestShortHelpFits(t *testing.T) {
	for _, name := range append(commandNames(), "") {
		text := shortHelp(name)
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) > 24 {
			t.Errorf("%q has %d lines:\n%s", name, len(lines), text)
		}
		for _, line := range lines {
			if len(line) > 80 || strings.HasSuffix(line, " ") {
				t.Errorf("%q: %q", name, line)
			}
		}
	}
}

// Every command is in the whole help, and every setting that a command names exists.
func TestHelpIsWhole(t *testing.T) {
	whole := longHelp("", shortWidth)
	for _, c := range commands() {
		if !strings.Contains(whole, "\n  "+c.name) {
			t.Errorf("no command %s in the help", c.name)
		}
		for line := range strings.SplitSeq(longHelp(c.name, 60), "\n") {
			if len(line) > 60 && strings.Contains(strings.TrimSpace(line), "  ") {
				t.Errorf("%s: line %q is wider than 60", c.name, line)
			}
		}
	}
	for _, s := range Settings() {
		if !strings.Contains(whole, "--"+s.Name) && !strings.Contains(whole, "--[no-]"+s.Name) {
			t.Errorf("no flag --%s in the help", s.Name)
		}
	}
}

// closedPipe is standard output whose reader is gone, as behind head.
type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestHelpIntoClosedPipe(t *testing.T) {
	for _, flag := range []string{"--help", "--version"} {
		if _, err := Load([]string{flag}, Env{Dir: t.TempDir(), Stdout: closedPipe{}}); !errors.Is(err, ErrShown) {
			t.Errorf("%s: error %v, want %v", flag, err, ErrShown)
		}
	}
}
