package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/dustin/go-humanize"
)

// parse turns the text of a value into what the setting's field holds: a
// string, []string, bool, int, int64, float64 or Quality. An error says what is wrong
// beyond what Allowed says; errNotAllowed adds nothing to that.
func (s *Setting) parse(text string) (any, error) {
	if s.check == "variants" {
		return parseVariants(text)
	}
	switch s.Kind {
	case List:
		return s.list(split(text))
	case PerFormat:
		return s.quality(text)
	}
	text = strings.TrimSpace(text)
	switch s.Kind {
	case Switch:
		return parseSwitch(text)
	case Whole, Fraction:
		n, err := s.number(text)
		if err != nil {
			return nil, err
		}
		switch s.holds {
		case reflect.Int:
			return int(n), nil
		case reflect.Int64:
			return int64(n), nil
		}
		return n, nil
	}
	if len(s.Enum) > 0 {
		if slices.Contains(s.Enum, Always) { // a switch with one more place
			if on, err := parseSwitch(text); err == nil {
				return strconv.FormatBool(on.(bool)), nil
			}
		}
		for _, e := range s.Enum {
			if strings.EqualFold(e, text) {
				return e, nil
			}
		}
		return nil, errNotAllowed
	}
	switch {
	case text == "":
		return nil, errors.New("it is empty")
	case strings.ContainsRune(text, 0):
		return nil, errNotAllowed
	case s.check == "template":
		return text, checkTemplate(text)
	case s.check == "look":
		_, err := ParseLook(text)
		return strings.ToLower(text), err
	case s.check == "color":
		return strings.ToLower(text), checkColor(text)
	case s.check == "age":
		_, err := ParseAge(text)
		return text, err
	case s.check == "headers":
		_, err := ParseHeaders(text)
		return text, err
	case s.check == "branch":
		return text, checkBranch(text)
	case s.check == "revision":
		return text, checkRevision(text)
	case s.check == "shard":
		_, err := ParseShard(text)
		return strings.ToLower(text), err
	case s.check == "author":
		return checkAuthor(text)
	case s.check == "file" && strings.HasSuffix(text, "/"):
		return nil, errors.New("that is a directory")
	}
	return text, nil
}

// list checks the elements of a List.
func (s *Setting) list(elements []string) (any, error) {
	checked := make([]string, len(elements))
	for i, e := range elements {
		var err error
		if checked[i], err = s.element(e); err != nil {
			return nil, err
		}
	}
	return checked, nil
}

// element checks one element of a List.
func (s *Setting) element(e string) (string, error) {
	switch {
	case s.check == "pattern":
		return e, checkPattern(e)
	case s.check == "store":
		return storeOf(e)
	case s.check == "width":
		n, err := strconv.Atoi(e)
		if err != nil || n < 1 || n > maxWidth {
			return "", errNotAllowed
		}
		return strconv.Itoa(n), nil
	case len(s.Enum) > 0:
		for _, one := range s.Enum {
			if strings.EqualFold(one, e) {
				return one, nil
			}
		}
		if one, ok := s.Aliases[strings.ToLower(e)]; ok {
			return one, nil
		}
		return "", errNotAllowed
	case strings.ContainsRune(e, 0):
		return "", errNotAllowed
	}
	return e, nil
}

// allowedElement is Allowed for one element of a List.
func (s *Setting) allowedElement() string {
	switch {
	case s.check == "pattern":
		return "a pattern"
	case s.check == "store":
		return "commit, artifact, none or the address of a bucket"
	case s.check == "width":
		return fmt.Sprintf("a width from 1 to %d", maxWidth)
	case len(s.Enum) > 0:
		return "one of " + strings.Join(s.Enum, ", ")
	}
	return "a text"
}

var errNotAllowed = errors.New("")

// number reads a Whole, a Fraction or a number of a PerFormat, with its unit. The numbers of our ranges
// are all below 2^53, so that a float64 holds each of them exactly.
func (s *Setting) number(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.ContainsAny(text, "xXpP_") { // neither 0x10 nor 1_000
		switch s.Unit {
		case "bytes":
			var b uint64
			b, err = humanize.ParseBytes(text)
			n = float64(b)
		case "pixels":
			digits, isMega := strings.CutSuffix(strings.ToLower(text), "mp")
			if !isMega {
				return 0, errNotAllowed
			}
			n, err = strconv.ParseFloat(strings.TrimSpace(digits), 64)
			n = math.Round(n * 1e6)
		case "percent":
			n, err = strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
		default:
			return 0, errNotAllowed
		}
	}
	switch {
	case err != nil, !(n >= s.Min && n <= s.Max): // not a number is neither
		return 0, errNotAllowed
	case s.Kind != Fraction && n != math.Trunc(n):
		return 0, errNotAllowed
	}
	return n, nil
}

// parseSwitch takes the spellings of true and false that YAML, GitHub and shells
// have taught people.
func parseSwitch(text string) (any, error) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return nil, errNotAllowed
}

// split cuts a list at line ends, and at commas outside of {braces} and
// [classes]: those are parts of a pattern. A backslash takes the meaning of the
// character behind it away. Empty elements are dropped.
func split(text string) []string {
	var list []string
	depth, start := 0, 0
	add := func(end int) {
		if e := strings.TrimSpace(text[start:end]); e != "" {
			list = append(list, e)
		}
		start = end + 1
	}
	inClass := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n' || c == '\r':
			add(i)
			depth, inClass = 0, false
		case c == '\\':
			if i+1 < len(text) && text[i+1] != '\n' && text[i+1] != '\r' {
				i++
			}
		case inClass:
			inClass = c != ']'
		case c == '[':
			inClass = true
		case c == '{':
			depth++
		case c == '}':
			depth = max(depth-1, 0)
		case c == ',' && depth == 0:
			add(i)
		}
	}
	add(len(text))
	return list
}

// maxWidth is the widest image that any of the formats holds that have a limit.
const maxWidth = 65536

var color = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func checkColor(text string) error {
	if !color.MatchString(text) {
		return errNotAllowed
	}
	return nil
}

func checkPattern(pattern string) error {
	p := strings.TrimSpace(strings.TrimPrefix(pattern, "!"))
	switch {
	case p == "":
		return errors.New("nothing follows the !")
	case strings.ContainsRune(p, 0), !doublestar.ValidatePattern(p):
		return errors.New("a bracket, a brace or a backslash is not closed")
	}
	return nil
}

// checkBranch refuses what git does not take for the name of a branch; the rules
// are those of git-check-ref-format(1).
func checkBranch(name string) error {
	bad := func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("~^:?*[\\", r) }
	switch {
	case strings.HasPrefix(name, "refs/"):
		return errors.New("leave out refs/heads/")
	case strings.ContainsFunc(name, bad), strings.Contains(name, ".."), strings.Contains(name, "@{"),
		strings.HasPrefix(name, "-"), strings.HasSuffix(name, "."), name == "@", name == "HEAD":
		return errNotAllowed
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return errNotAllowed
		}
	}
	return nil
}

// checkRevision refuses what cannot be the name of one commit, and what git would
// take for an option, a range or a place in somebody's own history, such as
// main@{1}. See gitrevisions(7).
func checkRevision(name string) error {
	bad := func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(":?*[\\", r)
	}
	for _, more := range []string{"..", "@{", "^@", "^!", "^-"} {
		if strings.Contains(name, more) {
			return errNotAllowed
		}
	}
	if strings.HasPrefix(name, "-") || strings.HasPrefix(name, "^") || strings.ContainsFunc(name, bad) {
		return errNotAllowed
	}
	return nil
}

// checkAuthor takes Name <address>, and returns it with single spaces.
func checkAuthor(text string) (string, error) {
	name, rest, ok := strings.Cut(text, "<")
	address, end, closed := strings.Cut(rest, ">")
	name, address = strings.Join(strings.Fields(name), " "), strings.TrimSpace(address)
	switch {
	case !ok, !closed, strings.TrimSpace(end) != "", name == "", !strings.Contains(address, "@"),
		strings.ContainsFunc(address, unicode.IsSpace), strings.ContainsAny(name+address, "<>"),
		strings.ContainsFunc(text, unicode.IsControl):
		return "", errNotAllowed
	}
	return name + " <" + address + ">", nil
}
