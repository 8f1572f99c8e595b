package bundle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testfiles"
)

// riff is a WebP of chunks, given as name and data in turn.
func riff(chunks ...string) string {
	body := "WEBP"
	for i := 0; i < len(chunks); i += 2 {
		body += chunks[i] + string(binary.LittleEndian.AppendUint32(nil, uint32(len(chunks[i+1])))) + chunks[i+1]
		if len(chunks[i+1])%2 == 1 {
			body += "\x00"
		}
	}
	return "RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body
}

func canvas(flags byte, width, height int) string {
	w, h := width-1, height-1
	return string([]byte{flags, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)})
}

// flat is a lossless image of one color: 26 bytes, whatever its size.
func flat(width, height int) string {
	return string(binary.LittleEndian.AppendUint32([]byte{0x2f}, uint32(width-1)|uint32(height-1)<<14)) + "\x07\x10\x11\x11\x88\x88\x08"
}

// TestVerifyPoison refuses what an attacker has put into an upload whose manifest is
// right in every respect.
func TestVerifyPoison(t *testing.T) {
	t.Parallel()
	const exif, xmp, icc, alpha = 8, 4, 32, 16
	small := testfiles.Image(t, "webp/lossless.webp")
	inner := small[20:] // of a file of one chunk VP8L
	if size := binary.LittleEndian.Uint32([]byte(small[16:])); small[12:16] != "VP8L" || int(size) > len(inner) {
		t.Fatal("not of one chunk")
	} else {
		inner = inner[:size]
	}
	bits := binary.LittleEndian.Uint32([]byte(inner[1:]))
	w, h, flag := 1+int(bits&0x3fff), 1+int(bits>>14&0x3fff), byte(bits>>28&1)<<4
	profile := strings.Repeat("\x00", 36) + "acsp<script>" + strings.Repeat("\x00", 200)
	add := func(name, content string) func(*testing.T, *uploaded, *VerifyOptions) {
		return func(t *testing.T, u *uploaded, _ *VerifyOptions) { u.add(t, "x.png", name, content) }
	}
	metadata := func(setting, content string) func(*testing.T, *uploaded, *VerifyOptions) {
		return func(t *testing.T, u *uploaded, o *VerifyOptions) {
			r := asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Metadata: setting}, MaxPixels: DefaultMaxPixels}
			o.Recipe = func(asset.Source, string) asset.Recipe { return r }
			u.add(t, "x.png", "x.webp", content)
			for i := range u.Files {
				u.Files[i].Recipe = RecipeDigest(r)
			}
		}
	}
	for name, tt := range map[string]struct {
		change func(t *testing.T, u *uploaded, o *VerifyOptions)
		want   string // a part of the only fault, empty for none
	}{
		"sound":                   {add("x.webp", riff("VP8L", inner)), ""},
		"sound, extended":         {add("x.webp", riff("VP8X", canvas(flag|exif, w, h), "VP8L", inner, "EXIF", "II*\x00")), ""},
		"PHP in a chunk":          {add("x.webp", riff("VP8L", inner, "php ", "<?php system($_GET[0]);")), "one too many"},
		"HTML in a chunk":         {add("x.webp", riff("VP8X", canvas(flag, w, h), "VP8L", inner, "htm ", "<script>")), "no WebP of webpress has"},
		"HTML in the first chunk": {add("x.webp", riff("<!--", "--><script>", "VP8L", inner)), "no WebP of webpress has"},
		"a ZIP in a chunk":        {add("x.webp", riff("VP8L", inner, "PK\x05\x06", strings.Repeat("\x00", 18))), "one too many"},
		"a ZIP behind the end":    {add("x.webp", small+"PK\x05\x06"+strings.Repeat("\x00", 18)), "another length"},
		"a second image":          {add("x.webp", riff("VP8L", inner, "VP8L", inner)), "one too many"},
		"EXIF":                    {metadata(asset.MetadataICC, riff("VP8X", canvas(flag|exif, w, h), "VP8L", inner, "EXIF", "II*\x00")), "it has EXIF"},
		"EXIF with the author":    {metadata(asset.MetadataCopyright, riff("VP8X", canvas(flag|exif, w, h), "VP8L", inner, "EXIF", "II*\x00")), "it has EXIF"},
		"XMP":                     {metadata(asset.MetadataICC, riff("VP8X", canvas(flag|xmp, w, h), "VP8L", inner, "XMP ", "<x/>")), "it has XMP"},
		"XMP of the author":       {metadata(asset.MetadataCopyright, riff("VP8X", canvas(flag|xmp, w, h), "VP8L", inner, "XMP ", "<x/>")), ""},
		"all is kept":             {metadata(asset.MetadataAll, riff("VP8X", canvas(flag|xmp|exif, w, h), "VP8L", inner, "EXIF", "II*\x00", "XMP ", "<x/>")), ""},
		"a profile":               {metadata(asset.MetadataNone, riff("VP8X", canvas(flag|icc, w, h), "ICCP", profile, "VP8L", inner)), "it has an ICC profile"},
		"a profile that is none":  {metadata(asset.MetadataICC, riff("VP8X", canvas(flag|icc, w, h), "ICCP", profile, "VP8L", inner)), "its ICC profile"},
		"EXIF without its flag":   {add("x.webp", riff("VP8X", canvas(flag, w, h), "VP8L", inner, "EXIF", "II*\x00")), "do not agree"},
		"alpha that is ignored":   {add("x.webp", riff("VP8X", canvas(alpha, w, h), "ALPH", "\x00\x00", "VP8L", inner)), "behind its chunk"},
		"another canvas":          {add("x.webp", riff("VP8X", canvas(flag, w+1, h), "VP8L", inner)), "its header says"},
		"a canvas of 16 million":  {add("x.webp", riff("VP8X", canvas(flag, 1<<24, 1<<24), "VP8L", inner)), "its header says"},
		"no data":                 {add("x.webp", riff("VP8L", flat(10, 10)[:6])), `"x.webp": `},
		"GIF":                     {add("x.gif", "GIF89a"), "its name is not that of an image"},
		"AVIF of nothing":         {add("x.avif", "\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1miaf"), "its boxes are"},
		"AVIF as WebP":            {add("x.webp", "\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1miaf"), "its content is"},
		"an SVG":                  {add("x.webp", "<svg onload=alert(1)>"), "not an image"},
		"more pixels than one may": {func(t *testing.T, u *uploaded, o *VerifyOptions) {
			o.MaxPixels = 99_999_999
			u.add(t, "x", "x.webp", riff("VP8L", flat(10000, 10000)))
		}, "it declares 10000x10000"},
		"case of another letter": {func(t *testing.T, u *uploaded, _ *VerifyOptions) {
			u.add(t, "x", "ẞ.webp", small)
			u.add(t, "y", "ss.webp", small)
		}, `clashes with "ẞ.webp"`},
		"form of Unicode": {func(t *testing.T, u *uploaded, _ *VerifyOptions) {
			u.add(t, "x", "é.webp", small)
			u.add(t, "y", "e\u0301.webp", small)
		}, `clashes with "é.webp"`},
		"in git's folder": {func(_ *testing.T, u *uploaded, _ *VerifyOptions) { u.Files[0].Output = ".GIT/hooks/x.webp" }, "inside git's own folder"},
		"more than webpress remakes": {func(_ *testing.T, _ *uploaded, o *VerifyOptions) {
			o.Remake = func(e Entry, _ []byte) error { return notRemade(e) }
		}, `"b/c.webp": other bytes`},
		"more memory than there is": {func(_ *testing.T, _ *uploaded, o *VerifyOptions) { o.MaxMemory = 1 }, "MB of memory"},
		"many bombs":                {bombs(10), "the limit for"},
		"decoded although refused": {func(t *testing.T, u *uploaded, o *VerifyOptions) {
			u.Files[0].SHA256 = strings.Repeat("0", 64)
			o.Remake = func(Entry, []byte) error { return errors.New("decoded") }
		}, "its SHA-256 is not"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUpload(t)
			o := VerifyOptions{Head: head, Allowed: allowAll}
			tt.change(t, u, &o)
			got, err := u.verify(t, o)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			fault, ok := errors.AsType[*asset.HintError](err)
			if !ok || !strings.Contains(fault.Why.Error(), tt.want) || strings.Contains(fault.Why.Error(), "decoded") || got.Results != nil {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// notRemade says that one of the files is not what webpress makes.
func notRemade(e Entry) error {
	if e.Output == "b/c.webp" {
		return errors.New("other bytes")
	}
	return nil
}

// bombs are n files of a few bytes that claim as many pixels as a WebP can have.
func bombs(n int) func(*testing.T, *uploaded, *VerifyOptions) {
	return func(t *testing.T, u *uploaded, o *VerifyOptions) {
		for i := range n {
			u.add(t, fmt.Sprintf("%d.png", i), fmt.Sprintf("%d.webp", i), riff("VP8L", flat(16383, 16383)))
		}
		o.Remake = func(Entry, []byte) error { return errors.New("decoded") }
	}
}

// Each of two uploads may be what none may be together.
func TestVerifyPoisonTogether(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	one, two := newShards(t, root)
	for i, u := range []*uploaded{one, two} {
		for j := range 3 {
			u.add(t, fmt.Sprintf("%d%d.png", i, j), fmt.Sprintf("%d%d.webp", i, j), riff("VP8L", flat(16383, 16383)))
		}
		u.write(t)
	}
	decoded := false
	all, err := VerifyAll(t.Context(), []string{root}, VerifyOptions{Head: head, Allowed: allowAll, Remake: func(Entry, []byte) error { decoded = true; return nil }})
	if err == nil || !strings.Contains(err.Error(), "all together have files of") || all != nil || decoded {
		t.Errorf("%v, %v", err, slices.Collect(slices.Values(all)))
	}
}
