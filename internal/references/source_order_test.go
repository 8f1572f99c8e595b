package references

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSourceOrder has pictures in which a new source would be chosen never, or not everywhere.
func TestSourceOrder(t *testing.T) {
	const (
		img     = `<img src="img/b.jpg" width=1>`
		sourced = `<source type="image/avif" srcset="img/b.avif"><source type="image/webp" srcset="img/b.webp">` + img
		before  = "img/b.jpg: browsers choose a <source> before it"
	)
	for _, c := range []struct {
		name, src, want string
		findings        []string
	}{
		{"another media query", `<source srcset="a.jpg" media="(x)"><source srcset="a.jpg 1x, img/a@2x.jpg 2x">` + img,
			`<source type="image/avif" media="(x)" srcset="a.avif"><source type="image/webp" media="(x)" srcset="a.webp"><source srcset="a.jpg" media="(x)">` +
				`<source type="image/avif" srcset="a.avif 1x, img/a@2x.avif 2x"><source type="image/webp" srcset="a.webp 1x, img/a@2x.webp 2x"><source srcset="a.jpg 1x, img/a@2x.jpg 2x">` + img,
			[]string{before}},
		{"results for another media query", `<source srcset="img/b.webp" type="image/webp" media="(x)">` + img, `<source srcset="img/b.webp" type="image/webp" media="(x)">` + sourced, nil},
		{"results for the same media query", `<source type="image/avif" srcset="a.avif" media="(  X )"><source srcset="a.jpg" media='( x )'>` + img,
			`<source type="image/avif" srcset="a.avif" media="(  X )"><source type="image/webp" media='( x )' srcset="a.webp"><source srcset="a.jpg" media='( x )'>` + sourced, nil},
		{"results behind", `<source srcset="a.jpg" media="(x)"><source srcset="a.webp" type="image/webp"><img src="a.jpg" width=1>`,
			`<source type="image/avif" media="(x)" srcset="a.avif"><source type="image/webp" media="(x)" srcset="a.webp"><source srcset="a.jpg" media="(x)">` +
				`<source type="image/avif" srcset="a.avif"><source srcset="a.webp" type="image/webp"><img src="a.jpg" width=1>`, nil},
		{"always chosen", `<source srcset="plain.png">` + img, `<source srcset="plain.png">` + img, []string{before}},
		{"for all media", `<source media=All srcset="plain.png" type="image/png">` + img, `<source media=All srcset="plain.png" type="image/png">` + img, []string{before}},
		{"an SVG", `<source type="image/svg+xml" srcset="x.svg">` + img, `<source type="image/svg+xml" srcset="x.svg">` + img, []string{before}},
		{"an SVG for print", `<source media=print srcset="x.svg">` + img, `<source media=print srcset="x.svg">` + sourced, nil},
		{"AVIF of another image", `<source type="image/avif" srcset="plain.avif">` + img, `<source type="image/avif" srcset="plain.avif"><source type="image/webp" srcset="img/b.webp">` + img, nil},
		{"WebP of another image", `<source type="image/webp" srcset="plain.webp">` + img, `<source type="image/webp" srcset="plain.webp">` + img, []string{before}},
		{"a format that few show", `<source type="image/heic" srcset="x.heic">` + img, `<source type="image/heic" srcset="x.heic">` + sourced, nil},
		{"without srcset", `<source src="plain.png">` + img, `<source src="plain.png">` + sourced, nil},
		{"an expression between", `<source srcset="plain.png">{% endif %}` + img, `<source srcset="plain.png">{% endif %}` + sourced, nil},
		{"an expression as address", `<source srcset="{{ x }}">` + img, `<source srcset="{{ x }}">` + sourced, nil},
		{"an element around", `<template><source srcset="plain.png"></template>` + img, `<template><source srcset="plain.png"></template>` + sourced, nil},
		{"half a srcset", `<source srcset="a.jpg 1x, plain.png 2x">` + img, `<source srcset="a.jpg 1x, plain.png 2x">` + img,
			[]string{"a.jpg: it also names plain.png, which has no result", before}},
		{"the same image", `<source srcset="img/b.jpg 1x, img/b.jpg 2x" type="image/jpeg">` + img,
			`<source type="image/avif" srcset="img/b.avif 1x"><source type="image/webp" srcset="img/b.webp 1x"><source srcset="img/b.jpg 1x, img/b.jpg 2x" type="image/jpeg">` + img, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, _, findings := rewrite(t, "x.html", "<p><picture>"+c.src+"</picture>", Options{Mode: Picture})
			if want := "<p><picture>" + c.want + "</picture>"; data != want {
				t.Errorf("got  %s\nwant %s", data, want)
			}
			var got []string
			for _, f := range findings {
				if f.Problem == NotEdited {
					got = append(got, f.Address+": "+f.Detail)
				}
			}
			if diff := cmp.Diff(c.findings, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestManySources edits a picture of many sources, each with a media query of its own.
func TestManySources(t *testing.T) {
	var b strings.Builder
	b.WriteString("<p><picture>")
	for i := range 4000 {
		fmt.Fprintf(&b, `<source media="(width: %dpx)" srcset="a.jpg">`, i)
	}
	b.WriteString(`<img src="a.jpg" width=1></picture>`)
	_, changes, _, err := Rewrite("x.html", []byte(b.String()), site, lookup, Options{Mode: Picture})
	if err != nil || len(changes) != 4001 {
		t.Fatalf("%d changes, %v", len(changes), err)
	}
}
