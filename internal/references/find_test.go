package references

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// found writes references as lines: kind, address and a question mark where it is uncertain.
func found(t *testing.T, lang Lang, src string) []string {
	t.Helper()
	refs, err := Find(lang, []byte(src))
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	checkPlaces(t, []byte(src), refs)
	var lines []string
	for _, r := range refs {
		line := fmt.Sprintf("%s %s", r.Kind, r.Address)
		if r.Uncertain != "" {
			line += " ?"
		}
		lines = append(lines, line)
	}
	return lines
}

// checkPlaces holds for whatever Find returns.
func checkPlaces(t *testing.T, src []byte, refs []Reference) {
	t.Helper()
	end := 0
	for _, r := range refs {
		if r.Off < end || r.End <= r.Off || r.End > len(src) {
			t.Fatalf("%q is at %d to %d, behind %d", r.Address, r.Off, r.End, end)
		}
		end = r.End
		if got := r.at.form.decode(src[r.Off:r.End]); got != r.Address {
			t.Fatalf("%q decodes to %q, not %q", src[r.Off:r.End], got, r.Address)
		}
		line := 1 + strings.Count(string(src[:r.Off]), "\n")
		before := string(src[strings.LastIndexByte(string(src[:r.Off]), '\n')+1 : r.Off])
		if line == 1 {
			before = strings.TrimPrefix(before, "\uFEFF")
		}
		if column := 1 + len([]rune(before)); r.Line != line || r.Column != column {
			t.Fatalf("%q is at %d:%d, not %d:%d", r.Address, line, column, r.Line, r.Column)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range findCases {
		t.Run(string(c.lang)+"/"+c.name, func(t *testing.T) {
			want := strings.Split(strings.TrimSpace(c.want), "\n")
			if c.want == "" {
				want = nil
			}
			for i := range want {
				want[i] = strings.TrimSpace(want[i])
			}
			if diff := cmp.Diff(want, found(t, c.lang, c.src)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

var findCases = []struct {
	lang            Lang
	name, src, want string
}{
	{LangHTML, "forms", `<!DOCTYPE html><IMG SRC="a.png" alt="b.png">
<img src='a b.png' data-src=c.jpg data-srcset="d.jpg 1x, e.jpg 2x">
<video poster=" v.jpg "></video><input type=image src=i.gif><a href="big.jpg?x=1&amp;y=2#z">x</a>
<object data=o.png></object><embed src=e.png><noscript><img src=n.png></noscript>
<svg viewBox="0 0 1 1"><image href="s.png"/><image xlink:href="t.png"/></svg><img src="after.png">
<table background="tb.gif"><x-hero image="h.webp">`, `
		image a.png
		image a b.png
		image c.jpg
		srcset d.jpg
		srcset e.jpg
		source v.jpg
		source i.gif
		link big.jpg?x=1&y=2#z
		source o.png
		source e.png
		image n.png
		source s.png
		source t.png
		image after.png
		source tb.gif
		image h.webp`},
	{LangHTML, "head", `<link rel=preload as=image href=a.png type="image/png"><link rel="shortcut icon" href="f.png">
<link rel="apple-touch-icon" href="i.png"><meta property="og:image" content="https://x.org/o.jpg">
<script type="application/ld+json">{"image": ["l.jpg"]}</script><link rel=preload imagesrcset="p.jpg 1x, q.jpg 2x">`, `
		preload a.png
		social f.png
		social i.png
		social https://x.org/o.jpg
		social l.jpg
		preload p.jpg
		preload q.jpg`},
	{LangHTML, "srcset with commas", `<img srcset="/c,w_300/a.jpg 300w,/c,w_600/b.jpg 600w, c.jpg">`, `
		srcset /c,w_300/a.jpg
		srcset /c,w_600/b.jpg
		srcset c.jpg`},
	{LangHTML, "entities", `<img src="a&#32;&amp;b.png"><p style="background: url(&quot;c.png&quot;)">`, `
		image a &b.png
		css c.png`},
	{LangHTML, "styles and scripts", `<style>/* url(no.png) */ a { background: url( "a.png" ) } // url(no2.png)
b{}</style><script>let x = {src: "b.png"}; // "no.png"
</script><p style='background:url("d.png")'><script type="text/template"><img src=e.png></script>`, `
		css a.png
		string b.png
		css d.png
		image e.png`},
	{LangHTML, "not", `<!-- <img src="a.png"> --><p>a.png <code>b.png</code><img alt="c.png" title="d.jpg"><input value="e.png">`, ``},
	{LangHTML, "templates", `<img src="{{ site.baseurl }}/a.png"><img src="{{ '/b.png' | relative_url }}">
<img src="/img/{{ name }}.png"><img src="/c.png?v={{ v }}"><img {% if x %}src="d.png"{% endif %} alt="{{ "e" }}">
<img src="<?php echo $base; ?>/f.png"><img src="<%= asset_path 'g.png' %>"><img src="<?= $x ?>h.png">`, `
		image /a.png
		image /b.png
		image /img/{{ name }}.png ?
		image /c.png
		image d.png
		image /f.png
		string g.png ?
		image <?= $x ?>h.png ?`},
	{LangHTML, "filters of addresses", `<img src="{{ 'img/a.png' | relURL }}"><img src={{ "/b.png" | absURL }}><img src="{{- relURL "c.png" -}}">
<img srcset="{{ '/d.png' | url }} 1x, {{ '/e.png' | url }} 2x"><img src="{{ '/f.png' | prepend: site.baseurl | prepend: site.url }}">
<meta property="og:image" content="{{ '/o.png' | absolute_url }}"><p style="background:url({{ '/g.png' | relative_url }})">
<p title="{{ '/h.png' | relative_url }}"><img src="{{ '/i.png' | append: x | relative_url }}"><img src="{{ 'j.png' | relURL }}?v=1">`, `
		image img/a.png
		image /b.png
		image c.png
		srcset /d.png
		srcset /e.png
		image /f.png
		social /o.png
		css /g.png
		string /h.png ?
		string /i.png ?
		string j.png ?`},
	{LangMarkdown, "filters of addresses", "![a [b]]({{ \"/a.png\" | relative_url }} \"t\") [l]({{ '/b.png' | relative_url }}) ({{ '/c.png' | relative_url }})\n\n    ![d]({{ '/d.png' | url }})\n", `
		image /a.png
		link /b.png
		string /c.png ?`},
	{LangCSS, "filters of addresses", "---\n---\na{background:url({{ \"/a.png\" | relative_url }})} b{background:url(\"{{ '/b.png' | relative_url }}\")}", `
		css /a.png
		css /b.png`},
	{LangHTML, "other expressions", `<img src="%PUBLIC_URL%/a.png"><img src="{!! $x !!}/b.png"><img src="${base}/c.png"><img src="100%/d.png">`, `
		image /a.png
		image {!! $x !!}/b.png ?
		image ${base}/c.png ?
		image 100%/d.png`},
	{LangHTML, "php", "<?php\n$a = \"a.png\";\n// it's\nif ($x < 3) { ?>\n<img src=\"b.png\">\n<?php } ", `
		string a.png ?
		image b.png`},
	{LangHTML, "unclosed", `<img src="a.png"><img src="b.png`, `
		image a.png`},
	{LangHTML, "bom and lines", "\uFEFF<p>ä<img src=a.png>\r\n<p>ü<img src=b.png><img src=c.png>", `
		image a.png
		image b.png
		image c.png`},
	{LangHTML, "front matter", "---\nimage: a.png\n---\n<img src=b.png>", `
		data a.png
		image b.png`},
	{LangEmail, "e-mail", `<img src=a.png>`, `social a.png`},
	{LangXML, "feed", `<?xml version="1.0"?><rss><item><enclosure url="a.png"/><url> b.png </url></item></rss>`, `
		social a.png
		social b.png`},
	{LangVue, "bound", `<template><img :src="'/a.png'"><img :src="require('@/b.png')"><img src="./c.png" :alt="x"><img :src="base + 'd.png'"></template>
<script>import e from './e.png'
export default { data: () => ({ f: '/f.png' }) }</script><style scoped>.a{background:url(g.png)}</style>`, `
		image /a.png
		import @/b.png
		image ./c.png
		string d.png ?
		import ./e.png
		string /f.png
		css g.png`},
	{LangSvelte, "braces", `<script>import a from './a.png'; let o = {b: "b.png"}</script>{#if x < 3}<img src="/c.png" alt={x}>{/if}
<img src={"/d.png"}><img src={cond ? "e.png" : f}><style>p{background:url(g.png)}</style>`, `
		import ./a.png
		string b.png
		image /c.png
		image /d.png
		string e.png ?
		css g.png`},
	{LangAstro, "script first", "---\nimport a from '../a.png';\n---\n<img src=\"/b.png\">{list.map((x) => <img src=\"/c.png\" alt={x} />)}\n", `
		import ../a.png
		image /b.png
		image /c.png`},
	{LangCSS, "forms", `@charset "utf-8"; .a { background: URL(a.png), url( 'b (1).png' ) , url("c\20 d.png") }
.b { background-image: image-set("e.png" type("image/png") 1x, url(f.png) 2x); --bg: url(g\).png); }
/* url(no.png) */ .c { background: url(data:image/png;base64,xx.png) } @import "x.css";
$v: "h.png"; .d { background: url("#{$base}/i.png"); x: url(@{b}/j.png); y: url($k + "k.png") }`, `
		css a.png
		css b (1).png
		css c d.png
		css e.png
		css f.png
		css g).png
		string h.png ?
		css #{$base}/i.png ?
		css @{b}/j.png ?
		string k.png ?`},
	{LangMarkdown, "forms", `---
title: "x.png is a name"
image: /cover.png
cover:
  image: 'it''s.jpg'
  og_image: no.png
list:
  - a.gif
---
![a](p.png) ![b](<p q.png> "t") ![c](p\(1\).png) ![d](p(2).png 'x') ![e](p%20r.png#gh-dark-mode-only)
[![f](in.png "x")](out.png) [l][d] ![m][d] <img src="h.png"> ` + "`![n](no.png)` ``![x](no.png)``" + `

[d]: def.png "T"
[e]:
  <def 2.png>

` + "```\n![n](no.png)\n```\n\n    ![n](no.png)\n" + `
> ![q](q.png)
> <img
>   src="r.png">

| a | b |
|---|---|
| ![t](t.png) | x |

<p align="center">
  <img src="u.png">
</p>

<!-- ![no](no.png) -->
1. ![v](v.png)

   <img src="w.png">
`, `
		data /cover.png
		data it's.jpg
		social no.png
		data a.gif
		image p.png
		image p q.png
		image p(1).png
		image p(2).png
		image p%20r.png#gh-dark-mode-only
		image in.png
		link out.png
		image h.png
		link def.png
		link def 2.png
		image q.png
		image r.png
		image t.png
		image u.png
		image v.png
		image w.png`},
	{LangMarkdown, "toml", "+++\nimage = \"a.png\" # b.png\nimages = ['c.png',\n \"d.png\"]\n[params]\ncover.image = \"e.png\"\nx = \"\"\"\nf.png\"\"\"\n+++\n![g](g.png)", `
		data a.png
		data c.png
		data d.png
		data e.png
		image g.png`},
	{LangMarkdown, "json", "{\"image\": \"a.png\", \"seo\": {\"x\": \"b.png\"}, \"l\": [\"c.png\"]}\n\n![g](g.png)", `
		data a.png
		social b.png
		data c.png
		image g.png`},
	{LangMarkdown, "shortcodes", `{{< figure src="a.png" alt="b.png" >}} {{< img "c.png" >}} {{% picture d.jpg %}}
{% picture e.jpg %} {% include img.html src="f.png" alt='x' %} {% include img.html src="{{ x }}/g.png" %} ![h]({{ site.baseurl }}/h.png)
{{ "/i.png" | relative_url }} ` + "`{{< figure src=\"no.png\" >}}`\n\n```\n{{< figure src=\"no.png\" >}}\n```\n", `
		shortcode a.png
		shortcode b.png ?
		shortcode c.png
		shortcode d.jpg
		shortcode e.jpg
		shortcode f.png
		shortcode {{ x }}/g.png ?
		image /h.png
		string /i.png ?`},
	{LangOrg, "fixed width", ": [[file:no.png]]\n  : [[file:no2.png]]\n[[file:a.png]]\n", `
		image a.png`},
	{LangASCIIDoc, "source paragraph", "[source,asciidoc]\nimage::no.png[]\nimage::no2.png[]\n\nimage::a.png[]\n\n[source]\n----\nimage::no3.png[]\n\nimage::no4.png[]\n----\n\nimage::b.png[]\n", `
		image a.png
		image b.png`},
	{LangMDX, "mdx", "import a from './a.png'\n\n# x\n\n<img src={require('./b.png').default} alt=\"x\" />\n\n![c](c.png) <Hero image=\"/d.png\" x={{y: \"z\"}} />\n\n{/* ![no](no.png) */}\n", `
		import ./a.png
		import ./b.png
		image c.png
		image /d.png`},
	{LangScript, "imports", `import a from "./a.png"; import './b.png'
const c = require('./c.png'), d = await import("./d.png"), e = new URL('./e.png', import.meta.url)
export { default as f } from "./f.png" // './no.png'
/* "no.png" */ const re = /"no.png"/; const n = x / 2 / "g.png".length`, `
		import ./a.png
		import ./b.png
		import ./c.png
		import ./d.png
		import ./e.png
		import ./f.png
		string g.png ?`},
	{LangScript, "strings", `const o = { a: "a.png", 'b': 'b.png', c: ["c.png", "d.png"], ogImage: "og.png", e: "e" + "e.png", f: x ? "f.png" : "g.png" }
const h = "h.png"; img.src = "/i.png"; fs.readFile("j.png"); const k = ` + "`k.png`; const l = `${base}/l.png`" + `; f(["m.png"])
const t = { n: ` + "`n.png`" + `,
  s: "it\'s.png",
}`, `
		string a.png
		string b.png
		string c.png
		string d.png
		social og.png
		string e.png ?
		string f.png ?
		string g.png ?
		string h.png ?
		string /i.png
		string j.png ?
		string k.png ?
		string /l.png ?
		string m.png ?
		string n.png
		string it's.png`},
	{LangJSX, "elements", `export const A = <T,>(x: T) => <div className="x">Don't <img src="/a.png" alt="it's"/> won't
  {list.map(i => <Image src={"/b.png"} srcSet="c.png 1x, d.png 2x" />)} {/* "no.png" */}
  <img src={require("./e.png")} /><img src={cond ? "/f.png" : "/g.png"} /><a href='/h.png'>h.png</a><img src={useBaseUrl("/u.png")} alt={x.withBase("/v.png") + useBaseUrl("/w.png", o)}/></div>;
const b = { src: "/i.png" }; if (a < b) { x = "j.png" }`, `
		image /a.png
		image /b.png
		srcset c.png
		srcset d.png
		import ./e.png
		string /f.png ?
		string /g.png ?
		link /h.png
		string /u.png
		string /v.png ?
		string /w.png ?
		string /i.png
		string j.png ?`},
	{LangYAML, "yaml", "# a.png\na: b.png # c\nb: \"c\\u0020d.png\"\nicons:\n  - src: e.png\nf: |\n  g.png\nh: [i.png, 'j.png']\nk: x\nl:   m.png\r\n", `
		data b.png
		data c d.png
		social e.png
		data i.png
		data j.png
		data m.png`},
	{LangTOML, "toml", "a = 'b.png'\n[[x]]\nsrc = \"c.png\"\ny = { z = \"d.png\", icon = \"e.png\" }\n", `
		data b.png
		data c.png
		data d.png
		social e.png`},
	{LangJSON, "json", `{"a.png": "b.png", "c": ["d\/e.png", {"og_image": ["f.png"]}], "g": "h.png"}`, `
		data b.png
		data d/e.png
		social f.png
		data h.png`},
	{LangManifest, "manifest", `{"icons": [{"src": "a.png"}], "screenshots": [{"src": "b.png"}]}`, `
		social a.png
		social b.png`},
	{LangASCIIDoc, "asciidoc", "image::a.png[x]\ntext image:b c.png[] and link:d.png[x]\n\n----\nimage::no.png[]\n----\n// image::no.png[]\nimage::{dir}/e.png[]\n", `
		image a.png
		image b c.png
		link d.png
		image {dir}/e.png ?`},
	{LangRST, "rst", ".. image:: a.png\n   :target: b.png\n.. |x| image:: c.png\n\n.. figure:: d.png\n\ncode::\n\n  .. image:: no.png\n", `
		image a.png
		image b.png
		image c.png
		image d.png`},
	{LangOrg, "org", "[[file:a.png]] [[./b.png][x]]\n#+begin_src x\n[[file:no.png]]\n#+end_src\n", `
		image a.png
		image b.png`},
	{LangLaTeX, "latex", "\\includegraphics[width=1cm]{a.png} % \\includegraphics{no.png}\n", `
		image a.png ?`},
}
