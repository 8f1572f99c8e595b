package config

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webpress/webpress/internal/testfiles"
)

// The file of settings is found from below the root of a repository, and all that it
// names begins at its own folder, wherever webpress is started.
func TestFileAbove(t *testing.T) {
	t.Parallel()
	files := func(more ...string) map[string]string {
		all := map[string]string{".git/HEAD": "", "a/b/!x.png": "", "a/b[1]/x": "", "a/b/x": ""}
		for _, name := range more {
			all[name] = "quality: 7\nglob: c/**\nignore: [d/e, f]\noutput: web/{dir}/{name}.webp\nreport: r.json\nbudgets: [{glob: g, max-bytes: 1}]\nrules: [{glob: h, effort: 1}]"
		}
		return all
	}
	above := func(c *Config) {
		c.Quality, c.Glob, c.Ignore, c.Output, c.Report = Quality{Look: 7}, []string{"c/**"}, []string{"d/e", "f"}, "web/{dir}/{name}.webp", "r.json"
		c.File = "webpress.yml"
	}
	for _, tt := range []struct {
		name, dir string
		args, env []string
		files     map[string]string
		root      string
		want      func(*Config)
	}{
		{name: "at the root", dir: ".", files: files("webpress.yml"), root: ".", want: above},
		{name: "below", dir: "a/b", files: files("webpress.yml"), root: ".", want: func(c *Config) {
			above(c)
			c.Paths = []string{"a/b/"}
		}},
		{name: "the nearest", dir: "a/b", files: files("webpress.yml", "a/webpress.yml"), root: "a", want: func(c *Config) {
			above(c)
			c.Paths = []string{"b/"}
		}},
		{name: "its own", dir: "a/b", files: files("webpress.yml", "a/b/webpress.yml"), root: "a/b", want: above},
		{name: "none of the repository above", dir: "a/b", files: func() map[string]string {
			all := files("webpress.yml")
			all["a/.git"] = "gitdir: x"
			return all
		}(), root: "a/b", want: func(*Config) {}},
		{name: "outside of a repository", dir: "a/b", files: map[string]string{"webpress.yml": "quality: 7", "a/b/x": ""}, root: "a/b", want: func(*Config) {}},
		{
			name: "paths and patterns", dir: "a/b", files: files("webpress.yml"), root: ".",
			args: []string{"x", "./y/", "**/*.png", "!z.png", "!x.png", "../c.png", "--glob=*.gif,!n/**", "--ignore=tmp,/top,q/r,!k", "--report=s.json", "--sarif=-", "--cache-dir=/abs"},
			env:  []string{"WEBPRESS_DOTENV=../d.env", "WEBPRESS_ARTIFACT_DIR=out"},
			want: func(c *Config) {
				above(c)
				c.Paths = []string{"a/b/x", "a/b/y/", "a/b/**/*.png", "!a/b/z.png", "a/b/!x.png", "a/c.png"}
				c.Glob, c.Ignore = []string{"a/b/*.gif", "!a/b/n/**"}, []string{"tmp", "a/b/top", "a/b/q/r", "!k"}
				c.Report, c.Sarif, c.CacheDir, c.Dotenv, c.ArtifactDir = "a/b/s.json", "-", "/abs", "a/d.env", "a/b/out"
			},
		},
		{name: "a folder with brackets", dir: "a/b[1]", files: files("webpress.yml"), root: ".", args: []string{"*.png", "x"}, want: func(c *Config) {
			above(c)
			c.Paths = []string{`a/b\[1]/*.png`, "a/b[1]/x"}
		}},
		{name: "output", dir: "a/b", files: files("webpress.yml"), root: ".", args: []string{"-oweb/{name}.webp"}, want: func(c *Config) {
			above(c)
			c.Target = ToTyped
			c.Output, c.Paths = "a/b/web/{name}.webp", []string{"a/b/"}
		}},
		{name: "a file above that is named", dir: "a/b", files: map[string]string{".git/x": "", "a/w.yml": "glob: c/**", "a/b/x": ""}, args: []string{"--config=../w.yml"}, root: "a", want: func(c *Config) {
			c.Glob, c.File, c.Paths, c.Config = []string{"c/**"}, "w.yml", []string{"b/"}, "../w.yml"
		}},
		{name: "a file elsewhere that is named", dir: "a", files: map[string]string{".git/x": "", "ci/w.yml": "glob: c/**", "a/x": ""}, args: []string{"--config=../ci/w.yml"}, root: "a", want: func(c *Config) {
			c.Glob, c.File, c.Config = []string{"c/**"}, "../ci/w.yml", "../ci/w.yml"
		}},
		{name: "uploads", dir: "a/b", files: files("webpress.yml"), root: ".", args: []string{"merge", "one", "/two"}, want: func(c *Config) {
			above(c)
			c.Verb, c.Paths, c.Merged = Merge, []string{"a/b/"}, []string{"a/b/one", "/two"}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := testfiles.Dir(t, tt.files)
			got, err := Load(tt.args, Env{Environ: tt.env, Dir: filepath.Join(root, tt.dir)})
			if err != nil {
				t.Fatal(err)
			}
			want := defaults(filepath.Join(root, tt.root))
			tt.want(&want)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Config{}, "Action", "Bare", "LockSet", "Given", "Budgets", "Rules", "FromFile")); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
		})
	}
}
