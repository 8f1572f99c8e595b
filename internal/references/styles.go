package references

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// Styles are the rules of style sheets that set the size of images, or choose them by where they are. With width and height beside it, an <img>
// of which a rule sets one side alone would be stretched.
type Styles struct {
	rules []styleRule
}

// maxRules is how many rules are kept, more than any site has by hand.
const maxRules = 20000

// sides are those of an image.
type sides uint8

const (
	widthSide sides = 1 << iota
	heightSide
)

// A styleRule sets or limits sides of images.
type styleRule struct {
	selector
	// sets are the sides that it has a value for, which may be auto; limits are those that are not as they are
	// in the image then.
	sets, limits sides
	// conditional says that it may not apply, as in @media.
	conditional bool
	// place says that it is for an image in a certain place, which it would not have within a <picture>.
	place bool
	// only is the file that it is for alone, that of a component, empty for all.
	only string
}

// styleElement is a style sheet in a page.
var styleElement = regexp.MustCompile(`(?is)<style\b([^>]*)>(.*?)</style`)

// Add takes the rules of a text file of this name, if it has any. Those of a component are for that alone:
// https://vuejs.org/api/sfc-css-features, https://svelte.dev/docs/svelte/scoped-styles,
// https://docs.astro.build/en/guides/styling/#scoped-styles.
func (s *Styles) Add(name string, src []byte) {
	lang, _ := Language(name)
	switch lang {
	case LangCSS:
		s.scan(src)
	case LangHTML, LangVue, LangSvelte, LangAstro, LangMarkdown, LangMDX:
		if bytes.Contains(src, []byte("<style")) {
			for _, m := range styleElement.FindAllSubmatch(src, -1) {
				first := len(s.rules)
				s.scan(m[2])
				global := bytes.Contains(m[1], []byte("global")) || bytes.Contains(m[2], []byte(":global"))
				if lang == LangVue && bytes.Contains(m[1], []byte("scoped")) || !global && (lang == LangSvelte || lang == LangAstro) {
					for i := range s.rules[first:] {
						s.rules[first+i].only = name
					}
				}
			}
		}
	default:
	}
}

// IsEmpty reports whether there is no such rule.
func (s *Styles) IsEmpty() bool { return len(s.rules) == 0 }

// JoinStyles makes one of several, which may be nil. Pages often have the same rules.
func JoinStyles(all []*Styles) *Styles {
	type key struct {
		text, only         string
		sets, limits       sides
		conditional, place bool
	}
	out, known := &Styles{}, map[key]bool{}
	for _, s := range all {
		if s == nil {
			continue
		}
		for _, r := range s.rules {
			k := key{r.text, r.only, r.sets, r.limits, r.conditional, r.place}
			if !known[k] && len(out.rules) < maxRules {
				known[k] = true
				out.rules = append(out.rules, r)
			}
		}
	}
	return out
}

// A styleFrame is a block that is open: of a rule, or of what is around rules.
type styleFrame struct {
	selectors    []string
	sets, limits sides
	conditional  bool
	// pictures says that a selector is about a <picture>, which is what the others leave out then.
	pictures bool
	// declared says that it has declarations.
	declared bool
	// arranges says how it is laid out as a child of flex or grid.
	arranges bool
	// ignored says that it has no rules for images, such as @keyframes.
	ignored bool
}

const (
	maxFrames    = 32
	maxSelectors = 64
)

// scan reads CSS, SCSS or Less, with rules in rules.
func (s *Styles) scan(b []byte) {
	frames := []styleFrame{{}}
	deep := 0
	var text []byte
	var skipper styleSkipper
	for i := 0; i < len(b); i++ {
		c := b[i]
		if n := skipper.skip(b[i:]); n > 0 {
			i += n - 1
			continue
		}
		last := &frames[len(frames)-1]
		switch c {
		case '{':
			if len(frames) == maxFrames || len(text) > maxStyleString {
				deep++
			} else {
				frames = append(frames, last.open(strings.TrimSpace(string(text))))
			}
			text = text[:0]
		case ';':
			last.declare(string(text))
			text = text[:0]
		case '}':
			last.declare(string(text))
			text = text[:0]
			switch {
			case deep > 0:
				deep--
			case len(frames) > 1:
				s.close(*last)
				frames = frames[:len(frames)-1]
			}
		default:
			text = append(text, c)
		}
	}
}

// A styleSkipper knows what begins and has no end, so that it is searched for once.
type styleSkipper struct{ endless [len(stylePassages)]bool }

// stylePassages are comments, strings and expressions.
var stylePassages = [...]struct {
	begin, end string
	long       bool // it may go over several lines
}{
	{"/*", "*/", true}, {"//", "\n", true}, {`"`, `"`, false}, {"'", "'", false}, {"#{", "}", false}, {"{{", "}}", true}, {"{%", "%}", true}, {"url(", ")", false},
}

// maxStyleString is the length of a string, or of an address, that is looked for.
const maxStyleString = 1 << 14

// skip gives the length of what b begins with if it is one of them.
func (s *styleSkipper) skip(b []byte) int {
	for i, p := range stylePassages {
		if s.endless[i] || !bytes.HasPrefix(b, []byte(p.begin)) {
			continue
		}
		rest := b[len(p.begin):]
		if !p.long {
			rest = rest[:min(len(rest), maxStyleString)]
		}
		end := bytes.Index(rest, []byte(p.end))
		if end < 0 || !p.long && bytes.IndexByte(rest[:end], '\n') >= 0 {
			s.endless[i] = p.long
			return 0
		}
		return len(p.begin) + end + len(p.end)
	}
	return 0
}

// open is the frame of a block that begins with a text.
func (f *styleFrame) open(text string) styleFrame {
	out := styleFrame{conditional: f.conditional, ignored: f.ignored}
	switch word, _, _ := strings.Cut(text, " "); {
	case f.ignored:
	case strings.HasPrefix(word, "@"):
		out.ignored = true
		name, _, _ := strings.Cut(word, "(")
		if slices.Contains([]string{"@media", "@supports", "@layer", "@container", "@include", "@if", "@else", "@each", "@at-root", "@scope"}, name) {
			out.ignored = false
			out.selectors, out.conditional = f.selectors, f.conditional || name != "@layer"
		}
	case strings.HasSuffix(text, ":"):
		out.ignored = true
	default:
		out.pictures = strings.Contains(text, "picture")
		for one := range strings.SplitSeq(text, ",") {
			one = strings.TrimSpace(one)
			switch {
			case len(f.selectors) == 0:
				out.selectors = append(out.selectors, one)
			default:
				for _, outer := range f.selectors {
					if strings.Contains(one, "&") {
						out.selectors = append(out.selectors, strings.ReplaceAll(one, "&", outer))
					} else {
						out.selectors = append(out.selectors, outer+" "+one)
					}
				}
			}
		}
		if len(out.selectors) > maxSelectors {
			out.selectors = out.selectors[:maxSelectors]
		}
	}
	return out
}

// declare notes what a declaration says about sizes.
func (f *styleFrame) declare(text string) {
	if rest, ok := strings.CutPrefix(strings.TrimSpace(text), "@apply"); ok {
		if classSetsSide([]byte(rest)) {
			f.limits |= heightSide
		}
		return
	}
	name, value, ok := strings.Cut(text, ":")
	if !ok {
		return
	}
	f.declared = true
	name = strings.ToLower(strings.TrimSpace(name))
	value, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(value)), " ")
	switch name {
	case "flex", "flex-grow", "flex-shrink", "flex-basis", "align-self", "justify-self", "place-self", "order", "grid-area", "grid-row", "grid-column":
		f.arranges = true
	}
	limited := !slices.Contains([]string{"auto", "none", "initial", "unset", "revert", "0", "fit-content", "max-content"}, value)
	var side sides
	switch strings.TrimPrefix(strings.TrimPrefix(name, "max-"), "min-") {
	case "width", "inline-size":
		side = widthSide
	case "height", "block-size":
		side = heightSide
	case "aspect-ratio":
		side = widthSide | heightSide
	default:
		return
	}
	if name == "width" || name == "height" || strings.HasSuffix(name, "-size") && !strings.HasPrefix(name, "m") {
		f.sets |= side
	}
	if limited {
		f.limits |= side
	}
}

// close keeps what a block says about images.
func (s *Styles) close(f styleFrame) {
	if !f.declared && f.limits == 0 {
		return
	}
	for _, text := range f.selectors {
		sel, ok := parseSelector(text)
		place := (sel.place || f.arranges) && !f.pictures
		if ok && sel.choosesImages() && (f.sets|f.limits > 0 || place) && len(s.rules) < maxRules {
			s.rules = append(s.rules, styleRule{selector: sel, sets: f.sets, limits: f.limits, conditional: f.conditional, place: place})
		}
	}
}

// choosesPlace gives the selector of a rule for an <img> of the page of this name that would not choose it within a <picture>, empty if
// there is none.
func (s *Styles) choosesPlace(name string, src []byte, el *element) string {
	if s == nil {
		return ""
	}
	img := el.openTag()
	for i := range s.rules {
		if r := &s.rules[i]; r.place && r.isFor(name) && r.matches(src, img, el.around, el.whole) {
			return r.text
		}
	}
	return ""
}

// isFor reports whether a rule is for the file of this name.
func (r *styleRule) isFor(name string) bool { return r.only == "" || r.only == name }

// stretches reports whether an <img> of the page of this name would have another shape with width and height.
func (s *Styles) stretches(name string, src []byte, el *element) bool {
	if s == nil {
		return false
	}
	img := el.openTag()
	var matching []*styleRule
	var sets sides
	for i := range s.rules {
		r := &s.rules[i]
		if r.isFor(name) && r.matches(src, img, el.around, el.whole) {
			matching = append(matching, r)
			if r.certain && !r.conditional {
				sets |= r.sets
			}
		}
	}
	return slices.ContainsFunc(matching, func(r *styleRule) bool {
		all := sets | r.sets
		return r.limits&widthSide > 0 && all&heightSide == 0 || r.limits&heightSide > 0 && all&widthSide == 0
	})
}
