package references

import "testing"

func TestLanguage(t *testing.T) {
	for name, want := range map[string]Lang{
		"index.html": LangHTML, "a/B.HTM": LangHTML, "x.php": LangHTML, "layouts/x.gohtml": LangHTML, "logo.svg": LangHTML,
		"README.md": LangMarkdown, "docs/a.mdx": LangMDX, "a.scss": LangCSS, "src/a.tsx": LangJSX, "src/a.ts": LangScript,
		"emails/welcome.html": LangEmail, "app/views/user_mailer/x.html.erb": LangEmail, "feed.xml": LangXML,
		"public/manifest.json": LangManifest, "site.webmanifest": LangManifest,
		"_data/team.yml": LangYAML, "content/x.json": LangJSON, "data/x.toml": LangTOML,
		"package.json": "", "tsconfig.json": "", ".github/workflows/ci.yml": "", "main.go": "", "a.png": "", "md": "",
	} {
		got, ok := Language(name)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestIsMinifiedStyle(t *testing.T) {
	for name, want := range map[string]bool{"css/a.min.css": true, "A.MIN.CSS": true, "a.css": false, "node_modules/a/a.min.css": false, "a.min.js": false} {
		if got := IsMinifiedStyle(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestSkip(t *testing.T) {
	for name, want := range map[string]bool{
		"index.html": false, "src/build.ts": false, "a/distribution/x.md": false, "content/vendor.md": false,
		"node_modules/x/README.md": true, "a/node_modules/x.js": true, "dist/index.html": true, "docs/_site/a.html": true,
		"js/jquery.min.js": true, "css/a.min.css": true, "package-lock.json": true, "app.js.map": true, ".next/x.js": true,
	} {
		if got := Skip(name); got != want {
			t.Errorf("Skip(%q) is %v", name, got)
		}
	}
}

func TestSrcset(t *testing.T) {
	for src, want := range map[string][]string{
		"":                         nil,
		" , ,":                     nil,
		"a.jpg":                    {"a.jpg|"},
		"a.jpg,b.jpg":              {"a.jpg,b.jpg|"},
		"a.jpg, b.jpg":             {"a.jpg|", "b.jpg|"},
		"a.jpg 1x,b.jpg 2x":        {"a.jpg|1x", "b.jpg|2x"},
		"a,b.jpg,, c.jpg  1.5x ,":  {"a,b.jpg|", "c.jpg|1.5x"},
		"a.jpg calc(1, 2), b.jpg ": {"a.jpg|calc(1, 2)", "b.jpg|"},
		"\ta.jpg\n100w,\nb.jpg 1w": {"a.jpg|100w", "b.jpg|1w"},
	} {
		var got []string
		for _, c := range candidates([]byte(src)) {
			got = append(got, src[c.off:c.end]+"|"+c.descriptor)
		}
		if len(got) != len(want) {
			t.Errorf("%q: %q, want %q", src, got, want)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q: %q, want %q", src, got, want)
			}
		}
	}
}

func TestReplace(t *testing.T) {
	for _, c := range []struct {
		form          form
		quote         byte
		raw, to, want string
		impossible    bool
	}{
		{form: entity, quote: '"', raw: "a.jpg", to: `b"&c.jpg`, want: "b&quot;&amp;c.jpg"},
		{form: entity, raw: "a.jpg", to: "b c.jpg", want: "b&#32;c.jpg"},
		{form: bareDest, raw: `a\(1\).jpg`, to: "a(1).webp", want: `a\(1\).webp`},
		{form: bareDest, raw: "a.jpg", to: "a b.jpg", impossible: true},
		{form: angleDest, raw: "a.jpg", to: "a <b>.jpg", want: `a \<b\>.jpg`},
		{form: cssURL, raw: "a.jpg", to: "a (b).jpg", want: `a\ \(b\).jpg`},
		{form: cssString, quote: '"', raw: `\61.jpg`, to: "a.png", want: `\61.png`},
		{form: jsString, quote: '\'', raw: `it\'s.jpg`, to: "it's.webp", want: `it\'s.webp`},
		{form: jsString, quote: '`', raw: "a.jpg", to: "${a}.jpg", impossible: true},
		{form: jsonString, quote: '"', raw: `a\/b.jpg`, to: "a/b.webp", want: `a\/b.webp`},
		{form: jsonString, quote: '"', raw: `\ud83d\ude00.jpg`, to: "😀.webp", want: `\ud83d\ude00.webp`},
		{form: yamlSingle, quote: '\'', raw: "it''s.jpg", to: "it's'.webp", want: "it''s''.webp"},
		{form: yamlPlain, raw: "a.jpg", to: "a: b.jpg", impossible: true},
		{form: plain, raw: "a.jpg", to: "a[1].jpg", impossible: true},
	} {
		got, ok := c.form.replace([]byte(c.raw), c.to, c.quote)
		if ok == c.impossible || got != c.want && ok {
			t.Errorf("%q to %q: %q %v, want %q", c.raw, c.to, got, ok, c.want)
		}
	}
}
