package manifest

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/testfiles"
)

// entry is a line of a lock file about a source with the content "s:" and its name.
func entry(source string, status lockfile.Status, output string, width, height int) lockfile.Entry {
	e := lockfile.Entry{
		Source: source, Blob: "s:" + source, Size: 1000, Format: asset.JPEG, Recipe: "r", Status: status,
		Output: lockfile.Output{Path: output},
	}
	if e.HasFile() {
		e.Output = lockfile.Output{Path: output, Width: width, Height: height, Size: 100, Blob: "o:" + output}
	}
	return e
}

func lock(entries ...lockfile.Entry) *lockfile.File {
	l := lockfile.New()
	for _, e := range entries {
		l.Set(e)
	}
	return l
}

func noVariant(string) func(string) string { return func(string) string { return "" } }

// paths are the sources, and behind each its outputs.
func paths(m Manifest) map[string][]string {
	all := map[string][]string{}
	for source, img := range m.Images {
		all[source] = []string{}
		for _, o := range img.Outputs {
			all[source] = append(all[source], o.Path)
		}
	}
	return all
}

func TestMake(t *testing.T) {
	moved := entry("site/a.jpg", lockfile.Made, "elsewhere/a.webp", 10, 10)
	for name, tt := range map[string]struct {
		lock   *lockfile.File
		prefix string
		want   map[string][]string
	}{
		"nothing": {lock(), "", map[string][]string{}},
		"formats by what a browser tries first, then by width": {
			lock(
				entry("a.jpg", lockfile.Made, "a.png", 5, 5), entry("a.jpg", lockfile.Made, "a.jpeg", 5, 5),
				entry("a.jpg", lockfile.Made, "a-9.webp", 9, 9), entry("a.jpg", lockfile.Made, "a-10.webp", 10, 10),
				entry("a.jpg", lockfile.Made, "a.avif", 90, 90),
			), "", map[string][]string{"a.jpg": {"a.avif", "a-9.webp", "a-10.webp", "a.jpeg", "a.png"}},
		},
		"no file, no output": {
			lock(
				entry("a.jpg", lockfile.NotSmaller, "a.webp", 0, 0), entry("b.webp", lockfile.IsWebP, "b.webp", 0, 0),
				entry("c.jpg", lockfile.NotWider, "c-960.webp", 0, 0), entry("c.jpg", lockfile.Made, "c-480.webp", 480, 1),
			), "", map[string][]string{"a.jpg": {}, "b.webp": {}, "c.jpg": {"c-480.webp"}},
		},
		"a source that was removed":  {lock(entry("a.heic", lockfile.Removed, "a.webp", 5, 5)), "", map[string][]string{"a.heic": {"a.webp"}}},
		"what lies below the folder": {lock(entry("site/a.jpg", lockfile.Made, "site/a.webp", 5, 5), entry("sites/b.jpg", lockfile.Made, "sites/b.webp", 5, 5)), "site", map[string][]string{"a.jpg": {"a.webp"}}},
		"an output outside of it":    {lock(moved), "site", map[string][]string{"a.jpg": {}}},
	} {
		if diff := cmp.Diff(tt.want, paths(Make(tt.lock, tt.prefix, noVariant))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// After a merge by union a lock file has several lines for one output: the manifest has it
// once.
func TestMakeUnion(t *testing.T) {
	one := entry("a.jpg", lockfile.Made, "a.webp", 5, 5)
	one.Output.Blob, one.Recipe = strings.Repeat("c", 40), lockfile.Digest(asset.Recipe{}, "")
	var lines string
	for _, blob := range []string{strings.Repeat("a", 40), strings.Repeat("b", 40)} {
		one.Blob = blob
		text := string(lock(one).Encode())
		if lines == "" {
			lines = text
		} else {
			lines += text[strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n")+1:]
		}
	}
	l, err := lockfile.Parse([]byte(lines))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(l.BySource("a.jpg")); n != 2 {
		t.Fatalf("%d lines, want 2", n)
	}
	if diff := cmp.Diff(map[string][]string{"a.jpg": {"a.webp"}}, paths(Make(l, "", noVariant))); diff != "" {
		t.Error(diff)
	}
}

// What the lock file does not hold is what older manifests say of the same contents, and of
// no others.
func TestMakeKnown(t *testing.T) {
	l := lock(entry("new.jpg", lockfile.Made, "new.webp", 0, 0), entry("b.jpg", lockfile.Made, "b.webp", 5, 4))
	ours := Manifest{Images: map[string]Image{
		"old.jpg": {Blob: "s:new.jpg", Width: 50, Height: 40, Color: "#010203", Placeholder: "AAAA"},
		"b.jpg":   {Blob: "another", Width: 70, Height: 60, Color: "#030201", Placeholder: "BBBB"},
	}}
	theirs := Manifest{Images: map[string]Image{
		"new.jpg": {Blob: "s:new.jpg", Width: 1, Height: 1, Placeholder: "CCCC", Outputs: []Output{
			{Path: "new.webp", Blob: "o:new.webp", Variant: "main", Width: 25, Height: 20},
			{Path: "b.webp", Blob: "another", Variant: "wrong", Width: 1, Height: 1},
		}},
	}}
	got := Make(l, "", func(string) func(string) string {
		return func(output string) string { return map[string]string{"b.webp": "thumb"}[output] }
	}, ours, theirs)
	want := Manifest{Images: map[string]Image{
		"new.jpg": {
			Format: asset.JPEG, Type: "image/jpeg", Width: 50, Height: 40, Bytes: 1000, Blob: "s:new.jpg", Color: "#010203", Placeholder: "AAAA",
			Outputs: []Output{{Path: "new.webp", Variant: "main", Format: asset.WebP, Type: "image/webp", Width: 25, Height: 20, Bytes: 100, Blob: "o:new.webp"}},
		},
		"b.jpg": {
			Format: asset.JPEG, Type: "image/jpeg", Bytes: 1000, Blob: "s:b.jpg",
			Outputs: []Output{{Path: "b.webp", Variant: "thumb", Format: asset.WebP, Type: "image/webp", Width: 5, Height: 4, Bytes: 100, Blob: "o:b.webp"}},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	read, err := Parse(got.Encode())
	if err != nil || !bytes.Equal(read.Encode(), got.Encode()) {
		t.Errorf("read back: %v\n%s", err, read.Encode())
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		`{"version": 1, "images": {}}`:               "",
		`{"version": 1}`:                             "",
		`{"version": 1, "images": {"a": {}}, "x":1}`: "",
		`{"version": 2, "images": {}}`:               "version 2",
		``:                                           "JSON",
		"<<<<<<< ours\n{}":                           "invalid",
		`{"version": 1, "images": {"a": {"width": "9"}}}`: "width",
	} {
		_, err := Parse([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if Is([]byte(`{"images": {}}`)) || !Is(Manifest{}.Encode()) || !Is(append([]byte("<<<<<<< ours\n"), Manifest{}.Encode()...)) {
		t.Error("Is takes something else for a manifest, or a manifest for something else")
	}
}

// schema is the schema that is published.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile("../../schema/manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("manifest.json", parsed); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(s *jsonschema.Schema, data []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

func TestSchema(t *testing.T) {
	s := schema(t)
	m := Make(lock(entry("a.jpg", lockfile.Made, "a.webp", 5, 5), entry("b.jpg", lockfile.NotSmaller, "b.webp", 0, 0)), "", noVariant)
	for _, one := range []Manifest{{}, m} {
		if err := valid(s, one.Encode()); err != nil {
			t.Errorf("%v\n%s", err, one.Encode())
		}
	}
	docs, err := os.ReadFile("../../docs/manifest.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(docs), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	if err := valid(s, []byte(example)); err != nil {
		t.Errorf("the example in docs/manifest.md: %v", err)
	}
	if m, err := Parse([]byte(example)); err != nil || string(m.Encode()) != example {
		t.Errorf("the example in docs/manifest.md (%v) is not as webpress writes it (-want +got):\n%s", err, cmp.Diff(example, string(m.Encode())))
	}
	for _, wrong := range []string{
		`{}`, `{"$schema": "x", "version": 2, "images": {}}`, `{"$schema": "x", "version": 1, "images": []}`,
		strings.Replace(string(m.Encode()), `"bytes": 100`, `"bytes": -1`, 1),
		strings.Replace(string(m.Encode()), `"image/webp"`, `"webp"`, 1),
		strings.Replace(string(m.Encode()), `"outputs"`, `"output"`, 1),
	} {
		if valid(s, []byte(wrong)) == nil {
			t.Errorf("the schema takes %s", wrong)
		}
	}
}

// half is red on the left and blue on the right, which has fewer pixels.
func half(w, h int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{200, 10, 20, 255}
			if x > w*2/3 {
				c = color.NRGBA{10, 20, 200, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func writeImage(t *testing.T, path string, m image.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(w io.Writer) error { return png.Encode(w, m) }
	switch filepath.Ext(path) {
	case ".jpg":
		encode = func(w io.Writer) error { return jpeg.Encode(w, m, &jpeg.Options{Quality: 95}) }
	case ".gif":
		pal := image.NewPaletted(m.Bounds(), color.Palette{color.NRGBA{200, 10, 20, 255}, color.NRGBA{10, 20, 200, 255}})
		for i := range pal.Pix {
			x, y := i%pal.Stride, i/pal.Stride
			pal.Set(x, y, m.At(x, y))
		}
		encode = func(w io.Writer) error {
			return gif.EncodeAll(w, &gif.GIF{Image: []*image.Paletted{pal, pal}, Delay: []int{5, 5}})
		}
	}
	if err := encode(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestComplete(t *testing.T) {
	dir := t.TempDir()
	writeImage(t, filepath.Join(dir, "there.jpg"), half(300, 200))
	writeImage(t, filepath.Join(dir, "moving.gif"), half(120, 80))
	writeImage(t, filepath.Join(dir, "gone-small.png"), half(150, 100))
	writeImage(t, filepath.Join(dir, "gone-large.png"), half(600, 400))
	writeImage(t, filepath.Join(dir, "crop.png"), half(300, 300)) // all red and blue as well, but not the whole of it
	testfiles.Write(t, dir, "broken.jpg", "\xff\xd8\xff\xe0 no JPEG")
	of := func(outputs ...string) (all []Output) {
		for _, name := range outputs {
			all = append(all, Output{Path: name})
		}
		return all
	}
	images := func() map[string]Image {
		return map[string]Image{
			"there.jpg": {Outputs: of("crop.png")}, "moving.gif": {}, "gone.heic": {Outputs: of("gone-large.png", "gone-small.png")},
			"broken.jpg": {}, "known.jpg": {Width: 7, Height: 7, Placeholder: "AAAA", Color: "#000000"},
		}
	}
	for _, o := range []Options{{Jobs: 2, Memory: 1 << 28}, {Jobs: 8, Memory: 1 << 22}, {OutputsOnly: true, Memory: 1 << 28}} {
		o.Dir, o.MaxPixels = dir, 1e6
		m := Manifest{Images: images()}
		notes, err := m.Complete(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][2]int{"there.jpg": {300, 200}, "moving.gif": {120, 80}, "gone.heic": {600, 400}, "broken.jpg": {}, "known.jpg": {7, 7}}
		failed := []string{"broken.jpg"}
		if o.OutputsOnly {
			want["there.jpg"], want["moving.gif"], failed = [2]int{300, 300}, [2]int{}, []string{"broken.jpg", "moving.gif"}
		}
		if len(notes) != len(failed) {
			t.Errorf("%+v: notes %q, want some for %q", o, notes, failed)
		}
		for i, name := range failed {
			if !strings.Contains(notes[i], name) {
				t.Errorf("%+v: note %q, want one for %q", o, notes[i], name)
			}
		}
		for name, size := range want {
			img := m.Images[name]
			if img.Width != size[0] || img.Height != size[1] {
				t.Errorf("%+v: %s has %dx%d, want %dx%d", o, name, img.Width, img.Height, size[0], size[1])
			}
			if name == "known.jpg" || size[0] == 0 {
				continue
			}
			hash, err := base64.StdEncoding.DecodeString(img.Placeholder)
			if err != nil || len(hash) < 5 || len(hash) > 25 {
				t.Errorf("%+v: %s has the placeholder %q", o, name, img.Placeholder)
			}
			if !strings.HasPrefix(img.Color, "#c") { // 200 is c8
				t.Errorf("%+v: %s has the color %s, want red", o, name, img.Color)
			}
		}
		if got := m.Images["gone.heic"].Outputs[1]; got.Width != 150 || got.Height != 100 {
			t.Errorf("%+v: an output has %dx%d, want 150x100", o, got.Width, got.Height)
		}
	}
}

// The sample is the smallest file that shows the whole image.
func TestSample(t *testing.T) {
	for _, tt := range []struct {
		img   Image
		there bool
		want  string
	}{
		{Image{Width: 600, Height: 400}, true, "source"},
		{Image{Width: 600, Height: 400, Outputs: []Output{{Path: "crop", Width: 200, Height: 200}}}, true, "source"},
		{Image{Width: 600, Height: 400, Outputs: []Output{{Path: "tiny", Width: 60, Height: 40}, {Path: "small", Width: 301, Height: 201}, {Path: "large", Width: 600, Height: 400}}}, true, "small"},
		{Image{Width: 600, Height: 400, Outputs: []Output{{Path: "tiny", Width: 60, Height: 40}, {Path: "crop", Width: 200, Height: 200}}}, false, "crop"},
		{Image{Width: 20, Height: 10, Outputs: []Output{{Path: "same", Width: 20, Height: 10}}}, true, "source"},
	} {
		if got := tt.img.sample("source", tt.there); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.img, got, tt.want)
		}
	}
}

// Whatever is in the file, reading it and writing it again ends, and gives what is read as
// the same.
func FuzzParse(f *testing.F) {
	f.Add(Make(lock(entry("a.jpg", lockfile.Made, "a.webp", 5, 5)), "", noVariant).Encode())
	f.Add([]byte(`{"version":1,"images":{"a":{"outputs":null},"":{"width":-1}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		once := m.Encode()
		again, err := Parse(once)
		if err != nil || !bytes.Equal(again.Encode(), once) {
			t.Errorf("read back: %v\n%s", err, once)
		}
		Make(lock(entry("a.jpg", lockfile.Made, "a.webp", 5, 5)), "", noVariant, m)
	})
}

func TestPublish(t *testing.T) {
	m := Manifest{Images: map[string]Image{"a b.jpg": {Outputs: []Output{{Path: "a b.webp"}}}}}
	for _, c := range []struct{ base, prefix, want string }{
		{"", "", ""},
		{"https://cdn.example/x/", "", "https://cdn.example/x/a%20b.webp"},
		{"https://cdn.example", "site", "https://cdn.example/site/a%20b.webp"},
	} {
		if got := m.Publish(c.base, c.prefix).Images["a b.jpg"].Outputs[0].URL; got != c.want {
			t.Errorf("%+v is %q", c, got)
		}
	}
}
