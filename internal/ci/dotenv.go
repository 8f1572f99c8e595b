package ci

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/tree"
)

// dotenvLimit is the length in bytes that a dotenv report on GitLab must stay
// below unless an administrator raised it; a larger one fails the job's upload.
// https://docs.gitlab.com/administration/instance_limits/#limit-dotenv-file-size
const dotenvLimit = 5120

// toStdout is the path that stands for standard output.
const toStdout = "-"

// maxDotenv is the length in bytes of a dotenv file to which lines are still added.
const maxDotenv = 16 << 20

// writeDotenv writes outputs to the file at path as WEBPRESS_NAME=value, one a
// line, and returns the names of those that it had to leave out: GitLab takes
// no line breaks, cuts spaces off, puts variables in place of $NAME, and takes
// no more than limit bytes (0: any number). Other lines of the file stay; those
// of an earlier call are replaced. within is that of Options.
func writeDotenv(path, within string, stdout io.Writer, outputs []Output, limit int) (left []string, err error) {
	var old []byte
	if path != toStdout {
		old, err = readDotenv(path, within)
		// What is not a regular file, such as a named pipe, has no lines to keep.
		_, other := errors.AsType[*tree.KindError](err)
		if err != nil && !other && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read outputs %q: %w", path, tree.Cause(err))
		}
	}
	mine := make(map[string]bool, len(outputs))
	for _, o := range outputs {
		mine[dotenvKey(o.Name)] = true
	}
	var b strings.Builder
	for line := range bytes.Lines(old) {
		key, _, _ := strings.Cut(string(line), "=")
		if mine[strings.TrimSpace(key)] {
			continue
		}
		b.Write(line)
		if !bytes.HasSuffix(line, []byte("\n")) {
			b.WriteByte('\n')
		}
	}
	for _, o := range outputs {
		value, ok := dotenvValue(o.Value)
		line := dotenvKey(o.Name) + "=" + value + "\n"
		if !ok || limit > 0 && b.Len()+len(line) >= limit {
			left = append(left, o.Name)
			continue
		}
		b.WriteString(line)
	}
	switch {
	case path == toStdout:
		_, err = io.WriteString(stdout, b.String())
	case within != "":
		err = tree.WriteFile(within, path, []byte(b.String()))
	default:
		err = tree.Save(path, []byte(b.String()))
	}
	if err != nil {
		return nil, fmt.Errorf("write outputs %q: %w", path, tree.Cause(err))
	}
	return left, nil
}

// readDotenv reads what is at path already.
func readDotenv(path, within string) ([]byte, error) {
	if within == "" {
		return tree.Read(path, maxDotenv)
	}
	root, err := os.OpenRoot(within)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return tree.ReadPlain(root, path, maxDotenv)
}

// IsDotenv reports whether data has lines of NAME=value and nothing else, one of them
// webpress's.
func IsDotenv(data []byte) bool {
	ours := len(data) == 0
	for line := range bytes.Lines(data) {
		name, _, ok := strings.Cut(string(line), "=")
		if strings.TrimSpace(name) != "" && !ok {
			return false
		}
		ours = ours || strings.HasPrefix(name, dotenvKey(""))
	}
	return ours
}

// dotenvKey turns bytes-saved into WEBPRESS_BYTES_SAVED.
func dotenvKey(name string) string {
	upper := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToUpper(r)
		}
		return '_'
	}, name)
	return "WEBPRESS_" + upper
}

// shellSigns are the characters that a shell may take for more than themselves,
// also between the double quotes of a JSON string.
const shellSigns = "\"'`\\$<>&|;!#~"

// dotenvValue returns value as it can stand in a dotenv file, and whether it can.
// Some jobs source the file: nothing in it may be code for a shell, which runs what
// follows a space. JSON is
// written on one line, and with such characters as \u00XX.
func dotenvValue(value string) (string, bool) {
	inert := false
	if strings.HasPrefix(value, "[") || strings.HasPrefix(value, "{") {
		var b bytes.Buffer
		if json.Compact(&b, []byte(value)) == nil {
			value, inert = inertJSON(b.String()), true
		}
	}
	ok := utf8.ValidString(value) && strings.TrimSpace(value) == value &&
		(inert || !strings.ContainsAny(value, shellSigns+" (){}[]*?")) &&
		strings.IndexFunc(value, unicode.IsControl) < 0
	return value, ok
}

// inertJSON is JSON without spaces between its parts, in which the strings hold
// none of shellSigns.
func inertJSON(compact string) string {
	var b strings.Builder
	in := false // a string
	for i := 0; i < len(compact); i++ {
		c := compact[i]
		switch {
		case !in || c == '"':
			in = in != (c == '"')
			b.WriteByte(c)
		case c == '\\' && strings.IndexByte("\"\\/", compact[i+1]) >= 0:
			i++
			fmt.Fprintf(&b, `\u%04x`, compact[i])
		case c != '\\' && strings.IndexByte(shellSigns, c) >= 0:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// dotenv writes outputs to the files at paths, leaving out empty paths, and says
// in the log which outputs could not be part of it.
func dotenv(o Options, outputs []Output, limit int, paths ...string) error {
	for _, path := range paths {
		if path == "" {
			continue
		}
		within := ""
		if path == o.Dotenv {
			within = o.Within
		}
		left, err := writeDotenv(path, within, o.Stdout, outputs, limit)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			say(o, "outputs that a dotenv file cannot hold are left out of %q: %s",
				path, strings.Join(left, ", "))
		}
	}
	return nil
}

// say prints one line to the log. Its error is dropped: it could only be
// logged there.
func say(o Options, format string, args ...any) {
	_, _ = fmt.Fprintln(o.Out, Line(fmt.Sprintf(format, args...)))
}
