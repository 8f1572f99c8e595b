// Package shell writes commands that people paste into their shells.
package shell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is a command of words, each quoted as Quote does.
func Line(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = Quote(w)
	}
	return strings.Join(quoted, " ")
}

// Quote returns word as a shell reads it: as it is where that is plain, in single
// quotes, or, where it has control characters, others that cannot be seen, or bytes
// that are not UTF-8, in the $'…' of bash, zsh, ksh and POSIX.1-2024, on one line.
func Quote(word string) string {
	if isPlain(word) {
		return word
	}
	// The log puts a backslash into ##[, which would be a command to GitHub's runner.
	command := strings.Contains(word, "#") && strings.Contains(word, "[")
	if utf8.ValidString(word) && !command && strings.IndexFunc(word, isHidden) < 0 {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := 0; i < len(word); {
		r, n := utf8.DecodeRuneInString(word[i:])
		part := word[i : i+n]
		i += n
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + part)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError && n == 1, isHidden(r), command && r == '[':
			// Three octal digits end by themselves; hexadecimal ones would go on into
			// what follows.
			for _, c := range []byte(part) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		default:
			b.WriteString(part)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// Pathspec is a file's name as an argument of git behind --, which takes what begins with
// a colon for magic, such as "all but", and * ? [ for wildcards. It is not quoted.
func Pathspec(name string) string {
	if strings.HasPrefix(name, ":") || strings.ContainsAny(name, `*?[\`) {
		return ":(literal)" + name
	}
	return name
}

// isPlain reports whether a word means itself. One that begins with = is a command's path
// to zsh.
func isPlain(word string) bool {
	return word != "" && word[0] != '=' && strings.IndexFunc(word, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_-./=:@%+,", c)
	}) < 0
}

// isHidden reports whether a character cannot be seen, or changes how others are shown.
func isHidden(r rune) bool {
	return r != ' ' && !unicode.IsGraphic(r) || r != ' ' && unicode.Is(unicode.Z, r)
}
