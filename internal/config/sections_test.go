package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/testfiles"
)

// wantMistakes loads settings and expects just these mistakes.
func wantMistakes(t *testing.T, args, env []string, yml string, want ...string) {
	t.Helper()
	files := map[string]string{}
	if yml != "" {
		files["webpress.yml"] = yml
	}
	_, err := Load(args, Env{Environ: env, Dir: testfiles.Dir(t, files)})
	var got []string
	var mistakes Mistakes
	if errors.As(err, &mistakes) {
		for _, m := range mistakes {
			got = append(got, m.String())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

func TestRules(t *testing.T) {
	const yml = `
quality: 70
max-width: 100
jobs: 2
rules:
  - glob: photos/**
    quality: 60
  - glob: ["icons/**", "with space/ü{1,2}.png", "!icons/x"]
    lossless: always
    max-width: 0
    output: web/{dir}/{name}.webp
  -
    max-file-size: 2MB
    originals: remove
    overwrite: yes
    min-savings: 5%
    format: webp
    effort: 6
    max-height: 9
    metadata: none
    max-pixels: 2MP
    glob: "*.png"
`
	dir := testfiles.Dir(t, map[string]string{"webpress.yml": yml})
	base := defaults(dir)
	base.File, base.Quality, base.MaxWidth, base.Jobs = "webpress.yml", Quality{Look: 70}, 100, 2
	want := func(change func(c *Config)) Config {
		c := base
		change(&c)
		return c
	}
	for _, tt := range []struct {
		name string
		args []string
		env  []string
		want []Rule
	}{
		{"file alone", nil, nil, []Rule{
			{[]string{"photos/**"}, 6, want(func(c *Config) { c.Quality = Quality{Look: 60} })},
			{[]string{"icons/**", "with space/ü{1,2}.png", "!icons/x"}, 8, want(func(c *Config) {
				c.Lossless, c.MaxWidth, c.Output = "always", 0, "web/{dir}/{name}.webp"
			})},
			{[]string{"*.png"}, 13, want(func(c *Config) {
				c.MaxFileSize, c.Originals, c.Overwrite, c.MinSavings, c.Effort = 2e6, "remove", true, 5, 6
				c.MaxHeight, c.Metadata, c.MaxPixels = 9, "none", 2e6
				c.Format = []string{"webp"}
			})},
		}},
		{
			// What was set for this run beats the rules, also where it is the default.
			"stronger", []string{"-q80", "--no-overwrite"},
			[]string{"INPUT_MAX-WIDTH=5", "PLUGIN_EFFORT=1", "WEBPRESS_LOSSLESS=never", "INPUT_OUTPUT=", "WEBPRESS_GLOB=x"},
			[]Rule{
				{[]string{"photos/**"}, 6, want(func(c *Config) {})},
				{[]string{"icons/**", "with space/ü{1,2}.png", "!icons/x"}, 8, want(func(c *Config) { c.Output = "web/{dir}/{name}.webp" })},
				{[]string{"*.png"}, 13, want(func(c *Config) {
					c.MaxFileSize, c.Originals, c.MinSavings = 2e6, "remove", 5
					c.MaxHeight, c.Metadata, c.MaxPixels = 9, "none", 2e6
					c.Format = []string{"webp"}
				})},
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Load(tt.args, Env{Environ: tt.env, Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if tt.args != nil {
				for i := range tt.want {
					s := &tt.want[i].Settings
					s.Quality, s.MaxWidth, s.Effort, s.Lossless, s.Glob, s.Action = Quality{Look: 80}, 5, 1, "never", []string{"x"}, true
					s.Given = got.Given
				}
			}
			if diff := cmp.Diff(tt.want, got.Rules); diff != "" {
				t.Errorf("Rules (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBudgets(t *testing.T) {
	for _, tt := range []struct {
		name, yml string
		want      []Budget
	}{
		{"none", "budgets: []\n", nil},
		{"one", "budgets:\n  - max-bytes: 500kB\n", []Budget{{MaxBytes: 500e3, Level: "error", Line: 2}}},
		{"all", `budgets:
  # photos
  - glob: photos/**
    except: ["photos/press/**", "a, b.png"]
    max-bytes: 1MiB
    max-width: 4000
    max-height: 3000
    max-pixels: 6MP
    formats: [jpg, HEIC, Tif, webp]
    no-gps: true
    max-total-bytes: 2GB
    max-growth: 5MB
    level: Warning
`, []Budget{{
			Glob: []string{"photos/**"}, Except: []string{"photos/press/**", "a, b.png"},
			MaxBytes: 1 << 20, MaxWidth: 4000, MaxHeight: 3000, MaxPixels: 6e6, Formats: []string{"jpeg", "heic", "tiff", "webp"}, NoGPS: true,
			MaxTotalBytes: 2e9, MaxGrowth: 5e6, Grows: true, Level: "warning", Line: 3,
		}}},
		{"no growth at all", "budgets:\n- max-growth: 0\n  glob: a, b\n", []Budget{{Glob: []string{"a", "b"}, Grows: true, Level: "error", Line: 2}}},
		{"formats in words", "budgets: [{formats: 'png, HEIF'}]\n", []Budget{{Formats: []string{"png", "heic"}, Level: "error", Line: 1}}},
		{"a limit beside a switch that is off", "budgets: [{no-gps: no, max-width: 1}]\n", []Budget{{MaxWidth: 1, Level: "error", Line: 1}}},
		{"alias", "budgets:\n  - &b {max-width: 1}\n  - *b\n", []Budget{{MaxWidth: 1, Level: "error", Line: 2}, {MaxWidth: 1, Level: "error", Line: 2}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Load(nil, Env{Dir: testfiles.Dir(t, map[string]string{"webpress.yml": tt.yml})})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Budgets); diff != "" {
				t.Errorf("Budgets (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSectionMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, yml string
		want      []string
	}{
		{"no list", "rules:\nbudgets: 3\n", []string{
			"1:7: rules: it is a list: each element starts with a hyphen",
			"2:10: budgets: it is a list: each element starts with a hyphen",
		}},
		{"a section alone", "rules:\n  glob: a\n  quality: 1\n", []string{"2:7: rules: it is a list: each element starts with a hyphen"}},
		{"twice", "rules: []\nrules: []\n", []string{"2:1: rules: it is already set in line 1"}},
		{"nearly", "rule: []\nbudget: []\n", []string{
			"1:1: rule: no such setting; did you mean rules?",
			"2:1: budget: no such setting; did you mean budgets?",
		}},
		{"empty elements", "rules:\n  -\n  - {}\n  - ~\n", []string{
			"2:4: rules: an element is empty",
			"3:5: rules: a rule needs a glob: the files that it applies to",
			"4:5: rules: an element is empty",
		}},
		{"texts and lists", "rules:\n  - a\n  - [b]\nbudgets: [3]\n", []string{
			"2:5: rules: an element is written as name: value, one per line",
			"3:5: rules: an element is written as name: value, one per line",
			"4:11: budgets: an element is written as name: value, one per line",
		}},
		{"unknown alias", "rules:\n  - *x\nbudgets: *y\n", []string{
			"2:5: rules: a value that starts with * has to be quoted",
			"3:10: budgets: a value that starts with * has to be quoted",
		}},
		{"merge key", "rules:\n  - <<: {quality: 1}\n    glob: x\n", []string{
			"2:5: rules: the name of a setting must be a plain word",
			"2:5: rules: the rule sets nothing",
		}},

		{"no glob", "rules:\n  - quality: 1\n", []string{"2:5: rules: a rule needs a glob: the files that it applies to"}},
		{"glob of nothing", "rules:\n  - glob: []\n    quality: 1\n", []string{"2:5: rules: a rule needs a glob: the files that it applies to"}},
		{"glob alone", "rules:\n  - glob: x\n", []string{"2:5: rules: the rule sets nothing"}},
		{"a key of a rule twice", "rules:\n  - glob: x\n    quality: 1\n    quality: 2\n", []string{"4:5: quality: it is already set in line 3"}},
		{"the same in two rules", "rules:\n  - {glob: x, quality: 101}\n  - {glob: x, quality: -1}\n", []string{
			`2:24: quality: "101" is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60`,
			`3:24: quality: "-1" is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60`,
		}},
		{"wrong patterns", "rules:\n  - glob: 'a{'\n    quality: 1\n  - glob: [a, 'b[']\n    quality: 1\n", []string{
			`2:11: glob: "a{" is not a list of patterns such as assets/**/*.{jpg,png}: a bracket, a brace or a backslash is not closed`,
			`4:15: glob: "b[" is not a pattern: a bracket, a brace or a backslash is not closed`,
		}},
		{"wrong template", "rules:\n  - glob: a\n    output: /x.webp\n", []string{
			`3:13: output: "/x.webp" is not a path built from {dir}, {name} and {ext} that ends in .webp or .{format}: it has to be relative to the working directory`,
		}},
		{"for the whole run", "rules:\n  - glob: x\n    jobs: 3\n    token: hush\n    rules: []\n    qualty: 3\n    confg: x\n", []string{
			"3:5: jobs: it applies to the whole run and cannot be set for some of the files",
			"4:5: token: it applies to the whole run and cannot be set for some of the files",
			"5:5: rules: no such setting",
			"6:5: qualty: no such setting; did you mean quality?",
			"7:5: confg: no such setting",
		}},

		{"no limit", "budgets:\n  - glob: x\n    except: y\n    level: warning\n  - {}\n", []string{
			"2:5: budgets: the budget has no limit, such as max-bytes: 500kB",
			"5:5: budgets: the budget has no limit, such as max-bytes: 500kB",
		}},
		{"limits that are none", "budgets:\n  - no-gps: false\n  - formats: []\n", []string{
			"2:5: budgets: the budget has no limit, such as max-bytes: 500kB",
			"3:5: budgets: the budget has no limit, such as max-bytes: 500kB",
		}},
		{"wrong limits", "budgets:\n  - max-bytes: big\n  - max-width: 0\n  - max-pixels: -1MP\n  - formats: [jpg, jpx]\n  - formats: docx\n  - no-gps: maybe\n  - max-growth: -1\n  - max-height:\n  - max-bytes: [1]\n", []string{
			`2:16: max-bytes: "big" is not a size such as 20MB or 64MiB, from 1 to 1TiB`,
			`3:16: max-width: "0" is not a whole number from 1 to 1000000`,
			`4:17: max-pixels: "-1MP" is not a number of pixels such as 50MP or 12000000, from 1 to 1000000MP`,
			`5:20: formats: "jpx" is not one of heic, avif, jpeg, png, gif, tiff, bmp, webp`,
			`6:14: formats: "docx" is not a list of heic, avif, jpeg, png, gif, tiff, bmp, webp`,
			`7:13: no-gps: "maybe" is not true or false`,
			`8:17: max-growth: "-1" is not a size such as 20MB or 64MiB, from 0 to 1TiB`,
			`9:16: max-height: it needs a value: a whole number from 1 to 1000000`,
			`10:16: max-bytes: a list is not a size such as 20MB or 64MiB, from 1 to 1TiB`,
		}},
		{"keys of a budget", "budgets:\n  - max-byte: 1\n    quality: 1\n    max-width: 1\n    max-width: 2\n  - max_total_bytes: 1\n    level: fatal\n", []string{
			"2:5: max-byte: no such limit; did you mean max-bytes?",
			"3:5: quality: no such limit",
			"5:5: max-width: it is already set in line 4",
			"6:5: max_total_bytes: no such limit; did you mean max-total-bytes?",
			`7:12: level: "fatal" is not one of error, warning`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			for _, w := range tt.want {
				want = append(want, "webpress.yml:"+w)
			}
			wantMistakes(t, nil, nil, tt.yml, want...)
		})
	}
}

// What a small file can make of itself has an end.
func TestSectionLimits(t *testing.T) {
	many := func(element string) string { return strings.Repeat("  - "+element+"\n", 20_000) }
	patterns := "&g [" + strings.Repeat("a,", 9_000) + "a]"
	for _, tt := range []struct{ name, yml, want string }{
		{"sections", "rules:\n" + strings.Repeat("  - {glob: a, quality: 1}\n", MaxSections+1), fmt.Sprintf("webpress.yml:%d:5: rules: there are more than 1000", MaxSections+2)},
		{"aliases", "rules:\n  - &r\n    glob: " + patterns + "\n    quality: 1\n" + many("*r"), "webpress.yml:3:1801: this and what follows was not checked: with what each * stands for, the file is too large"},
		{"mistakes", "budgets:\n" + many("x"), "webpress.yml:52:5: this and what follows was not checked: there are too many mistakes"},
		{"mistakes in a section", "budgets:\n  - max-bytes: 1\n" + strings.Repeat("    x: 1\n    y: 1\n", 5_000) + "quality: 101\n", "webpress.yml:53:5: this and what follows was not checked: there are too many mistakes"},
		{"mistakes in a list", "glob: [" + strings.Repeat("'!',", 30_000) + "a]\nquality: 101\n", "webpress.yml:1:208: this and what follows was not checked: there are too many mistakes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(nil, Env{Dir: testfiles.Dir(t, map[string]string{"webpress.yml": tt.yml})})
			var mistakes Mistakes
			if !errors.As(err, &mistakes) || mistakes[len(mistakes)-1].String() != tt.want || len(mistakes) > maxMistakes+1 {
				t.Errorf("%d mistakes, the last is %v", len(mistakes), mistakes[max(len(mistakes)-1, 0):])
			}
		})
	}
}

// FuzzSections is FuzzLoadFile without the command line, which takes most of the
// time there.
func FuzzSections(f *testing.F) {
	f.Add([]byte("rules:\n  - glob: &g [a, 'b c/**', '!x']\n    quality: 3\n  - &r\n    glob: *g\n    output: x/{dir}/{name}.webp\n  - *r\n"))
	f.Add([]byte("rules: [{glob: a, jobs: 3}, {}, ~, [], x, {glob: , quality: 1}, !!map {glob: a}]\nrules: {}\n"))
	f.Add([]byte("budgets:\n- max-bytes: 3kB\n  except: a, b\n- {glob: x, no-gps: no, formats: [jpg, TIFF], level: warning}\n- max-growth: 0\n"))
	f.Add([]byte("budgets: &b [{max-pixels: 6MP, max-pixels: 7}, {no-gps: false}, {formats: []}, &c {<<: *b}]\nrules: *b\n? [a]\n: b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, read := parseFile("webpress.yml", data)
		if len(read.mistakes) > 0 {
			check(t, Config{}, read.mistakes)
			return
		}
		c := defaults("/x")
		c.Budgets, c.Rules = read.budgetsRead(), read.rulesFor(c, func(string) bool { return false })
		check(t, c, nil)
	})
}
