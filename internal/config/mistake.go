package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// A Mistake is one thing that is wrong in the settings.
type Mistake struct {
	// Where is the setting as the user wrote it, in the source it came from:
	// "--quality", "input quality", "PLUGIN_QUALITY", "webpress.yml:3:10: quality".
	Where string `json:"where"`
	// Message says what is wrong there, and what is allowed.
	Message string `json:"message"`
	// File, Line and Column are set for a mistake in webpress.yml. Lines and
	// columns count from 1; 0 is unknown.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String is one line without its end.
func (m Mistake) String() string {
	if m.Where == "" {
		return m.Message
	}
	return m.Where + ": " + m.Message
}

// Mistakes are all that is wrong in the settings, found before anything was
// touched. It is the error that Load returns, and never empty then.
type Mistakes []Mistake

// Error lists the mistakes, one a line.
func (m Mistakes) Error() string {
	var b strings.Builder
	if len(m) == 1 {
		b.WriteString("wrong setting:")
	} else {
		fmt.Fprintf(&b, "%d wrong settings:", len(m))
	}
	for _, one := range m {
		b.WriteString("\n  " + one.String())
	}
	return b.String()
}

// wrong is the message about a value that a setting may not have.
func wrong(s *Setting, value string, err error) string {
	shown := quote(value)
	if s.Secret {
		shown = "the value"
	}
	if s.check == variantsKey && err != errNotAllowed { // it says which of them, and what of it
		return err.Error()
	}
	m := fmt.Sprintf("%s is not %s", shown, s.Allowed())
	if err != errNotAllowed {
		m += ": " + err.Error()
	}
	return m
}

// quote quotes a value for a log: on one line, and not endlessly long.
func quote(value string) string {
	const most = 100
	if len(value) > most {
		end := most
		for end > 0 && !utf8.RuneStart(value[end]) {
			end--
		}
		return fmt.Sprintf("%q…", value[:end])
	}
	return fmt.Sprintf("%q", value)
}

// unknown is the message about a name that no setting has. spell writes the name
// of a setting as the source at hand does; more are names besides those of
// settings.
func unknown(name string, spell func(name string) string, more ...string) string {
	for _, s := range table {
		more = append(more, s.Name)
	}
	if near := nearest(name, more); near != "" {
		return fmt.Sprintf("no such setting; did you mean %s?", spell(near))
	}
	return "no such setting"
}

// suggest is message with the one of names that was most likely meant by key.
func suggest(message, key string, names map[string]*Setting) string {
	if near := nearest(key, slices.Sorted(maps.Keys(names))); near != "" {
		message += "; did you mean " + near + "?"
	}
	return message
}

// nearest returns the one of names that was most likely meant by name, or
// nothing if none is near.
func nearest(name string, names []string) string {
	if len(name) > 64 {
		return ""
	}
	norm := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
	}
	want := norm(name)
	best, least := "", 1+max(1, len(want)/3)
	for _, n := range names {
		d := levenshtein.ComputeDistance(want, norm(n))
		if d == 2 && anagrams(want, norm(n)) {
			d = 1 // two letters that changed places are one slip
		}
		if d < least {
			best, least = n, d
		}
	}
	if best != "" || len(want) < 4 {
		return best
	}
	for _, n := range names { // width, for max-width
		if strings.Contains(norm(n), want) || strings.Contains(want, norm(n)) {
			return n
		}
	}
	return ""
}

// anagrams reports whether a and b have the same letters.
func anagrams(a, b string) bool {
	x, y := []rune(a), []rune(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}
