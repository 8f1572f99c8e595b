package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/testgit"
)

const lockPath = "webpress.lock"

// lockEdit is an edit of the lock.
func lockEdit(update func(theirs []byte, leftOut map[string]bool) ([]byte, error)) Edit {
	return Edit{Path: lockPath, Off: "lock: false", Headline: lockfile.Headline, Update: update}
}

// lock gives d a lock of a line a source, as a run does that has written it to the
// work tree already. before is called ahead of each update, with its number.
func (s *stage) lock(d *Delivery, before func(n int)) {
	s.t.Helper()
	n := 0
	update := func(theirs []byte, leftOut map[string]bool) ([]byte, error) {
		if before != nil {
			before(n)
		}
		n++
		lines := map[string]bool{}
		for line := range strings.Lines(string(theirs)) {
			lines[strings.TrimSpace(line)] = true
		}
		for _, r := range d.Results {
			if name := d.InRepository(r.Source.Path); !leftOut[name] {
				lines[strings.TrimSpace(name+" "+string(r.Reason))] = true
			}
		}
		for _, name := range d.Outdated() {
			if name = d.InRepository(name); !leftOut[name] {
				delete(lines, "of "+name)
			}
		}
		delete(lines, "")
		return []byte(strings.Join(slices.Sorted(maps.Keys(lines)), "\n") + "\n"), nil
	}
	d.Edits = []Edit{lockEdit(update)}
	old, err := os.ReadFile(filepath.Join(s.dir, lockPath))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	old, _ = update(old, nil)
	n = 0
	s.put(lockPath, string(old))
}

// show is the content of a file on main, empty if there is none.
func (s *stage) show(name string) string {
	out, _ := testgit.Command(s.bare, "cat-file", "blob", "main:"+name).Output()
	return string(out)
}

// locked is what the lock on main is, one line behind the other.
func (s *stage) locked() string {
	s.t.Helper()
	out := s.show(lockPath)
	return strings.ReplaceAll(strings.TrimSpace(out), "\n", ",")
}

// TestLock commits it with the results by each way, and nothing twice.
func TestLock(t *testing.T) {
	t.Parallel()
	for _, method := range []string{MethodPush, MethodGraphQL} {
		t.Run(method, func(t *testing.T) {
			s := newStage(t)
			c := s.store()
			s.gitHub(&c, nil)
			c.Method = method
			d := s.delivery("a.png", "b.png")
			s.lock(&d, nil)
			stored, err := s.put2(c, d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"a.webp", "b.webp", lockPath}, stored.Paths); diff != "" {
				t.Error(diff)
			}
			if got := s.changed("main"); got != "A\ta.webp\nA\tb.webp\nA\twebpress.lock" {
				t.Error(got)
			}
			if got := s.locked(); got != "a.png,b.png" {
				t.Error(got)
			}
			if subject := testgit.Run(t, s.bare, "log", "-1", "--format=%s%n%b", "main"); !strings.HasPrefix(subject, "perf(images): convert 2 images to WebP\n") || strings.Contains(subject, "* webpress.lock") {
				t.Error(subject)
			}
			if method == MethodPush {
				for _, look := range [][]string{{"status", "--porcelain"}, {"diff-files"}, {"diff-index", "HEAD"}} {
					if got := testgit.Run(t, s.dir, look...); got != "" {
						t.Errorf("git %s: %s", look, got)
					}
				}
			}
			if again, err := s.put2(c, d); err != nil || again.Ref != "" || len(again.Paths) != 0 {
				t.Errorf("again: %+v, %v", again, err)
			}
			// Nothing but the lock.
			d.Results = append(d.Results, asset.Result{Source: asset.Source{Path: "c.png"}, Status: asset.Skipped, Reason: asset.NotSmaller})
			stored, err = s.put2(c, d)
			if err != nil || len(stored.Paths) != 1 || stored.Ref != testgit.Run(t, s.bare, "rev-parse", "main") {
				t.Errorf("%+v, %v", stored, err)
			}
			if got := testgit.Run(t, s.bare, "log", "-1", "--format=%B", "main"); got != "chore(images): record 1 image in webpress.lock" {
				t.Errorf("%q", got)
			}
			if got := s.locked(); got != "a.png,b.png,c.png not smaller" {
				t.Error(got)
			}
		})
	}
}

// TestLockRace has another run commit another image between the look at the
// branch and the commit, by each way: both keep their lines.
func TestLockRace(t *testing.T) {
	t.Parallel()
	for _, method := range []string{MethodPush, MethodGraphQL} {
		t.Run(method, func(t *testing.T) {
			s := newStage(t)
			c := s.store()
			s.gitHub(&c, nil)
			c.Method = method
			other := s.clone()
			theirs := other.delivery("b.png")
			other.lock(&theirs, nil)
			d := s.delivery("a.png")
			updates := 0
			s.lock(&d, func(n int) {
				if updates++; n == 0 && updates > 1 {
					if _, err := other.put2(other.store(), theirs); err != nil {
						t.Error(err)
					}
				}
			})
			stored, err := s.put2(c, d)
			if err != nil || len(stored.Left) > 0 {
				t.Fatalf("%+v, %v", stored, err)
			}
			if got := s.locked(); got != "a.png,b.png" {
				t.Error(got)
			}
			if got := testgit.Run(t, s.bare, "ls-tree", "--name-only", "main"); got != "a.png\na.webp\nb.png\nb.webp\nwebpress.lock" {
				t.Error(got)
			}
			if updates < 3 || !strings.Contains(s.log.String(), "trying again") {
				t.Errorf("%d updates, log: %s", updates, s.log.String())
			}
		})
	}
}

// TestLockRunsAtOnce has clones deliver at the same moment.
func TestLockRunsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var group sync.WaitGroup
	for _, source := range []string{"a.png", "b.png", "b.png"} {
		one := s.clone()
		d := one.delivery(source)
		one.lock(&d, nil)
		c := one.store()
		c.Logf = nil
		group.Go(func() {
			if stored, err := c.Deliver(t.Context(), d); err != nil || len(stored.Left) > 0 {
				t.Errorf("%q: %+v, %v", source, stored, err)
			}
		})
	}
	group.Wait()
	if got := s.locked(); got != "a.png,b.png" {
		t.Error(got)
	}
	if n := testgit.Run(t, s.bare, "rev-list", "--count", "main"); n != "3" {
		t.Errorf("%s commits", n)
	}
}

// TestLockLeavesOut says nothing of what is another thing on the branch.
func TestLockLeavesOut(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.put("c.png", "c")
	s.put("d.png", "d")
	s.put("old.webp", "old")
	s.put("x.webp", "x")
	s.put(lockPath, "of old.webp\nof x.webp\n")
	s.put(".gitignore", "ignored.webp\n")
	s.publish("More")
	d := s.delivery("a.png", "b.png")
	d.Results = append(d.Results,
		asset.Result{Source: asset.Source{Path: "c.png"}, Status: asset.Skipped, Reason: asset.NotSmaller},
		asset.Result{Source: asset.Source{Path: "d.png"}, Status: asset.Skipped, Reason: asset.NotSmaller},
		asset.Result{Source: asset.Source{Path: "ignored.png"}, Status: asset.Converted, Output: "ignored.webp"},
	)
	s.put("ignored.webp", "ignored")
	s.remove("old.webp")
	s.remove("x.webp")
	d.Deleted = []string{"old.webp", "x.webp"}
	s.lock(&d, nil)
	other := s.clone()
	for _, name := range []string{"b.png", "c.png", "old.webp"} {
		other.put(name, "another")
	}
	other.publish("Others")
	stored, err := s.put2(s.store(), d)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.changed("main"); got != "A\ta.webp\nM\twebpress.lock\nD\tx.webp" {
		t.Error(got)
	}
	if got := s.locked(); got != "a.png,d.png not smaller,of old.webp" {
		t.Error(got)
	}
	var left []string
	for _, l := range stored.Left {
		left = append(left, l.Path)
	}
	if diff := cmp.Diff([]string{"b.webp", "ignored.webp", "old.webp"}, left); diff != "" {
		t.Errorf("%+v: %s", stored.Left, diff)
	}
}

// TestLockAlone is left out where it cannot be made, or is something else on the
// branch. The rest goes on.
func TestLockAlone(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		prepare func(s *stage, d *Delivery)
		left    string // the reason
		note    string
	}{
		{"not made", func(_ *stage, d *Delivery) {
			d.Edits[0].Update = func([]byte, map[string]bool) ([]byte, error) { return nil, errors.New("line 3: no path") }
		}, "line 3: no path", ""},
		{"a folder", func(s *stage, _ *Delivery) {
			other := s.clone()
			other.put(lockPath+"/x", "x")
			other.publish("A folder")
		}, `"webpress.lock" is a folder on "main"`, ""},
		{"a link", func(s *stage, _ *Delivery) {
			other := s.clone()
			_ = os.Symlink("a.png", filepath.Join(other.dir, lockPath))
			other.publish("A link")
		}, `"webpress.lock" is a symbolic link on "main"`, ""},
		{"ignored", func(s *stage, _ *Delivery) { s.put(".gitignore", "*.lock\n") }, "", `"webpress.lock" is not committed: git ignores it`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t)
			d := s.delivery("a.png")
			s.lock(&d, nil)
			tc.prepare(s, &d)
			stored, err := s.put2(s.store(), d)
			if err != nil || stored.Ref == "" || !slices.Equal(stored.Paths, []string{"a.webp"}) {
				t.Fatalf("%+v, %v", stored, err)
			}
			if got := s.changed("main"); got != "A\ta.webp" {
				t.Error(got)
			}
			var want []asset.Undelivered
			if tc.left != "" {
				want = []asset.Undelivered{{Path: lockPath, Reason: tc.left}}
			}
			if diff := cmp.Diff(want, stored.Left); diff != "" {
				t.Error(diff)
			}
			if got := strings.Join(stored.Notes, "\n"); !strings.HasPrefix(got, tc.note) || tc.note == "" && got != "" {
				t.Errorf("notes: %q", stored.Notes)
			}
		})
	}
}

// TestLockIgnored says why nothing is committed, and nothing else.
func TestLockIgnored(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.put(".gitignore", "*.lock\n")
	d := s.delivery()
	s.lock(&d, nil)
	stored, err := s.put2(s.store(), d)
	if err != nil || stored.Ref != "" || len(stored.Left) != 0 || len(stored.Notes) != 1 {
		t.Errorf("%+v, %v", stored, err)
	}
	// One that is committed already stays so.
	s.put(lockPath, "x.png\n")
	testgit.Run(t, s.dir, "add", "-f", lockPath)
	s.publish("Lock")
	d = s.delivery("a.png")
	s.lock(&d, nil)
	stored, err = s.put2(s.store(), d)
	if err != nil || len(stored.Notes) != 0 || s.locked() != "a.png,x.png" {
		t.Errorf("%+v, %v, %s", stored, err, s.locked())
	}
}

// TestLockIsLast has it in the last of several commits.
func TestLockIsLast(t *testing.T) {
	t.Parallel()
	for _, method := range []string{MethodGraphQL} {
		t.Run(method, func(t *testing.T) {
			s := newStage(t)
			c := s.store()
			s.gitHub(&c, nil)
			c.Method = method
			s.put("old.webp", "old")
			s.publish("Old")
			d := s.delivery("a.png", "b.png")
			s.put("a.webp", half("a"))
			s.put("b.webp", half("b"))
			s.remove("old.webp")
			d.Deleted = []string{"old.webp"}
			s.lock(&d, nil)
			stored, err := s.put2(c, d)
			if err != nil || len(stored.Paths) != 3 || stored.Ref != testgit.Run(t, s.bare, "rev-parse", "main") {
				t.Fatalf("%+v, %v", stored, err)
			}
			if got := s.changed("main~1"); got != "A\ta.webp" {
				t.Error(got)
			}
			if got := s.changed("main"); got != "A\tb.webp\nD\told.webp\nA\twebpress.lock" {
				t.Error(got)
			}
		})
	}
}

// TestLockAfterHalf is kept from its second commit by somebody else's: the lock
// knows of the sources, too, that the first one has removed.
func TestLockAfterHalf(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	other := s.clone()
	c := s.store()
	s.gitHub(&c, func(n int) {
		if n == 1 {
			other.put("c.txt", "c")
			testgit.Run(t, other.dir, "pull", "-q", "--rebase", "file://"+s.bare, "main")
			other.publish("Between")
		}
	})
	d := s.delivery("a.png", "b.png")
	d.Remove = always
	for _, name := range []string{"a", "b"} {
		s.put(name+".webp", half(name))
		s.remove(name + ".png")
	}
	s.lock(&d, nil)
	stored, err := s.put2(c, d)
	if err != nil || len(stored.Left) > 0 || len(stored.Paths) != 3 {
		t.Fatalf("%+v, %v", stored, err)
	}
	if got := testgit.Run(t, s.bare, "log", "--format=%s", "main"); strings.Count(got, "\n") != 3 || s.locked() != "a.png,b.png" {
		t.Errorf("%s, %s", s.locked(), got)
	}
}

// TestLockInSubfolder has the lock at the top, and a working directory below it.
func TestLockInSubfolder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.put("assets/img/a.png", "a")
	s.publish("Assets")
	top := s.dir
	s.dir = filepath.Join(top, "assets", "img")
	d := s.delivery("a.png")
	d.Prefix = "assets/img"
	c := s.store()
	s.dir = top
	s.lock(&d, nil)
	stored, err := s.put2(c, d)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"../../webpress.lock", "a.webp"}, stored.Paths); diff != "" {
		t.Error(diff)
	}
	if got := s.changed("main"); got != "A\tassets/img/a.webp\nA\twebpress.lock" || s.locked() != "assets/img/a.png" {
		t.Errorf("%s, %s", got, s.locked())
	}
}

// TestLockAnswerLost makes the commit, and breaks off: it is not made twice.
func TestLockAnswerLost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.store()
	s.gitHub(&c, nil)
	s.lose = true
	d := s.delivery()
	d.Results = append(d.Results, asset.Result{Source: asset.Source{Path: "c.png"}, Status: asset.Skipped, Reason: asset.NotSmaller})
	s.lock(&d, nil)
	stored, err := s.put2(c, d)
	if err != nil || stored.Ref != testgit.Run(t, s.bare, "rev-parse", "main") || !slices.Equal(stored.Paths, []string{lockPath}) {
		t.Errorf("%+v, %v", stored, err)
	}
	if n := testgit.Run(t, s.bare, "rev-list", "--count", "main"); n != "2" {
		t.Errorf("%s commits", n)
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b           string
		added, dropped int
		headline       string
	}{
		{"", "# remark\na\nb\n", 2, 0, "chore(images): record 2 images in x"},
		{"a\nb\n", "a\nc\n", 1, 1, "chore(images): record 1 image in x"},
		{"a\r\nb\n", "b\na\n", 0, 0, "chore(images): update x"},
		{"a\nb\n", "# remark\n\n", 0, 2, "chore(images): drop 2 images from x"},
		{"a\na\n", "a", 0, 1, "chore(images): drop 1 image from x"},
	} {
		added, dropped := difference([]byte(tc.a), []byte(tc.b))
		if got := fmt.Sprint(added, dropped, lockfile.Headline("x", added, dropped)); got != fmt.Sprint(tc.added, tc.dropped, tc.headline) {
			t.Errorf("%q to %q: %s", tc.a, tc.b, got)
		}
	}
}
