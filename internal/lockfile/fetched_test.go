package lockfile

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

func fetchedEntry(source string) Entry {
	return Entry{
		Source: source, Blob: strings.Repeat("a", 40), Size: 9, Format: asset.JPEG, Recipe: strings.Repeat("0", digestLen), Status: Made,
		Output: Output{Path: source + ".webp", Size: 5, Blob: strings.Repeat("b", 40)},
	}
}

func TestFetched(t *testing.T) {
	blob := strings.Repeat("a", 40)
	want := []Fetched{
		{Source: "shop/1.jpg", Blob: blob, URL: "https://shop.example/1.jpg?a=b#c", ETag: `W/"x y"`, LastModified: "Fri, 27 Nov 2026 09:00:00 GMT", At: time.Unix(1795770000, 0).UTC()},
		{Source: "shop/2 x.jpg", Blob: blob, URL: "https://shop.example/2%20x.jpg", ETag: `"abc"`},
		{Source: "shop/3.jpg", Blob: blob, URL: "s3://bucket/3.jpg", ETag: "-", LastModified: "'\t\n"},
	}
	l := New()
	for _, f := range want {
		l.Set(fetchedEntry(f.Source))
		l.SetFetched(f)
	}
	l.SetFetched(Fetched{Source: "no-entry.jpg", Blob: blob, URL: "https://x.example/"})
	read, err := Parse(l.Encode())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range want {
		if got, ok := read.Fetched(f.Source); !ok || got != f {
			t.Errorf("read %+v (%v), want %+v", got, ok, f)
		}
	}
	if strings.Contains(string(l.Encode()), "no-entry") {
		t.Error("a remark without an entry was written")
	}
	if diff := cmp.Diff(string(l.Encode()), string(read.Encode())); diff != "" {
		t.Errorf("written again (-want +got):\n%s", diff)
	}
	if read.Changed() {
		t.Error("reading it has changed it")
	}
	read.SetFetched(want[0])
	if read.Changed() {
		t.Error("the same again has changed it")
	}
	read.Drop("shop/2 x.jpg")
	if strings.Contains(string(read.Encode()), "2%20x") {
		t.Error("the remark on a source that was dropped is still there")
	}
}

// After a merge by union there may be two remarks: the latest one counts.
func TestFetchedTwice(t *testing.T) {
	blob := strings.Repeat("a", 40)
	older := Fetched{Source: "a.jpg", Blob: blob, URL: "https://x.example/a.jpg", ETag: "1", At: time.Unix(100, 0).UTC()}
	newer := older
	newer.ETag, newer.At = "2", time.Unix(200, 0).UTC()
	l := New()
	l.Set(fetchedEntry("a.jpg"))
	text := string(l.Encode())
	for _, lines := range []string{older.String() + newer.String(), newer.String() + older.String()} {
		read, err := Parse([]byte(text + lines))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := read.Fetched("a.jpg"); got != newer {
			t.Errorf("got %+v, want %+v", got, newer)
		}
	}
	// What is damaged is passed over.
	for _, line := range []string{"# fetched\ta.jpg\n", "# fetched\t../a.jpg\t" + blob + "\tu\te\tm\t-\n", "# fetched\ta.jpg\tno\tu\te\tm\t-\n", "# fetched\ta.jpg\t" + blob + "\tu\t'x\tm\t-\n", "# fetched\ta.jpg\t" + blob + "\tu\te\tm\tx\n"} {
		read, err := Parse([]byte(text + line))
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := read.Fetched("a.jpg"); ok {
			t.Errorf("%q is read as %+v", line, f)
		}
	}
}

// A commit on a branch that has moved keeps what both say.
func TestFetchedRebased(t *testing.T) {
	blob := strings.Repeat("a", 40)
	remark := func(source, etag string) Fetched {
		return Fetched{Source: source, Blob: blob, URL: "https://x.example/" + source, ETag: etag}
	}
	with := func(fs ...Fetched) *File {
		l := New()
		for _, f := range fs {
			l.Set(fetchedEntry(f.Source))
			l.SetFetched(f)
		}
		return l
	}
	base := with(remark("a.jpg", "1")).Encode()
	theirs := with(remark("a.jpg", "1"), remark("b.jpg", "1")).Encode()
	ours := with(remark("a.jpg", "2"), remark("c.jpg", "1"), remark("d.jpg", "1"))
	data, err := Rebase(base, theirs, ours, map[string]bool{"d.jpg": true})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{"a.jpg": "2", "b.jpg": "1", "c.jpg": "1", "d.jpg": ""} {
		if f, _ := got.Fetched(source); f.ETag != want {
			t.Errorf("%s has the entity tag %q, want %q", source, f.ETag, want)
		}
	}
}
