package history

import (
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/testfiles"
)

// made is the result of a source whose content is that of its output as well.
func made(name string) (asset.Job, asset.Result, []byte) {
	data := []byte(name)
	blob := fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(data), data))) // as git has it
	s := asset.Source{Path: name + ".png", Format: asset.PNG, Blob: blob, Size: int64(len(data))}
	j := asset.Job{Source: s, Output: name + ".webp", Recipe: asset.Recipe{Variant: asset.Variant{Format: asset.WebP}}}
	return j, asset.Result{
		Source: s, Status: asset.Converted, Output: j.Output, Target: j.Output, Format: asset.WebP,
		Before: s.Size, After: int64(len(data)), Width: 1, Height: 1,
	}, data
}

// What a run that was killed has finished is there for the next one, also where its last
// line has no end, and the journal goes once the lock file has all of it.
func TestJournal(t *testing.T) {
	dir := t.TempDir()
	first := New(nil, "", dir)
	record := first.Journal()
	for _, name := range []string{"a", "b"} {
		j, r, data := made(name)
		for _, file := range []string{j.Source.Path, j.Output} {
			testfiles.Write(t, dir, file, data)
		}
		if err := record(j, r, data); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, journalBeside)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)-3], 0o644); err != nil {
		t.Fatal(err)
	}

	second := New(nil, "", dir)
	if unread, err := second.Recall(t.Context()); unread != nil || err != nil {
		t.Fatal(unread, err)
	}
	if len(second.BySource("a.png")) != 1 || len(second.BySource("b.png")) != 0 {
		t.Errorf("recalled %+v", second.Entries())
	}
	j, r, data := made("b")
	if err := second.Journal()(j, r, data); err != nil {
		t.Fatal(err)
	}
	third := New(nil, "", dir)
	if _, err := third.Recall(t.Context()); err != nil || len(third.BySource("a.png")) != 1 || len(third.BySource("b.png")) != 1 {
		t.Errorf("behind a torn line: %v, %+v", err, third.Entries())
	}
	if wrote, err := third.Save(); !wrote || err != nil {
		t.Errorf("saved %v, %v", wrote, err)
	}
	if wrote, err := third.Save(); wrote || err != nil {
		t.Errorf("saved again %v, %v", wrote, err)
	}
	if err := second.CloseJournal(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the journal is still there: %v", err)
	}
	last := New(nil, "", dir)
	if err := last.Read(); err != nil || !last.HasFile() || last.Len() != 2 {
		t.Errorf("read back: %v, %d entries", err, last.Len())
	}
}

// A journal that cannot be read is a warning, and a lock file that cannot is an error with
// a hint.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{journalBeside, lockfile.Name} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h := New(nil, "", dir)
	if unread, err := h.Recall(t.Context()); unread == nil || !strings.Contains(unread.Error(), "converted again") || err != nil {
		t.Errorf("journal: %v, %v", unread, err)
	}
	if err := h.Read(); err == nil || asset.HintOf(err) == "" || h.HasFile() {
		t.Errorf("lock file: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, lockfile.Name)); err != nil {
		t.Fatal(err)
	}
	for content, hint := range map[string]string{"# webpress.lock, version 99\n": "update webpress", "<<<<<<< ours\n": "webpress repair-lock"} {
		testfiles.Write(t, dir, lockfile.Name, content)
		if err := h.Read(); err == nil || !strings.Contains(asset.HintOf(err), hint) {
			t.Errorf("%q: %v, hint %q, want %q", content, err, asset.HintOf(err), hint)
		}
	}
}

func TestFromHere(t *testing.T) {
	for _, tt := range []struct{ prefix, name, want string }{
		{"", "webpress.lock", "webpress.lock"}, {"site", "webpress.lock", "../webpress.lock"},
		{"site/img", "site/a.png", "../a.png"}, {"site", "site/a b.png", "a b.png"},
	} {
		if got := (&History{Prefix: tt.prefix}).FromHere(tt.name); got != tt.want {
			t.Errorf("%q from %q: %q, want %q", tt.name, tt.prefix, got, tt.want)
		}
	}
}
