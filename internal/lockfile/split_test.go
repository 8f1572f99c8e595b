package lockfile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
)

// files is a tree: ids by path.
type files map[string]string

func (f files) Blobs(paths []string) (map[string]string, error) {
	blobs := map[string]string{}
	for _, p := range paths {
		if blob, ok := f[p]; ok {
			blobs[p] = blob
		}
	}
	return blobs, nil
}

func (f files) There(paths []string) (map[string]bool, error) {
	there := map[string]bool{}
	for _, p := range paths {
		if _, ok := f[p]; ok {
			there[p] = true
		}
	}
	return there, nil
}

func job(source, blob, output string) asset.Job {
	return asset.Job{
		Source: asset.Source{Path: source, Format: asset.JPEG, Size: 1000, Blob: blob}, Recipe: plain, Output: output,
	}
}

func TestSplit(t *testing.T) {
	a, a1 := id("a"), id("1")
	entryA := made("a.jpg", a, output("a.webp", a1))
	other := plain
	other.Quality = 10
	type want struct {
		// done is the reason; todo is why, with what was found out about the job.
		done asset.Reason
		why  lockfile.Why
		own  bool
		like string
		move bool
	}
	tests := map[string]struct {
		entries []lockfile.Entry
		tree    files
		job     asset.Job
		change  func(*asset.Job)
		prefix  string
		want    want
		// after are the sources in the lock file afterwards, where they differ.
		after map[string]string
	}{
		"unknown":          {nil, files{"a.jpg": a}, job("a.jpg", a, "a.webp"), nil, "", want{why: lockfile.WhyNew}, nil},
		"id not known":     {[]lockfile.Entry{entryA}, files{"a.jpg": a, "a.webp": a1}, job("a.jpg", "", "a.webp"), nil, "", want{why: lockfile.WhySource, own: true}, nil},
		"done":             {[]lockfile.Entry{entryA}, files{"a.jpg": a, "a.webp": a1}, job("a.jpg", a, "a.webp"), nil, "", want{done: asset.UpToDate}, nil},
		"done in a folder": {[]lockfile.Entry{made("web/a.jpg", a, output("web/a.webp", a1))}, files{"web/a.jpg": a, "web/a.webp": a1}, job("a.jpg", a, "a.webp"), nil, "web", want{done: asset.UpToDate}, nil},
		"edited":           {[]lockfile.Entry{entryA}, files{"a.jpg": id("b"), "a.webp": a1}, job("a.jpg", id("b"), "a.webp"), nil, "", want{why: lockfile.WhySource, own: true}, nil},
		"other recipe": {[]lockfile.Entry{entryA}, files{"a.jpg": a, "a.webp": a1}, job("a.jpg", a, "a.webp"), func(j *asset.Job) { j.Recipe = other }, "",
			want{why: lockfile.WhyRecipe, own: true}, nil},
		"output gone":   {[]lockfile.Entry{entryA}, files{"a.jpg": a}, job("a.jpg", a, "a.webp"), nil, "", want{why: lockfile.WhyMissing}, nil},
		"output edited": {[]lockfile.Entry{entryA}, files{"a.jpg": a, "a.webp": id("9")}, job("a.jpg", a, "a.webp"), nil, "", want{why: lockfile.WhyEdited}, nil},
		"both edited":   {[]lockfile.Entry{entryA}, files{"a.jpg": id("b"), "a.webp": id("9")}, job("a.jpg", id("b"), "a.webp"), nil, "", want{why: lockfile.WhySource}, nil},
		"other place": {[]lockfile.Entry{entryA}, files{"a.jpg": a, "a.webp": a1}, job("a.jpg", a, "out/a.webp"), nil, "",
			want{why: lockfile.WhyMoved, like: "a.webp", move: true}, nil},
		"moved to its other place already": {[]lockfile.Entry{entryA}, files{"a.jpg": a, "out/a.webp": a1}, job("a.jpg", a, "out/a.webp"), nil, "",
			want{done: asset.UpToDate}, map[string]string{"a.jpg": "out/a.webp"}},
		"renamed": {[]lockfile.Entry{entryA}, files{"b.jpg": a, "a.webp": a1}, job("b.jpg", a, "b.webp"), nil, "",
			want{why: lockfile.WhyNew, like: "a.webp", move: true}, nil},
		"renamed with its output": {[]lockfile.Entry{entryA}, files{"b.jpg": a, "b.webp": a1}, job("b.jpg", a, "b.webp"), nil, "",
			want{done: asset.UpToDate}, map[string]string{"b.jpg": "b.webp"}},
		"copied": {[]lockfile.Entry{entryA}, files{"a.jpg": a, "b.jpg": a, "a.webp": a1}, job("b.jpg", a, "b.webp"), nil, "",
			want{why: lockfile.WhyNew, like: "a.webp"}, nil},
		// Not moved: what it was copied from keeps its output.
		"copied, output gone": {[]lockfile.Entry{entryA, made("b.jpg", a, output("b.webp", a1))}, files{"a.jpg": a, "b.jpg": a, "a.webp": a1}, job("b.jpg", a, "b.webp"), nil, "",
			want{why: lockfile.WhyMissing, like: "a.webp"}, nil},
		"copied, output edited": {[]lockfile.Entry{entryA, made("b.jpg", a, output("b.webp", a1))}, files{"a.jpg": a, "b.jpg": a, "a.webp": a1, "b.webp": id("9")}, job("b.jpg", a, "b.webp"), nil, "",
			want{why: lockfile.WhyEdited}, nil},
		"renamed over a copy, output gone": {[]lockfile.Entry{entryA, made("b.jpg", a, output("b.webp", a1))}, files{"b.jpg": a, "a.webp": a1}, job("b.jpg", a, "b.webp"), nil, "",
			want{why: lockfile.WhyMissing, like: "a.webp", move: true}, nil},
		"renamed, output edited": {[]lockfile.Entry{entryA}, files{"b.jpg": a, "a.webp": id("9")}, job("b.jpg", a, "b.webp"), nil, "", want{why: lockfile.WhyNew}, nil},
		"renamed, other recipe": {[]lockfile.Entry{entryA}, files{"b.jpg": a, "a.webp": a1}, job("b.jpg", a, "b.webp"), func(j *asset.Job) { j.Recipe = other }, "",
			want{why: lockfile.WhyNew}, nil},
		"renamed with its output, other recipe": {[]lockfile.Entry{entryA}, files{"b.jpg": a, "b.webp": a1}, job("b.jpg", a, "b.webp"), func(j *asset.Job) { j.Recipe = other }, "",
			want{why: lockfile.WhyNew, own: true}, nil},
		"renamed onto its own content": {[]lockfile.Entry{made("a.webp", a1, output("a.webp", a1))}, files{"b.webp": a1, "c.webp": a1}, job("b.webp", a1, "c.webp"), func(j *asset.Job) { j.Recipe = other }, "",
			want{why: lockfile.WhyNew}, nil},
		"renamed beside its output": {[]lockfile.Entry{entryA}, files{"a.jpeg": id("b"), "a.webp": a1}, job("a.jpeg", id("b"), "a.webp"), nil, "",
			want{why: lockfile.WhyNew, own: true}, nil},
		"the output of another": {[]lockfile.Entry{entryA}, files{"a.jpg": a, "a.png": id("b"), "a.webp": a1}, job("a.png", id("b"), "a.webp"), nil, "", want{why: lockfile.WhyNew}, nil},
		"renamed out of the folder": {[]lockfile.Entry{entryA}, files{"web/b.jpg": a, "a.webp": a1}, job("b.jpg", a, "b.webp"), nil, "web",
			want{why: lockfile.WhyNew}, nil},
		"not smaller": {[]lockfile.Entry{{Source: "a.jpg", Blob: a, Format: asset.JPEG, Recipe: digest, Status: lockfile.NotSmaller}}, files{"a.jpg": a},
			job("a.jpg", a, "a.webp"), nil, "", want{done: asset.NotSmaller}, nil},
		"not smaller, renamed": {[]lockfile.Entry{{Source: "a.jpg", Blob: a, Format: asset.JPEG, Recipe: digest, Status: lockfile.NotSmaller}}, files{"b.jpg": a},
			job("b.jpg", a, "b.webp"), nil, "", want{done: asset.NotSmaller}, map[string]string{"b.jpg": ""}},
		"to be removed": {[]lockfile.Entry{entryA}, files{"a.jpg": a, "a.webp": a1}, job("a.jpg", a, "a.webp"), func(j *asset.Job) { j.Remove = true }, "",
			want{why: lockfile.WhyRemove, own: true}, nil},
		"in its own place": {[]lockfile.Entry{made("a.webp", a1, output("a.webp", a1))}, files{"a.webp": a1}, job("a.webp", a1, "a.webp"), func(j *asset.Job) { j.Remove = true }, "",
			want{done: asset.UpToDate}, nil},
		"in its own place, other recipe": {[]lockfile.Entry{made("a.webp", a1, output("a.webp", a1))}, files{"a.webp": a1}, job("a.webp", a1, "a.webp"),
			func(j *asset.Job) { j.Recipe = other }, "", want{why: lockfile.WhyRecipe}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := fileOf(tt.entries...)
			before := outputsOf(l)
			if tt.change != nil {
				tt.change(&tt.job)
			}
			split, err := l.Split([]asset.Job{tt.job}, tt.prefix, codecs, tt.tree)
			if err != nil {
				t.Fatal(err)
			}
			var got want
			if len(split.Done) == 1 && len(split.Todo) == 0 {
				got.done = split.Done[0].Reason
				if d := split.Done[0]; d.Status != asset.Skipped || (d.Output == tt.job.Output) != (d.Reason == asset.UpToDate) || d.Before != 1000 {
					t.Errorf("result %+v", d)
				}
			} else if len(split.Todo) == 1 && len(split.Done) == 0 {
				todo := split.Todo[0]
				got = want{why: todo.Why, own: todo.OwnsOutput, like: todo.ReuseFrom, move: todo.RemoveReused}
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if tt.after == nil {
				tt.after = before
			}
			if d := cmp.Diff(tt.after, outputsOf(l)); d != "" {
				t.Errorf("lock file (-want +got):\n%s", d)
			}
		})
	}
}

// outputsOf are the first outputs by source.
func outputsOf(l *lockfile.File) map[string]string {
	all := map[string]string{}
	for _, e := range l.Entries() {
		all[e.Source] = ""
		if e.HasFile() {
			all[e.Source] = e.Output.Path
		}
	}
	return all
}

// After a merge by union, the line that agrees with the tree counts, and stays
// alone.
func TestSplitUnion(t *testing.T) {
	old, now := made("a.jpg", id("a"), output("a.webp", id("1"))), made("a.jpg", id("b"), output("a.webp", id("2")))
	lines := func(e lockfile.Entry) string { return string(fileOf(e).Encode()) }
	l := parse(t, []byte(lines(old)+lines(now)))
	if len(l.BySource("a.jpg")) != 2 {
		t.Fatalf("%+v", l.Entries())
	}
	split, err := l.Split([]asset.Job{job("a.jpg", id("b"), "a.webp")}, "", codecs, files{"a.jpg": id("b"), "a.webp": id("2")})
	if err != nil || len(split.Done) != 1 {
		t.Fatalf("%+v, %v", split, err)
	}
	if d := cmp.Diff([]lockfile.Entry{now}, l.Entries()); d != "" || !l.Changed() {
		t.Errorf("lock file (-want +got):\n%s", d)
	}
}

// An image becomes one that is known to be not smaller: what was made of it before
// is needed no more.
func TestSplitBefore(t *testing.T) {
	known := lockfile.Entry{Source: "known.jpg", Blob: id("b"), Format: asset.JPEG, Recipe: digest, Status: lockfile.NotSmaller, Output: lockfile.Output{Path: "known.webp", Size: 9}}
	was := made("a.jpg", id("a"), output("a.webp", id("1")))
	l := fileOf(known, was, made("c.jpg", id("c"), output("c.webp", id("3"))), made("d.jpg", id("d"), output("d.webp", id("4"))))
	tree := files{"known.jpg": id("b"), "a.jpg": id("b"), "a.webp": id("1"), "c.jpg": id("c"), "c.webp": id("3"), "d.jpg": id("e"), "d.webp": id("4")}
	jobs := []asset.Job{
		job("known.jpg", id("b"), "known.webp"), job("a.jpg", id("b"), "a.webp"),
		job("c.jpg", id("c"), "c.webp"), job("d.jpg", id("e"), "d.webp"),
	}
	split, err := l.Split(jobs, "", codecs, tree)
	if err != nil || len(split.Done) != 3 || len(split.Todo) != 1 {
		t.Fatalf("%+v, %v", split, err)
	}
	var before []string
	for _, e := range split.Before {
		before = append(before, e.Source)
	}
	if diff := cmp.Diff([]string{"d.jpg", "a.jpg"}, before); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	orphans, err := l.Orphans(split.Before, func(string) bool { return true }, split.Wanted, tree)
	want := []lockfile.Orphan{{Source: "a.jpg", Output: was.Output, Moved: true}}
	if diff := cmp.Diff(want, orphans); err != nil || diff != "" {
		t.Errorf("orphans (-want +got): %v\n%s", err, diff)
	}
}

func TestRecord(t *testing.T) {
	jobs := []asset.Job{
		job("a.jpg", id("a"), "a.webp"), job("b.jpg", id("b"), "b.webp"), job("c.jpg", id("c"), "c.webp"),
		job("d.jpg", id("d"), "d.webp"), job("e.jpg", id("e"), "e.webp"), job("f.webp", id("f"), "f.webp"), job("g.jpg", "", "g.webp"),
	}
	jobs[4].Remove = true
	jobs[3].Source.Ignored = true
	result := func(i int, status asset.Status, reason asset.Reason) asset.Result {
		r := asset.Result{Source: jobs[i].Source, Target: jobs[i].Output, Status: status, Reason: reason, Format: asset.WebP, Before: 1000, After: 100}
		if status == asset.Converted || reason == asset.UpToDate {
			r.Output = jobs[i].Output
		}
		return r
	}
	results := []asset.Result{
		result(0, asset.Converted, ""), result(1, asset.Skipped, asset.NotSmaller), result(2, asset.Failed, ""),
		result(3, asset.Converted, ""), result(4, asset.Skipped, asset.UpToDate), result(5, asset.Converted, ""),
		result(6, asset.Converted, ""),
		{Source: asset.Source{Path: "no job.jpg", Blob: id("0")}, Status: asset.Skipped, Reason: asset.IsWebP},
	}
	results[0].Replaced = "old.webp"
	blobs := map[string]string{}
	for i, j := range jobs {
		blobs["web/"+j.Output] = id("123456789"[i : i+1])
	}
	l := fileOf(
		made("web/c.jpg", id("0"), output("web/c.webp", id("0"))),
		made("web/old.jpg", id("a"), output("web/old.webp", id("1"))),
	)
	l.Record(jobs, results, "web", codecs, blobs)
	removed := made("web/e.jpg", id("e"), output("web/e.webp", id("5")))
	removed.Status = lockfile.Removed
	own := made("web/f.webp", id("6"), output("web/f.webp", id("6")))
	own.Format, own.Size = asset.WebP, 100
	want := []lockfile.Entry{
		made("web/a.jpg", id("a"), output("web/a.webp", id("1"))),
		{Source: "web/b.jpg", Blob: id("b"), Size: 1000, Format: asset.JPEG, Recipe: digest, Status: lockfile.NotSmaller, Output: lockfile.Output{Path: "web/b.webp", Size: 100}},
		made("web/c.jpg", id("0"), output("web/c.webp", id("0"))),
		removed, own,
	}
	if d := cmp.Diff(want, l.Entries()); d != "" {
		t.Errorf("lock file (-want +got):\n%s", d)
	}
}

func TestOrphans(t *testing.T) {
	removed := made("removed.jpg", id("e"), output("removed.webp", id("5")))
	removed.Status = lockfile.Removed
	l := fileOf(
		made("here.jpg", id("a"), output("here.webp", id("1"))),
		made("gone.jpg", id("b"), output("gone.webp", id("2"))),
		made("edited.jpg", id("b"), output("edited.webp", id("3"))),
		made("both gone.jpg", id("b"), output("both gone.webp", id("4"))),
		made("elsewhere/gone.jpg", id("b"), output("elsewhere/gone.webp", id("6"))),
		made("moved.jpg", id("d"), output("new/moved.webp", id("7"))),
		made("shared-gone.jpg", id("c"), output("shared.webp", id("8"))),
		made("shared.png", id("c"), output("shared.webp", id("8"))),
		removed,
	)
	tree := files{
		"here.jpg": id("a"), "here.webp": id("1"), "gone.webp": id("2"), "edited.webp": id("9"), "removed.webp": id("5"),
		"elsewhere/gone.webp": id("6"), "moved.jpg": id("d"), "new/moved.webp": id("7"), "moved.webp": id("7"),
		"shared.webp": id("8"), "shared.png": id("c"),
	}
	before := []lockfile.Entry{made("moved.jpg", id("d"), output("moved.webp", id("7"))), made("here.jpg", id("a"), output("here.webp", id("1")))}
	wants := func(p string) bool { return p != "elsewhere/gone.jpg" }
	got, err := l.Orphans(before, wants, nil, tree)
	if err != nil {
		t.Fatal(err)
	}
	want := []lockfile.Orphan{
		{Source: "edited.jpg", Output: output("edited.webp", id("3")), Edited: true},
		{Source: "gone.jpg", Output: output("gone.webp", id("2"))},
		{Source: "moved.jpg", Output: output("moved.webp", id("7")), Moved: true},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("orphans (-want +got):\n%s", d)
	}
	for _, forgotten := range []string{"both gone.jpg", "shared-gone.jpg"} {
		if len(l.BySource(forgotten)) > 0 {
			t.Errorf("%q is still there, and so is nothing of it", forgotten)
		}
	}
	if len(l.BySource("gone.jpg")) != 1 || len(l.BySource("removed.jpg")) != 1 {
		t.Errorf("lock file %v", outputsOf(l))
	}
}

func TestAgree(t *testing.T) {
	text := ""
	for _, e := range []lockfile.Entry{
		made("a.jpg", id("a"), output("a.webp", id("1"))), made("a.jpg", id("b"), output("a.webp", id("1"))), made("a.jpg", id("c"), output("a.webp", id("2"))),
		made("lost.jpg", id("a"), output("lost.webp", id("1"))), made("gone.jpg", id("a"), output("gone.webp", id("1"))),
		{Source: "kept.png", Blob: id("a"), Format: asset.PNG, Recipe: digest, Status: lockfile.NotSmaller},
	} {
		text += string(fileOf(e).Encode())
	}
	l := parse(t, []byte(text))
	untrue, err := l.DropStale(files{"a.jpg": id("a"), "a.webp": id("1"), "lost.webp": id("9"), "gone.webp": id("1")})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a.jpg": "a.webp", "gone.jpg": "gone.webp", "kept.png": ""}
	if d := cmp.Diff(want, outputsOf(l)); d != "" {
		t.Errorf("lock file (-want +got):\n%s", d)
	}
	if e := l.BySource("a.jpg"); len(e) != 1 || e[0].Blob != id("a") {
		t.Errorf("a.jpg: %+v", e)
	}
	if len(untrue) != 1 || untrue[0].Source != "lost.jpg" {
		t.Errorf("untrue: %+v", untrue)
	}
}

// Two branches that both did something keep all of it.
func TestRebase(t *testing.T) {
	one := func(n string) lockfile.Entry { return made(n+".jpg", id("a"), output(n+".webp", id("1"))) }
	changed := one("changed")
	changed.Blob = id("c")
	base := fileOf(one("same"), one("changed"), one("dropped"), one("dropped there"), one("kept there"))
	ours := parse(t, base.Encode())
	ours.Set(changed)
	ours.Drop("dropped.jpg")
	ours.Drop("kept there.jpg")
	ours.Set(one("new here"))
	ours.Set(one("left out"))
	theirs := parse(t, base.Encode())
	theirs.Drop("dropped there.jpg")
	theirs.Set(one("new there"))

	leftOut := map[string]bool{"left out.jpg": true, "kept there.webp": true}
	data, err := lockfile.Rebase(base.Encode(), theirs.Encode(), ours, leftOut)
	if err != nil {
		t.Fatal(err)
	}
	want := fileOf(one("same"), changed, one("kept there"), one("new here"), one("new there"))
	if d := cmp.Diff(string(want.Encode()), string(data)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	// Again, on top of that: nothing is left to do.
	again, err := lockfile.Rebase(base.Encode(), data, ours, leftOut)
	if err != nil || string(again) != string(data) {
		t.Errorf("again: %v\n%s", err, again)
	}
	if _, err := lockfile.Rebase(nil, []byte("rubbish"), ours, nil); err == nil {
		t.Error("a damaged lock file of theirs would be lost")
	}
	first, err := lockfile.Rebase(nil, nil, ours, nil)
	if err != nil || string(first) != string(parse(t, ours.Encode()).Encode()) {
		t.Errorf("the first of its branch: %v\n%s", err, first)
	}
}
