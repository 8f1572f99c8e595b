package container

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

// isobox is a box of a body.
func isobox(kind string, body ...string) string {
	whole := strings.Join(body, "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(whole)))) + kind + whole
}

// An avifParts is an AVIF under construction. What is put together has its items where
// they lie in mdat.
type avifParts struct {
	ftyp, before, hdlr, pitm, ipco, ipma, iref, more, after string
	items                                                   []avifPart
	gap                                                     string // behind the items
	shift                                                   int    // of all offsets
}

type avifPart struct {
	infe, content string
	extents       uint16
}

func infe(flags byte, id byte, kind string, rest string) string {
	return isobox("infe", "\x02\x00\x00", string(rune(flags)), "\x00", string(rune(id)), "\x00\x00", kind, "\x00", rest)
}

// newAVIF is alpha.avif taken apart.
func newAVIF(t testing.TB) *avifParts {
	data := own(t, "alpha.avif")
	f, err := boxes(data, 0)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := boxes(f[1].body[4:], 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &avifParts{ftyp: string(f[0].body)}
	for _, b := range meta {
		switch b.kind {
		case "hdlr":
			p.hdlr = string(b.body)
		case "pitm":
			p.pitm = string(b.body)
		case "iref":
			p.iref = string(b.body)
		case "iprp":
			inner, err := boxes(b.body, 0)
			if err != nil {
				t.Fatal(err)
			}
			p.ipco, p.ipma = string(inner[0].body), string(inner[1].body)
		}
	}
	mdat := string(f[2].body)
	second := strings.LastIndex(mdat, "\x12\x00") // the delimiter before alpha
	p.items = []avifPart{{infe(0, 1, "av01", ""), mdat[:second], 1}, {infe(0, 2, "av01", ""), mdat[second:], 1}}
	return p
}

func (p *avifParts) add(infe, content string) { p.items = append(p.items, avifPart{infe, content, 1}) }

func (p *avifParts) file() []byte {
	build := func(start int) []byte {
		iinf, mdat := "", ""
		iloc := "\x00\x00\x00\x00\x44\x00" + string(binary.BigEndian.AppendUint16(nil, uint16(len(p.items))))
		for i, item := range p.items {
			iinf += item.infe
			iloc += "\x00" + string(rune(i+1)) + "\x00\x00" + string(binary.BigEndian.AppendUint16(nil, item.extents))
			iloc += string(binary.BigEndian.AppendUint32(nil, uint32(start+len(mdat)+p.shift)))
			iloc += string(binary.BigEndian.AppendUint32(nil, uint32(len(item.content))))
			mdat += item.content
		}
		head := isobox("ftyp", p.ftyp) + p.before + isobox("meta", "\x00\x00\x00\x00",
			isobox("hdlr", p.hdlr), isobox("pitm", p.pitm), isobox("iinf", "\x00\x00\x00\x00\x00", string(rune(len(p.items))), iinf),
			isobox("iloc", iloc), isobox("iprp", isobox("ipco", p.ipco), isobox("ipma", p.ipma)), isobox("iref", p.iref), p.more)
		if start == 0 {
			return []byte(head)
		}
		return []byte(head + isobox("mdat", mdat, p.gap) + p.after)
	}
	return build(len(build(0)) + 8)
}

func TestParseAVIFRefuses(t *testing.T) {
	t.Parallel()
	if _, err := Parse(asset.AVIF, newAVIF(t).file()); err != nil {
		t.Fatal(err)
	}
	const script = "<script>"
	ref := func(kind string, from, to byte) string {
		return isobox(kind, "\x00", string(rune(from)), "\x00\x01\x00", string(rune(to)))
	}
	for name, tt := range map[string]struct {
		change func(p *avifParts)
		want   string
	}{
		"brand":            {func(p *avifParts) { p.ftyp += "heic" }, `brand "heic"`},
		"other brand":      {func(p *avifParts) { p.ftyp = "heic" + p.ftyp[4:] }, `"ftyp" is not`},
		"minor version":    {func(p *avifParts) { p.ftyp = "avif<!--" + p.ftyp[8:] }, `"ftyp" is not`},
		"free":             {func(p *avifParts) { p.before = isobox("free", script) }, `"ftyp", "free", "meta"`},
		"behind":           {func(p *avifParts) { p.after = isobox("free", script) }, `"mdat", "free"`},
		"a film":           {func(p *avifParts) { p.before = isobox("moov", "") }, `"moov"`},
		"box in meta":      {func(p *avifParts) { p.more = isobox("uuid", script) }, `"uuid" is one that no AVIF`},
		"idat":             {func(p *avifParts) { p.more = isobox("idat", script) }, `"idat" is one that no AVIF`},
		"group":            {func(p *avifParts) { p.more = isobox("grpl", "") }, `"grpl" is one that no AVIF`},
		"twice":            {func(p *avifParts) { p.more = isobox("pitm", p.pitm) }, `"pitm" is there twice`},
		"many boxes":       {func(p *avifParts) { p.more = strings.Repeat(isobox("free"), 40) }, "more boxes"},
		"handler's name":   {func(p *avifParts) { p.hdlr = p.hdlr[:24] + script + "\x00" }, `"hdlr" is not`},
		"primary":          {func(p *avifParts) { p.pitm = "\x00\x00\x00\x00\x00\x09" }, ""},
		"alpha as primary": {func(p *avifParts) { p.pitm = "\x00\x00\x00\x00\x00\x02" }, ""},
		"gap":              {func(p *avifParts) { p.gap = script }, "8 bytes of its box \"mdat\" belong to no item"},
		"gap before":       {func(p *avifParts) { p.items[0].content = script + p.items[0].content }, "not one AV1 frame"},
		"shifted":          {func(p *avifParts) { p.shift = -8 }, "not in its box"},
		"shifted far":      {func(p *avifParts) { p.shift = 1 << 30 }, "not in its box"},
		"extents":          {func(p *avifParts) { p.items[0].extents = 2 }, `"iloc" is not`},
		"no extents":       {func(p *avifParts) { p.items[1].extents = 0 }, `"iloc" is not`},
		"empty item":       {func(p *avifParts) { p.items[1].content = "" }, "not in its box"},
		"another image":    {func(p *avifParts) { p.add(infe(0, 3, "av01", ""), p.items[0].content) }, "neither its image nor"},
		"hidden image":     {func(p *avifParts) { p.add(infe(1, 3, "av01", ""), p.items[0].content) }, "hidden image"},
		"grid":             {func(p *avifParts) { p.add(infe(0, 3, "grid", ""), script) }, `item of type "grid"`},
		"HTML as an item":  {func(p *avifParts) { p.add(infe(1, 3, "mime", "text/html\x00"), script) }, "neither an image nor EXIF nor XMP"},
		"XMP, packed":      {func(p *avifParts) { p.add(infe(1, 3, "mime", xmpType+"deflate\x00"), script) }, "neither an image nor EXIF nor XMP"},
		"a name": {func(p *avifParts) {
			p.items[0].infe = isobox("infe", "\x02\x00\x00\x00\x00\x01\x00\x00av01<script>\x00")
		}, `"infe" is not`},
		"protected":       {func(p *avifParts) { p.items[0].infe = isobox("infe", "\x02\x00\x00\x00\x00\x01\x00\x01av01\x00") }, `"infe" is not`},
		"EXIF of nothing": {func(p *avifParts) { p.add(infe(1, 3, "Exif", ""), "\x00\x00\x00\x00II*\x00") }, "neither its image nor"},
		"EXIF of alpha": {func(p *avifParts) {
			p.add(infe(1, 3, "Exif", ""), "\x00\x00\x00\x00II*\x00")
			p.iref += ref("cdsc", 3, 2)
		}, `"iref" is not`},
		"EXIF's offset": {func(p *avifParts) {
			p.add(infe(1, 3, "Exif", ""), "\x00\x00\x00\x08<script>II*\x00")
			p.iref += ref("cdsc", 3, 1)
		}, "EXIF has an offset"},
		"EXIF twice":         {twoEXIF(ref), "neither its image nor"},
		"thumbnail":          {func(p *avifParts) { p.iref = "\x00\x00\x00\x00" + ref("thmb", 2, 1) }, "neither its image nor"},
		"alpha of itself":    {func(p *avifParts) { p.iref = "\x00\x00\x00\x00" + ref("auxl", 1, 1) + ref("auxl", 2, 1) }, ""},
		"premultiplied":      {func(p *avifParts) { p.iref += ref("prem", 1, 2) }, `"iref" is not`},
		"unused property":    {func(p *avifParts) { p.ipco += isobox("free", script) }, `"free" is of no image`},
		"unknown property":   {property(isobox("uuid", script)), `"uuid" is one that no AVIF`},
		"turned":             {property(isobox("irot", "\x01")), `"irot" is one that no AVIF`},
		"cropped":            {property(isobox("clap", strings.Repeat("\x00", 32))), `"clap" is one that no AVIF`},
		"depth of too much":  {property(isobox("pixi", "\x00\x00\x00\x00\x09aaaaaaaaa")), `"pixi" is not`},
		"color of no kind":   {property(isobox("colr", "nclc\x00\x01\x00\x01\x00\x01")), `"colr" is not`},
		"size twice":         {property(isobox("ispe", "\x00\x00\x00\x00\x00\x00\x00\x3c\x00\x00\x00\x28")), ""},
		"another size":       {size("\x00\x00\x00\x3d\x00\x00\x00\x28"), "header says 61x40, and the image in it is 60x40"},
		"a huge size":        {size("\x7f\xff\xff\xff\x7f\xff\xff\xff"), "and the image in it is 60x40"},
		"config with more":   {config("\x81\x00\x0c\x00" + script), `"av1C" is not`},
		"config of nothing":  {config("\x01\x00\x0c\x00"), `"av1C" is not`},
		"property of no one": {func(p *avifParts) { p.ipma = p.ipma[:len(p.ipma)-1] + "\x7f" }, `"ipma" is not`},
		"a frame more":       {func(p *avifParts) { p.items[0].content += "\x32\x08" + script }, "bytes follow its image"},
		"padding in AV1":     {func(p *avifParts) { p.items[0].content += "\x7a\x08" + script }, "follow its image"},
		"metadata in AV1":    {func(p *avifParts) { c := p.items[0].content; p.items[0].content = c[:2] + "\x2a\x08" + script + c[2:] }, "not one AV1 frame"},
		"long size in AV1":   {func(p *avifParts) { p.items[0].content = "\x12\x80\x00" + p.items[0].content[2:] }, "not one AV1 frame"},
		"extension in AV1":   {func(p *avifParts) { p.items[0].content = "\x16\x00\x00" + p.items[0].content[2:] }, "not one AV1 frame"},
	} {
		p := newAVIF(t)
		tt.change(p)
		if got, err := Parse(asset.AVIF, p.file()); err == nil || !strings.Contains(err.Error(), tt.want) || got.Width != 0 {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func twoEXIF(ref func(string, byte, byte) string) func(*avifParts) {
	return func(p *avifParts) {
		for id := byte(3); id <= 4; id++ {
			p.add(infe(1, id, "Exif", ""), "\x00\x00\x00\x00II*\x00")
			p.iref += ref("cdsc", id, 1)
		}
	}
}

// property adds a property to the first image.
func property(box string) func(*avifParts) {
	return func(p *avifParts) {
		p.ipco += box
		all, _ := boxes([]byte(p.ipco), 0)
		n := p.ipma[10]
		p.ipma = p.ipma[:10] + string(rune(n+1)) + p.ipma[11:11+n] + string(rune(len(all))) + p.ipma[11+n:]
	}
}

// size gives both images another size, config another body of av1C.
func size(body string) func(*avifParts)   { return replaced("ispe", "\x00\x00\x00\x00"+body) }
func config(body string) func(*avifParts) { return replaced("av1C", body) }

func replaced(kind, body string) func(*avifParts) {
	return func(p *avifParts) {
		all, _ := boxes([]byte(p.ipco), 0)
		p.ipco = ""
		for _, b := range all {
			if b.kind == kind {
				b.body = []byte(body)
			}
			p.ipco += isobox(b.kind, string(b.body))
		}
	}
}

// Two items that share bytes would account for a gap.
func TestParseAVIFOverlap(t *testing.T) {
	t.Parallel()
	data := own(t, "alpha.avif")
	iloc := bytes.Index(data, []byte("iloc"))
	second := iloc + 4 + 8 + 18 + 4 // its base
	first := slices.Clone(data[second-18 : second-14])
	if binary.BigEndian.Uint32(first) == 0 {
		t.Fatal("no base there")
	}
	copy(data[second:], first)
	if _, err := Parse(asset.AVIF, data); err == nil {
		t.Error("passes")
	}
}
