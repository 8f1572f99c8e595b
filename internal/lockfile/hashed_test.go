package lockfile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
)

// hashedJob is a job whose output has digits of its content in its name.
func hashedJob(source, blob string) asset.Job {
	j := asset.Job{Source: asset.Source{Path: source, Blob: blob, Format: asset.JPEG, Size: 9}, Recipe: plain, Output: "a-" + asset.HashMark + ".webp"}
	j.Recipe.Output = "{name}-" + asset.HashMark + ".webp"
	return j
}

// A line with digits in the place of {hash} is that of the job, which is done if the rest
// agrees, and has no digits if not.
func TestSplitHashed(t *testing.T) {
	const one, two = "a-11111111.webp", "a-22222222.webp"
	for name, tt := range map[string]struct {
		entries []lockfile.Entry
		tree    files
		blob    string
		done    string // the output, or the reason if there is none
		why     lockfile.Why
		left    []string // outputs in the lock file
		before  []string
	}{
		"new":      {blob: id("a"), why: lockfile.WhyNew},
		"done":     {entries: []lockfile.Entry{made("a.jpg", id("a"), output(one, id("1")))}, tree: files{one: id("1")}, blob: id("a"), done: one, left: []string{one}},
		"changed":  {entries: []lockfile.Entry{made("a.jpg", id("a"), output(one, id("1")))}, tree: files{one: id("1")}, blob: id("b"), why: lockfile.WhySource, left: []string{one}, before: []string{one}},
		"missing":  {entries: []lockfile.Entry{made("a.jpg", id("a"), output(one, id("1")))}, blob: id("a"), why: lockfile.WhyMissing, left: []string{one}, before: []string{one}},
		"edited":   {entries: []lockfile.Entry{made("a.jpg", id("a"), output(one, id("1")))}, tree: files{one: id("9")}, blob: id("a"), why: lockfile.WhyEdited, left: []string{one}, before: []string{one}},
		"no digit": {entries: []lockfile.Entry{made("a.jpg", id("a"), output("a-1111111.webp", id("1")))}, tree: files{"a-1111111.webp": id("1")}, blob: id("a"), why: lockfile.WhyMoved, left: []string{"a-1111111.webp"}, before: []string{"a-1111111.webp"}},
		"merged": {entries: []lockfile.Entry{made("a.jpg", id("a"), output(one, id("1"))), made("a.jpg", id("b"), output(two, id("2")))},
			tree: files{one: id("1"), two: id("2")}, blob: id("a"), done: one, left: []string{one}, before: []string{two}},
	} {
		t.Run(name, func(t *testing.T) {
			l := fileOf(tt.entries...)
			j := hashedJob("a.jpg", tt.blob)
			s, err := l.Split([]asset.Job{j}, "", codecs, tt.tree)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tt.done != "":
				if len(s.Done) != 1 || s.Done[0].Output != tt.done || s.Done[0].Target != j.Output {
					t.Errorf("done %+v, want %s", s.Done, tt.done)
				}
			case len(s.Todo) != 1 || s.Todo[0].Why != tt.why || s.Todo[0].Output != j.Output || s.Todo[0].OwnsOutput:
				t.Errorf("todo %+v, want %s", s.Todo, tt.why)
			}
			var left, before []string
			for _, e := range l.Entries() {
				left = append(left, e.Output.Path)
			}
			for _, e := range s.Before {
				before = append(before, e.Output.Path)
			}
			if diff := cmp.Diff([][]string{tt.left, tt.before}, [][]string{left, before}); diff != "" {
				t.Errorf("left and before (-want +got):\n%s", diff)
			}
		})
	}
}

// What is recorded takes the place of the lines of older contents, and of no others.
func TestRecordHashed(t *testing.T) {
	l := fileOf(
		made("a.jpg", id("a"), output("a-11111111.webp", id("1"))), made("a.jpg", id("a"), output("a-thumb-11111111.webp", id("2"))),
		made("b.jpg", id("b"), output("a-33333333.webp", id("3"))),
	)
	j := hashedJob("a.jpg", id("c"))
	result := asset.Result{Source: j.Source, Target: j.Output, Status: asset.Converted, Output: "a-44444444.webp", Format: asset.WebP, After: 5}
	l.Record([]asset.Job{j}, []asset.Result{result}, "", codecs, map[string]string{"a-44444444.webp": id("4")})
	var left []string
	for _, e := range l.Entries() {
		left = append(left, e.Output.Path)
	}
	if diff := cmp.Diff([]string{"a-44444444.webp", "a-thumb-11111111.webp", "a-33333333.webp"}, left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	// There is none any more.
	result.Status, result.Reason, result.Output = asset.Skipped, asset.NotSmaller, ""
	l.Record([]asset.Job{j}, []asset.Result{result}, "", codecs, nil)
	if e := l.BySource("a.jpg"); len(e) != 2 || e[1].Output.Path != j.Output && e[0].Output.Path != j.Output {
		t.Errorf("%+v", e)
	}
}
