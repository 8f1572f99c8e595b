package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testfiles"
)

const head = "0123456789abcdef0123456789abcdef01234567"

// An uploaded is an artifact under construction.
type uploaded struct {
	Manifest
	dir string
}

func (u *uploaded) add(t testing.TB, source, output, content string) *Entry {
	sum := sha256.Sum256([]byte(content))
	u.Files = append(u.Files, Entry{Source: source, Output: output, Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])})
	testfiles.Write(t, u.dir, output, content)
	return &u.Files[len(u.Files)-1]
}

// newUpload is a sound one, of two images.
func newUpload(t testing.TB) *uploaded {
	u := &uploaded{Manifest{Schema: 1, Head: head}, t.TempDir()}
	u.add(t, "a.png", "a.webp", testfiles.Image(t, "webp/lossy.webp"))
	u.add(t, "b/c.gif", "b/c.webp", testfiles.Image(t, "webp/animated.webp"))
	return u
}

func (u *uploaded) verify(t testing.TB, o VerifyOptions) (Verified, error) {
	t.Helper()
	data, err := u.Encode()
	if err != nil {
		t.Fatal(err)
	}
	testfiles.Write(t, u.dir, ManifestName, data)
	return Verify(t.Context(), u.dir, o)
}

func allowAll(string, string) error { return nil }

func allSources(string) bool { return true }

func TestVerify(t *testing.T) {
	t.Parallel()
	u := newUpload(t)
	u.Files[0].Blob = strings.Repeat("b", 40)
	testfiles.Write(t, u.dir, ReportName, "{}")
	testfiles.Write(t, u.dir, PageName, "<!doctype html>")
	got, err := u.verify(t, VerifyOptions{Head: head, Allowed: allowAll})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Results) != 2 || got.Removes("a.png") {
		t.Fatalf("got %+v", got)
	}
	a, c := got.Results[0], got.Results[1]
	want := asset.Result{
		Source: asset.Source{Path: "a.png", Blob: strings.Repeat("b", 40)}, Target: "a.webp", Status: asset.Converted, Output: "a.webp",
		Format: asset.WebP, After: u.Files[0].Size, SHA256: u.Files[0].SHA256,
		Width: a.Width, Height: a.Height, Frames: 1,
	}
	if diff := cmp.Diff(want, a); diff != "" || a.Width == 0 || a.Height == 0 || c.Frames < 2 {
		t.Errorf("%d frames, %s", c.Frames, diff)
	}
	data, err := got.Read("a.webp")
	if err != nil || string(data) != testfiles.Image(t, "webp/lossy.webp") {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	testfiles.Write(t, u.dir, "a.webp", testfiles.Image(t, "webp/lossless.webp"))
	if _, err := got.Read("a.webp"); err == nil {
		t.Error("what was changed since is read")
	}
	if _, err := got.Read(ReportName); err == nil {
		t.Error("what is not in the manifest is read")
	}
}

func TestVerifyPaths(t *testing.T) {
	t.Parallel()
	for _, p := range []string{
		"", ".", "..", "/a.webp", "../a.webp", "a/../../b.webp", "a/./b.webp", "a//b.webp", "a/", `a\b.webp`, `..\a.webp`,
		"c:a.webp", "C:/a.webp", "a.webp:stream.webp", "a\x00.webp", "a\n.webp", "a\x7f.webp", "a?.webp", "a*.webp",
		".git/a.webp", ".GIT/a.webp", "x/.Git/a.webp", "git~1/a.webp", "GIT~1/a.webp", ".g\u200cit/a.webp", ".git./a.webp", ".git /a.webp",
		"CON", "con.webp", "a/NUL.webp", "com1.webp", "LPT9.x.webp", "com¹.webp", "aux/a.webp", "a /b.webp", "a./b.webp",
		"\xff.webp", strings.Repeat("a", 300) + ".webp", strings.Repeat("a/", 3000) + "a.webp",
	} {
		if BadPath(p) == "" {
			t.Errorf("%q passes", p)
		}
	}
	for _, p := range []string{
		"a.webp", "a/b/c.webp", ".github/a.webp", ".gitignore", "git/a.webp", "ä/日本.webp", "...a.webp", "a..b.webp", "console.webp",
		"com.webp", "com10.webp", "com0x.webp", "a b.webp", "-a.webp", "nul-a.webp", "'.webp", "a&b;c$(x).webp", ".a",
	} {
		if why := BadPath(p); why != "" {
			t.Errorf("%q %s", p, why)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	small := testfiles.Image(t, "webp/lossless.webp")
	tests := []struct {
		name   string
		change func(t *testing.T, u *uploaded, o *VerifyOptions)
		want   []string // the beginnings of the faults' lines
	}{
		{"other head", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Head = strings.Repeat("f", 40) }, []string{"it was made for commit ffff"}},
		{"no head", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Head = "" }, []string{"it was made for commit that it does not name"}},
		{"head not known", func(_ *testing.T, _ *uploaded, o *VerifyOptions) { o.Head = "" }, []string{"the commit that it should be for is not known"}},
		{"no rule for outputs", func(_ *testing.T, _ *uploaded, o *VerifyOptions) { o.Allowed = nil }, []string{"nothing says which outputs are allowed"}},
		{"newer form", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Schema = 3 }, []string{`read "webpress-manifest.json": its schema version is 3`}},
		{"not allowed", func(_ *testing.T, _ *uploaded, o *VerifyOptions) {
			o.Allowed = func(_, output string) error {
				if output == "a.webp" {
					return errors.New("outside of the pattern")
				}
				return nil
			}
		}, []string{`"a.webp": outside of the pattern`}},
		{"does not fit", func(_ *testing.T, u *uploaded, o *VerifyOptions) {
			o.Fits = func(e Entry, content []byte, _ asset.Result) error {
				if e.Output == "a.webp" && int64(len(content)) == u.Files[0].Size {
					return errors.New("a different file is there")
				}
				return nil
			}
		}, []string{`"a.webp": a different file is there`}},
		{"all at once", func(t *testing.T, u *uploaded, _ *VerifyOptions) {
			u.Files[0].Size++
			u.Files[1].Source = "../c.gif"
			u.add(t, "d.png", "d.webp", "no picture")
			testfiles.Write(t, u.dir, "e.sh", "")
		}, []string{
			fmt.Sprintf(`"a.webp": %d bytes, and the manifest says %d`, len(testfiles.Image(t, "webp/lossy.webp")), len(testfiles.Image(t, "webp/lossy.webp"))+1),
			`"b/c.webp": the path of its source "../c.gif" has a .. in it`, `"d.webp": its content is not an image`,
			`"e.sh": a file that the manifest does not have`,
		}},
		{"wrong digest", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Files[0].SHA256 = strings.Repeat("0", 64) },
			[]string{`"a.webp": its SHA-256 is not that of the manifest`}},
		{"no digest", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Files[0].SHA256 = "" }, []string{`"a.webp": its SHA-256 is not one`}},
		{"blob", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Files[0].Blob = "--x" }, []string{`"a.webp": the blob`}},
		{"output outside", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Files[0].Output = "../a.webp" },
			[]string{`"../a.webp": its path has a .. in it`, `"a.webp": a file that the manifest does not have`}},
		{"twice", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Files = append(u.Files, u.Files[0]) }, []string{`"a.webp": it is in the manifest twice`}},
		{"only in case", func(t *testing.T, u *uploaded, _ *VerifyOptions) { u.add(t, "x.png", "A.webp", small) }, []string{`"A.webp": its path clashes with "a.webp"`}},
		{"folder only in case", func(t *testing.T, u *uploaded, _ *VerifyOptions) { u.add(t, "x.png", "B/d.webp", small) },
			[]string{`"B": a folder that the manifest does not have`, `"B/d.webp": its path clashes with "b/"`}},
		{"file as folder", func(_ *testing.T, u *uploaded, _ *VerifyOptions) {
			u.Files = append(u.Files, Entry{Source: "x.png", Output: "a.webp/b.webp", Size: 1, SHA256: u.Files[0].SHA256})
		}, []string{`"a.webp/b.webp": its path clashes with "a.webp"`}},
		{"script", func(t *testing.T, u *uploaded, _ *VerifyOptions) { u.add(t, "x.png", "x.sh", small) }, []string{`"x.sh": its name is not that of an image`}},
		{"manifest as output", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Files[0].Output = ManifestName },
			[]string{`"a.webp": a file that`, `"webpress-manifest.json": its name is not`, `"webpress-manifest.json": its path is reserved`}},
		{"too large", func(_ *testing.T, _ *uploaded, o *VerifyOptions) { o.MaxFileSize = 10 }, []string{`"a.webp": its size is`, `"b/c.webp": its size is`}},
		{"too much", func(_ *testing.T, _ *uploaded, o *VerifyOptions) { o.MaxBytes = 10 }, []string{`the manifest has `}},
		{"too many", func(_ *testing.T, _ *uploaded, o *VerifyOptions) { o.MaxFiles = 1 }, []string{`the manifest has 2 files`}},
		{"size below zero", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Files[0].Size = -1 }, []string{`"a.webp": its size is -1 bytes`}},
		{"missing", func(t *testing.T, u *uploaded, _ *VerifyOptions) { _ = os.Remove(filepath.Join(u.dir, "a.webp")) },
			[]string{`"a.webp": the manifest has it, and the folder does not`}},
		{"symlink", func(t *testing.T, u *uploaded, _ *VerifyOptions) {
			path := filepath.Join(u.dir, "a.webp")
			_ = os.Rename(path, filepath.Join(t.TempDir(), "x"))
			_ = os.Symlink("b/c.webp", path)
		}, []string{`"a.webp": not a regular file`}},
		{"folder is a symlink", func(t *testing.T, u *uploaded, _ *VerifyOptions) {
			_ = os.Rename(filepath.Join(u.dir, "b"), filepath.Join(t.TempDir(), "b"))
			_ = os.Symlink(".", filepath.Join(u.dir, "b"))
		}, []string{`"b": not a regular file`, `"b/c.webp": the manifest has it`}},
		{"manifest is a symlink", func(t *testing.T, u *uploaded, _ *VerifyOptions) {
			real := filepath.Join(t.TempDir(), "m")
			_ = os.WriteFile(real, nil, 0o644)
			_ = os.Symlink(real, filepath.Join(u.dir, ManifestName))
		}, []string{`read "webpress-manifest.json": it is a symbolic link, not a file`}},
		{"empty folder", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { _ = os.Mkdir(filepath.Join(u.dir, ".git"), 0o755) },
			[]string{`".git": a folder that the manifest does not have`}},
		{"other content", func(t *testing.T, u *uploaded, _ *VerifyOptions) {
			u.add(t, "x.jpg", "x.webp", testfiles.Image(t, "png/p3.png"))
		},
			[]string{`"x.webp": its name says webp, and its content is png`}},
		{"something behind the end", func(t *testing.T, u *uploaded, _ *VerifyOptions) { u.add(t, "x.jpg", "x.webp", small+"<script>") },
			[]string{`"x.webp": its header gives another length`}},
		{"cut off", func(t *testing.T, u *uploaded, _ *VerifyOptions) {
			cut := []byte(small[:len(small)/2/2*2])
			n := len(cut) - 8
			cut[4], cut[5], cut[6], cut[7] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
			u.add(t, "x.jpg", "x.webp", string(cut))
		}, []string{`"x.webp": `}},
		{"too many pixels", func(_ *testing.T, _ *uploaded, o *VerifyOptions) { o.MaxPixels = 10 }, []string{`"a.webp": it declares`, `"b/c.webp": it declares`}},
		{"other settings", func(_ *testing.T, _ *uploaded, o *VerifyOptions) {
			o.Recipe = func(asset.Source, string) asset.Recipe { return asset.Recipe{Variant: asset.Variant{Quality: 5}} }
		}, []string{`"a.webp": it was made with other settings`, `"b/c.webp": it was made with other settings`}},
		{"larger than the settings", func(_ *testing.T, u *uploaded, o *VerifyOptions) {
			r := asset.Recipe{Variant: asset.Variant{MaxWidth: 7}}
			o.Recipe = func(asset.Source, string) asset.Recipe { return r }
			u.Files[0].Recipe, u.Files[1].Recipe = RecipeDigest(r), RecipeDigest(r)
		}, []string{`"a.webp": it is `, `"b/c.webp": it is `}},
		{"removal not wanted", func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Files[0].Removed, u.Files[1].Removed = true, true },
			[]string{`"a.webp": its source "a.png" is to be removed, and the settings`, `"b/c.webp": its source "b/c.gif" is to be removed`}},
		{"one removal not wanted", func(_ *testing.T, u *uploaded, o *VerifyOptions) {
			u.Files[0].Removed, u.Files[1].Removed = true, true
			o.Remove = func(source string) bool { return source == "a.png" }
		}, []string{`"b/c.webp": its source "b/c.gif" is to be removed, and the settings`}},
		{"removed and kept", func(t *testing.T, u *uploaded, o *VerifyOptions) {
			u.Files[0].Removed, o.Remove = true, allSources
			u.add(t, "a.png", "a-2.webp", small)
		}, []string{`"a-2.webp": its source "a.png" is to be removed, and to be kept`}},
		{"output removed", func(_ *testing.T, u *uploaded, o *VerifyOptions) {
			u.Files[0].Removed, u.Files[1].Removed, o.Remove = true, true, allSources
			u.Files[0].Source, u.Files[1].Source = "A.webp", "a.webp"
		}, []string{`"a.webp": its source "A.webp" is to be removed, and is the output "a.webp"`, `"b/c.webp": its source "a.webp" is to be`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := newUpload(t)
			o := VerifyOptions{Head: head, Allowed: allowAll}
			tt.change(t, u, &o)
			got, err := u.verify(t, o)
			var fault *asset.HintError
			if !errors.As(err, &fault) {
				t.Fatalf("error is %v", err)
			}
			if got.Results != nil || got.Removes("a.png") {
				t.Errorf("got %+v", got)
			}
			lines := strings.Split(fault.Why.Error(), "\n")
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

func TestVerifyOddFolders(t *testing.T) {
	t.Parallel()
	o := VerifyOptions{Head: head, Allowed: allowAll}
	if _, err := Verify(t.Context(), filepath.Join(t.TempDir(), "missing"), o); err == nil {
		t.Error("a folder that is not there passes")
	}
	if _, err := Verify(t.Context(), t.TempDir(), o); err == nil {
		t.Error("a folder without a manifest passes")
	}
	dir := testfiles.Dir(t, map[string]string{ManifestName: fmt.Sprintf(`{"schema":1,"head":%q,"files":[]}`, head)})
	if got, err := Verify(t.Context(), dir, o); err != nil || len(got.Results) != 0 {
		t.Errorf("of no files: %+v, %v", got, err)
	}
	testfiles.Write(t, dir, ManifestName, fmt.Sprintf(`{"schema":1,"head":%q,"files":null,"extra":1}`, head))
	if _, err := Verify(t.Context(), dir, o); err == nil {
		t.Error("an unknown member passes")
	}
}

func TestRefusalIsShort(t *testing.T) {
	t.Parallel()
	r := Refusal{Faults: slices.Repeat([]string{"x"}, 1000)}
	if got := r.Error(); strings.Count(got, "\n") != maxFaults || !strings.HasSuffix(got, "\nand 950 more") {
		t.Errorf("got %q", got)
	}
}
