package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testfiles"
)

// shards are folders in root with two shards, of an image each.
func newShards(t *testing.T, root string) (one, two *uploaded) {
	one = &uploaded{Manifest{Schema: 2, Head: head, Shard: "1/2"}, filepath.Join(root, "one")}
	one.add(t, "a.png", "a.webp", testfiles.Image(t, "webp/lossy.webp"))
	two = &uploaded{Manifest{Schema: 2, Head: head, Shard: "2/2"}, filepath.Join(root, "two")}
	two.add(t, "b/c.gif", "b/c.webp", testfiles.Image(t, "webp/animated.webp"))
	return one, two
}

func (u *uploaded) write(t *testing.T) string {
	t.Helper()
	data, err := u.Encode()
	if err != nil {
		t.Fatal(err)
	}
	testfiles.Write(t, u.dir, ManifestName, string(data))
	return u.dir
}

func TestVerifyAll(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	one, two := newShards(t, root)
	one.Files[0].Removed = true
	// A run for all images has made one of them as well.
	whole := &uploaded{Manifest{Schema: 1, Head: head}, filepath.Join(root, "whole")}
	whole.add(t, "d.png", "d.webp", testfiles.Image(t, "webp/lossless.webp"))
	*whole.add(t, "a.png", "a.webp", testfiles.Image(t, "webp/lossy.webp")) = one.Files[0]
	testfiles.Write(t, one.dir, ReportName, `{"a": 1}`)
	o := VerifyOptions{Head: head, Allowed: allowAll, Remove: allSources}
	dirs := []string{one.write(t), two.write(t), whole.write(t)}
	for _, dirs := range [][]string{dirs, {dirs[2], dirs[1], dirs[0], dirs[1]}, {root}, {root, dirs[1]}} {
		all, err := VerifyAll(t.Context(), dirs, o)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, v := range all {
			got += "[" + v.Manifest.Shard
			for _, r := range v.Results {
				got += " " + r.Output
			}
			got += "]"
		}
		if got != "[1/2 a.webp][2/2 b/c.webp][ d.webp]" {
			t.Error(got)
		}
		if !all[0].Removes("a.png") || !all[2].Removes("a.png") || all[1].Removes("b/c.gif") {
			t.Error("removals are mixed up")
		}
		if data, err := all[0].Report(); err != nil || string(data) != `{"a": 1}` {
			t.Errorf("report %q, %v", data, err)
		}
		if _, err := all[1].Report(); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("no report: %v", err)
		}
	}
}

func TestVerifyAllRefuses(t *testing.T) {
	t.Parallel()
	const missing = "shard %d of %d is missing: its job failed, or its artifact was not downloaded"
	lossy, lossless := testfiles.Image(t, "webp/lossy.webp"), testfiles.Image(t, "webp/lossless.webp")
	tests := []struct {
		name   string
		change func(t *testing.T, one, two *uploaded, o *VerifyOptions)
		want   []string // beginnings; ROOT is the folder of both
	}{
		{"missing", func(_ *testing.T, one, two *uploaded, _ *VerifyOptions) { one.Shard, two.Shard = "2/5", "4/5" },
			[]string{fmt.Sprintf(missing, 1, 5), fmt.Sprintf(missing, 3, 5), fmt.Sprintf(missing, 5, 5)}},
		{"twice", func(_ *testing.T, one, _ *uploaded, _ *VerifyOptions) { one.Shard = "2/2" },
			[]string{`shard 2 of 2 is there twice: in "ROOT/one" and "ROOT/two"`, fmt.Sprintf(missing, 1, 2)}},
		{"of others", func(_ *testing.T, one, _ *uploaded, _ *VerifyOptions) { one.Shard = "1/3" },
			[]string{`"ROOT/two" is shard 2 of 2, and "ROOT/one" is one of 3`}},
		{"other heads", func(_ *testing.T, one, _ *uploaded, _ *VerifyOptions) { one.Head = strings.Repeat("f", 40) },
			[]string{`"ROOT/one": it was made for commit ffff`}},
		{"faults in both", func(_ *testing.T, one, two *uploaded, _ *VerifyOptions) {
			one.Files[0].Size++
			two.Schema = 1
		}, []string{`"ROOT/one": "a.webp": `, `"ROOT/two": read "webpress-manifest.json": its schema version is 1, and its shard "2/2"`}},
		{"same output, other content", func(t *testing.T, _, two *uploaded, _ *VerifyOptions) { two.add(t, "a.png", "a.webp", lossless) },
			[]string{`"a.webp": both "ROOT/one" and "ROOT/two" have it, and not the same`}},
		{"same output, other source", func(t *testing.T, _, two *uploaded, _ *VerifyOptions) { two.add(t, "a.jpg", "a.webp", lossy) },
			[]string{`"a.webp": both "ROOT/one" and "ROOT/two" have it, and not the same`}},
		{"only in case", func(t *testing.T, _, two *uploaded, _ *VerifyOptions) { two.add(t, "x.png", "A.webp", lossy) },
			[]string{`"A.webp": its path clashes with "a.webp"`}},
		{"file as folder", func(t *testing.T, _, two *uploaded, _ *VerifyOptions) { two.add(t, "x.png", "a.webp/x.webp", lossy) },
			[]string{`"a.webp/x.webp": its path clashes with "a.webp"`}},
		{"output of the other removed", func(_ *testing.T, one, two *uploaded, o *VerifyOptions) {
			o.Remove = allSources
			one.Files[0].Source, one.Files[0].Removed = "b/c.webp", true
		}, []string{`"a.webp": its source "b/c.webp" is to be removed, and is the output "b/c.webp"`}},
		{"removed and kept", func(t *testing.T, one, two *uploaded, o *VerifyOptions) {
			o.Remove = allSources
			one.Files[0].Removed = true
			two.add(t, "a.png", "a-2.webp", lossy)
		}, []string{`"a-2.webp": its source "a.png" is to be removed, and to be kept`}},
		{"too many together", func(_ *testing.T, _, _ *uploaded, o *VerifyOptions) { o.MaxFiles = 1 },
			[]string{"all together have 2 files, the limit is 1"}},
		{"too much together", func(_ *testing.T, one, two *uploaded, o *VerifyOptions) {
			o.MaxBytes = one.Files[0].Size + two.Files[0].Size - 1
		}, []string{"all together have "}},
		{"something beside", func(t *testing.T, one, _ *uploaded, _ *VerifyOptions) {
			testfiles.Write(t, filepath.Dir(one.dir), "coverage/index.html", "")
		}, []string{`besides uploads it holds "coverage", which has no "webpress-manifest.json"`}},
		{"a link to an upload", func(t *testing.T, one, _ *uploaded, _ *VerifyOptions) {
			_ = os.Symlink(one.dir, filepath.Join(filepath.Dir(one.dir), "x"))
		}, []string{`besides uploads it holds "x", which has no`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			one, two := newShards(t, root)
			o := VerifyOptions{Head: head, Allowed: allowAll}
			tt.change(t, one, two, &o)
			one.write(t)
			two.write(t)
			all, err := VerifyAll(t.Context(), []string{root}, o)
			fault, ok := errors.AsType[*asset.HintError](err)
			if !ok || all != nil || fault.Hint == "" {
				t.Fatalf("%v, %+v", err, all)
			}
			lines := strings.Split(strings.ReplaceAll(fault.Why.Error(), root, "ROOT"), "\n")
			if len(lines) != len(tt.want) {
				t.Fatalf("faults are\n%s", fault.Why)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("fault %d is %s, want %s", i, lines[i], want)
				}
			}
		})
	}
}

func TestVerifyAllOfOne(t *testing.T) {
	t.Parallel()
	o := VerifyOptions{Head: head, Allowed: allowAll}
	u := newUpload(t)
	if all, err := VerifyAll(t.Context(), []string{u.write(t)}, o); err != nil || len(all) != 1 || len(all[0].Results) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
	u.Schema, u.Shard = 2, "1/2"
	var refusal *Refusal
	if _, err := VerifyAll(t.Context(), []string{u.write(t)}, o); !errors.As(err, &refusal) || !strings.HasPrefix(refusal.Error(), "shard 2 of 2 is missing") {
		t.Errorf("half of it: %v", err)
	}
	for _, dirs := range [][]string{nil, {t.TempDir()}, {filepath.Join(t.TempDir(), "nowhere")}} {
		if all, err := VerifyAll(t.Context(), dirs, o); err == nil {
			t.Errorf("%q: %+v", dirs, all)
		}
	}
}

func TestReportIsBounded(t *testing.T) {
	t.Parallel()
	u := newUpload(t)
	testfiles.Write(t, u.dir, ReportName, "")
	if err := os.Truncate(filepath.Join(u.dir, ReportName), maxReport+1); err != nil {
		t.Fatal(err)
	}
	v, err := u.verify(t, VerifyOptions{Head: head, Allowed: allowAll})
	if err != nil {
		t.Fatal(err)
	}
	if data, err := v.Report(); err == nil || !strings.Contains(err.Error(), "more than the limit") {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	_ = os.Remove(filepath.Join(u.dir, ReportName))
	_ = os.Symlink(ManifestName, filepath.Join(u.dir, ReportName))
	if data, err := v.Report(); err == nil {
		t.Errorf("through a link: %q", data)
	}
}

func TestParseShard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1/1": "1 1 true", "2/4": "2 4 true", "10000/10000": "10000 10000 true",
		"": "", "0/4": "", "5/4": "", "-1/4": "", "+1/4": "", "01/4": "", "1/04": "", " 1/4": "", "1/4 ": "", "1/4/4": "", "1": "", "1/": "", "/1": "",
		"1/10001": "", "a/b": "", "1/99999999999999999999": "", "１/4": "",
	} {
		i, n, ok := parseShard(text)
		if got := fmt.Sprint(i, n, ok); ok && got != want || !ok && want != "" {
			t.Errorf("%q: %s", text, got)
		}
	}
}
