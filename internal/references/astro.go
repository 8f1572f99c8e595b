package references

import "bytes"

// astro is a script between two lines of --- and then HTML with {expressions}.
func (f *finder) astro(s span) {
	b := f.src[s.off:s.end]
	if lead := len(b) - len(bytes.TrimLeft(b, " \t\r\n")); bytes.HasPrefix(b[lead:], []byte("---")) {
		if end := bytes.Index(b[lead+3:], []byte("\n---")); end >= 0 {
			end += lead + 3
			f.scriptIn(span{s.off + lead + 3, s.off + end}, false)
			s.off += end + 4
		}
	}
	f.html(s)
}
