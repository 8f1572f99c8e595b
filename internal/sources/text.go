package sources

import "strings"

// parseText reads a list of nothing but addresses.
func parseText(b *builder, data []byte) error {
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		text := strings.TrimSpace(line)
		if i := strings.Index(text, " #"); i >= 0 {
			text = strings.TrimSpace(text[:i])
		}
		if text == "" || text[0] == '#' {
			continue
		}
		b.address(n, 1+strings.Index(line, text[:1]), text)
	}
	return nil
}
