package references

import "bytes"

// toml finds the strings of TOML: no library of ours gives their places. It knows comments, keys,
// tables and the four sorts of strings.
func (f *finder) toml(s span) {
	b := f.src[:s.end]
	if !mentionsImage(b[s.off:]) {
		return
	}
	table, key, word := "", "", ""
	value := false // behind the = of a key
	// open are the table, and the lists and inline tables that a value is in.
	open := []*object{{}}
	end := func() {
		for _, o := range open {
			o.end()
		}
	}
	defer func() { end() }()
	for i := s.off; i < len(b); i++ {
		switch c := b[i]; {
		case c == '#':
			n := bytes.IndexByte(b[i:], '\n')
			if n < 0 {
				return
			}
			i += n - 1
		case c == '\n':
			if len(open) == 1 {
				value, word = false, ""
			}
		case c == '[' && !value:
			n := bytes.IndexByte(b[i:], ']')
			if n < 0 {
				return
			}
			table = string(bytes.Trim(b[i:i+n], "[]"))
			i += n
			end()
			open = []*object{{}}
		case c == '[':
			open = append(open, nil)
		case c == '{':
			open = append(open, &object{})
		case c == ']' || c == '}':
			if n := len(open) - 1; n > 0 {
				open[n].end()
				open = open[:n]
			}
		case c == '=':
			key, value = word, true
		case c == ',':
			word = ""
		case c == '"' || c == '\'':
			if triple := bytes.Repeat([]byte{c}, 3); bytes.HasPrefix(b[i:], triple) {
				n := bytes.Index(b[i+3:], triple)
				if n < 0 {
					return
				}
				i += n + 5
				continue
			}
			end := -1
			if c == '"' {
				end = closing(b, i+1, c)
			} else if n := bytes.IndexAny(b[i+1:], "'\n"); n >= 0 && b[i+1+n] == '\'' {
				end = i + 1 + n
			}
			if end < 0 {
				continue
			}
			in := span{i + 1, end}
			i = end
			if next := skipBlank(b, end+1); next < len(b) && (b[next] == '=' || !value) {
				word = string(b[in.off:in.end])
				continue
			}
			form := plain
			if c == '"' {
				form = jsonString
			}
			f.data(in, []string{table, key}, place{form: form, quote: c}, open[len(open)-1])
		case isWord(c):
			from := i
			for i < len(b) && (isWord(b[i]) || b[i] == '-' || b[i] == '.') {
				i++
			}
			word = string(b[from:i])
			i--
		}
	}
}

// data records a string that is the value of the last of these keys, in an object.
func (f *finder) data(in span, keys []string, p place, o *object) {
	kind, why := Data, ""
	if isSocialKey(keys) {
		kind = Social
	}
	if bytes.Contains(f.src[in.off:in.end], []byte("{{")) {
		why = byExpression
	}
	key := keys[len(keys)-1]
	o.mediaType(key, p.form.decode(f.src[in.off:in.end]), in)
	if f.add(in, kind, p, why) {
		o.image(f, key)
	}
}

func skipBlank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

// json finds the strings of JSON that are values. It goes over the strings alone, with the keys that
// they stand in: nothing else of JSON matters here.
func (f *finder) json(s span) {
	b := f.src[:s.end]
	if !mentionsImage(b[s.off:]) {
		return
	}
	keys, objects := []string{""}, []*object{nil}
	for i := s.off; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			if len(keys) > 1000 {
				return
			}
			keys = append(keys, keys[len(keys)-1])
			var o *object
			if b[i] == '{' {
				o = &object{}
			}
			objects = append(objects, o)
		case '}', ']':
			if n := len(keys) - 1; n > 0 {
				objects[n].end()
				keys, objects = keys[:n], objects[:n]
			}
		case '"':
			end := closing(b, i+1, '"')
			if end < 0 {
				return
			}
			in := span{i + 1, end}
			i = end
			next := end + 1
			for next < len(b) && isSpace(b[next]) {
				next++
			}
			if next < len(b) && b[next] == ':' {
				keys[len(keys)-1] = string(b[in.off:in.end])
				continue
			}
			f.data(in, keys, place{form: jsonString, quote: '"'}, objects[len(objects)-1])
		}
	}
}

// jsonEnd gives the offset behind the value that b begins with, or -1.
func jsonEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			if i = closing(b, i+1, '"'); i < 0 {
				return -1
			}
		}
	}
	return -1
}
