package references

import (
	"strings"
	"testing"
)

// TestCodeBlocks has images named yes.png, and others named no.png in what a template shows as it is, or not
// at all.
func TestCodeBlocks(t *testing.T) {
	const yes, no = "\n\n<img src=yes.png>\n\n", "\n\n<img src=no.png>\n\n"
	for _, src := range []string{
		`{% raw %}` + no + `{% endraw %}` + yes,
		`{%- verbatim -%}` + no + `{%- endverbatim -%}` + yes,
		`{% verbatim x %}` + no + `{% endverbatim %}` + no + `{% endverbatim x %}` + yes + `{% verbatim %}` + no + `{% endverbatim %}` + yes,
		`{% comment "why" %}` + no + `{% endcomment %}` + yes,
		`{% highlight html linenos %}` + no + `{% endhighlight %}` + yes,
		`{% code %}` + no + `{% endcode %}` + yes,
		`{% codeblock title lang:html %}` + no + `{% endcodeblock %}` + yes,
		`{% prism html %}` + no + `{% endprism %}` + yes,
		`{% filter escape %}` + no + `{% endfilter %}` + `{% filter force_escape|linebreaks %}` + no + `{% endfilter %}{% apply e %}` + no + `{% endapply %}` + yes,
		`{% filter upper %}` + yes + `{% endfilter %}{% apply spaceless %}` + yes + `{% endapply %}`,
		`{{< code >}}` + no + `{{< /code >}}` + yes + `{{% highlight html %}}` + no + `{{% /highlight %}}` + yes,
		`{{< code file="a" />}}` + yes + `{{< code >}}` + no + `{{</ code >}}`,
		`{{< code file="a" >}}` + yes + `{{% code %}}` + yes,
		`{{{{raw}}}}{{x}}` + no + `{{{{/raw}}}}` + yes + `{{{{ bar x }}}}` + no + `{{{{/ bar }}}}` + yes,
		`@verbatim` + no + `@endverbatim` + yes + `@verbatim` + no + `@endverbatim`,
		`{% raw %}` + yes + `{% codes %}` + yes + `{% endcodes %}` + `me@verbatims.example` + yes,
	} {
		for _, lang := range []Lang{LangHTML, LangMarkdown} {
			refs, err := Find(lang, []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			for _, r := range refs {
				if strings.Contains(r.Address, "no.png") && r.Uncertain == "" {
					t.Errorf("%s: %q: line %d: found %s in code", lang, src, r.Line, r.Address)
				}
				if r.Address == "yes.png" && r.Uncertain == "" {
					found++
				}
			}
			if want := strings.Count(src, "yes.png"); found != want {
				t.Errorf("%s: %q: found %d images, want %d", lang, src, found, want)
			}
		}
	}
}

// TestBlocksWithoutEnd has many blocks that begin and do not end. If the time was that of their length squared,
// it would take minutes.
func TestBlocksWithoutEnd(t *testing.T) {
	src := "<img src=a.png>" + strings.Repeat("{% raw %}{% code %}{% verbatim %}{{< code >}}{{{{raw}}}}@verbatim{% comment %}{% endcomment %}", 1<<16)
	if _, err := Find(LangHTML, []byte(src)); err != nil {
		t.Error(err)
	}
}
