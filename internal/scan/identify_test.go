package scan_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/testgit"
)

func TestFormats(t *testing.T) {
	dir := t.TempDir()
	all := files{
		"1.heic": heic, "2.HEIF": heic, "3.hif": heic, "4.heif": avif,
		"6.jpg": jpeg, "7.JPEG": jpeg, "8.jpe": jpeg, "9.jfif": jpeg, "a.png": png,
		"b.apng": png, "c.gif": gif, "d.tif": tiff, "e.TIFF": tiff, "f.bmp": bmp,
		"g.webp": webp, // not taken: no pattern names them
		"5.avif": avif, "l.avif": heic,
		"h.jpg": png, "i.png": heic, "j.heic": jpeg, "k.gif": webp,
	}
	plant(t, dir, all)
	found := find(t, scan.Options{Dir: dir})
	diff(t, "Failed", nil, faults(found.Failed))
	want := []asset.Source{
		{Path: "1.heic", Format: asset.HEIC}, {Path: "2.HEIF", Format: asset.HEIC},
		{Path: "3.hif", Format: asset.HEIC}, {Path: "4.heif", Format: asset.AVIF},
		{Path: "6.jpg", Format: asset.JPEG},
		{Path: "7.JPEG", Format: asset.JPEG}, {Path: "8.jpe", Format: asset.JPEG},
		{Path: "9.jfif", Format: asset.JPEG}, {Path: "a.png", Format: asset.PNG},
		{Path: "b.apng", Format: asset.PNG}, {Path: "c.gif", Format: asset.GIF},
		{Path: "d.tif", Format: asset.TIFF}, {Path: "e.TIFF", Format: asset.TIFF},
		{Path: "f.bmp", Format: asset.BMP},
		{Path: "h.jpg", Format: asset.PNG, Notes: []string{"is a PNG, not a JPEG as its name says"}},
		{Path: "i.png", Format: asset.HEIC, Notes: []string{"is a HEIC, not a PNG as its name says"}},
		{Path: "j.heic", Format: asset.JPEG, Notes: []string{"is a JPEG, not a HEIC as its name says"}},
		{Path: "k.gif", Format: asset.WebP, Notes: []string{"is a WebP, not a GIF as its name says"}},
	}
	for i := range want {
		want[i].Size = int64(len(all[want[i].Path]))
	}
	if d := cmp.Diff(want, found.Sources); d != "" {
		t.Errorf("Sources (-want +got):\n%s", d)
	}
}

func TestContentThatFails(t *testing.T) {
	const reads = " => webpress reads HEIC, AVIF, JPEG, PNG, GIF, TIFF, BMP and WebP"
	const lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
	tests := map[string]struct{ name, content, want string }{
		"empty":          {"a.heic", "", `read "a.heic": file is empty`},
		"LFS pointer":    {"a.jpg", lfs, `identify "a.jpg": is a Git LFS pointer, not the image itself => run git lfs pull first; with actions/checkout, set lfs: true`},
		"annex pointer":  {"a.jpg", "/annex/objects/SHA256E-s5--1.jpg\n", `identify "a.jpg": is a git-annex pointer, not the image itself => run git annex get first`},
		"text":           {"a.png", "hello", `identify "a.png": is not an image` + reads},
		"one byte":       {"a.png", "\x89", `identify "a.png": is not an image` + reads},
		"zeros":          {"a.png", strings.Repeat("\x00", 4096), `identify "a.png": holds zeros only => the file was damaged, or its copy was not finished`},
		"web page":       {"a.jpg", "<!DOCTYPE html><title>404</title>", `identify "a.jpg": is a web page => the download of this image may have failed`},
		"JPEG XL":        {"a.jpg", "\xFF\x0A\xFA\x01", `identify "a.jpg": is a JPEG XL` + reads},
		"film":           {"a.heic", "\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", `identify "a.heic": is a film or a kind of HEIF that webpress does not know` + reads},
		"broken WebP":    {"a.webp", "RIFF", `identify "a.webp": is not an image` + reads},
		"raw file":       {"a.dng", tiff, `identify "a.dng": is a camera's raw file => export it as a JPEG, HEIC or TIFF`},
		"any named file": {"a.txt", "hello", `identify "a.txt": is not an image` + reads},
		"too large":      {"a.png", png + strings.Repeat("x", 2000), `open "a.png": file has 2.0 kB, more than the 1.9 kB that max-file-size allows => raise max-file-size if the file is right`},
		"just too large": {"a.png", png + strings.Repeat("x", 1901-len(png)), `open "a.png": file has 1901 bytes, more than the 1900 that max-file-size allows => raise max-file-size if the file is right`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			plant(t, dir, files{tt.name: tt.content})
			found := find(t, scan.Options{Dir: dir, Globs: []string{tt.name}, MaxFileSize: 1900})
			diff(t, "Failed", []string{tt.want}, faults(found.Failed))
			diff(t, "Sources", nil, paths(found.Sources))
			if r := found.Failed[0]; r.Source.Path != tt.name || r.Status != asset.Failed || r.Before != int64(len(tt.content)) {
				t.Errorf("Failed = %+v", r)
			}
		})
	}
}

// A wide pattern meets all kinds of files; only what has an image's name or an
// image's content is of interest.
func TestWidePattern(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, files{
		"assets/a.png": png, "assets/photo": jpeg, "assets/b.txt": "hello", "assets/.gitkeep": "",
		"assets/c.dng": tiff, "assets/d.svg": "<svg/>", "assets/._a.png": "\x00\x05\x16\x07\x00\x02",
		"assets/big.zip": strings.Repeat("PK", 100), "assets/bad.gif": "GIF", "assets/sub/": "",
		"assets/link": "-> ../..", "assets/link.png": "-> a.png",
	})
	try(t, syscall.Mkfifo(filepath.Join(dir, "assets", "pipe"), 0o644))
	found := find(t, scan.Options{Dir: dir, Globs: []string{"assets/**"}, MaxFileSize: 100})
	diff(t, "Sources", []string{"assets/a.png", "assets/photo"}, paths(found.Sources))
	diff(t, "Failed", []string{`identify "assets/bad.gif": is not an image => webpress reads HEIC, AVIF, JPEG, PNG, GIF, TIFF, BMP and WebP`}, faults(found.Failed))
	diff(t, "Notices", []string{
		"2 symbolic links left out",
		"6 files left out: no image by content or name",
	}, found.Notices)
}

func TestMissingFiles(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("IMG_1.HEIC.png", "sub/a.png"))
	try(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	found := find(t, scan.Options{Dir: dir, Globs: []string{
		"gone.png", "img_1.heic.PNG", "sub/a.png/b.png", "no/such/folder/c.png", ".git/d.png", "pipe/e.png",
		strings.Repeat("long", 100) + ".png", "sub",
	}})
	diff(t, "Sources", []string{"sub/a.png"}, paths(found.Sources))
	diff(t, "Failed", []string{
		`find ".git/d.png": webpress takes nothing from .git`,
		`find "gone.png": no such file`,
		`find "img_1.heic.PNG": no such file => there is "IMG_1.HEIC.png": upper and lower case differ`,
		`find "` + strings.Repeat("long", 100) + `.png": file name too long`,
		`find "no/such/folder/c.png": no such file`,
		`find "pipe/e.png": no such file`,
		`find "sub/a.png/b.png": no such file`,
	}, faults(found.Failed))
	diff(t, "Notices", nil, found.Notices)
}

// What would hang or do harm when it is opened is not opened.
func TestSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, files{"a.png": png, "folder.png/": "", "full.jpg/b.png": png, "sub/": ""})
	try(t, syscall.Mkfifo(filepath.Join(dir, "pipe.png"), 0o644))
	t.Chdir(dir) // the name of a socket has to be short
	socket, err := net.Listen("unix", "socket.png")
	try(t, err)
	defer socket.Close()
	want := []string{
		`open "pipe.png": is a named pipe, not a file`,
		`open "socket.png": is a socket, not a file`,
	}
	check := func(t *testing.T, o scan.Options, sources ...string) {
		t.Helper()
		start := time.Now()
		found := find(t, o)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("Find took %v", took)
		}
		diff(t, "Sources", sources, paths(found.Sources))
		var got []string
		for _, r := range found.Failed {
			got = append(got, r.Err.Message)
		}
		diff(t, "Failed", want, got)
	}
	t.Run("found", func(t *testing.T) {
		check(t, scan.Options{Dir: dir}, "a.png", "full.jpg/b.png")
	})
	t.Run("named", func(t *testing.T) {
		check(t, scan.Options{Dir: dir, Globs: []string{"folder.png", "full.jpg", "pipe.png", "socket.png"}}, "full.jpg/b.png")
	})
	t.Run("found in a repository", func(t *testing.T) {
		plant(t, dir, files{".gitignore": "ignored*\n", "ignored.png/": ""})
		testgit.Run(t, dir, "init", "--quiet")
		check(t, scan.Options{Dir: dir}, "a.png", "full.jpg/b.png")
	})
	t.Run("taken away", func(t *testing.T) {
		for _, tt := range []struct {
			pattern string
			kept    bool
		}{
			{"!full.jpg", true}, {"!*.jpg", true}, {"!**/*.{png,jpg}", false}, {"!full.*", false},
			{"!full.jpg/", false}, {"!full.jpg/**", false}, {"!*.{jpg,gif}", true},
		} {
			want := []string(nil)
			if tt.kept {
				want = []string{"full.jpg/b.png"}
			}
			diff(t, tt.pattern, want, paths(find(t, scan.Options{Dir: dir, Globs: []string{"full.jpg", tt.pattern}}).Sources))
		}
		diff(t, "ignore", nil, paths(find(t, scan.Options{Dir: dir, Globs: []string{"full.jpg"}, Ignore: []string{"*.jpg"}}).Sources))
	})
	t.Run("as a folder", func(t *testing.T) {
		found := find(t, scan.Options{Dir: dir, Globs: []string{"full.jpg/"}})
		diff(t, "Sources", []string{"full.jpg/b.png"}, paths(found.Sources))
		diff(t, "Failed", nil, faults(found.Failed))
	})
}

func TestSymlinks(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "tree")
	plant(t, top, pngs("secret.png", "outside/b.png"))
	plant(t, dir, files{
		"a.png": png, "sub/c.png": png, "self.txt": "-> self.txt",
		"in.png": "-> a.png", "deep.png": "-> in.png", "sub/up.png": "-> ../a.png",
		"out.png": "-> ../secret.png", "absolute.png": "-> " + filepath.Join(top, "secret.png"),
		"dangling.png": "-> gone.png", "loop.png": "-> loop.png", "folder.png": "-> sub",
		"dir": "-> sub", "outdir": "-> ../outside", "ring/ring": "-> ../ring", "by": "-> .",
	})
	const leaves = " => put the file itself there; webpress reads and writes nothing outside"
	refused := []string{
		`open "absolute.png": is a symbolic link that leaves the working directory` + leaves,
		`open "dangling.png": is a symbolic link to "gone.png", which does not exist`,
		`open "loop.png": is a symbolic link that leads nowhere`,
		`open "out.png": is a symbolic link that leaves the working directory` + leaves,
	}
	tests := map[string]struct {
		globs        []string
		want, failed []string
		notices      []string
	}{
		"found": {
			want: []string{"a.png", "sub/c.png"}, failed: refused,
			notices: []string{"4 symbolic links left out"},
		},
		"named": {
			globs: []string{"in.png", "deep.png", "out.png", "absolute.png", "dangling.png", "loop.png"},
			want:  []string{"a.png"}, failed: refused,
			notices: []string{
				`"in.png" is a symbolic link to "a.png", which is taken in its place`,
				`"deep.png" is a symbolic link to "a.png", which is taken in its place`,
			},
		},
		"a folder": {globs: []string{"dir"}, want: []string{"sub/c.png"}, notices: []string{"1 symbolic link left out"}},
		"a file by way of a folder": {
			globs: []string{"dir/c.png"}, want: []string{"sub/c.png"},
			notices: []string{`"dir/c.png" is a symbolic link to "sub/c.png", which is taken in its place`},
		},
		"a folder outside":        {globs: []string{"outdir"}, failed: []string{`open "outdir": is a symbolic link that leaves the working directory` + leaves}},
		"a file outside":          {globs: []string{"outdir/b.png"}, failed: []string{`find "outdir/b.png": leaves the working directory by a symbolic link`}},
		"a glob outside":          {globs: []string{"outdir/*.png"}, notices: []string{`no image matches "outdir/*.png": "outdir" is a symbolic link that leaves the working directory`}},
		"a glob by way of a link": {globs: []string{"dir/*.png"}, notices: []string{`no image matches "dir/*.png": "dir" is a symbolic link to "sub"`}},
		"a circle of folders":     {globs: []string{"ring/**"}, notices: []string{"1 symbolic link left out"}},
		"the tree by a link":      {globs: []string{"by", "!*.png"}, want: []string{"sub/c.png"}, notices: []string{"1 symbolic link left out"}},
	}
	for _, place := range []string{"folder", "repository"} {
		if place == "repository" {
			testgit.Run(t, dir, "init", "--quiet")
		}
		for name, tt := range tests {
			t.Run(place+"/"+name, func(t *testing.T) {
				found := find(t, scan.Options{Dir: dir, Globs: tt.globs})
				diff(t, "Sources", tt.want, paths(found.Sources))
				diff(t, "Failed", tt.failed, faults(found.Failed))
				diff(t, "Notices", tt.notices, found.Notices)
			})
		}
	}
}

func TestUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := t.TempDir()
	plant(t, dir, pngs("a.png", "b.png", "sub/c.png"))
	plant(t, dir, files{"d.txt": "secret"})
	for _, name := range []string{"b.png", "d.txt", "sub"} {
		try(t, os.Chmod(filepath.Join(dir, name), 0))
	}
	defer os.Chmod(filepath.Join(dir, "sub"), 0o755)
	found := find(t, scan.Options{Dir: dir, Globs: []string{"**"}})
	diff(t, "Sources", []string{"a.png"}, paths(found.Sources))
	diff(t, "Failed", []string{`open "b.png": permission denied`, `read folder "sub": permission denied`}, faults(found.Failed))
}
