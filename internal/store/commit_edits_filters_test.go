package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/testgit"
)

// TestLockFilters commits what .gitattributes makes of it, and hands on what a
// checkout would make of theirs.
func TestLockFilters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, attributes, method, old, want string }{
		{"lines end as on Windows", "*.lock text eol=crlf", MethodPush, "x.png\n", "a.png\nx.png\n"},
		{"lines end as on Windows", "*.lock text eol=crlf", MethodGraphQL, "x.png\n", "a.png\nx.png\n"},
		{"a filter", "*.lock filter=rot13", MethodPush, "k.cat\n", "n.cat\nk.cat\n"},
		{"a filter", "*.lock filter=rot13", MethodGraphQL, "k.cat\n", "n.cat\nk.cat\n"},
	} {
		t.Run(tc.name+", "+tc.method, func(t *testing.T) {
			s := newStage(t)
			for _, file := range []string{s.user(), filepath.Join(s.dir, ".git", "config")} { // webpress looks into the user's alone
				testgit.Run(t, s.dir, "config", "--file", file, "filter.rot13.clean", "tr a-z n-za-m")
				testgit.Run(t, s.dir, "config", "--file", file, "filter.rot13.smudge", "tr a-z n-za-m")
			}
			s.put(".gitattributes", tc.attributes+"\n")
			s.put(lockPath, "x.png\n")
			s.publish("Attributes")
			if got := testgit.Run(t, s.bare, "show", "main:"+lockPath) + "\n"; got != tc.old {
				t.Fatalf("%q", got)
			}
			c := s.store()
			s.gitHub(&c, nil)
			c.Method = tc.method
			d := s.delivery("a.png")
			s.lock(&d, nil)
			for n, want := range []string{"2", "2"} {
				stored, err := s.put2(c, d)
				if err != nil || (stored.Ref == "") != (n > 0) {
					t.Fatalf("%d: %+v, %v", n, stored, err)
				}
				if got := s.show(lockPath); got != tc.want {
					t.Errorf("%d: %q", n, got)
				}
				if got := testgit.Run(t, s.bare, "rev-list", "--count", "main", "--", lockPath); got != want {
					t.Errorf("%d: %s commits", n, got)
				}
			}
			if got := testgit.Run(t, s.dir, "status", "--porcelain"); got != "" && tc.method == MethodPush {
				t.Error(got)
			}
		})
	}
}

// TestLockCleanedIsTheSame commits nothing where git would not see a difference.
func TestLockCleanedIsTheSame(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.put(".gitattributes", "*.lock text\n")
	s.put(lockPath, "x.png\n")
	s.publish("Lock")
	d := s.delivery()
	d.Edits = []Edit{lockEdit(func(theirs []byte, _ map[string]bool) ([]byte, error) {
		return []byte(strings.ReplaceAll(string(theirs), "\n", "\r\n")), nil
	})}
	stored, err := s.put2(s.store(), d)
	if err != nil || stored.Ref != "" || len(stored.Paths) != 0 {
		t.Errorf("%+v, %v", stored, err)
	}
}

// TestLockInLFS uploads it, and never commits it past Git LFS.
func TestLockInLFS(t *testing.T) {
	t.Parallel()
	testgit.NeedLFS(t)
	for _, method := range []string{MethodAuto, MethodGraphQL} {
		s := newStage(t)
		s.put(".gitattributes", "*.lock filter=lfs -text\n")
		s.publish("LFS")
		c := s.store()
		s.gitHub(&c, nil)
		c.Method = method
		c.Remote.URL = "file://" + s.bare
		d := s.delivery("a.png")
		s.lock(&d, nil)
		stored, err := s.put2(c, d)
		if err != nil {
			t.Fatal(err)
		}
		pointer := s.show(lockPath)
		if method == MethodGraphQL {
			if pointer != "" || len(stored.Left) != 1 || !strings.Contains(stored.Left[0].Reason, "commit-method graphql passes by") {
				t.Errorf("%q, %+v", pointer, stored)
			}
			continue
		}
		_, oid, _ := strings.Cut(pointer, "oid sha256:")
		oid, _, _ = strings.Cut(oid, "\n")
		if len(oid) != 64 {
			t.Fatalf("no pointer: %q", pointer)
		}
		if data, err := os.ReadFile(filepath.Join(s.bare, "lfs", "objects", oid[:2], oid[2:4], oid)); err != nil || string(data) != "a.png\n" {
			t.Errorf("the content: %q, %v", data, err)
		}
		if again, err := s.put2(c, d); err != nil || again.Ref != "" || len(again.Left) > 0 {
			t.Errorf("again: %+v, %v", again, err)
		}
	}
}

// TestFilterOfTheRepository leaves out what only a program could encrypt that the
// repository's own configuration names.
func TestFilterOfTheRepository(t *testing.T) {
	s := newStage(t)
	testgit.Run(t, s.dir, "config", "filter.crypt.clean", "touch '"+filepath.Join(s.dir, "ran")+"'; cat")
	s.put(".gitattributes", "a.webp filter=crypt\n*.lock filter=crypt\n")
	d := s.delivery("a.png", "b.png")
	s.lock(&d, nil)
	stored, err := s.put2(s.store(), d)
	if err != nil || len(stored.Left) != 1 || stored.Left[0].Path != "a.webp" || !strings.Contains(stored.Left[0].Reason, "git config --global filter.crypt.clean") {
		t.Fatalf("%+v, %v", stored, err)
	}
	if len(stored.Notes) != 1 || !strings.Contains(stored.Notes[0], "x.lock") && !strings.Contains(stored.Notes[0], lockPath) {
		t.Errorf("notes: %q", stored.Notes)
	}
	if got := testgit.Run(t, s.bare, "ls-tree", "--name-only", "main"); strings.Contains(got, "a.webp") || strings.Contains(got, ".lock") || !strings.Contains(got, "b.webp") {
		t.Errorf("main has %q", got)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "ran")); err == nil {
		t.Error("the filter was run")
	}
}
