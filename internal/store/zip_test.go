package store

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/testfiles"
)

func TestZip(t *testing.T) {
	t.Parallel()
	d := Delivery{
		Dir: testfiles.Dir(t, map[string]string{"ä.webp": "one", "b/c.webp": "", "b.d.webp": "three"}), Report: []byte("{}"),
		Results: []asset.Result{made("b/c.png", "b/c.webp", ""), made("ä.png", "ä.webp", "one"), made("b.d.png", "b.d.webp", "three")},
		Page:    func(_ context.Context, files []File) []byte { return []byte(files[0].Output) },
	}
	b, left, err := pack(t.Context(), d)
	if err != nil || left != nil {
		t.Fatal(left, err)
	}
	defer b.root.Close()
	var out bytes.Buffer
	if err := b.writeZip(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		if f.Mode() != 0o644 || f.NonUTF8 || f.Flags&8 != 0 || f.Modified.Year() != 1980 || f.Modified.YearDay() != 1 {
			t.Errorf("%q has mode %v, flags %x, time %v", f.Name, f.Mode(), f.Flags, f.Modified)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		// The reader compares the checksums.
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Errorf("%q: %v", f.Name, err)
		}
	}
	if got := strings.Join(names, " "); got != bundle.ManifestName+" "+bundle.ReportName+" "+bundle.PageName+" b.d.webp b/c.webp ä.webp" {
		t.Errorf("names are %s", got)
	}
}

// What an earlier run has made was not read by this one, and is in the manifest with
// its digest all the same.
func TestZipOfEarlierResults(t *testing.T) {
	t.Parallel()
	want := made("a.png", "a.webp", "one")
	earlier := want
	earlier.Status, earlier.Reason, earlier.SHA256 = asset.Skipped, asset.UpToDate, ""
	b, left, err := pack(t.Context(), Delivery{Dir: testfiles.Dir(t, map[string]string{"a.webp": "one"}), Results: []asset.Result{earlier}})
	if err != nil || left != nil {
		t.Fatal(left, err)
	}
	defer b.root.Close()
	if got := b.manifest.Files[0].SHA256; got != want.SHA256 {
		t.Errorf("digest %q, want %q", got, want.SHA256)
	}
}

func TestZipOfFileThatChanged(t *testing.T) {
	t.Parallel()
	d := Delivery{Dir: testfiles.Dir(t, map[string]string{"a.webp": "old"}), Results: []asset.Result{made("a.png", "a.webp", "old")}}
	b, _, err := pack(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	defer b.root.Close()
	for _, now := range []string{"new", "longer", ""} {
		testfiles.Write(t, d.Dir, "a.webp", now)
		err := b.writeZip(t.Context(), io.Discard)
		if err == nil || err.Error() != `read "a.webp": it changed after it was written` {
			t.Errorf("with %q: %v", now, err)
		}
	}
	broken := errors.New("broken")
	testfiles.Write(t, d.Dir, "a.webp", "old")
	if err := b.writeZip(t.Context(), failing{broken}); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}

type failing struct{ error }

func (f failing) Write([]byte) (int, error) { return 0, f.error }
