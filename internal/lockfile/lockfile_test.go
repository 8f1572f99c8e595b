package lockfile_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
)

// id is a blob id that is easy to recognize.
func id(c string) string { return strings.Repeat(c, 40) }

// codecs are those of these tests.
const codecs = "test 1"

// plain is the recipe of these tests, digest its digest.
var (
	plain  = asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80, Lossless: "auto", Effort: 4, Metadata: "icc"}, Output: "{dir}/{name}.webp"}
	digest = lockfile.Digest(plain, codecs)
)

func made(source, blob string, output lockfile.Output) lockfile.Entry {
	return lockfile.Entry{
		Source: source, Blob: blob, Size: 1000, Format: asset.JPEG, Recipe: digest, Status: lockfile.Made, Output: output,
	}
}

func output(path, blob string) lockfile.Output {
	return lockfile.Output{Path: path, Size: 100, Blob: blob}
}

func fileOf(entries ...lockfile.Entry) *lockfile.File {
	l := lockfile.New()
	for _, e := range entries {
		l.Set(e)
	}
	return l
}

func parse(t testing.TB, data []byte) *lockfile.File {
	t.Helper()
	l, err := lockfile.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRoundTrip(t *testing.T) {
	entries := []lockfile.Entry{
		made("a.jpg", id("a"), output("a.webp", id("1"))),
		made(" starts and ends with a space ", id("a"), output("a b.webp", id("1"))),
		made("#no remark.jpg", id("a"), output("x/#.webp", id("1"))),
		made("\"quoted\".jpg", id("a"), output("q\".webp", id("1"))),
		made("tab\tand\nline.jpg", id("a"), output("tab\t.webp", id("1"))),
		made("not utf-8 \xff\xfe.jpg", id("a"), output("\xff.webp", id("1"))),
		made("ünïcödé/日本.jpg", strings.Repeat("b", 64), output("ünïcödé/日本.webp", strings.Repeat("2", 64))),
		made("=======", id("a"), output("<<<<<<< HEAD.webp", id("1"))),
		made("two.jpg", id("a"), output("two.webp", id("1"))),
		made("two.jpg", id("a"), output("two-small.webp", id("2"))),
		made("sized.jpg", id("a"), lockfile.Output{Path: "sized.avif", Width: 1200, Height: 900, Size: 100, Blob: id("1")}),
		made("scored.jpg", id("a"), lockfile.Output{
			Path: "scored.webp", Width: 9, Height: 9, Size: 100, Blob: id("1"), Rating: asset.Rating{Quality: 82, Score: -80.31, Tries: 2},
		}),
		made("exact.jpg", id("a"), lockfile.Output{Path: "exact.webp", Size: 100, Blob: id("1"), Rating: asset.Rating{Score: 100, Tries: 1}}),
		made("accepted.jpg", id("a"), lockfile.Output{Path: "accepted.webp", Size: 100, Blob: id("1"), Accepted: true}),
		{Source: "small.png", Blob: id("c"), Size: 9, Format: asset.PNG, Recipe: digest, Status: lockfile.NotSmaller, Output: lockfile.Output{Path: "small-2.webp", Size: 10}},
		{Source: "small.png", Blob: id("c"), Size: 9, Format: asset.PNG, Recipe: digest, Status: lockfile.NotSmaller},
		{Source: "is.webp", Blob: id("c"), Format: asset.WebP, Recipe: digest, Status: lockfile.IsWebP},
		{Source: "gone.heic", Blob: id("d"), Recipe: digest, Status: lockfile.Removed, Output: output("gone.webp", id("3"))},
	}
	l := fileOf(entries...)
	data := l.Encode()
	if n := strings.Count(string(data), "\n"); n != 2+len(entries) {
		t.Errorf("%d lines for %d sources:\n%s", n, len(entries), data)
	}
	got := parse(t, data)
	if d := cmp.Diff(l.Entries(), got.Entries()); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if got.Changed() {
		t.Error("what was only read counts as changed")
	}
	if again := got.Encode(); string(again) != string(data) {
		t.Errorf("written again, it is another file:\n%s\n%s", data, again)
	}
	// What a checkout on Windows makes of it.
	windows := "\ufeff" + strings.ReplaceAll(string(data), "\n", "\r\n")
	if d := cmp.Diff(l.Entries(), parse(t, []byte(windows)).Entries()); d != "" {
		t.Errorf("with CRLF (-want +got):\n%s", d)
	}
}

// A file without scores can be read by what knows no scores.
func TestVersion(t *testing.T) {
	plain := made("a.jpg", id("a"), output("a.webp", id("1")))
	scored := plain
	scored.Output.Rating = asset.Rating{Quality: 82, Score: 80.3, Tries: 2}
	for want, e := range map[string]lockfile.Entry{"# webpress.lock, version 2.": plain, "# webpress.lock, version 3.": scored} {
		if data := string(fileOf(e).Encode()); !strings.HasPrefix(data, want) {
			t.Errorf("it begins with %q, want %q", data[:40], want)
		}
	}
}

func notRated(text string) string {
	return strconv.Quote(text) + " is not a rating such as quality=82,score=80.31,tries=2"
}

func TestDamaged(t *testing.T) {
	good := string(fileOf(made("a.jpg", id("a"), output("a.webp", id("1")))).Encode())
	line := strings.Split(good, "\n")[2]
	replace := func(old, new string) string { return strings.Replace(line, old, new, 1) }
	tests := map[string]struct {
		line string
		want string
	}{
		"cut off":           {line[:40], "got 2 fields, want 10"},
		"half an output":    {line + "\tx.webp\t12\t13", "got 13 fields, want 10"},
		"no rating":         {line + "\tx.webp", notRated("x.webp")},
		"rating in part":    {line + "\tquality=80,score=79", notRated("quality=80,score=79")},
		"order of a rating": {line + "\tscore=79,quality=80,tries=1", notRated("score=79,quality=80,tries=1")},
		"more than 100":     {line + "\tquality=80,score=101,tries=1", notRated("quality=80,score=101,tries=1")},
		"no number":         {line + "\tquality=80,score=NaN,tries=1", notRated("quality=80,score=NaN,tries=1")},
		"never encoded":     {line + "\tquality=80,score=79,tries=0", notRated("quality=80,score=79,tries=0")},
		"infinite":          {line + "\tquality=80,score=-Inf,tries=1", notRated("quality=80,score=-Inf,tries=1")},
		"above the tree":    {replace("a.jpg", "../a.jpg"), `"../a.jpg" is outside of the tree`},
		"absolute":          {replace("a.jpg", "/etc/passwd"), `"/etc/passwd" is outside of the tree`},
		"output above":      {replace("a.webp", "x/../../a.webp"), `"x/../../a.webp" is outside of the tree`},
		"in .git by NTFS":   {replace("a.webp", "sub/git~1/hooks/x"), `"sub/git~1/hooks/x" is in git's own folder`},
		"in .git":           {replace("a.webp", "sub/.GIT/hooks/x"), `"sub/.GIT/hooks/x" is in git's own folder`},
		"no WebP":           {replace("a.webp", "logo.gif"), `"logo.gif" is not a result: no format has its extension`},
		"not the shortest":  {replace("a.jpg", "./a.jpg"), `"./a.jpg" is not written in the shortest way`},
		"no path":           {replace("a.jpg", ""), `"" is not a path`},
		"a zero byte":       {replace("a.jpg", `"a\x00"`), `"a\x00" is not a path`},
		"quotes":            {replace("a.jpg", `"a.jpg`), `"\"a.jpg" is not quoted correctly`},
		"blob":              {replace(id("a"), "abc"), `"abc" is not a blob id`},
		"blob in capitals":  {replace(id("a"), id("A")), `"` + id("A") + `" is not a blob id`},
		"output's blob":     {replace(id("1"), "z"+id("1")[1:]), `"z` + id("1")[1:] + `" is not a blob id`},
		"size":              {replace("\t1000\t", "\t-1\t"), `"-1" is not a size`},
		"size with zeros":   {replace("\t1000\t", "\t01000\t"), `"01000" is not a size`},
		"format":            {replace("jpeg", "exe"), `"exe" is not a format`},
		"recipe":            {replace(digest, digest[1:]), `"` + digest[1:] + `" is not a digest of a recipe`},
		"status":            {replace("made", "done"), `"done" is not a status`},
		"made without":      {strings.Join(strings.Split(line, "\t")[:6], "\t"), "it is made, and has no output"},
		"kept with":         {replace("made", "not-smaller"), `"` + id("1") + `" is not a blob id`},
		"conflict":          {"<<<<<<< HEAD", "unresolved merge conflict markers"},
		"conflict's middle": {"=======", "unresolved merge conflict markers"},
		"no version":        {"# webpress.lock, version x.", `"x" is not a version`},
		"newer":             {"# webpress.lock, version 99. Hello", "it was written by a newer webpress: its version is 99, and this webpress reads 3"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := lockfile.Parse([]byte(good + tt.line + "\n"))
			fault, ok := errors.AsType[*lockfile.Fault](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if fault.Line != 4 || fault.Why.Error() != tt.want {
				t.Errorf("line %d: %v\nwant line 4: %s", fault.Line, fault.Why, tt.want)
			}
			if errors.Is(err, lockfile.ErrNewer) != (name == "newer") {
				t.Errorf("is ErrNewer: %v", err)
			}
		})
	}
}

// Of a merge that git could not finish, both sides are kept.
func TestSalvage(t *testing.T) {
	a := fileOf(made("a.jpg", id("a"), output("a.webp", id("1"))))
	b := fileOf(made("b.jpg", id("b"), output("b.webp", id("2"))))
	line := func(l *lockfile.File) string { return strings.Split(string(l.Encode()), "\n")[2] }
	data := "# webpress.lock, version 1.\n<<<<<<< HEAD\n" + line(a) + "\n||||||| base\n=======\n" + line(b) + "\n>>>>>>> other\nrubbish\n"
	l, lost := lockfile.ParseLenient([]byte(data))
	if d := cmp.Diff(append(a.Entries(), b.Entries()...), l.Entries()); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if len(lost) != 1 || lost[0].Line != 8 || !l.Changed() {
		t.Errorf("lost %v", lost)
	}
}

func TestDigest(t *testing.T) {
	changes := map[string]func(*asset.Recipe){
		"format":      func(r *asset.Recipe) { r.Format = "avif" },
		"quality":     func(r *asset.Recipe) { r.Quality++ },
		"lossless":    func(r *asset.Recipe) { r.Lossless = "never" },
		"near":        func(r *asset.Recipe) { r.NearLossless = "never" },
		"effort":      func(r *asset.Recipe) { r.Effort++ },
		"max-width":   func(r *asset.Recipe) { r.MaxWidth++ },
		"max-height":  func(r *asset.Recipe) { r.MaxHeight++ },
		"metadata":    func(r *asset.Recipe) { r.Metadata = "all" },
		"min-savings": func(r *asset.Recipe) { r.MinSavings++ },
	}
	seen := map[string]string{digest: "none", lockfile.Digest(plain, "test 2"): "codecs"}
	if len(seen) != 2 {
		t.Error("the version of the codecs makes no difference")
	}
	for name, change := range changes {
		r := plain
		change(&r)
		d := lockfile.Digest(r, codecs)
		if other, ok := seen[d]; ok {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		seen[d] = name
	}
	r := plain
	r.Output, r.MaxPixels = "elsewhere/{name}.webp", 7
	r.NearLossless = "auto"
	exact, near := r, r
	exact.Lossless, near.Lossless, near.NearLossless = "always", "always", "never"
	if lockfile.Digest(exact, codecs) != lockfile.Digest(near, codecs) {
		t.Error("near-lossless is part of a digest where it changes no bytes")
	}
	if lockfile.Digest(r, codecs) != digest {
		t.Error("where an output goes, and what is refused, changes no bytes")
	}
}

func TestKnown(t *testing.T) {
	l := fileOf(
		made("a.jpg", id("a"), output("a.webp", id("1"))),
		lockfile.Entry{Source: "b.heic", Blob: id("b"), Recipe: digest, Status: lockfile.Made, Output: output("b.webp", id("2"))},
	)
	tests := map[string]struct {
		file, blob string
		format     asset.Format
		size       int64
	}{
		"a source":         {"a.jpg", id("a"), asset.JPEG, 1000},
		"that was renamed": {"new.jpg", id("a"), asset.JPEG, 1000},
		"that has changed": {"a.jpg", id("c"), "", 0},
		"an output":        {"a.webp", id("1"), asset.WebP, 100},
		"that was edited":  {"a.webp", id("c"), "", 0},
		"never looked at":  {"b.heic", id("b"), "", 0},
		"its output":       {"b.webp", id("2"), asset.WebP, 100},
	}
	for name, tt := range tests {
		format, size, ok := l.Known(tt.file, tt.blob)
		if format != tt.format || size != tt.size || ok != (tt.format != "") {
			t.Errorf("%s: %q, %d, %v", name, format, size, ok)
		}
	}
}

// TestReadTogether is for the race detector: files are looked at side by side.
func TestReadTogether(t *testing.T) {
	l := fileOf(made("a.jpg", id("a"), output("a.webp", id("1"))))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, _, ok := l.Known("new.jpg", id("a")); !ok {
				t.Error("the content is not known")
			}
			if len(l.ByOutput("a.webp")) != 1 {
				t.Error("the output is not known")
			}
		})
	}
	group.Wait()
}

func FuzzParse(f *testing.F) {
	f.Add(fileOf(made("a.jpg", id("a"), output("a.webp", id("1")))).Encode())
	f.Add([]byte("<<<<<<< HEAD\n=======\n"))
	f.Add([]byte("# webpress.lock, version 2.\n"))
	f.Add([]byte("\"\\xff\"\t" + id("a") + "\t1\tpng\t" + digest + "\tis-webp\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		saved, _ := lockfile.ParseLenient(data)
		l, err := lockfile.Parse(data)
		if err != nil {
			l = saved
		}
		written := l.Encode()
		again := parse(t, written)
		if string(again.Encode()) != string(written) {
			t.Errorf("not stable:\n%s", written)
		}
		for _, e := range l.Entries() {
			for _, p := range append([]string{e.Source}, paths(e)...) {
				if strings.HasPrefix(p, "/") || p == ".." || strings.HasPrefix(p, "../") || strings.Contains("/"+p+"/", "/../") {
					t.Errorf("path %q", p)
				}
			}
		}
	})
}

func paths(e lockfile.Entry) []string {
	var all []string
	if e.Output.Path != "" {
		all = append(all, e.Output.Path)
	}
	return all
}

func BenchmarkParse(b *testing.B) {
	l := lockfile.New()
	for i := range 100_000 {
		name := fmt.Sprintf("assets/photos/%03d/picture-%06d", i/1000, i)
		l.Set(made(name+".jpg", fmt.Sprintf("%040x", i), output(name+".webp", fmt.Sprintf("%040x", i+1))))
	}
	data := l.Encode()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := lockfile.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
