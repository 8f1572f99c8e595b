package asset_test

import (
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		file    string
		format  asset.Format
		article string
		ext     string
		mime    string
		maxSide int
	}{
		{"a/b.webp", asset.WebP, "a WebP", ".webp", "image/webp", 16383},
		{"A.WEBP", asset.WebP, "a WebP", ".webp", "image/webp", 16383},
		{"a.avif", asset.AVIF, "an AVIF", ".avif", "image/avif", 65536},
		{"a.jpg", asset.JPEG, "a JPEG", ".jpg", "image/jpeg", 65500},
		{"a.jpeg", asset.JPEG, "a JPEG", ".jpg", "image/jpeg", 65500},
		{"a.x.png", asset.PNG, "a PNG", ".png", "image/png", 1_000_000},
	} {
		f := asset.FormatByName(c.file)
		if f != c.format || !f.IsOutput() || f.Article() != c.article || f.Ext() != c.ext || f.MIME() != c.mime || f.MaxSide() != c.maxSide {
			t.Errorf("%s: %q, output %v, %q, %q, %q, %d; want %+v", c.file, f, f.IsOutput(), f.Article(), f.Ext(), f.MIME(), f.MaxSide(), c)
		}
	}
	for _, file := range []string{"", "webp", "a.gif", "a.heic", "a.webp.txt", "a.webp/b"} {
		if f := asset.FormatByName(file); f != "" {
			t.Errorf("%q: format %q, want none", file, f)
		}
	}
	for f, article := range map[asset.Format]string{asset.HEIC: "a HEIC", asset.TIFF: "a TIFF", "odd": "a odd"} {
		if f.Article() != article || f.IsOutput() || f.Ext() != "" {
			t.Errorf("%s: %q, output %v, extension %q; want %q, no output", f, f.Article(), f.IsOutput(), f.Ext(), article)
		}
	}
}
