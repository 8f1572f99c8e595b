package app

import (
	"cmp"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// headOf is a commit with files, for which an upload was made.
func headOf(t *testing.T, s config.Config, files map[string]string) *headTree {
	t.Helper()
	s.WorkingDirectory = testgit.Init(t)
	r := &run{settings: s, ci: ci.Detect(func(string) string { return "" }, ci.Options{}), log: console.New(console.Options{Stdout: io.Discard, Stderr: io.Discard})}
	r.openRepo(t.Context())
	if err := r.readRules(); err != nil {
		t.Fatal(err)
	}
	repo := r.repo
	for name, content := range files {
		testfiles.Write(t, repo.Top(), name, content)
	}
	testgit.CommitAll(t, repo.Top(), "first")
	head, err := repo.CheckedOut(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// It is there: nothing asks the server.
	h, err := r.readHead(t.Context(), headGuard{Commit: store.Commit{Repo: repo, Branch: "main", ExpectedHead: head}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// blobOf is the id of a content.
func blobOf(t *testing.T, repo *git.Repo, content string) string {
	t.Helper()
	id, _, err := repo.CleanFilter(t.Context(), "x", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestFits(t *testing.T) {
	const different = "a different file is there already"
	content := map[string]string{"a": gif(1, 1), "b": gif(1, 1) + "b", "w": gif(1, 1) + "w"}
	of := func(name string) string { return cmp.Or(content[name], name) }
	files := map[string]string{"a.png": of("a"), "b.png": of("b"), "a.webp": "of a", "w.webp": of("w")}
	for _, tc := range []struct {
		name           string
		source, output string
		blob           string // the content of it, or none
		content        string
		overwrite      bool
		lock           func(id func(string) string) lockfile.Entry
		want           string
	}{
		{name: "new", source: "b.png", output: "b.webp", blob: "b"},
		{name: "no source", source: "c.png", output: "c.webp", blob: "c", want: `has no file "c.png"`},
		{name: "blob not said", source: "b.png", output: "b.webp", want: "does not say"},
		{name: "another source", source: "b.png", output: "b.webp", blob: "c", want: "is another one"},
		{name: "in the place of another file", source: "a.png", output: "a.webp", blob: "a", want: different},
		{name: "the same file", source: "a.png", output: "a.webp", blob: "a", content: "of a"},
		{name: "overwritten", source: "a.png", output: "a.webp", blob: "a", overwrite: true},
		{name: "its own source", source: "w.webp", output: "w.webp", blob: "w", want: "takes the place of its source"},
		{name: "made before", source: "a.png", output: "a.webp", blob: "a", lock: func(id func(string) string) lockfile.Entry {
			return lockfile.Entry{Source: "a.png", Blob: id("old"), Status: lockfile.Made, Output: lockfile.Output{Path: "a.webp", Blob: id("of a")}}
		}},
		{name: "made of what is gone", source: "a.png", output: "a.webp", blob: "a", lock: func(id func(string) string) lockfile.Entry {
			return lockfile.Entry{Source: "a.jpg", Blob: id("old"), Status: lockfile.Made, Output: lockfile.Output{Path: "a.webp", Blob: id("of a")}}
		}},
		{name: "made and moved along", source: "a.png", output: "a.webp", blob: "a", lock: func(id func(string) string) lockfile.Entry {
			return lockfile.Entry{Source: "x.png", Blob: id("a"), Status: lockfile.Made, Output: lockfile.Output{Path: "x.webp", Blob: id("of a")}}
		}},
		{name: "made of another picture", source: "a.png", output: "a.webp", blob: "a", want: different, lock: func(id func(string) string) lockfile.Entry {
			return lockfile.Entry{Source: "b.png", Blob: id("b"), Status: lockfile.Made, Output: lockfile.Output{Path: "a.webp", Blob: id("of a")}}
		}},
		{name: "made and edited", source: "a.png", output: "a.webp", blob: "a", want: different, lock: func(id func(string) string) lockfile.Entry {
			return lockfile.Entry{Source: "a.png", Blob: id("a"), Status: lockfile.Made, Output: lockfile.Output{Path: "a.webp", Blob: id("as it was")}}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := headOf(t, config.Config{Output: "{dir}/{name}.webp", Lock: true, Overwrite: tc.overwrite, MaxFileSize: 1000, MaxPixels: 1000}, files)
			id := func(content string) string { return blobOf(t, h.repo, of(content)) }
			if tc.lock != nil {
				h.locks[0].Set(tc.lock(id))
			}
			e := bundle.Entry{Source: tc.source, Output: tc.output}
			if tc.blob != "" {
				e.Blob = id(tc.blob)
			}
			err := h.fits(t.Context())(e, []byte(tc.content), asset.Result{Width: 1, Height: 1, Frames: 1, After: 1})
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// TestLockOfHead takes the word of the lock file that the commit has, if it is one.
func TestLockOfHead(t *testing.T) {
	l := lockfile.New()
	l.Set(lockfile.Entry{Source: "a.png", Blob: strings.Repeat("1", 40), Size: 9, Format: asset.PNG, Recipe: lockfile.Digest(asset.Recipe{}, ""), Status: lockfile.NotSmaller})
	for _, tc := range []struct {
		lock, content string
		want          int
	}{{lockfile.Name, string(l.Encode()), 2}, {lockfile.Name, "what?\n", 1}, {"sub/" + lockfile.Name, string(l.Encode()), 1}} {
		h := headOf(t, config.Config{}, map[string]string{tc.lock: tc.content})
		h.settings.Lock = true
		h.settings.WorkingDirectory = filepath.Join(h.repo.Top(), "..") // what is here is another branch
		h.run.repo = nil
		again, err := h.readHead(t.Context(), headGuard{Commit: store.Commit{Repo: h.repo, Branch: "main", ExpectedHead: h.commit}})
		if err != nil || len(again.locks) != tc.want {
			t.Errorf("%q: %+v, %v", tc.lock, again, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	large := gif(10, 20) + strings.Repeat("x", 200<<10)
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0", 64) + "\nsize 4711\n"
	h := headOf(t, config.Config{MaxFileSize: 300 << 10}, map[string]string{
		"img/a.png": gif(3, 4), "b.lfs.png": pointer, "c.png": "x", "large.gif": large, "huge.gif": large + large,
		"pointer.png": pointer, "d.lfs.png": "x", ".gitattributes": "*.lfs.png filter=lfs\n",
	})
	for name, want := range map[string]origin{
		"img/a.png": {int64(len(gif(3, 4))), asset.GIF, 3, 4},
		"b.lfs.png": {4711, "", 0, 0},
		"large.gif": {int64(len(large)), asset.GIF, 10, 20},
		"huge.gif":  {2 * int64(len(large)), "", 0, 0},
	} {
		for range 2 {
			if got, err := h.origin(t.Context(), name); err != nil || got != want {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		results := []asset.Result{{Source: asset.Source{Path: name}}}
		if h.describe(results); results[0].Before != want.size || results[0].Source.Format != want.format {
			t.Errorf("%s: %+v", name, results[0])
		}
	}
	for _, name := range []string{"c.png", "pointer.png", "d.lfs.png"} {
		if got, err := h.origin(t.Context(), name); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// As a partial clone that does not know them.
	h.sizes, h.origins = nil, map[string]origin{}
	if got, err := h.origin(t.Context(), "img/a.png"); err != nil || got.width != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}

// gif is one of one color, of less than 256 pixels a side.
func gif(width, height byte) string {
	return "GIF89a" + string([]byte{width, 0, height, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0, width, 0, height, 0, 0, 2, 2, 0x44, 1, 0, 0x3b})
}

func TestMakes(t *testing.T) {
	const mb = 1 << 20
	for _, tc := range []struct {
		name   string
		change func(c *config.Config, e *bundle.Entry, made *asset.Result, o *origin)
		want   string
	}{
		{"as it should be", nil, ""},
		{"the source is too large", func(_ *config.Config, _ *bundle.Entry, _ *asset.Result, o *origin) { o.size = 11 * mb }, "its source has 11534336 bytes"},
		{"the source has too many pixels", func(_ *config.Config, _ *bundle.Entry, _ *asset.Result, o *origin) { o.width = 2000 }, "its source has 2000x100 pixels"},
		{"it moves", func(_ *config.Config, _ *bundle.Entry, made *asset.Result, _ *origin) { made.Frames = 2 }, "its source is jpeg, which has one"},
		{"of what may move", func(_ *config.Config, _ *bundle.Entry, made *asset.Result, o *origin) {
			made.Frames, o.format = 2, asset.GIF
		}, ""},
		{"larger", func(_ *config.Config, _ *bundle.Entry, made *asset.Result, _ *origin) { made.After = 2 * mb }, "keep no such result"},
		{"no savings", func(c *config.Config, _ *bundle.Entry, _ *asset.Result, _ *origin) { c.MinSavings = 60 }, "keep no such result"},
		{"larger than a HEIC", func(_ *config.Config, _ *bundle.Entry, made *asset.Result, o *origin) {
			made.After, o.format, o.width, o.height = 2*mb, asset.HEIC, 0, 0
		}, ""},
		{"another width", func(_ *config.Config, _ *bundle.Entry, made *asset.Result, _ *origin) { made.Width = 99 }, "of its source the settings of the base branch make 100x100"},
		{"another height", func(_ *config.Config, _ *bundle.Entry, made *asset.Result, _ *origin) { made.Height = 1 }, "it is 100x1"},
		{"not shrunk", func(c *config.Config, _ *bundle.Entry, _ *asset.Result, _ *origin) { c.MaxWidth = 50 }, "make 50x50"},
		{"shrunk", func(c *config.Config, _ *bundle.Entry, made *asset.Result, _ *origin) {
			c.MaxWidth, made.Width, made.Height = 50, 50, 50
		}, ""},
		{"in its own place", func(_ *config.Config, e *bundle.Entry, _ *asset.Result, o *origin) {
			e.Source, o.format = e.Output, asset.WebP
		}, "takes the place of its source"},
		{"not here", func(_ *config.Config, _ *bundle.Entry, made *asset.Result, o *origin) {
			made.Width, *o = 7, origin{size: mb}
		}, ""},
	} {
		c := config.Config{MaxFileSize: 10 * mb, MaxPixels: 100_000, Output: "{dir}/{name}.webp"}
		e, made := bundle.Entry{Source: "a.jpg", Output: "a.webp"}, asset.Result{Width: 100, Height: 100, Frames: 1, After: mb / 2}
		o := origin{mb, asset.JPEG, 100, 100}
		if tc.change != nil {
			tc.change(&c, &e, &made, &o)
		}
		r := &run{settings: c}
		if err := r.readRules(); err != nil {
			t.Fatal(err)
		}
		if err := r.makes(e, made, o); (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
