package references

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Address is the address by which the file named from names another one in the same style.
// It is empty where there is none that leads to it.
func (s *Site) Address(from string, r Reference, res Resolution, to string) string {
	address, query := cutQuery(r)
	var made string
	slash := strings.LastIndexAny(address, `/\`) + 1
	switch last := address[slash:]; {
	case path.Dir(to) == path.Dir(res.Path) && !hidesSlash(last):
		// The way to the directory stays exactly as it was written.
		made = address[:slash] + respell(last, path.Base(to), res.way.plain)
	case r.Base != "" && r.Base != "/", res.way.beside:
		return ""
	case res.way.relative:
		if s.published(from) != s.published(to) {
			return "" // what is beside the published directory is not published
		}
		made = respell(address, relative(path.Dir(from), to), res.way.plain)
		if strings.HasPrefix(address, "./") && isBare(made) {
			made = "./" + made
		}
	default:
		rest, ok := strings.CutPrefix(to, res.way.dir)
		if !ok {
			return ""
		}
		made = res.way.written + respell(strings.TrimPrefix(address, res.way.written), rest, res.way.plain)
		if r.Base == "/" && !strings.HasPrefix(address, "/") {
			made = strings.TrimPrefix(made, "/")
		}
	}
	if res.way.relative && schemeOf(made) != "" {
		made = "./" + made
	}
	made += query
	r.Address = made
	if again := s.resolve(from, r, to); again.Status != Found || again.Path != to {
		return ""
	}
	return made
}

// hidesSlash reports whether a part of an address has an encoded slash, or backslash.
func hidesSlash(part string) bool {
	part = strings.ToLower(part)
	return part == "." || part == ".." || strings.Contains(part, "%2f") || strings.Contains(part, "%5c")
}

// published is the directory of a file that a generator copies to the root of a site, empty
// for one that is in none.
func (s *Site) published(name string) string {
	for scope := range ancestors(path.Dir(name)) {
		for _, m := range s.mounts[scopeOf(scope)] {
			if m.prefix == "/" && m.dir == scope+"/" && slices.Contains(copiedDirs, path.Base(scope)) {
				return m.dir
			}
		}
	}
	return ""
}

// relative is the way from a directory to a file.
func relative(dir, to string) string {
	var a []string
	if dir != "." {
		a = strings.Split(dir, "/")
	}
	b := strings.Split(to, "/")
	for len(a) > 0 && len(b) > 1 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	return strings.Repeat("../", len(a)) + strings.Join(b, "/")
}

// respell encodes a path in the manner of an address that is written. What both begin with
// stays as it is.
func respell(written, p string, plain bool) string {
	same, at := 0, 0 // of p, of written
	for i, j := 0, 0; i < len(p) && j < len(written); {
		c, n := written[j], 1
		if !plain && c == '%' && j+2 < len(written) {
			if d, err := url.PathUnescape(written[j : j+3]); err == nil {
				c, n = d[0], 3
			}
		}
		if c != p[i] {
			break
		}
		i, j = i+1, j+n
		if i == len(p) || utf8.RuneStart(p[i]) {
			same, at = i, j
		}
	}
	if plain && strings.IndexByte(written, '%') >= 0 {
		return written[:at] + p[same:]
	}
	return written[:at] + encodeLike(written, p[same:])
}

const (
	upperHex = "0123456789ABCDEF"
	lowerHex = "0123456789abcdef"
)

// encodeLike encodes a path with percent signs as an address does that was written by hand: all
// that a program encodes where it has any such sign, else what would have another meaning, and is
// not in it as it is.
func encodeLike(written, p string) string {
	all := strings.Contains(written, "%")
	hex := upperHex
	for i := 0; i+2 < len(written); i++ {
		if written[i] == '%' && (written[i+1]|written[i+2])&0x40 != 0 {
			if strings.ContainsAny(written[i+1:i+3], "abcdef") {
				hex = lowerHex
			}
			break
		}
	}
	var b strings.Builder
	for i := range len(p) {
		c := p[i]
		encode := false
		switch {
		case c == '%' || c == '?' || c == '#' || c == '\\':
			encode = true
		case c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>':
			encode = strings.IndexByte(written, c) < 0
		case all && c >= 0x80:
			encode = !strings.ContainsFunc(written, func(r rune) bool { return r >= utf8.RuneSelf })
		case all && strings.IndexByte("`^{}|[]", c) >= 0:
			encode = strings.IndexByte(written, c) < 0
		case all && strings.IndexByte("()'!*,;=@&+$", c) >= 0:
			encode = strings.Contains(strings.ToUpper(written), "%"+string(upperHex[c>>4])+string(upperHex[c&15]))
		}
		if encode {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// cutQuery cuts an address in front of its query or fragment.
func cutQuery(r Reference) (p, query string) {
	start := 0
	if r.Kind == Import && strings.HasPrefix(r.Address, "#") {
		start = 1 // an alias: https://nodejs.org/api/packages.html#subpath-imports
	}
	if i := strings.IndexAny(r.Address[start:], "?#"); i >= 0 {
		return r.Address[:start+i], r.Address[start+i:]
	}
	return r.Address, ""
}

// schemeOf is the scheme of an address with its colon, empty where it has none (RFC 3986, 3.1).
func schemeOf(address string) string {
	for i := range len(address) {
		c := address[i] | 0x20
		switch {
		case 'a' <= c && c <= 'z', i > 0 && (address[i] >= '0' && address[i] <= '9' || strings.IndexByte("+-.", address[i]) >= 0):
		case address[i] == ':' && i > 0:
			return address[:i+1]
		default:
			return ""
		}
	}
	return ""
}
