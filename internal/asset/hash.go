package asset

import "strings"

// HashMark stands in the name of an output for the first digits of the SHA-256 of its
// content, which are not known before it is made.
const HashMark = "{hash}"

// hashDigits is how many digits take the place of a HashMark.
const hashDigits = 8

// Hashed reports whether the name of the output has digits of its content: that Output has a
// HashMark, from the template.
func (j Job) Hashed() bool {
	return strings.Contains(j.Recipe.Output, HashMark) && strings.Contains(j.Output, HashMark)
}

// PathOf is the path of the output with a content, of which sha256 is the digest in
// lower-case hex.
func (j Job) PathOf(sha256 string) string {
	if !j.Hashed() || len(sha256) < hashDigits {
		return j.Output
	}
	return strings.Replace(j.Output, HashMark, sha256[:hashDigits], 1)
}

// Makes reports whether a path may be that of the output.
func (j Job) Makes(name string) bool {
	return name == j.Output || j.Hashed() && MatchesHash(j.Output, name)
}

// MatchesHash reports whether name is pattern with digits in the place of its HashMark.
func MatchesHash(pattern, name string) bool {
	before, after, ok := strings.Cut(pattern, HashMark)
	if !ok || len(name) != len(before)+hashDigits+len(after) || !strings.HasPrefix(name, before) || !strings.HasSuffix(name, after) {
		return false
	}
	return strings.Trim(name[len(before):len(before)+hashDigits], "0123456789abcdef") == ""
}
