package references

import (
	"slices"
	"strings"

	yamltoken "github.com/goccy/go-yaml/token"
)

// An object is a mapping of data or of a script, whose media type must agree with the image beside it.
// Only what is directly in it counts, and not what is in a list or another object. A nil one takes nothing.
type object struct {
	images []objectImage
	types  []mediaType
}

type objectImage struct {
	place       *place
	key, format string
}

type mediaType struct {
	span
	format string
}

// image records that the last reference that was found is the value of a key.
func (o *object) image(f *finder, key string) {
	// A key with a dot is in an object of its own, in TOML.
	if o == nil || strings.Contains(key, ".") {
		return
	}
	r := f.refs[len(f.refs)-1]
	address, _, _ := strings.Cut(r.Address, "?")
	address, _, _ = strings.Cut(address, "#")
	o.images = append(o.images, objectImage{r.at, strings.ToLower(key), formatName(address[strings.LastIndexByte(address, '.')+1:])})
}

// mediaType records a string that is the value of a key, if it is the media type of an image.
func (o *object) mediaType(key, value string, at span) {
	if format, ok := strings.CutPrefix(value, "image/"); o != nil && ok && isTypeKey(key) {
		o.types = append(o.types, mediaType{at, formatName(format)})
	}
}

// end gives the type to the image that it is of, and agrees with: the only one, or the only one whose key
// says so.
func (o *object) end() {
	if o == nil || len(o.types) != 1 {
		return
	}
	images := o.images
	if len(images) > 1 {
		images = slices.DeleteFunc(images, func(i objectImage) bool { return !slices.Contains(mainKeys, i.key) })
	}
	if t := o.types[0]; len(images) == 1 && images[0].format == t.format {
		images[0].place.mime = t.span
	}
}

// mainKeys are those of the image that an object is about, where it has others such as a thumbnail.
var mainKeys = []string{"src", "url", "href", "path", "file", "image", "contenturl"}

// formatName is the usual name of a format, by a file name extension or a media type.
func formatName(s string) string {
	switch s = strings.ToLower(s); s {
	case "jpg", "jpe", "jfif", "pjpeg":
		return "jpeg"
	case "tif":
		return "tiff"
	case "apng":
		return "png"
	case "heif", "hif":
		return "heic"
	}
	return s
}

func isTypeKey(key string) bool {
	switch strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(key)) {
	case "type", "mime", "mimetype", "mediatype", "contenttype", "encodingformat":
		return true
	}
	return false
}

// yamlObjects are the mappings that a value of YAML stands in, by their column in bytes from 0.
type yamlObjects struct {
	open []yamlObject
}

type yamlObject struct {
	object *object
	column int
	key    string
	// flow says that it is written in brackets or braces. listed says that the value of its key is a list.
	flow, listed bool
}

func (y *yamlObjects) top() *yamlObject {
	if len(y.open) == 0 {
		return nil
	}
	return &y.open[len(y.open)-1]
}

// token takes one that is no string, at its column.
func (y *yamlObjects) token(t *yamltoken.Token, column int) {
	if t.Next != nil && t.Next.Type == yamltoken.MappingValueType {
		y.key(column, t.Value)
		return
	}
	switch t.Type {
	case yamltoken.SequenceEntryType:
		y.entry(column)
	case yamltoken.SequenceStartType:
		y.start(nil)
	case yamltoken.MappingStartType:
		y.start(&object{})
	case yamltoken.SequenceEndType, yamltoken.MappingEndType:
		y.stop()
	case yamltoken.DocumentHeaderType, yamltoken.DocumentEndType:
		y.end()
	default:
	}
}

// start opens a mapping or, with nil, a list in brackets.
func (y *yamlObjects) start(o *object) { y.open = append(y.open, yamlObject{object: o, flow: true}) }

// stop closes what start opened last.
func (y *yamlObjects) stop() {
	if t := y.top(); t != nil && t.flow {
		y.pop()
	}
}

func (y *yamlObjects) pop() {
	y.top().object.end()
	y.open = y.open[:len(y.open)-1]
}

// leave closes the mappings that are further to the right than a column.
func (y *yamlObjects) leave(column int) {
	for t := y.top(); t != nil && !t.flow && t.column > column; t = y.top() {
		y.pop()
	}
}

// entry is the dash of a list.
func (y *yamlObjects) entry(column int) {
	y.leave(column)
	if t := y.top(); t != nil && !t.flow {
		t.listed = true
	}
}

func (y *yamlObjects) key(column int, name string) {
	y.leave(column)
	t := y.top()
	if t == nil || !t.flow && t.column < column {
		y.open = append(y.open, yamlObject{object: &object{}, column: column})
		t = y.top()
	}
	t.key, t.listed = name, false
}

// value gives the mapping that has a value directly, and its key there. It is nil for that of a list.
func (y *yamlObjects) value() (*object, string) {
	t := y.top()
	if t == nil || t.listed {
		return nil, ""
	}
	return t.object, t.key
}

func (y *yamlObjects) end() {
	for len(y.open) > 0 {
		y.pop()
	}
}
