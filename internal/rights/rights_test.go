package rights

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// packet is XMP with something in its description.
func packet(attributes, properties string) []byte {
	return []byte(`<?xpacket begin="` + "\ufeff" + `" id="W5M0MpCehiHzreSzNTczkc9d"?>` +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="` + nsRDF + `"><rdf:Description rdf:about=""` +
		` xmlns:dc="` + nsDC + `" xmlns:photoshop="` + nsPhotoshop + `" xmlns:exif="http://ns.adobe.com/exif/1.0/"` +
		` xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" ` + attributes + `>` + properties +
		`</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`)
}

const names = "\n<dc:creator>\n <rdf:Seq>\n  <rdf:li>Ada &amp; Co.</rdf:li>\n  <rdf:li>Bob</rdf:li>\n </rdf:Seq>\n</dc:creator>"

func TestReadXMP(t *testing.T) {
	for name, tt := range map[string]struct {
		xmp  []byte
		want Notice
	}{
		"elements": {
			packet("", names+`<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Ada</rdf:li><rdf:li xml:lang="de">bei Ada</rdf:li></rdf:Alt></dc:rights>`+
				`<photoshop:Credit>Agency</photoshop:Credit>`),
			Notice{Creators: []string{"Ada & Co.", "Bob"}, Rights: "© Ada", Credit: "Agency"},
		},
		"attributes": {
			packet(`photoshop:Credit="A &quot;B&quot;" dc:rights='all' exif:GPSLatitude="48,8N"`, ""),
			Notice{Rights: "all", Credit: `A "B"`},
		},
		"plain":          {packet("", `<dc:creator>Ada</dc:creator>`), Notice{Creators: []string{"Ada"}}},
		"other language": {packet("", `<dc:rights><rdf:Alt><rdf:li xml:lang="fr">à elle</rdf:li></rdf:Alt></dc:rights>`), Notice{Rights: "à elle"}},
		"other images": {
			packet("", `<xmpMM:Ingredients><rdf:Bag><rdf:li><rdf:Description><dc:creator><rdf:Seq><rdf:li>Eve</rdf:li></rdf:Seq></dc:creator>`+
				`<photoshop:Credit>Eve</photoshop:Credit></rdf:Description></rdf:li></rdf:Bag></xmpMM:Ingredients>`),
			Notice{},
		},
		"other prefixes": {
			[]byte(`<R:RDF xmlns:R="` + nsRDF + `"><R:Description xmlns:d="` + nsDC + `" xmlns:dc="urn:other"><d:rights>mine</d:rights><dc:rights>other</dc:rights></R:Description></R:RDF>`),
			Notice{Rights: "mine"},
		},
		"cut short": {packet("", names)[:len(packet("", names))-40], Notice{Creators: []string{"Ada & Co.", "Bob"}}},
		"entities":  {[]byte(`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + string(packet("", `<dc:rights>&e;</dc:rights>`))), Notice{Rights: "&e;"}},
		"deep":      {[]byte(strings.Repeat("<a>", 1000) + string(packet("", names))), Notice{}},
		"none":      {nil, Notice{}},
	} {
		if diff := cmp.Diff(tt.want, Read(nil, tt.xmp, nil)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// tags is EXIF whose first directory has these tags as text.
func tags(order binary.ByteOrder, texts map[uint16]string) []byte {
	head := "II*\x00"
	if order == binary.ByteOrder(binary.BigEndian) {
		head = "MM\x00*"
	}
	b := append([]byte(head), make([]byte, 4+2+12*len(texts)+4)...)
	order.PutUint32(b[4:], 8)
	order.PutUint16(b[8:], uint16(len(texts)))
	at := 10
	for _, tag := range []uint16{0x010f, 0x013b, 0x8298} {
		text, ok := texts[tag]
		if !ok {
			continue
		}
		text += "\x00"
		order.PutUint16(b[at:], tag)
		order.PutUint16(b[at+2:], 2)
		order.PutUint32(b[at+4:], uint32(len(text)))
		if len(text) <= 4 {
			copy(b[at+8:], text)
		} else {
			order.PutUint32(b[at+8:], uint32(len(b)))
			b = append(b, text...)
		}
		at += 12
	}
	return b
}

func TestReadEXIF(t *testing.T) {
	for name, tt := range map[string]struct {
		texts map[uint16]string
		want  Notice
	}{
		"both":      {map[uint16]string{0x010f: "Canon", 0x013b: "Ada", 0x8298: "© Ada 2020"}, Notice{Creators: []string{"Ada"}, Rights: "© Ada 2020"}},
		"two":       {map[uint16]string{0x8298: "Ada\x00Bob"}, Notice{Rights: "Ada, Bob"}},
		"editor":    {map[uint16]string{0x8298: " \x00Bob"}, Notice{Rights: "Bob"}},
		"latin":     {map[uint16]string{0x8298: "\xa9 J\xfcrgen"}, Notice{Rights: "© Jürgen"}},
		"nothing":   {map[uint16]string{0x010f: "Canon"}, Notice{}},
		"spaces":    {map[uint16]string{0x013b: "       ", 0x8298: "\n\t"}, Notice{}},
		"long text": {map[uint16]string{0x013b: strings.Repeat("ä", 5000)}, Notice{Creators: []string{strings.Repeat("ä", maxText/2)}}},
	} {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			exif := tags(order, tt.texts)
			if diff := cmp.Diff(tt.want, Read(exif, nil, nil)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			for n := range exif {
				Read(exif[:n], nil, nil) // must not panic
			}
		}
	}
}

// sets is IPTC-IIM of record, number and value.
func sets(all ...any) []byte {
	var b []byte
	for i := 0; i < len(all); i += 3 {
		value := all[i+2].(string)
		b = append(b, 0x1c, byte(all[i].(int)), byte(all[i+1].(int)), byte(len(value)>>8), byte(len(value)))
		b = append(b, value...)
	}
	return b
}

func TestReadIPTC(t *testing.T) {
	for name, tt := range map[string]struct {
		iptc []byte
		want Notice
	}{
		"all":     {sets(1, 90, "\x1b%G", 2, 0, "\x00\x02", 2, 80, "Ada", 2, 80, "Bö", 2, 110, "Agency", 2, 116, "©"), Notice{Creators: []string{"Ada", "Bö"}, Rights: "©", Credit: "Agency"}},
		"latin":   {sets(2, 80, "B\xf6", 2, 90, "Paris"), Notice{Creators: []string{"Bö"}}},
		"cut":     {append(sets(2, 80, "Ada"), 0x1c, 2, 116, 0, 9, 'x'), Notice{Creators: []string{"Ada"}}},
		"garbage": {[]byte("garbage"), Notice{}},
	} {
		if diff := cmp.Diff(tt.want, Read(nil, nil, tt.iptc)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestReadPrefersXMP(t *testing.T) {
	exif := tags(binary.LittleEndian, map[uint16]string{0x013b: "exif", 0x8298: "exif"})
	iptc := sets(2, 80, "iptc", 2, 110, "iptc")
	want := Notice{Creators: []string{"Ada & Co.", "Bob"}, Rights: "exif", Credit: "iptc"}
	if diff := cmp.Diff(want, Read(exif, packet("", names), iptc)); diff != "" {
		t.Error(diff)
	}
}

// What is written says the same when it is read, and nothing else.
func TestXMP(t *testing.T) {
	for _, want := range []Notice{
		{Creators: []string{"Ada", `<b a="x">&amp;'`}, Rights: "© ]]> 2020", Credit: "</rdf:RDF>"},
		{Rights: "mine"}, {Credit: "yours"}, {Creators: []string{"日本"}},
	} {
		if diff := cmp.Diff(want, Read(nil, want.XMP(), nil)); diff != "" {
			t.Error(diff)
		}
	}
	if xmp := (Notice{}).XMP(); xmp != nil {
		t.Errorf("%q", xmp)
	}
	var creators []any
	for i := range 100 {
		creators = append(creators, 2, 80, fmt.Sprint(i, strings.Repeat("&", 2000), "\x00\x01\uffff"))
	}
	if n := len(Read(nil, nil, sets(creators...)).XMP()); n > 200_000 {
		t.Errorf("a notice of %d bytes", n)
	}
	if got := Read(nil, nil, sets(2, 116, "a\x00\x1b\nb\x7f\xff")).Rights; got != "a bÿ" {
		t.Errorf("%q", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x00\x00"), packet("", names), sets(2, 80, "Ada"))
	f.Fuzz(func(t *testing.T, exif, xmp, iptc []byte) {
		n := Read(exif, xmp, iptc)
		if diff := cmp.Diff(n, Read(nil, n.XMP(), nil)); diff != "" {
			t.Error(diff)
		}
	})
}
