package rights

import (
	"bytes"
	"encoding/xml"
	"strings"
)

const (
	nsRDF       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	nsDC        = "http://purl.org/dc/elements/1.1/"
	nsPhotoshop = "http://ns.adobe.com/photoshop/1.0/"
	nsXML       = "http://www.w3.org/XML/1998/namespace"
)

const (
	// maxXMP is the length of a packet up to which it is read, in bytes.
	maxXMP = 4 << 20
	// maxDepth is how deep elements may lie in each other. Ours lie 6 deep.
	maxDepth = 64
)

// readXMP reads dc:creator, dc:rights and photoshop:Credit of the image itself, as
// elements or attributes of an rdf:Description directly in rdf:RDF: deeper ones are
// about other images, such as those that this one was made of. What comes before the
// first error counts.
func readXMP(xmp []byte) Notice {
	var n Notice
	if len(xmp) > maxXMP {
		return n
	}
	d := xml.NewDecoder(bytes.NewReader(xmp))
	d.Strict = false
	// A packet in another encoding than UTF-8 fails here: JPEG, PNG, WebP and HEIF
	// do not allow one.
	var stack []xml.Name
	var text strings.Builder
	var property xml.Name // the one that is being read
	var fallback bool     // its item is not the default language's
	for {
		token, err := d.Token()
		if err != nil {
			return n
		}
		switch t := token.(type) {
		case xml.StartElement:
			if stack = append(stack, t.Name); len(stack) > maxDepth {
				return n
			}
			text.Reset()
			switch {
			case described(stack):
				for _, a := range t.Attr {
					n.set(a.Name, a.Value, false)
				}
			case described(stack[:len(stack)-1]):
				property = t.Name
			case t.Name == xml.Name{Space: nsRDF, Local: "li"}:
				fallback = false
				for _, a := range t.Attr {
					fallback = fallback || a.Name == xml.Name{Space: nsXML, Local: "lang"} && a.Value != "x-default"
				}
			}
		case xml.CharData:
			if text.Len() < 4*maxText {
				text.Write(t)
			}
		case xml.EndElement:
			switch depth := len(stack); {
			case depth > 1 && described(stack[:depth-1]): // a property without a list
				n.set(property, text.String(), false)
				property = xml.Name{}
			case t.Name == xml.Name{Space: nsRDF, Local: "li"} && depth > 3 && described(stack[:depth-3]):
				n.set(property, text.String(), fallback)
			}
			text.Reset()
			if len(stack) > 0 {
				stack = stack[:len(stack)-1]
			}
		}
	}
}

// described reports whether the last of nested elements is an rdf:Description of the image.
func described(stack []xml.Name) bool {
	last := len(stack) - 1
	return last >= 1 && stack[last] == xml.Name{Space: nsRDF, Local: "Description"} &&
		stack[last-1] == xml.Name{Space: nsRDF, Local: "RDF"}
}

// set takes a value of a property. A fallback is taken where there is no other.
func (n *Notice) set(property xml.Name, value string, fallback bool) {
	if value = clean(value); value == "" {
		return
	}
	switch property {
	case xml.Name{Space: nsDC, Local: "creator"}:
		if len(n.Creators) < maxCreators {
			n.Creators = append(n.Creators, value)
		}
	case xml.Name{Space: nsDC, Local: "rights"}:
		if n.Rights == "" || !fallback {
			n.Rights = value
		}
	case xml.Name{Space: nsPhotoshop, Local: "Credit"}:
		n.Credit = value
	}
}
