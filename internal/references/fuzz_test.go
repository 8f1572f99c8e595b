package references

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// fuzzNames are files of every language.
var fuzzNames = []string{
	"x.html", "x.md", "x.mdx", "x.css", "x.ts", "x.tsx", "x.vue", "x.svelte", "x.astro", "_data/x.yml", "_data/x.toml",
	"_data/x.json", "x.adoc", "x.rst", "x.org", "x.tex", "x.xml", "x.webmanifest", "emails/x.html", "x.php",
}

func seed(f *testing.F) {
	for _, c := range findCases {
		for i, name := range fuzzNames {
			if lang, _ := Language(name); lang == c.lang {
				f.Add(uint8(i), []byte(c.src))
			}
		}
	}
	pages, _ := filepath.Glob("testdata/pages/*")
	for _, page := range pages {
		if src, err := os.ReadFile(page); err == nil {
			for i, name := range fuzzNames {
				if filepath.Ext(name) == filepath.Ext(page) {
					f.Add(uint8(i), src)
				}
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, n uint8, src []byte) {
		lang, _ := Language(fuzzNames[int(n)%len(fuzzNames)])
		before := string(src)
		refs, err := Find(lang, src)
		if string(src) != before {
			t.Fatal("Find changed its input")
		}
		if err != nil {
			if strings.Contains(err.Error(), "cannot parse") {
				t.Fatal(err)
			}
			return
		}
		if utf8.Valid(src) {
			checkPlaces(t, src, refs)
		}
	})
}

func FuzzRewrite(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, n uint8, src []byte) {
		name := fuzzNames[int(n)%len(fuzzNames)]
		before := string(src)
		for _, o := range []Options{{Mode: Report}, {Mode: Update}, {Mode: Update, Dimensions: true, Social: true}, {Mode: Picture}} {
			data, changes, _, err := Rewrite(name, src, site, lookup, o)
			if string(src) != before {
				t.Fatal("Rewrite changed its input")
			}
			if err != nil || o.Mode == Report || o.Mode == Update && !o.Dimensions && len(changes) == 0 {
				if string(data) != before {
					t.Fatalf("%s: it changed without a change", o.Mode)
				}
				continue
			}
			again, more, _, err := Rewrite(name, data, site, lookup, o)
			if err != nil || string(again) != string(data) || len(more) > 0 {
				t.Fatalf("%s: a second time changes it: %v %v\n%q\n%q\n%q", o.Mode, err, more, src, data, again)
			}
		}
	})
}

// hostileSize is the length in bytes of hostile text, hostileConfig that of a hostile
// configuration. The race detector, which slows them down and finds nothing in them, gets less.
var (
	hostileSize   = 1 << 16
	hostileConfig = maxConfig
)

// TestHostile has what takes long in a parser that is not careful.
func TestHostile(t *testing.T) {
	n := hostileSize
	for name, src := range map[string]string{
		"srcset":           `<img srcset="` + strings.Repeat("img/a.jpg 1w, ", n/6) + `">`,
		"unclosed tags":    "a.jpg" + strings.Repeat("<img src='a.jpg' ", n/16),
		"tags":             "a.jpg" + strings.Repeat("<a<", n/3),
		"svg":              "a.jpg" + strings.Repeat("<svg>", n/5),
		"quotes":           "a.jpg" + strings.Repeat(`"'`+"`", n/3),
		"braces":           "a.jpg" + strings.Repeat("{", n),
		"templates":        "a.jpg" + strings.Repeat("{{", n/2),
		"closed templates": "a.jpg" + strings.Repeat("{{{% '", n/6) + strings.Repeat("%}}}", n/8),
		"liquid":           "a.jpg" + strings.Repeat("{% x", n/4),
		"php":              "a.jpg" + strings.Repeat("<? ' a.jpg", n/10),
		"comments":         "a.jpg" + strings.Repeat("<!--", n/4),
		"scripts":          "a.jpg" + strings.Repeat("<script type=text/html>a.jpg", n/28),
		"styles":           "a.jpg" + strings.Repeat("<style>a.jpg", n/12),
		"brackets":         "a.jpg" + strings.Repeat("[", n/16),
		"images":           strings.Repeat("![a](a.jpg)", n/44),
		"nested images":    strings.Repeat("![", n/32) + strings.Repeat("](a.jpg)", n/32),
		"quotations":       strings.Repeat(">", n/6) + "![a](a.jpg)",
		"lines":            strings.Repeat("![a](a.jpg)\n\n", n/52),
		"parentheses":      "a.jpg" + strings.Repeat("(", n),
		"jsx":              "a.jpg" + strings.Repeat("(<a b=", n/6),
		"jsx children":     "a.jpg" + strings.Repeat("(<a>", n/4),
		"regexps":          "a.jpg" + strings.Repeat("(/[", n/3),
		"literals":         "a.jpg" + strings.Repeat("`${", n/3),
		"keys":             strings.Repeat(`{"a.jpg":`, n/9),
		"url":              "a.jpg" + strings.Repeat("url(", n/4),
		"dots":             strings.Repeat(".j", n/2) + ".jpg",
		"image-set":        "a.jpg" + strings.Repeat("image-set(", n/10),
		"comment":          "a.jpg" + strings.Repeat("/*", n/2),
		"front matter":     "---\n" + strings.Repeat("a: 'a.jpg'\n", 5000) + "---\n",
		"flow":             "a: a.jpg\n" + strings.Repeat("[", 5000),
		"tables":           "a.jpg" + strings.Repeat("|a", n/16) + "\n" + strings.Repeat("|-", n/16) + "\n",
		"escapes":          "'" + strings.Repeat(`\a.jpg`, n/6),
	} {
		for _, file := range fuzzNames {
			start := time.Now()
			if _, _, _, err := Rewrite(file, []byte(src), site, lookup, Options{Mode: Picture}); err != nil {
				t.Logf("%s in %s: %v", name, file, err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s in %s took %v", name, file, took)
			} else if took > 200*time.Millisecond {
				t.Logf("%s in %s took %v", name, file, took)
			}
		}
	}
}

func TestNotText(t *testing.T) {
	for name, src := range map[string]string{
		"UTF-16":  "\xFF\xFE<\x00i\x00m\x00g\x00",
		"invalid": "<img src=\"a.jpg\">\xFF",
		"zero":    "<img src=\"a.jpg\">\x00",
		"large":   strings.Repeat(" ", MaxText+1),
	} {
		data, _, _, err := Rewrite("x.html", []byte(src), site, lookup, Options{Mode: Update})
		if err == nil || string(data) != src {
			t.Errorf("%s: no error, or changed", name)
		}
	}
}
