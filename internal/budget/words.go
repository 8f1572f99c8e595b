package budget

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/webpress/webpress/internal/asset"
)

// where says where a limit stands.
func (l *Limit) where() string {
	file := cmp.Or(l.File, "webpress.yml")
	if l.Line == 0 {
		return " (" + file + ")"
	}
	return fmt.Sprintf(" (%s, line %d)", file, l.Line)
}

// sizes are two numbers of bytes for people, of which the first is the larger: 8.1 MB
// and 500 kB. If they would read the same, they are exact.
func sizes(has, most int64) (string, string) {
	a, b := size(has), size(most)
	if a == b {
		return humanize.Comma(has) + " bytes", humanize.Comma(most)
	}
	return a, b
}

// size is a number of bytes in SI units with one decimal, or none where it is 0.
func size(bytes int64) string {
	n, unit := float64(bytes), "B"
	for _, larger := range []string{"kB", "MB", "GB", "TB"} {
		// What would be rounded to 1000.0 is 1.0 of the next unit.
		if n < 999.95 {
			break
		}
		n, unit = n/1000, larger
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0") + " " + unit
}

// name is a format as people write it.
func name(f asset.Format) string {
	switch f {
	case asset.WebP:
		return "WebP"
	case "":
		return "of no known format"
	}
	return strings.ToUpper(string(f))
}

// names are formats in a row: WebP, AVIF or PNG.
func names(all []asset.Format) string {
	words := make([]string, len(all))
	for i, f := range all {
		words[i] = name(f)
	}
	if len(words) == 1 {
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// except ends the hint of every limit: how to exempt one file.
const except = ", or name it under `except`"

// shrink says how to make a file smaller; setting is that which makes a result of
// webpress so.
func (f *File) shrink(setting string) string {
	if f.Format == asset.WebP {
		return "make it smaller, with " + setting + " if webpress makes it" + except
	}
	return "shrink it, let webpress replace it (" + setting + " and `originals: remove`)" + except
}

// change says how to change the format of a file to one that is allowed.
func (f *File) change(allowed []asset.Format) string {
	if f.Format != asset.WebP && slices.Contains(allowed, asset.WebP) {
		return "let webpress replace it (`originals: remove`)" + except
	}
	return "save it as " + names(allowed) + except
}

// forget says how to take the position out of a file, which the history of git
// keeps otherwise.
func (f *File) forget() string {
	// Unlike -gps:all=, this takes it out of XMP too.
	command := "`exiftool '-gps*=' -overwrite_original " + operand(f.Path) + "`"
	if f.Format == asset.WebP {
		command += ", or `metadata: icc` if webpress makes it"
	}
	return "take it out, with " + command + ", and amend the commit that added the file, which keeps it otherwise" + except
}

// operand is a path as a command takes it, or a word for it where it would have to
// be quoted.
func operand(path string) string {
	odd := strings.ContainsFunc(path, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_-./", c)
	})
	switch {
	case odd:
		return "FILE"
	case strings.HasPrefix(path, "-"):
		return "./" + path
	}
	return path
}
