package references

import (
	"strings"
	"testing"
)

// TestMarkupCode has images named yes.png, and others named no.png in what is shown as it is.
func TestMarkupCode(t *testing.T) {
	for _, c := range []struct {
		name string
		lang Lang
		src  string
	}{
		{"listing", LangASCIIDoc, "----\nimage::no.png[]\n\nimage::no.png[]\n----\n\nimage::yes.png[]\n"},
		{"fence within a fence", LangASCIIDoc, "-----\n----\nimage::no.png[]\n-----\nimage::yes.png[]\n....\n----\n....\nimage::yes.png[]\n"},
		{"fence that does not end", LangASCIIDoc, "image::yes.png[]\n\n----\nimage::no.png[]\n"},
		{"fence behind a paragraph", LangASCIIDoc, "A long paragraph.\n----\nimage::no.png[]\n----\nimage::yes.png[]\n"},
		{"underlined title", LangASCIIDoc, "Über\n----\n\nimage::yes.png[]\n\nTitle\n+++++\n\nimage::yes.png[]\n"},
		{"Markdown", LangASCIIDoc, "```asciidoc\nimage::no.png[]\n```\nimage::yes.png[]\n"},
		{"comment", LangASCIIDoc, "////\nimage::no.png[]\n////\n// image::no.png[]\n[comment]\nimage::no.png[]\n\n[comment]\n--\nimage::no.png[]\n\nimage::no.png[]\n--\nimage::yes.png[]\n"},
		{"paragraph with a style", LangASCIIDoc, "[source%linenums,asciidoc]\nimage::no.png[]\nimage::no.png[]\n\nimage::yes.png[]\n\n[[id]]\n[listing]\n.Title\n// comment\nimage::no.png[]\n\n[,asciidoc]\n\nimage::no.png[]\n\n[.left]\nimage::yes.png[]\n"},
		{"open block", LangASCIIDoc, "[source]\n--\nimage::no.png[]\n\nimage::no.png[]\n--\n\n--\nimage::yes.png[]\n--\n"},
		{"indented paragraph", LangASCIIDoc, "text\n image:yes.png[]\n\n image::no.png[]\nimage::no.png[]\n\n* x\n+\nimage::yes.png[]\n\n ** image:yes.png[]\n\n term:: image:yes.png[]\n"},
		{"table", LangASCIIDoc, "|===\n|a\n\n  a|image::yes.png[]\n|===\n\n  image::no.png[]\n"},
		{"passage", LangASCIIDoc, "+image:no.png[]+ `+image:no.png[]+` `image:yes.png[]` ++image:no.png[]++ pass:q[image:no.png[]] +++<img src=no.png>+++ $$image:no.png[]$$ \\image:no.png[] 1+1 image:yes.png[] 1+1\n"},
		{"continuation", LangASCIIDoc, "* a\n+\nimage::yes.png[]\n+\nimage::yes.png[]\n"},
		{"crlf", LangASCIIDoc, "----\r\nimage::no.png[]\r\n----\r\nimage::yes.png[]\r\n"},

		{"fixed width", LangOrg, ": [[file:no.png]]\n  : [[file:no.png]]\n:\n- : [[file:yes.png]]\n:x: [[file:yes.png]]\n[[file:yes.png]]\n"},
		{"block within a block", LangOrg, "#+BEGIN_EXAMPLE\n#+begin_src org\n[[file:no.png]]\n#+end_src\n[[file:no.png]]\n#+end_example\n[[file:yes.png]]\n"},
		{"blocks of text", LangOrg, "#+begin_quote\n[[file:yes.png]]\n#+end_quote\n  #+begin_export html\n[[file:no.png]]\n  #+end_export\n[[file:yes.png]]\n"},
		{"comment", LangOrg, "# [[file:no.png]]\n#+begin_comment\n[[file:no.png]]\n#+end_comment\n#+caption: [[file:yes.png]]\n"},
		{"verbatim", LangOrg, "=[[file:no.png]]= ~[[file:no.png][x]]~ =see [[file:no.png]] there=, a=b [[file:yes.png]] c=d\n"},

		{"literal", LangRST, "Text::\n\n   .. image:: no.png\n\n   x\n\n   .. image:: no.png\n\n.. image:: yes.png\n"},
		{"code", LangRST, ".. code-block:: rst\n   :linenos:\n\n   .. image:: no.png\n\n      .. image:: no.png\n\n.. image:: yes.png\n"},
		{"directives of text", LangRST, ".. note::\n\n   .. figure:: yes.png\n      :target: yes.png\n\n      x::\n\n         .. image:: no.png\n\n   .. image:: yes.png\n"},
		{"comment", LangRST, ".. x\n   .. image:: no.png\n\n..\n   .. image:: no.png\n\n..\n\n   .. image:: yes.png\n\n.. _t: x\n.. |s| image:: yes.png\n"},
		{"passage", LangRST, "``\x60x <no.png>\x60_`` `x <yes.png>`_\n"},
	} {
		t.Run(string(c.lang)+"/"+c.name, func(t *testing.T) {
			refs, err := Find(c.lang, []byte(c.src))
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			for _, r := range refs {
				if strings.Contains(r.Address, "no.png") {
					t.Errorf("line %d: found %s in code", r.Line, r.Address)
				}
				if strings.Contains(r.Address, "yes.png") {
					found++
				}
			}
			if want := strings.Count(c.src, "yes.png"); found != want {
				t.Errorf("found %d images, want %d", found, want)
			}
		})
	}
}

// TestLongPassages has lines on which many passages begin and none ends. If the time was that of their
// length squared, it would take minutes.
func TestLongPassages(t *testing.T) {
	for lang, src := range map[Lang]string{
		LangASCIIDoc: strings.Repeat("x +x pass:[ ++", 1<<18) + " image:yes.png[]",
		LangOrg:      strings.Repeat(" =x ~x~", 1<<18) + " [[file:yes.png]]",
		LangRST:      "x.png " + strings.Repeat("`` ", 1<<18),
		LangLaTeX:    `\begin{comment}` + strings.Repeat("x%\n", 1<<18) + `\includegraphics{yes.png}`,
	} {
		if _, err := Find(lang, []byte(src)); err != nil {
			t.Errorf("%s: %v", lang, err)
		}
	}
}
