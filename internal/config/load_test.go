package config

import (
	"bytes"
	"errors"
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testfiles"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// defaults is what Load gives where no source says anything.
func defaults(dir string) Config {
	return Config{
		Verb: Convert, Crop: "none", Background: "#ffffff", Quality: Quality{Look: 80}, Look: "high", MaxQuality: 100, QualityCap: true, Lossless: "auto", NearLossless: "auto", Effort: 4,
		Metadata: "icc", Output: "{dir}/{name}.webp", Originals: "keep",
		MaxPixels: 16383 * 16383, MaxFileSize: 256 << 20, FailOn: "error", Summary: true,
		CommitMethod: "auto", ArtifactName: "webpress", Retries: 5, ConcurrencyPerHost: 4,
		Lock: true, ChangedOnly: Auto, Verify: Auto, IfNoImages: Warn, CacheSize: 1e9, References: ReferencesReport, Sandbox: Auto, Color: "auto", Command: "convert",
		WorkingDirectory: dir,
	}
}

func TestLoad(t *testing.T) {
	yml := func(data string) map[string]string { return map[string]string{"webpress.yml": data} }
	for _, tt := range []struct {
		name  string
		args  []string
		env   []string
		files map[string]string
		want  func(*Config)
	}{
		{name: "nothing", want: func(*Config) {}},
		{
			name: "paths", args: []string{"photos/", "assets/**/*.{heic,jpg}", "--max-width", "1200"},
			want: func(c *Config) {
				c.Paths, c.MaxWidth = []string{"photos/", "assets/**/*.{heic,jpg}"}, 1200
			},
		},
		{name: "named verb", args: []string{"convert", "a"}, want: func(c *Config) { c.Paths = []string{"a"} }},
		{name: "flags before and behind the verb", args: []string{"-q", "1", "convert", "a", "-n"}, want: func(c *Config) {
			c.Quality, c.Paths, c.DryRun = Quality{Look: 1}, []string{"a"}, true
		}},
		{name: "path with a hyphen", args: []string{"-v", "--", "-a.png"}, want: func(c *Config) {
			c.Paths, c.Verbose = []string{"-a.png"}, true
		}},
		{name: "short flags together", args: []string{"-vnq30", "-j", "3"}, want: func(c *Config) {
			c.Verbose, c.DryRun, c.Quality, c.Jobs = true, true, Quality{Look: 30}, 3
		}},
		{name: "short flags together, value apart", args: []string{"-vnq", "30"}, want: func(c *Config) {
			c.Verbose, c.DryRun, c.Quality = true, true, Quality{Look: 30}
		}},
		{name: "switches", args: []string{"--no-summary", "--verbose=yes", "--dry-run=false"}, want: func(c *Config) {
			c.Summary, c.Verbose = false, true
		}},
		{name: "the last flag wins", args: []string{"-q1", "--quality=2"}, want: func(c *Config) { c.Quality = Quality{Look: 2} }},
		{name: "lists add up", args: []string{"--glob", "a,b", "--glob=!c"}, want: func(c *Config) { c.Glob = []string{"a", "b", "!c"} }},
		{
			name: "list of several lines", env: []string{"INPUT_GLOB=a/**/*.{png,jpg}\n!a/x,b\r\n\n"},
			want: func(c *Config) { c.Glob = []string{"a/**/*.{png,jpg}", "!a/x", "b"} },
		},
		{
			name: "a list replaces that of a weaker source", args: []string{"--ignore=a"}, env: []string{"INPUT_IGNORE=b"}, files: yml("ignore: [c]"),
			want: func(c *Config) { c.Ignore, c.File = []string{"a"}, "webpress.yml" },
		},

		// Each source beats those below it.
		{name: "flag", args: []string{"-q6"}, env: []string{"INPUT_QUALITY=5", "PLUGIN_QUALITY=4", "WEBPRESS_QUALITY=3"}, files: yml("quality: 2"), want: func(c *Config) {
			c.Quality, c.File = Quality{Look: 6}, "webpress.yml"
		}},
		{name: "input", env: []string{"WEBPRESS_QUALITY=3", "INPUT_QUALITY=5", "PLUGIN_QUALITY=4"}, files: yml("quality: 2"), want: func(c *Config) {
			c.Quality, c.File = Quality{Look: 5}, "webpress.yml"
		}},
		{name: "plugin", env: []string{"INPUT_QUALITY=", "PLUGIN_QUALITY=4", "WEBPRESS_QUALITY=3"}, files: yml("quality: 2"), want: func(c *Config) {
			c.Quality, c.File = Quality{Look: 4}, "webpress.yml"
		}},
		{name: "variable", env: []string{"INPUT_QUALITY= ", "PLUGIN_QUALITY=", "WEBPRESS_QUALITY=3"}, files: yml("quality: 2"), want: func(c *Config) {
			c.Quality, c.File = Quality{Look: 3}, "webpress.yml"
		}},
		{name: "file", env: []string{"WEBPRESS_QUALITY="}, files: yml("quality: 2"), want: func(c *Config) {
			c.Quality, c.File = Quality{Look: 2}, "webpress.yml"
		}},
		{name: "a zero is a value", args: []string{"-q0"}, files: yml("quality: 2"), want: func(c *Config) {
			c.Quality, c.File = Quality{Look: 0}, "webpress.yml"
		}},
		{name: "a no is a value", env: []string{"INPUT_SUMMARY=false"}, files: yml("summary: true\nverbose: yes\n"), want: func(c *Config) {
			c.Summary, c.Verbose, c.File = false, true, "webpress.yml"
		}},

		{
			name: "names with hyphens", env: []string{"INPUT_MAX-WIDTH=1", "PLUGIN_MAX_HEIGHT=2", "WEBPRESS_MIN_SAVINGS=2.5%"},
			want: func(c *Config) { c.MaxWidth, c.MaxHeight, c.MinSavings = 1, 2, 2.5 },
		},
		{
			name: "what is not ours", env: []string{"INPUT_WHATEVER=1", "INPUT_MAX_WIDTH=1", "WEBPRESS_PORT=tcp://1.2.3.4:80", "WEBPRESS_PORT_80_TCP_ADDR=1.2.3.4", "WEBPRESS_SERVICE_HOST=1.2.3.4", "WEBPRESS_CONVERTED=3", "WEBPRESS_BYTES_SAVED=x", "XWEBPRESS_A=1", "QUALITY=3", "=x"},
			want: func(*Config) {},
		},
		{
			name: "units", args: []string{"--max-pixels=50MP", "--max-file-size=20MB", "--memory-limit=1.5GiB"},
			want: func(c *Config) { c.MaxPixels, c.MaxFileSize, c.MemoryLimit = 50e6, 20e6, 3<<29 },
		},
		{
			name: "everything in a file", files: yml(`# a comment
glob:
  - "**/*.{png,jpg}"
  - '!drafts/**'
ignore: "a, b"
format: webp
quality: 0
lossless: Never
effort: 6
max-width: 1200
max-height: 16383
metadata: none
output: &o web/{dir}/{name}.{ext}.webp
overwrite: true
originals: remove
min-savings: 5%
dry-run: true
max-pixels: 1
max-file-size: 64MiB
memory-limit: 1GB
jobs: 2
fail-on: none
summary: false
report: out/report.json
verbose: true
`),
			want: func(c *Config) {
				wd := c.WorkingDirectory
				*c = Config{
					Verb: Convert, File: "webpress.yml", Glob: []string{"**/*.{png,jpg}", "!drafts/**"}, Ignore: []string{"a", "b"},
					Format: []string{"webp"}, Crop: "none", Background: "#ffffff", Quality: Quality{}, Look: "high", MaxQuality: 100, QualityCap: true, Lossless: "never", NearLossless: "auto", Effort: 6, MaxWidth: 1200, MaxHeight: 16383, Metadata: "none",
					Output: "web/{dir}/{name}.{ext}.webp", Overwrite: true, Originals: "remove", MinSavings: 5, DryRun: true,
					MaxPixels: 1, MaxFileSize: 64 << 20, MemoryLimit: 1e9, Jobs: 2, FailOn: "none", Summary: false,
					CommitMethod: "auto", ArtifactName: "webpress", Retries: 5, ConcurrencyPerHost: 4,
					Lock: true, ChangedOnly: Auto, CacheSize: 1e9, References: ReferencesReport, Sandbox: Auto, Color: "auto", Command: "convert", Verify: Auto, IfNoImages: Warn,
					Report: "out/report.json", Verbose: true, WorkingDirectory: wd,
				}
			},
		},
		{name: "empty file", files: yml("# nothing yet\n"), want: func(c *Config) { c.File = "webpress.yml" }},
		{name: "hidden", files: map[string]string{".webpress.yml": "quality: 2"}, want: func(c *Config) {
			c.Quality, c.File = Quality{Look: 2}, ".webpress.yml"
		}},
		{name: "no file", args: []string{"--no-config"}, files: yml("quality: x"), want: func(*Config) {}},
		{name: "no file, behind --", args: []string{"--", "--no-config"}, files: yml("quality: 2"), want: func(c *Config) {
			c.Quality, c.File, c.Paths = Quality{Look: 2}, "webpress.yml", []string{"--no-config"}
		}},
		{name: "verify", args: []string{"check", "--verify", "a.jpg"}, want: func(c *Config) {
			c.Verb, c.Verify, c.Paths = Check, Always, []string{"a.jpg"}
		}},
		{name: "verify with a value", args: []string{"check", "--verify=false", "a.jpg"}, want: func(c *Config) {
			c.Verb, c.Verify, c.Paths = Check, Never, []string{"a.jpg"}
		}},
		{name: "accept", args: []string{"accept", "a.webp", "b.jpg"}, want: func(c *Config) {
			c.Verb, c.Paths = Accept, []string{"a.webp", "b.jpg"}
		}},
		{name: "unknown variables", env: []string{"WEBPRESS_MAXWIDTH=3", "WEBPRESS_VERSION=1", "WEBPRESS_ZZZ="}, want: func(c *Config) {
			c.Warnings = []string{
				"variable WEBPRESS_MAXWIDTH: no such setting; did you mean WEBPRESS_MAX_WIDTH? (ignored)",
				"variable WEBPRESS_VERSION: no such setting (ignored)",
				"variable WEBPRESS_ZZZ: no such setting (ignored)",
			}
		}},
		{name: "other ending", files: map[string]string{"webpress.yaml": "quality: 2"}, want: func(c *Config) {
			c.Quality, c.File = Quality{Look: 2}, "webpress.yaml"
		}},
		{name: "block text", files: yml("glob: |\n  a\n  !b\n"), want: func(c *Config) {
			c.Glob, c.File = []string{"a", "!b"}, "webpress.yml"
		}},
		{name: "alias", files: yml("glob: &g [a, b]\nignore: *g\n"), want: func(c *Config) {
			c.Glob, c.Ignore, c.File = []string{"a", "b"}, []string{"a", "b"}, "webpress.yml"
		}},
		{
			name: "working directory with its own file", args: []string{"-C", "site"}, files: map[string]string{"webpress.yml": "quality: 1", "site/webpress.yml": "quality: 2"},
			want: func(c *Config) {
				c.Quality, c.File, c.WorkingDirectory = Quality{Look: 2}, "webpress.yml", filepath.Join(c.WorkingDirectory, "site")
			},
		},
		{
			name: "file by name", env: []string{"WEBPRESS_CONFIG=ci/w.yml", "INPUT_WORKING-DIRECTORY=site"}, files: map[string]string{"site/webpress.yml": "quality: 1", "site/ci/w.yml": "quality: 2"},
			want: func(c *Config) {
				c.Quality, c.File, c.Config, c.WorkingDirectory = Quality{Look: 2}, "ci/w.yml", "ci/w.yml", filepath.Join(c.WorkingDirectory, "site")
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := testfiles.Dir(t, tt.files)
			got, err := Load(tt.args, Env{Environ: tt.env, Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			want := defaults(dir)
			tt.want(&want)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Config{}, "Action", "Bare", "LockSet", "Given", "FromFile")); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
		})
	}
}

// Every way to be wrong, in the words that the user sees.
func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		args  []string
		env   []string
		files map[string]string
		want  []string
	}{
		{name: "range", args: []string{"-q", "101"}, want: []string{`--quality: "101" is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60`}},
		{name: "negative", args: []string{"--quality", "-1"}, want: []string{`--quality: "-1" is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60`}},
		{name: "fraction", args: []string{"-q1.5"}, want: []string{`--quality: "1.5" is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60`}},
		{name: "hexadecimal", args: []string{"--effort=0x1"}, want: []string{`--effort: "0x1" is not a whole number from 0 to 6`}},
		{name: "not a number", args: []string{"--min-savings=NaN"}, want: []string{`--min-savings: "NaN" is not a percentage from 0 to 100`}},
		{name: "enum", env: []string{"INPUT_LOSSLESS=maybe"}, want: []string{`input lossless: "maybe" is not one of auto, always, never`}},
		{name: "format", env: []string{"PLUGIN_FORMAT=bmp"}, want: []string{`PLUGIN_FORMAT: "bmp" is not a list of webp, avif, jpeg, png`}},
		{name: "switch", env: []string{"WEBPRESS_DRY_RUN=maybe"}, want: []string{`WEBPRESS_DRY_RUN: "maybe" is not true or false`}},
		{name: "size", args: []string{"--max-file-size=0"}, want: []string{`--max-file-size: "0" is not a size such as 20MB or 64MiB, from 1 to 1TiB`}},
		{name: "size unit", args: []string{"--max-file-size=3XB"}, want: []string{`--max-file-size: "3XB" is not a size such as 20MB or 64MiB, from 1 to 1TiB`}},
		{name: "pixels", args: []string{"--max-pixels=9MB"}, want: []string{`--max-pixels: "9MB" is not a number of pixels such as 50MP or 12000000, from 1 to 1000000MP`}},
		{name: "line ends do not reach the log", env: []string{"INPUT_LOSSLESS=a\n::error::b"}, want: []string{`input lossless: "a\n::error::b" is not one of auto, always, never`}},
		{name: "empty", args: []string{"--report="}, want: []string{`--report: "" is not the path of a file: it is empty`}},
		{name: "folder", args: []string{"--report=out/"}, want: []string{`--report: "out/" is not the path of a file: that is a directory`}},
		{name: "pattern", env: []string{"INPUT_GLOB=a,{b,c"}, want: []string{`input glob: "a,{b,c" is not a list of patterns such as assets/**/*.{jpg,png}: a bracket, a brace or a backslash is not closed`}},
		{name: "empty path", args: []string{""}, want: []string{`path: "" is not a file, a folder or a pattern`}},

		{name: "misspelt flag", args: []string{"--qualty=3"}, want: []string{`--qualty: no such setting; did you mean --quality?`}},
		{name: "misspelt no", args: []string{"--no-sumary"}, want: []string{`--no-sumary: no such setting; did you mean --no-summary?`}},
		{name: "half a name", args: []string{"--pixels", "3"}, want: []string{`--pixels: no such setting; did you mean --max-pixels?`}},
		{name: "nothing near", args: []string{"--zzz", "-Z", "-vZ"}, want: []string{"--zzz: no such setting", "-Z: no such setting", "-Z: no such setting"}},
		{name: "misspelt plugin setting", env: []string{"PLUGIN_QUALTY=3", "PLUGIN_MAX-WIDTH=3"}, want: []string{
			"PLUGIN_MAX-WIDTH: no such setting; did you mean PLUGIN_MAX_WIDTH?",
			"PLUGIN_QUALTY: no such setting; did you mean PLUGIN_QUALITY?",
		}},
		{name: "no value", args: []string{"--max-width", "--verbose", "-q"}, want: []string{
			"--max-width: it needs a value: a whole number from 0 to 65536",
			"-q: it needs a value: a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60",
		}},
		{name: "value apart", args: []string{"--dry-run", "false"}, want: []string{"--dry-run: give the value after =, as in --dry-run=false"}},
		{name: "value of a no", args: []string{"--no-summary=x", "--help=3"}, want: []string{"--no-summary: it takes no value", "--help: it takes no value"}},

		{name: "no such folder", args: []string{"-C", "gone"}, want: []string{`--working-directory: "gone" cannot be used: no such file or directory`}},
		{name: "no folder", env: []string{"INPUT_WORKING-DIRECTORY=a"}, files: map[string]string{"a": ""}, want: []string{`input working-directory: "a" cannot be used: not a directory`}},
		{name: "no such file", env: []string{"WEBPRESS_CONFIG=gone.yml"}, want: []string{`WEBPRESS_CONFIG: "gone.yml" cannot be read: no such file or directory`}},
		{name: "no file", args: []string{"--config", "."}, want: []string{`--config: "." cannot be read: it is a folder, not a file`}},
		{name: "two files", files: map[string]string{"webpress.yml": "", "webpress.yaml": ""}, want: []string{"webpress.yaml: there is also a webpress.yml; keep one of them"}},
		{name: "a hidden one too", files: map[string]string{"webpress.yml": "", ".webpress.yml": ""}, want: []string{".webpress.yml: there is also a webpress.yml; keep one of them"}},
		{name: "two files above", args: []string{"-C", "a/b"}, files: map[string]string{".git/x": "", "a/webpress.yml": "", "a/.webpress.yml": "", "a/b/x": ""}, want: []string{"../.webpress.yml: there is also a ../webpress.yml; keep one of them"}},
		{name: "a mistake above", args: []string{"-C", "a/b"}, files: map[string]string{".git/x": "", ".webpress.yml": "qualty: 1", "a/b/x": ""}, want: []string{"../../.webpress.yml:1:1: qualty: no such setting; did you mean quality?"}},
		{name: "a file and none", args: []string{"--no-config", "--config=a.yml"}, files: map[string]string{"a.yml": ""}, want: []string{"--config: --no-config is also given"}},
		{name: "endless file", files: map[string]string{"webpress.yml": strings.Repeat("#\n", 1<<17) + "#"}, want: []string{"webpress.yml: it cannot be read: larger than 256 KiB"}},
		{
			name:  "places that only a list has",
			args:  []string{"-o", "{dir}/{nam}.webp"},
			files: map[string]string{"webpress.yml": "variants:\n  a: { output: \"{dir}/{hsh}.webp\" }\nrules:\n  - glob: x\n    output: \"{sku}.webp\"\n"},
			want: []string{
				`--output: "{dir}/{nam}.webp": there is no {nam}; did you mean {name}?`,
				`webpress.yml:2:16: output: "a": "{dir}/{hsh}.webp": there is no {hsh}; did you mean {hash}?`,
				`webpress.yml:5:13: output: "{sku}.webp": there is no {sku}`,
			},
		},
		{
			name: "all at once", args: []string{"--qualty=1", "--effort=9", "-o", "/{x}.webp"},
			env:   []string{"INPUT_LOSSLESS=x", "PLUGIN_JOBS=-1"},
			files: map[string]string{"webpress.yml": "effort: 3\neffort: 10\nqualty: 1\nmetadata: gps\n"},
			want: []string{
				`--qualty: no such setting; did you mean --quality?`,
				`--effort: "9" is not a whole number from 0 to 6`,
				`input lossless: "x" is not one of auto, always, never`,
				`PLUGIN_JOBS: "-1" is not a whole number from 0 to 1024`,
				`webpress.yml:2:1: effort: it is already set in line 1`,
				`webpress.yml:3:1: qualty: no such setting; did you mean quality?`,
				`webpress.yml:4:11: metadata: "gps" is not one of icc, copyright, none, all`,
				`--output: "/{x}.webp": there is no {x}`,
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(tt.args, Env{Environ: tt.env, Dir: testfiles.Dir(t, tt.files)})
			var mistakes Mistakes
			if !errors.As(err, &mistakes) {
				t.Fatalf("Load: %v, want mistakes", err)
			}
			var got []string
			for _, m := range mistakes {
				got = append(got, m.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMistakesError(t *testing.T) {
	_, err := Load([]string{"-q101", "--lossless=x"}, Env{Dir: t.TempDir()})
	const want = `2 wrong settings:
  --quality: "101" is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60
  --lossless: "x" is not one of auto, always, never`
	if err == nil || err.Error() != want {
		t.Errorf("Load: %v, want\n%s", err, want)
	}
}

// Whatever is on the command line and in the environment, Load either gives
// settings that are allowed or says what is wrong.
func FuzzLoadArgs(f *testing.F) {
	f.Add("-vq80\x00a\x00--max-width=3", "INPUT_GLOB=a,{b,c}\x00PLUGIN_JOBS=3\x00WEBPRESS_X=1")
	f.Add("--no-summary\x00--\x00-x", "INPUT_MAX-WIDTH=5")
	f.Add("-o\x00{dir}/{name}.{ext}.webp\x00--max-file-size\x001e3", "WEBPRESS_MAX_PIXELS=1e3MP")
	f.Add("-q\x00-5\x00--help\x00--=\x00-\x00--no-", "=\x00PLUGIN_")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, args, env string) {
		var out bytes.Buffer
		// No file but those in dir: a fuzzer would find the devices.
		split := func(s string) []string { return strings.Split(s, "\x00") }
		for _, a := range append(split(args), split(env)...) {
			if strings.Contains(a, "/dev") || strings.Contains(a, "/proc") {
				t.Skip()
			}
		}
		c, err := Load(split(args), Env{Environ: split(env), Dir: dir, Stdout: &out})
		check(t, c, err)
	})
}

// check fails the test if Load cannot have returned that.
func check(t *testing.T, c Config, err error) {
	t.Helper()
	var mistakes Mistakes
	switch {
	case errors.Is(err, ErrShown):
	case errors.As(err, &mistakes):
		for _, m := range mistakes {
			if m.Message == "" || strings.ContainsAny(m.String(), "\r\n") {
				t.Errorf("mistake %q", m)
			}
		}
		if len(mistakes) == 0 {
			t.Error("an error without mistakes")
		}
	case errors.As(err, new(*asset.Fault)): // a word that is neither a file nor a command
	case err != nil:
		t.Errorf("Load: %v", err)
	case !allowed(c):
		t.Errorf("Load: %+v", c)
	}
	for _, r := range c.Rules {
		if len(r.Glob) == 0 || r.Line < 1 || r.Settings.Rules != nil || !allowed(r.Settings) {
			t.Errorf("rule %+v", r)
		}
	}
	for _, b := range c.Budgets {
		limited := b.MaxBytes > 0 || b.MaxWidth > 0 || b.MaxHeight > 0 || b.MaxPixels > 0 || len(b.Formats) > 0 || b.NoGPS || b.MaxTotalBytes > 0 || b.Grows
		if !limited || b.Line < 1 || b.MaxGrowth < 0 || b.Level != "error" && b.Level != "warning" {
			t.Errorf("budget %+v", b)
		}
	}
}

// allowed reports whether the settings are in their ranges.
func allowed(c Config) bool {
	return c.Quality.Look >= 0 && c.Quality.Look <= 100 && c.Effort >= 0 && c.Effort <= 6 && c.MaxWidth >= 0 && c.MaxWidth <= 65536 &&
		c.MinSavings >= 0 && c.MinSavings <= 100 && c.MaxPixels >= 1 && c.MaxFileSize >= 1 && c.Jobs >= 0 &&
		(c.Target != ToTemplate || checkTemplate(c.Output) == nil) && (c.Verb != Merge || len(c.Merged) > 0)
}
