//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/testgit"
)

// killable is how many images a run has that is killed: enough for some of them to be
// left each time.
const killable = 6

// converts is the line that says how many images a run converts.
var converts = regexp.MustCompile(`Convert (\d+) `)

// TestKilled kills runs as soon as one more output is there, until one ends by itself.
// No image is done twice, but for the one that was in work, no source is lost, and the
// lock file is that of a run that was not killed.
func TestKilled(t *testing.T) {
	for name, args := range map[string][]string{
		"beside": {}, "git": {}, "git, remove": {"--originals=remove"}, "remove": {"--originals=remove-always"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inGit, removes := strings.HasPrefix(name, "git"), len(args) > 0
			calm, killed := t.TempDir(), t.TempDir()
			for i := range killable {
				if err := writePicture("photo", filepath.Join(calm, fmt.Sprintf("%d.png", i)), 240, 240); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.CopyFS(killed, os.DirFS(calm)); err != nil {
				t.Fatal(err)
			}
			journal := filepath.Join(killed, ".webpress.lock.journal")
			if inGit {
				for _, dir := range []string{calm, killed} {
					testgit.Run(t, dir, "init", "--quiet")
					testgit.CommitAll(t, dir, "images")
				}
				journal = filepath.Join(killed, ".git", "webpress.journal")
			}
			args := append([]string{"--jobs=1", "--effort=6", "--verbose"}, args...)
			if out, err := command(t, calm, args...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}

			made, kills := map[string]fs.FileInfo{}, 0
			for {
				written := len(recorded(t, journal))
				c := command(t, killed, args...)
				var out bytes.Buffer
				c.Stdout, c.Stderr = &out, &out
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- c.Wait() }()
				err := whenMore(killed, len(made), ended, c.Process)
				if todo := converts.FindStringSubmatch(out.String()); todo != nil {
					left := killable - written
					// Killed between its line and its removal, a source is looked at again.
					if todo[1] != strconv.Itoa(left) && (!removes || todo[1] != strconv.Itoa(left+1)) {
						t.Errorf("%s images are converted, and %d are recorded\n%s", todo[1], written, &out)
					}
				}
				now := results(t, killed)
				for name, was := range made {
					if is := now[name]; is == nil || !os.SameFile(is, was) || !is.ModTime().Equal(was.ModTime()) {
						t.Errorf("%s was written twice", name)
					}
				}
				made = now
				known := recorded(t, journal)
				maps.Copy(known, recorded(t, filepath.Join(killed, "webpress.lock")))
				for i := range killable {
					name := fmt.Sprintf("%d.png", i)
					_, gone := os.Stat(filepath.Join(killed, name))
					if gone != nil && (made[fmt.Sprintf("%d.webp", i)] == nil || !known[name]) {
						t.Errorf("%s is lost", name)
					}
				}
				if n := len(made) - len(known); n < 0 || n > 1 {
					t.Errorf("%d outputs, and %d of them are recorded", len(made), len(known))
				}
				if err == nil {
					break
				}
				if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != -1 {
					t.Fatalf("%v\n%s", err, &out)
				}
				kills++
			}
			if kills == 0 {
				t.Error("no run was killed")
			}
			if len(made) != killable {
				t.Errorf("%d results", len(made))
			}
			if got, want := read(t, filepath.Join(killed, "webpress.lock")), read(t, filepath.Join(calm, "webpress.lock")); got != want {
				t.Errorf("after %d kills the lock is\n%s\nand undisturbed\n%s", kills, got, want)
			}
			if _, err := os.Stat(journal); err == nil {
				t.Error("the journal is left")
			}
		})
	}
}

// whenMore kills a process when there are more results than before, and returns how it
// has ended.
func whenMore(dir string, before int, ended <-chan error, p *os.Process) error {
	for {
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Millisecond):
		}
		if names, _ := filepath.Glob(filepath.Join(dir, "*.webp")); len(names) > before {
			_ = p.Kill()
			return <-ended
		}
	}
}

func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	c := exec.Command("webpress", args...)
	c.Dir = dir
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir(), "WEBPRESS_LOCK=true", raceOptions(t)}
	return c
}

func results(t *testing.T, dir string) map[string]fs.FileInfo {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.webp"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]fs.FileInfo{}
	for _, name := range names {
		if all[filepath.Base(name)], err = os.Stat(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// read is the content of a file, empty if it is not there.
func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

// recorded are the sources in the whole lines of a lock file or a journal.
func recorded(t *testing.T, name string) map[string]bool {
	t.Helper()
	sources := map[string]bool{}
	for line := range strings.Lines(read(t, name)) {
		if source, _, ok := strings.Cut(line, "\t"); ok && strings.HasSuffix(line, "\n") {
			sources[source] = true
		}
	}
	return sources
}
