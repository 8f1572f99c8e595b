package references

import "bytes"

// A candidate is one image of a srcset: where its address is, and its descriptors.
type candidate struct {
	off, end   int
	descriptor string
}

// candidates splits a srcset by the algorithm of the HTML standard. It cannot be split at
// commas: an address may have some, as in data: or in the parameters of a CDN.
func candidates(b []byte) []candidate {
	var out []candidate
	for i := 0; i < len(b); {
		if isSpace(b[i]) || b[i] == ',' {
			i++
			continue
		}
		off := i
		for i < len(b) && !isSpace(b[i]) {
			i++
		}
		end := i
		for end > off && b[end-1] == ',' {
			end--
		}
		c := candidate{off: off, end: end}
		if end == i {
			from := i
			for depth := 0; i < len(b) && (b[i] != ',' || depth > 0); i++ {
				switch {
				case b[i] == '(':
					depth = 1
				case b[i] == ')':
					depth = 0
				}
			}
			c.descriptor = string(bytes.TrimSpace(b[from:i]))
		}
		out = append(out, c)
	}
	return out
}
