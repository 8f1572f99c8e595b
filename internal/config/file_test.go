package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/testfiles"
)

func TestParseFileMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		want       []string
	}{
		{"unknown", "a: 1\nqualty: 2\n", []string{
			"webpress.yml:1:1: a: no such setting",
			"webpress.yml:2:1: qualty: no such setting; did you mean quality?",
		}},
		{"underscore", "max_width: 2\n", []string{"webpress.yml:1:1: max_width: no such setting; did you mean max-width?"}},
		{"only where it makes sense", "config: x\n", []string{
			"webpress.yml:1:1: config: it cannot be set in a file; use the flag --config, the input or the variable WEBPRESS_CONFIG",
		}},
		{"twice", "quality: 1\n\nquality: 1\n", []string{"webpress.yml:3:1: quality: it is already set in line 1"}},
		{"list for a number", "quality: [1]\n", []string{"webpress.yml:1:10: quality: a list is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60"}},
		{"section for a number", "effort:\n  value: 1\n", []string{"webpress.yml:2:8: effort: a mapping is not a whole number from 0 to 6"}},
		{"an unknown format", "quality:\n  value: 1\n", []string{`webpress.yml:2:3: quality: "value" is not one of webp, avif, jpeg`}},
		{"section for a list", "glob: {a: b}\n", []string{"webpress.yml:1:7: glob: a mapping is not a list of patterns such as assets/**/*.{jpg,png}"}},
		{"text for a number", "quality: high\n", []string{`webpress.yml:1:10: quality: "high" is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60`}},
		{"number for a switch", "summary: 2\n", []string{`webpress.yml:1:10: summary: "2" is not true or false`}},
		{"no value", "quality:\neffort: ~\n", []string{
			"webpress.yml:1:9: quality: it needs a value: a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60",
			"webpress.yml:2:9: effort: it needs a value: a whole number from 0 to 6",
		}},
		{"list of lists", "glob:\n  - a\n  - [b]\n  -\n", []string{
			"webpress.yml:3:5: glob: an element of the list is not a text",
			"webpress.yml:4:5: glob: an element of the list is not a text",
		}},
		{"bad pattern", "glob:\n  - a\n  - '{b'\n  - '!'\n", []string{
			`webpress.yml:3:5: glob: "{b" is not a pattern: a bracket, a brace or a backslash is not closed`,
			`webpress.yml:4:5: glob: "!" is not a pattern: nothing follows the !`,
		}},
		{"unquoted negation", "glob:\n  - a\n  - !b/**\n", []string{"webpress.yml:3:5: glob: a value that starts with ! has to be quoted"}},
		{"unquoted star", "glob:\n  - *.png\n  - **/*.jpg\n", []string{
			"webpress.yml:3:6: invalid YAML: unexpected scalar value type; values that start with *, ! or { have to be quoted",
		}},
		{"unknown alias", "glob:\n  - *.png\noutput: *x\n", []string{
			"webpress.yml:2:5: glob: a value that starts with * has to be quoted",
			"webpress.yml:3:9: output: a value that starts with * has to be quoted",
		}},
		{"tag without a value", "output: !!str\n", []string{"webpress.yml:1:10: output: it needs a value: a path built from {dir}, {name} and {ext} that ends in .webp or .{format}"}},
		{"unquoted brace", "output: {dir}/{name}.webp\n", []string{"webpress.yml:1:14: invalid YAML: value is not allowed in this context; values that start with *, ! or { have to be quoted"}},
		{"a tab before", "\tquality: 80\n", []string{"webpress.yml:1:8: invalid YAML: a line is indented with a tab; use spaces"}},
		{"a tab in a list", "rules:\n\t- glob: a\n", []string{"webpress.yml:2:1: invalid YAML: a line is indented with a tab; use spaces"}},
		{"no YAML", "quality: [1\n", []string{"webpress.yml:1:10: invalid YAML: sequence end token ']' not found"}},
		{"a list", "- a\n", []string{"webpress.yml:1:1: settings are written as name: value, one per line"}},
		{"a text", "quality\n", []string{"webpress.yml:1:1: settings are written as name: value, one per line"}},
		{"two documents", "quality: 1\n---\nquality: 2\n", []string{"webpress.yml:3:8: there is a second document; put all settings into one"}},
		{"name that is none", "[a]: 1\n", []string{"webpress.yml:1:4: invalid YAML: found an invalid key for this map"}},
		{"quality of none", "quality: {}\n", []string{"webpress.yml:1:10: quality: it names no format; write one number, or numbers as in { webp: 80, avif: 60 }"}},
		{"quality too high", "quality: { webp: 80, avif: 200 }\n", []string{`webpress.yml:1:28: quality: avif: "200" is not a whole number from 0 to 100`}},
		{"quality of others", "quality:\n  gif: 80\n  png: 80\n", []string{
			`webpress.yml:2:3: quality: "gif" is not one of webp, avif, jpeg`, "webpress.yml:3:3: quality: png is lossless and has no quality",
		}},
		{"quality twice", "quality: {jpg: 1, jpeg: 2}\n", []string{"webpress.yml:1:19: quality: jpeg is set twice"}},
		{"quality of a variant", "variants:\n  a: { quality: { avif: x } }\n", []string{`webpress.yml:2:25: quality: avif: "x" is not a whole number from 0 to 100`}},
		{"quality of a rule", "rules:\n  - glob: a/**\n    quality: { avif: [60] }\n", []string{`webpress.yml:3:22: quality: avif: it needs a whole number from 0 to 100`}},
		{"quality in a list", "quality: [80]\n", []string{"webpress.yml:1:10: quality: a list is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60"}},
		{"merge key", "<<: {quality: 1}\n", []string{"webpress.yml:1:1: the name of a setting must be a plain word"}},
		{"name over lines", "\"a\\n::error::b\": 1\n", []string{`webpress.yml:1:1: "a\n::error::b": no such setting`}},
		{"alias to itself", "glob: &a [*a]\n", []string{"webpress.yml:1:10: glob: an element of the list is not a text"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, f := parseFile("webpress.yml", []byte(tt.data))
			var got []string
			for _, m := range f.mistakes {
				got = append(got, m.String())
				if m.File != "webpress.yml" || m.Line < 1 || m.Column < 1 {
					t.Errorf("%+v has no place", m)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("parseFile (-want +got):\n%s", diff)
			}
		})
	}
}

// A file that would keep the parser busy for long is refused at once.
func TestParseFileLimits(t *testing.T) {
	for _, data := range []string{
		strings.Repeat("[", 5000), strings.Repeat("{a: ", 5000), strings.Repeat("- ", 5000), strings.Repeat("? ", 5000),
	} {
		if _, f := parseFile("w", []byte(data)); len(f.mistakes) != 1 || f.mistakes[0].String() != "w: it is nested too deeply" {
			t.Errorf("parseFile(%.10q…): %v", data, f.mistakes)
		}
	}
	_, f := parseFile("w", []byte(strings.Repeat("a: b\n", 5000)))
	if want := "w:51:1: this and what follows was not checked: there are too many mistakes"; len(f.mistakes) != maxMistakes+1 || f.mistakes[maxMistakes].String() != want {
		t.Errorf("parseFile: %d mistakes", len(f.mistakes))
	}
}

// Whatever is in webpress.yml, reading it ends, and either gives values that
// are allowed or says what is wrong.
func FuzzLoadFile(f *testing.F) {
	f.Add([]byte("glob:\n  - \"**/*.png\"\n  - '!a'\nquality: 80 # c\noutput: '{dir}/{name}.webp'\n"))
	f.Add([]byte("glob: |\n  a\n  b\nmax-file-size: 3MiB\nsummary: no\n"))
	f.Add([]byte("glob: &g [a, b]\nignore: *g\n"))
	f.Add([]byte("glob: &a [*a]\nignore: !!str x\n<<: *a\n"))
	f.Add([]byte("---\nquality: ~\n...\n---\n? [a]\n: b\n"))
	f.Add([]byte("quality: {a: [1, {b: c}]}\neffort: .inf\njobs: 0o7\n"))
	f.Add([]byte("rules:\n  - glob: &g [a, 'b c/**', '!x']\n    quality: 3\n  - &r\n    glob: *g\n    output: x/{dir}/{name}.webp\n  - *r\n"))
	f.Add([]byte("rules: [{glob: a, jobs: 3}, {}, ~, [], x, {glob: , quality: 1}]\nrules: {}\n"))
	f.Add([]byte("budgets:\n- max-bytes: 3kB\n  except: a, b\n- {glob: x, no-gps: no, formats: [jpg, TIFF], level: warning}\n- max-growth: 0\n"))
	f.Add([]byte("budgets: [{max-pixels: 6MP, max-pixels: 7}, {no-gps: false}, {formats: []}]\nuploads: a\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		testfiles.Write(t, dir, "webpress.yml", data)
		c, err := Load(nil, Env{Dir: dir})
		check(t, c, err)
	})
}
