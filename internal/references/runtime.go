package references

import (
	"bytes"
	"regexp"
	"strings"
)

// isDynamic reports whether an attribute of Vue, Alpine or Angular repeats its element, may leave it
// out, or sets what its address is.
func isDynamic(name string) bool {
	for _, prefix := range []string{"v-for", "v-if", "v-else", "v-bind", "x-for", "x-if", "*ng", "nv-if", "t-if", "t-foreach", "py:if", "py:for"} {
		if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, "v-bind:") {
			return true
		}
	}
	name, bound := boundAttribute(name)
	return bound && (name == "src" || name == "srcset")
}

// atRunTime notes what an attribute of an <img> or a <source> says about scripts and templates that change
// the element: a <source> would take precedence over an address that they set.
func (w *htmlWalk) atRunTime(name string, value []byte) {
	switch {
	case name == "slot" || name == "xmlns" || name == "is":
		w.el.dynamic = needsImg
	case setsAddress(name, value):
		w.el.dynamic = setAtRunTime
		w.el.derived = w.el.derived || name == "data-rjs" || derivesAddress.Match(value)
	}
}

// setsAddress reports whether an attribute lets a script or a template set the address of its element
// when the page is shown or made. Frameworks and libraries have a name of their own for it (:src, [ngSrc],
// t-att-src, wire:src, data-lazy-src), or code in its value (@mouseover, py:attrs); other libraries have
// a second image in it (data-hover).
func setsAddress(name string, value []byte) bool {
	switch name {
	case "src", "srcset", "sizes", "alt", "title", "class", "id", "name", "style", "longdesc", "usemap", "type", "media",
		"width", "height", "loading", "decoding", "itemprop", "data-title", "data-caption", "data-alt":
		return false
	case "x-bind", "v-lazy", "data-echo", "data-rjs", "data-interchange":
		return true
	}
	if strings.HasPrefix(name, "aria-") {
		return false
	}
	return strings.Contains(name, "src") || bytes.Contains(value, []byte("src")) || mentionsImage(value) || handlesElement(name, value)
}

// handlesElement reports whether an attribute hands its element over to a function when it fails to load or
// a pointer is over it, which may set its address: onerror="fallback(this)", @error="onError".
func handlesElement(name string, value []byte) bool {
	if !strings.HasPrefix(name, "on") && !strings.ContainsAny(name, "@:(") && !strings.HasPrefix(name, "data-action") {
		return false
	}
	for _, event := range []string{"mouse", "pointer", "touch", "focus", "error", "hover"} {
		if strings.Contains(name, event) {
			return handler.Match(value)
		}
	}
	return false
}

var (
	// handler is the name of a function alone, or a call with the element or the event.
	handler = regexp.MustCompile(`^\W*[\w$.]+\W*$|\(\s*(?:this|event|\$event|\$el)\b`)
	// derivesAddress is code that makes an address of that which is there.
	derivesAddress = regexp.MustCompile(`\bsrc\b['"]?\s*\)?\s*\??\.\s*\w|\bsrc\s*\+`)
)

// setsSize reports whether an attribute of an <img> sets its size when the page is shown or made: with width
// and height beside it, the image would be stretched.
func setsSize(name string) bool {
	switch name {
	case "style", "width", "height":
		return false
	}
	if strings.Contains(name, "style") {
		return true
	}
	if strings.HasPrefix(name, "data-") && !strings.HasPrefix(name, "data-th-") && !strings.HasPrefix(name, "data-ng-") {
		return false
	}
	return strings.Contains(name, "width") || strings.Contains(name, "height") || strings.HasPrefix(name, "{")
}
