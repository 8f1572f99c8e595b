// Package rights reads who made an image and whose it is from its metadata, and
// writes that, and nothing else, as XMP.
package rights

import (
	"bytes"
	"encoding/xml"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Notice is who made an image, whose it is, and who is to be named with it.
type Notice struct {
	Creators       []string
	Rights, Credit string
}

const (
	// maxText is the most bytes of one text, maxCreators the most creators, that are
	// kept: longer ones are not names.
	maxText     = 1024
	maxCreators = 16
)

// Read returns what EXIF (a TIFF stream), XMP and IPTC-IIM say, each of which may be
// empty or damaged. For each field the first one that has it is taken, of XMP, IPTC
// and EXIF.
func Read(exif, xmp, iptc []byte) Notice {
	var n Notice
	for _, one := range []Notice{readXMP(xmp), readIPTC(iptc), readEXIF(exif)} {
		if one = one.clean(); len(n.Creators) == 0 {
			n.Creators = one.Creators
		}
		if n.Rights == "" {
			n.Rights = one.Rights
		}
		if n.Credit == "" {
			n.Credit = one.Credit
		}
	}
	return n
}

// clean bounds what a file says.
func (n Notice) clean() Notice {
	out := Notice{Rights: clean(n.Rights), Credit: clean(n.Credit)}
	for _, c := range n.Creators {
		if c = clean(c); c != "" && len(out.Creators) < maxCreators {
			out.Creators = append(out.Creators, c)
		}
	}
	return out
}

// clean returns s as one line of text that XML can hold, cut after maxText bytes.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == 0xfffe, r == 0xffff:
			return -1
		}
		return r
	}, s)
	if s = strings.TrimSpace(s); len(s) <= maxText {
		return s
	}
	end := maxText
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.TrimSpace(s[:end])
}

// XMP returns the notice as an XMP packet (ISO 16684-1), nil if it says nothing.
func (n Notice) XMP() []byte {
	if len(n.Creators) == 0 && n.Rights == "" && n.Credit == "" {
		return nil
	}
	var b bytes.Buffer
	text := func(before, s, after string) {
		b.WriteString(before)
		_ = xml.EscapeText(&b, []byte(s)) // a Buffer does not fail
		b.WriteString(after)
	}
	b.WriteString(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="` + nsRDF +
		`"><rdf:Description rdf:about="" xmlns:dc="` + nsDC + `" xmlns:photoshop="` + nsPhotoshop + `">`)
	if len(n.Creators) > 0 {
		b.WriteString("<dc:creator><rdf:Seq>")
		for _, c := range n.Creators {
			text("<rdf:li>", c, "</rdf:li>")
		}
		b.WriteString("</rdf:Seq></dc:creator>")
	}
	if n.Rights != "" {
		text(`<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">`, n.Rights, "</rdf:li></rdf:Alt></dc:rights>")
	}
	if n.Credit != "" {
		text("<photoshop:Credit>", n.Credit, "</photoshop:Credit>")
	}
	b.WriteString("</rdf:Description></rdf:RDF></x:xmpmeta>")
	return b.Bytes()
}
