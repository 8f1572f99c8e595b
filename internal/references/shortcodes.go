package references

import (
	"bytes"
	"slices"
)

// imageTags are shortcodes of Hugo and tags of Liquid whose words are paths of images.
var imageTags = []string{
	"figure", "img", "image", "picture", "photo", "responsive_image", "responsive-image", "lightbox", "gallery-image",
	"bundle-image", "asset", "imgproc", "thumbnail", "cloudinary", "video",
}

// imageParameters are names of their parameters.
var imageParameters = []string{"src", "image", "img", "path", "url", "file", "link", "href", "poster", "thumb", "thumbnail", "cover", "background"}

// template finds the references of an expression of a template. A shortcode that has an image as
// its parameter is certain, everything else is not.
func (f *finder) template(s span) {
	b := f.src[s.off:s.end]
	if !mentionsImage(b) {
		return
	}
	hugo := bytes.HasPrefix(b, []byte("{{<")) || bytes.HasPrefix(b, []byte("{{%"))
	if !hugo && !bytes.HasPrefix(b, []byte("{%")) || bytes.HasPrefix(b, []byte("{{</*")) || bytes.HasPrefix(b, []byte("{{%/*")) {
		f.quoted(s, "it is in an expression of a template")
		return
	}
	w := &wordWalk{b: f.src[:s.end-2], i: s.off + 2}
	if hugo {
		w.i++
		w.b = f.src[:s.end-3]
	}
	if w.i < len(w.b) && w.b[w.i] == '-' {
		w.i++
	}
	tag, ok := w.next()
	if !ok || tag.off >= tag.end {
		return
	}
	name := string(f.src[tag.off:tag.end])
	if slices.Contains(codeTags, name) {
		f.quoted(s, "it is code that is shown")
		return
	}
	include := name == "include" || name == "include_relative" || name == "include_cached" || name == "render" || name == "partial"
	if !hugo && !include && !slices.Contains(imageTags, name) {
		f.quoted(s, "it is in an expression of a template")
		return
	}
	for {
		word, ok := w.next()
		if !ok {
			return
		}
		why := ""
		switch {
		case bytes.Contains(f.src[word.off:word.end], []byte("{{")):
			why = byExpression
		case word.name != "" && !slices.Contains(imageParameters, word.name),
			word.name == "" && (include || !slices.Contains(imageTags, name)):
			why = "the parameter may not be an image"
		}
		form := plain
		if word.quote == '"' {
			form = jsonString
		}
		f.add(word.span, Shortcode, place{form: form, quote: word.quote}, why)
	}
}

// A word is a parameter: a, "a b", name=a or name="a b".
type word struct {
	span
	name  string
	quote byte
}

type wordWalk struct {
	b []byte
	i int
}

func (w *wordWalk) next() (word, bool) {
	for w.i < len(w.b) && (isSpace(w.b[w.i]) || w.b[w.i] == ',' || w.b[w.i] == '/') {
		if w.b[w.i] == '/' && w.i+1 < len(w.b) && !isSpace(w.b[w.i+1]) {
			break
		}
		w.i++
	}
	if w.i >= len(w.b) {
		return word{}, false
	}
	out := word{}
	from := w.i
	for w.i < len(w.b) {
		switch c := w.b[w.i]; {
		case (c == '=' || c == ':' && w.i+1 < len(w.b) && (isSpace(w.b[w.i+1]) || w.b[w.i+1] == '"')) && out.name == "":
			out.name = string(w.b[from:w.i])
			w.i++
			for w.i < len(w.b) && isSpace(w.b[w.i]) {
				w.i++
			}
			from = w.i
			continue
		case (c == '"' || c == '\'' || c == '`') && w.i == from:
			end := closing(w.b, w.i+1, c)
			if end < 0 {
				end = len(w.b)
			}
			out.span, out.quote = span{w.i + 1, end}, c
			w.i = min(end+1, len(w.b))
			return out, true
		case isSpace(c):
			out.span = span{from, w.i}
			return out, true
		}
		w.i++
	}
	out.span = span{from, w.i}
	return out, true
}
