package lockfile

import (
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

// blobA and so on are ids, which here are those of both HashFiles and git.
var (
	blobA = strings.Repeat("a", 40)
	blobB = strings.Repeat("b", 40)
	blobC = strings.Repeat("c", 40)
)

func TestJournalLine(t *testing.T) {
	j := asset.Job{
		Source: asset.Source{Path: "a\tb.png", Size: 7, Blob: blobA, Format: asset.PNG},
		Output: "a.webp", Recipe: asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80}},
	}
	made := asset.Result{Source: j.Source, Target: "a.webp", Status: asset.Converted, Output: "a.webp", Format: asset.WebP, Before: 7, After: 5, Width: 3, Height: 2}
	line, ok := JournalLine(j, made, []byte("hello"), "sub", "1")
	// git hash-object of hello.
	const hello = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"
	want := `"sub/a\tb.png"` + "\t" + blobA + "\t7\tpng\t" + Digest(j.Recipe, "1") + "\tmade\tsub/a.webp\t3x2\t5\t" + hello + "\n"
	if !ok || string(line) != want {
		t.Errorf("the line is %q, want %q", line, want)
	}
	if got := ParseJournal(line); len(got) != 1 || got[0].Source != "sub/a\tb.png" || got[0].Output.Blob != hello {
		t.Errorf("read again it is %+v", got)
	}
	made.Source.Ignored = true
	if line, ok := JournalLine(j, made, []byte("hello"), "", "1"); ok {
		t.Errorf("a source that git ignores has the line %q", line)
	}
}

// TestParseJournal cuts the last line off at every byte: nothing but all of it counts.
func TestParseJournal(t *testing.T) {
	recipe := strings.Repeat("0", digestLen)
	for _, last := range []string{
		"b.png\t" + blobB + "\t9\tpng\t" + recipe + "\tmade\tb.webp\t1x1\t5\t" + blobC,
		"b.png\t" + blobB + "\t9\tpng\t" + recipe + "\tnot-smaller\tb.webp\t-\t9\t-",
		"b.png\t" + blobB + "\t9\tpng\t" + recipe + "\tis-webp\tb.webp\t-\t9\t-",
	} {
		first := "a.png\t" + blobA + "\t9\tpng\t" + recipe + "\tmade\ta.webp\t1x1\t5\t" + blobC + "\n"
		for n := range len(last) {
			if got := ParseJournal([]byte(first + last[:n])); len(got) != 1 || got[0].Source != "a.png" {
				t.Errorf("with %q at its end it has %+v", last[:n], got)
			}
			// The next run begins a line of its own.
			if got := ParseJournal([]byte(last[:n] + "\n" + first)); len(got) != 1 || got[0].Source != "a.png" {
				t.Errorf("after %q it has %+v", last[:n], got)
			}
		}
		if got := ParseJournal([]byte(first + last)); len(got) != 2 {
			t.Errorf("whole, it has %+v", got)
		}
	}
}

func TestFold(t *testing.T) {
	recipe := strings.Repeat("0", digestLen)
	old := Entry{Source: "a.png", Blob: blobB, Size: 9, Format: asset.PNG, Recipe: recipe, Status: Made, Output: Output{Path: "a.webp", Size: 4, Blob: blobB}}
	l := New()
	l.add(old)
	here := func(parts ...string) string { return strings.Join(parts, "\t") + "\n" }
	data := strings.Join([]string{
		here("a.png", blobA, "9", "png", recipe, "made", "a.webp", "-", "5", blobC),
		here("a.png", blobA, "9", "png", recipe, "made", "a.webp", "-", "6", blobC),          // once more: the last counts
		here("a.png", blobA, "9", "png", recipe, "made", "a.webp", "-", "5", blobB),          // is not like this
		here("hand.png", blobA, "9", "png", recipe, "made", "hand.webp", "-", "5", blobC),    // was made by hand
		here("gone.png", blobA, "9", "png", recipe, "removed", "gone.webp", "-", "5", blobC), // is not there
		here("in.webp", blobC, "9", "webp", recipe, "made", "in.webp", "-", "5", blobC),      // in its own place, through a filter
		here("x.png", blobA, "9", "png", recipe, "made", "../x.webp", "-", "5", blobC),       // outside
		here("x.png", blobA, "9", "png", recipe, "made", ".git/x.webp", "-", "5", blobC),     // git's
		here("x.png", blobA, "9", "png", recipe, "made", "index.html", "-", "5", blobC),      // no result
		here("x.png", blobA, "-1", "png", recipe, "not-smaller", "n.webp", "-", "1", "-"),
		here("n.png", blobA, "9", "png", recipe, "not-smaller", "n.webp", "-", "1", "-"),
		"\x00\x00\x00\n", "<<<<<<< ours\n", "# webpress.lock, version 9\n", strings.Repeat("\t", 1<<20) + "\n",
	}, "")
	have := map[string]string{"a.webp": blobC, "hand.webp": blobA, "in.webp": blobC, "b.webp": blobB}
	blobs := map[string]string{"a.webp": blobC, "hand.webp": blobA, "in.webp": blobA, "b.webp": blobB}
	before := l.Fold(ParseJournal([]byte(data)), have, blobs)
	if len(before) != 2 || before[0] != old {
		t.Errorf("before there were %+v", before)
	}
	var got strings.Builder
	for _, e := range l.Entries() {
		got.WriteString(e.Source + " " + string(e.Status))
		if o := e.Output; e.HasFile() {
			got.WriteString(" " + o.Path + " " + o.Blob[:1] + " " + string(rune('0'+o.Size)))
		}
		got.WriteString(" " + e.Blob[:1] + "\n")
	}
	want := "a.png made a.webp c 6 a\nin.webp made in.webp a 5 a\nn.png not-smaller a\n"
	if got.String() != want {
		t.Errorf("it has\n%s\nwant\n%s", &got, want)
	}
}
