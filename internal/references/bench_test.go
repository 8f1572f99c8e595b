package references

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkFind reads pages of about 8 kB: with images, and with none, as most text files are.
func BenchmarkFind(b *testing.B) {
	prose := strings.Repeat("Lorem ipsum dolor sit amet, e.g. consectetur (adipiscing) elit.\n<p class=\"x\">It's `code` [link](page.html).</p>\n\n", 60)
	pages, _ := filepath.Glob("testdata/pages/*")
	for _, page := range pages {
		src, err := os.ReadFile(page)
		if err != nil {
			b.Fatal(err)
		}
		ext := filepath.Ext(page)
		lang, _ := Language(page)
		body := prose
		if ext == ".scss" || ext == ".tsx" {
			body = strings.Repeat("/* a comment */\nexport const f = (a, b) => { return a + b / 2 }\n.a { color: red; }\n", 80)
		}
		for name, text := range map[string]string{"images": string(src) + body, "none": body} {
			b.Run(ext[1:]+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Find(lang, []byte(text)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
