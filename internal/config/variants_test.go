package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/testfiles"
)

// outputsOf are the outputs of a source by settings, in short.
func outputsOf(t *testing.T, c Config) []string {
	t.Helper()
	all, err := c.Each()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range all {
		s := e.Settings
		quality, own := s.Quality.Of(e.Format())
		line := fmt.Sprintf("%s %s q%d", s.Output, e.Format(), quality)
		if own {
			line += "!"
		}
		if e.Name != "" {
			line = e.Name + ": " + line
		}
		if s.MaxWidth > 0 {
			line += fmt.Sprintf(" max %d", s.MaxWidth)
		}
		if s.Width > 0 || s.Height > 0 {
			line += fmt.Sprintf(" box %dx%d %s", s.Width, s.Height, s.Crop)
		}
		if e.Narrower > 0 {
			line += fmt.Sprintf(" above %d", e.Narrower)
		}
		lines = append(lines, line)
	}
	return lines
}

const fourVariants = `main:   { max-width: 1200, quality: 80 }
thumb:  { max-width: 300, quality: 70 }
avatar: { width: 200, height: 200, crop: center }
social: { width: 1200, height: 630, crop: attention, format: jpeg, output: "social/{name}.jpg" }
`

func TestEach(t *testing.T) {
	four := []string{
		"main: {dir}/{name}-main.webp webp q80 max 1200",
		"thumb: {dir}/{name}-thumb.webp webp q70 max 300",
		"avatar: {dir}/{name}-avatar.webp webp q80 box 200x200 center",
		"social: social/{name}.jpg jpeg q80 box 1200x630 attention",
	}
	for name, tt := range map[string]struct {
		file string
		args []string
		env  []string
		want []string
	}{
		"nothing set": {want: []string{"{dir}/{name}.webp webp q80"}},
		"a format":    {args: []string{"--format=avif"}, want: []string{"{dir}/{name}.avif avif q80"}},
		"two formats": {file: "format: [avif, webp]\n", want: []string{"{dir}/{name}.avif avif q80", "{dir}/{name}.webp webp q80"}},
		"widths": {args: []string{"--widths", "960,480,480"}, want: []string{
			"{dir}/{name}-480.webp webp q80 max 480", "{dir}/{name}-960.webp webp q80 max 960 above 480",
		}},
		"formats and widths": {file: "format: [avif, webp]\nwidths: [480, 960]\n", want: []string{
			"{dir}/{name}-480.avif avif q80 max 480", "{dir}/{name}-480.webp webp q80 max 480",
			"{dir}/{name}-960.avif avif q80 max 960 above 480", "{dir}/{name}-960.webp webp q80 max 960 above 480",
		}},
		"a template": {file: "format: [jpeg, webp]\nwidths: [480, 960]\noutput: \"web/{width}/{dir}/{name}.{format}\"\n", want: []string{
			"web/480/{dir}/{name}.jpg jpeg q80 max 480", "web/480/{dir}/{name}.webp webp q80 max 480",
			"web/960/{dir}/{name}.jpg jpeg q80 max 960 above 480", "web/960/{dir}/{name}.webp webp q80 max 960 above 480",
		}},
		"variants in a file":      {file: "variants:\n  " + strings.ReplaceAll(strings.TrimSpace(fourVariants), "\n", "\n  ") + "\n", want: four},
		"variants in an input":    {env: []string{"INPUT_VARIANTS=" + fourVariants}, want: four},
		"one a line":              {env: []string{"INPUT_VARIANTS=main:max-width=1200\n\nthumb:max-width=300,quality=70\n"}, want: four[:2]},
		"variants in a variable":  {env: []string{"WEBPRESS_VARIANTS={main: {max-width: 1200}}"}, want: []string{"main: {dir}/{name}-main.webp webp q80 max 1200"}},
		"variants as flags":       {args: []string{"--variant", "thumb:max-width=300,quality=70", "--variant=main:max-width=1200"}, want: []string{four[1], four[0]}},
		"flags before the file":   {file: "variants: {a: {quality: 1}}\n", args: []string{"--variants=b:quality=2"}, want: []string{"b: {dir}/{name}-b.webp webp q2"}},
		"variants before widths":  {file: "widths: [100]\nvariants: {a: {quality: 1}}\n", want: []string{"a: {dir}/{name}-a.webp webp q1"}},
		"a variant of formats":    {file: "variants: {a: {format: [avif, webp]}}\n", want: []string{"a: {dir}/{name}-a.avif avif q80", "a: {dir}/{name}-a.webp webp q80"}},
		"an avatar":               {args: []string{"--width=200", "--height=200", "--crop=center"}, want: []string{"{dir}/{name}.webp webp q80 box 200x200 center"}},
		"a file says the format":  {args: []string{"x.heic", "-o", "y.avif"}, want: []string{"y.avif avif q80"}},
		"before those of a file":  {file: "format: [avif, webp]\n", args: []string{"x.heic", "-o", "y.jpg"}, want: []string{"y.jpg jpeg q80"}},
		"one file of a variant":   {args: []string{"x.heic", "-o", "y.webp", "--variant=a:width=20,height=20,crop=center"}, want: []string{"a: y.webp webp q80 box 20x20 center"}},
		"a quality of a format":   {file: "format: [avif, jpeg, webp]\nquality: { avif: 60, webp: 70 }\n", want: []string{"{dir}/{name}.avif avif q60!", "{dir}/{name}.jpg jpeg q80", "{dir}/{name}.webp webp q70!"}},
		"qualities of variants":   {args: []string{"--format=avif,webp", "--quality=avif=60", "--variant=a:quality={avif=50,webp=70}", "--variant=b:max-width=9"}, want: []string{"a: {dir}/{name}-a.avif avif q50!", "a: {dir}/{name}-a.webp webp q70!", "b: {dir}/{name}-b.avif avif q60! max 9", "b: {dir}/{name}-b.webp webp q80 max 9"}},
		"a digest":                {file: "format: [avif, webp]\noutput: \"{name}-{hash}.{format}\"\n", want: []string{"{name}-{hash}.avif avif q80", "{name}-{hash}.webp webp q80"}},
		"an empty variant":        {file: "variants: {a: {}}\n", want: []string{"a: {dir}/{name}-a.webp webp q80"}},
		"of a variant by a place": {file: "output: \"{variant}/{name}.webp\"\nvariants: {a: {quality: 1}, b: {quality: 2}}\n", want: []string{"a: a/{name}.webp webp q1", "b: b/{name}.webp webp q2"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.file != "" {
				testfiles.Write(t, dir, "webpress.yml", tt.file)
			}
			testfiles.Write(t, dir, "x.heic", "")
			c, err := Load(tt.args, Env{Environ: tt.env, Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, outputsOf(t, c)); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
		})
	}
}

// A rule has widths or variants of its own.
func TestEachOfRules(t *testing.T) {
	dir := t.TempDir()
	file := "variants: {main: {max-width: 1200}}\nrules:\n  - {glob: a/**, widths: [100]}\n  - {glob: b/**, variants: {x: {quality: 5}}}\n  - {glob: c/**, quality: 60}\n"
	testfiles.Write(t, dir, "webpress.yml", file)
	c, err := Load(nil, Env{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, r := range c.Rules {
		got = append(got, outputsOf(t, r.Settings))
	}
	want := [][]string{
		{"{dir}/{name}-100.webp webp q80 max 100"},
		{"x: {dir}/{name}-x.webp webp q5"},
		{"main: {dir}/{name}-main.webp webp q60 max 1200"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func TestVariantMistakes(t *testing.T) {
	for name, tt := range map[string]struct {
		file string
		args []string
		env  []string
		want string
	}{
		"width without height":   {args: []string{"--width=200", "--crop=center"}, want: "crop: center needs a width and a height"},
		"unknown key":            {file: "variants:\n  a:\n    qualty: 3\n", want: `webpress.yml:3:5: qualty: no such setting; did you mean quality?`},
		"a setting of all":       {file: "variants: {a: {store: none}}\n", want: "webpress.yml:1:16: store: it applies to all outputs of a source and cannot be set for a variant"},
		"a slash":                {file: "variants: {a/b: {}}\n", want: `webpress.yml:1:12: variants: "a/b": the name of a variant has letters, digits, _ and - and at most 40 characters`},
		"not a mapping":          {file: "variants: [a]\n", want: "webpress.yml:1:11: variants: they are names with settings, such as thumb: { max-width: 300 }"},
		"two of a name":          {file: "variants: {a: {}, a: {}}\n", want: `webpress.yml:1:19: variants: "a" is already set in line 1`},
		"one path":               {file: "output: \"{name}.webp\"\nvariants: {a: {quality: 1}, b: {quality: 2}}\n", want: "output: two outputs of a source would both be \"{name}.webp\"; set `output: \"{name}-{variant}.{format}\"`"},
		"one path, but for case": {file: "variants: {a: {quality: 1}, A: {quality: 2}}\n", want: "output: two outputs of a source would be \"{dir}/{name}-a.webp\" and \"{dir}/{name}-A.webp\", which are one file where upper and lower case do not differ; give them names that differ in more"},
		"one path of widths":     {args: []string{"--widths=1,2", "--output=x/{name}.webp"}, want: "output: two outputs of a source would both be \"x/{name}.webp\"; set `output: \"x/{name}-{width}.{format}\"`"},
		"another extension":      {args: []string{"--format=avif", "--output={name}.webp"}, want: "output: \"{name}.webp\" is not the name of a file of format avif; let it end in .{format}"},
		"no width":               {args: []string{"--output={name}-{width}.webp"}, want: "output: \"{name}-{width}.webp\" has {width}, and this output has no width"},
		"no variant":             {args: []string{"--output={name}-{variant}.webp"}, want: "output: \"{name}-{variant}.webp\" has {variant}, and this output is not of a variant"},
		"too wide":               {args: []string{"--max-width=20000"}, want: "max-width: 20000 is more than webp holds, 16383 pixels a side"},
		"quality of a variant":   {args: []string{"--variant=a:quality=200"}, want: `--variants: "a": quality: "200" is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60`},
		"typed without value":    {args: []string{"--variant=a:quality=1,crop"}, want: `--variants: "a": "crop" has no value: write crop=VALUE`},
		"an input":               {env: []string{"INPUT_VARIANTS=a:\n  quality: x\n"}, want: `input variants: line 2: quality: "x" is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60`},
		"a width of 0":           {args: []string{"--widths=0"}, want: `--widths: "0" is not a list of widths in pixels such as 480, 960`},
		"box and bounds":         {args: []string{"--width=5", "--max-width=5"}, want: "width: it cannot be combined with max-width and max-height, which never enlarge and keep the shape"},
		"lossless AVIF":          {args: []string{"--format=avif", "--lossless=always"}, want: "lossless: avif is always lossy here; use webp or png"},
		"auto without loss":      {args: []string{"--quality=auto", "--lossless=always"}, want: "quality: auto finds a quality for lossy encoding, and lossless: always has none; leave one of them out"},
		"auto in a variant":      {file: "lossless: always\nvariants: {a: {quality: auto}}\n", want: "variant \"a\": quality: auto finds a quality for lossy encoding, and lossless: always has none; leave one of them out"},
		"look of 101":            {args: []string{"--quality=auto", "--look=101"}, want: `--look: "101" is not good, high, best or a score from 0 to 100`},
		"look in a file":         {file: "quality: auto\nlook: fine\n", want: `webpress.yml:2:7: look: "fine" is not good, high, best or a score from 0 to 100`},
		"qualities crossed":      {args: []string{"--min-quality=60", "--max-quality=50"}, want: "min-quality: 60 is more than max-quality, 50"},
		"ten bytes":              {args: []string{"--max-bytes=10"}, want: "max-bytes: 10 bytes are less than an image needs; write a size such as 200kB"},
		"shrink to what":         {args: []string{"--shrink"}, want: "shrink: it makes images smaller until they fit into max-bytes, which is not set"},
		"look of a number":       {args: []string{"--look=best"}, want: "look: it is the score that quality: auto aims at; add quality: auto, or leave look out"},
		"qualities of a number":  {file: "min-quality: 50\n", want: "min-quality: it is for quality: auto and for max-bytes; add one of them, or leave min-quality out"},
		"auto of a format":       {args: []string{"--quality=avif=auto"}, want: `--quality: "avif=auto" is not a whole number from 0 to 100, auto, or one number per format such as webp=80,avif=60: avif: "auto" is not a whole number from 0 to 100`},
		"one file of two":        {args: []string{"x.png", "-o", "y.webp", "--widths=1,2"}, want: "output: it is one file, and the settings ask for 2 outputs of a source; name a folder, as in -o out/, or leave webpress.yml out with --no-config"},
		"not settings":           {file: "variants: {a: 300}\n", want: "webpress.yml:1:15: variants: a variant is written as a name with settings, such as thumb: { max-width: 300 }"},
		"a name alone":           {args: []string{"--variant=thumb"}, want: `--variants: "thumb" is not a variant such as thumb:max-width=300,quality=70, or a mapping of names to settings`},
		"two typed of a name":    {args: []string{"--variant=a:quality=1", "--variant=a:quality=2"}, want: `variants: "a" is set twice`},
		"no such format":         {file: "format: [avif, gif]\n", want: `webpress.yml:1:16: format: "gif" is not one of webp, avif, jpeg, png`},
		"no format of those":     {file: "variants: {a: {format: [gif]}}\n", want: `webpress.yml:1:25: format: "gif" is not one of webp, avif, jpeg, png`},
		"no format of a rule":    {file: "rules: [{glob: a, format: [gif]}]\n", want: `webpress.yml:1:28: format: "gif" is not one of webp, avif, jpeg, png`},
		"two formats typed":      {args: []string{"x.png", "-o", "y.webp", "--format=avif"}, want: `output: "y.webp" is not the name of a file of format avif`},
		"format of a variant":    {args: []string{"x.png", "-o", "y.webp", "--variant=a:format=avif"}, want: `variant "a": output: "y.webp" is not the name of a file of format avif`},
		"a rule":                 {file: "rules:\n  - {glob: a/**, crop: center}\n", want: "webpress.yml:2: rules: crop: center needs a width and a height"},
		"a color":                {args: []string{"--background=red"}, want: `--background: "red" is not a color such as #ffffff`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			testfiles.Write(t, dir, "webpress.yml", tt.file)
			testfiles.Write(t, dir, "x.png", "")
			_, err := Load(tt.args, Env{Environ: tt.env, Dir: dir})
			if want := "wrong setting:\n  " + tt.want; err == nil || err.Error() != want {
				t.Errorf("error\n%v\nwant\n%s", err, want)
			}
		})
	}
	var many strings.Builder
	many.WriteString("variants:\n")
	for i := range 200 {
		fmt.Fprintf(&many, "  v%d: {}\n", i)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "webpress.yml"), []byte(many.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(nil, Env{Dir: dir}); err == nil || !strings.Contains(err.Error(), "webpress.yml:66:3: variants: there are more than 64") {
		t.Errorf("200 variants: %v", err)
	}
}

// What only some of the outputs use is no mistake.
func TestLookOfSome(t *testing.T) {
	for name, file := range map[string]string{
		"a rule":      "look: best\nmax-quality: 90\nrules: [{glob: a/**, quality: auto}]\n",
		"a variant":   "look: best\nvariants: {a: {quality: auto}, b: {max-width: 2}}\n",
		"max-bytes":   "min-quality: 50\nmax-bytes: 200kB\n",
		"of one rule": "min-quality: 50\nrules: [{glob: a/**, max-bytes: 200kB}]\n",
	} {
		dir := t.TempDir()
		testfiles.Write(t, dir, "webpress.yml", file)
		if _, err := Load(nil, Env{Dir: dir}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load([]string{"serve", "--look=best"}, Env{Dir: t.TempDir()}); err != nil {
		t.Errorf("a server, whose requests may ask for quality: auto: %v", err)
	}
}
