package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testgit"
)

// TestOutdated deletes what nothing needs any more, with results and without.
func TestOutdated(t *testing.T) {
	t.Parallel()
	for _, method := range []string{MethodPush, MethodGraphQL} {
		t.Run(method, func(t *testing.T) {
			s := newStage(t)
			for _, name := range []string{"was.webp", "gone.webp", "sub/gone.webp"} {
				s.put(name, name)
			}
			s.publish("Old")
			c := s.store()
			s.gitHub(&c, nil)
			c.Method = method
			d := s.delivery("a.png")
			d.Results[0].Replaced = "was.webp"
			d.Deleted = []string{"gone.webp", "gone.webp", "a.webp"} // a.webp was made again since
			s.remove("was.webp")
			s.remove("gone.webp")
			stored, err := s.put2(c, d)
			if err != nil {
				t.Fatal(err)
			}
			want := asset.Receipt{
				Store: "commit", Ref: testgit.Run(t, s.bare, "rev-parse", "main"), URL: stored.URL,
				Paths: []string{"a.webp"}, Removed: []string{"gone.webp", "was.webp"},
			}
			if diff := cmp.Diff(want, stored); diff != "" {
				t.Error(diff)
			}
			if got := s.changed("main"); got != "A\ta.webp\nD\tgone.webp\nD\twas.webp" {
				t.Error(got)
			}
			if got := testgit.Run(t, s.bare, "log", "-1", "--format=%b", "main"); !strings.HasSuffix(got, "* a.webp\n* gone.webp removed\n* was.webp removed (a.webp takes its place)") {
				t.Error(got)
			}
			if got := testgit.Run(t, s.dir, "status", "--porcelain"); method == MethodPush && got != "" {
				t.Errorf("git status: %s", got)
			}
			if again, err := s.put2(c, d); err != nil || again.Ref != "" || len(again.Removed) != 0 {
				t.Errorf("again: %+v, %v", again, err)
			}
			d = Delivery{Dir: d.Dir, Head: d.Head, Deleted: []string{"sub/gone.webp"}}
			s.remove("sub/gone.webp")
			stored, err = s.put2(c, d)
			if err != nil || !slices.Equal(stored.Removed, d.Deleted) || s.changed("main") != "D\tsub/gone.webp" {
				t.Errorf("%+v, %v", stored, err)
			}
			if got := testgit.Run(t, s.bare, "log", "-1", "--format=%B", "main"); got != "chore(images): remove 1 outdated result\n\n* sub/gone.webp removed" {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestOutdatedLeft keeps what is not on the branch what it is here.
func TestOutdatedLeft(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, name := range []string{"b.webp", "changed.webp", "deleted.webp", "same.webp", "linked.webp", "folder.webp"} {
		s.put(name, name)
	}
	s.publish("Old")
	other := s.clone()
	other.put("changed.webp", "by hand")
	other.put("unknown.webp", "theirs")
	other.put("b.png", "another b")
	for _, name := range []string{"deleted.webp", "linked.webp", "folder.webp"} {
		other.remove(name)
	}
	other.put("folder.webp/x", "x")
	testgit.Run(t, other.dir, "update-index", "--add", "--cacheinfo", "120000,"+testgit.Run(t, other.dir, "hash-object", "-w", "a.png")+",linked.webp")
	testgit.Run(t, other.dir, "checkout", "-q", "--", "linked.webp")
	other.publish("Others")
	d := s.delivery("a.png", "b.png")
	d.Results[1].Output, d.Results[1].Replaced = "new.webp", "b.webp"
	s.put("new.webp", "new")
	d.Deleted = []string{"changed.webp", "deleted.webp", "same.webp", "linked.webp", "folder.webp", "unknown.webp", "nowhere.webp"}
	stored, err := s.put2(s.store(), d)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.changed("main"); got != "A\ta.webp\nD\tsame.webp" || !slices.Equal(stored.Removed, []string{"same.webp"}) {
		t.Errorf("%s, %+v", got, stored)
	}
	const changed = `it is outdated, but was changed on "main" since: it is left to the run for that`
	want := []asset.Undelivered{
		{Path: "b.webp", Reason: `it is outdated, but "new.webp", which takes its place, is left out`},
		{Path: "changed.webp", Reason: changed},
		{Path: "linked.webp", Reason: changed},
		{Path: "new.webp", Reason: `its source has changed on "main" since; it is left to the run for that`},
		{Path: "unknown.webp", Reason: "it is outdated, but the commit that is checked out does not have it as a file: delete it by hand"},
	}
	if diff := cmp.Diff(want, stored.Left); diff != "" {
		t.Error(diff)
	}
}

// TestOutdatedIsASource is removed once, with the result that says so.
func TestOutdatedIsASource(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.store()
	s.gitHub(&c, nil)
	d := s.delivery("a.png")
	d.Remove = func(from asset.Source) bool { return from.Path == "a.png" }
	d.Deleted = []string{"a.png"}
	s.remove("a.png")
	stored, err := s.put2(c, d)
	if err != nil || !slices.Equal(stored.Removed, []string{"a.png"}) || s.changed("main") != "D\ta.png\nA\ta.webp" {
		t.Errorf("%+v, %v, %s", stored, err, s.changed("main"))
	}
}

// TestPullRequestOfTheRest opens one for deletions, and for the lock alone.
func TestPullRequestOfTheRest(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		want string
		make func(s *stage, d *Delivery)
	}{
		{"chore(images): remove 1 outdated result\n* old.webp removed", func(_ *stage, d *Delivery) { d.Deleted = []string{"old.webp"} }},
		{"chore(images): record 1 image in webpress.lock\n", func(s *stage, d *Delivery) {
			d.Results = []asset.Result{{Source: asset.Source{Path: "a.png"}, Status: asset.Skipped, Reason: asset.NotSmaller}}
			s.lock(d, nil)
		}},
	} {
		s := newStage(t)
		s.put("old.webp", "old")
		s.publish("Old")
		c := s.store()
		s.gitHub(&c, nil)
		c.Branch = "webpress/weekly"
		c.Pull = &Pull{Base: "main", Forge: c.GitHub}
		d := s.delivery()
		tc.make(s, &d)
		stored, err := s.put2(c, d)
		if err != nil || stored.PullRequest == "" {
			t.Fatalf("%+v, %v", stored, err)
		}
		if diff := cmp.Diff([]string{tc.want}, s.pulls); diff != "" {
			t.Error(diff)
		}
	}
}

// TestCommitOfNothing sends no request.
func TestCommitOfNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.store()
	c.Remote.URL = "file:///nowhere"
	d := s.delivery()
	d.Shard = "1/2"
	stored, err := s.put2(c, d)
	if diff := cmp.Diff(asset.Receipt{Store: "commit"}, stored); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
}
