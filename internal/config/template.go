package config

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// checkTemplate refuses a template of output paths that could not work for any
// source: an unknown placeholder, a path that leaves the tree, or a result that
// does not look like WebP and might take the place of its source.
func checkTemplate(template string) error {
	filled, err := fillTemplate(template)
	if err != nil {
		return err
	}
	clean := path.Clean(filled)
	switch {
	case path.IsAbs(filled), len(filled) > 1 && filled[1] == ':':
		return errors.New("it has to be relative to the working directory")
	case clean == "..", strings.HasPrefix(clean, "../"):
		return errors.New("it leads out of the working directory")
	case strings.HasSuffix(template, "/"), !strings.Contains(path.Base(filled), "."):
		return asFolder(template)
	case !strings.HasSuffix(template, ".{format}") && asset.FormatByName(filled) == "":
		return errNoFormat
	}
	return nil
}

var errNoFormat = errors.New("it does not end in .webp, .avif, .jpg, .png or .{format}")

// asFolder is what is wrong with a template that ends as a folder.
func asFolder(template string) error {
	return fmt.Errorf("that is a directory; did you mean %q?", strings.TrimSuffix(template, "/")+"/{dir}/{name}.webp")
}

// fillTemplate is a template with a letter in each of its places, or says why it is
// none.
func fillTemplate(template string) (string, error) {
	if strings.Contains(template, `\`) {
		return "", errors.New("folders are separated by /, not by a backslash")
	}
	if strings.Contains(path.Dir(template), asset.HashMark) || strings.Count(template, asset.HashMark) > 1 {
		return "", errors.New("{hash} must be in the file name, once")
	}
	var b strings.Builder
	for rest := template; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		end := strings.IndexByte(rest[i:], '}')
		if rest[i] == '}' || end < 0 || strings.Contains(rest[i+1:i+end], "{") {
			return "", errors.New("a brace is left open")
		}
		name := rest[i+1 : i+end]
		if !slices.Contains(places, name) && (name == "" || strings.Trim(name, columnLetters) != "") {
			return "", fmt.Errorf("there is no {%s}%s", name, didYouMean(name))
		}
		b.WriteByte('x')
		rest = rest[i+end+1:]
	}
	return b.String(), nil
}

// places are those that a template may have for every source. A list of sources adds its columns.
var places = []string{"dir", "name", "ext", "width", "height", "format", "variant", "hash"}

// columnLetters are those of the name of a column that is a place.
const columnLetters = "abcdefghijklmnopqrstuvwxyz0123456789_-"

// Columns are the places of a template that only a list of sources can fill.
func Columns(template string) (names []string) {
	for rest := template; ; {
		_, after, ok := strings.Cut(rest, "{")
		name, left, closed := strings.Cut(after, "}")
		if !ok || !closed {
			return names
		}
		if !slices.Contains(places, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
		rest = left
	}
}

func didYouMean(place string) string {
	if near := nearest(place, places); near != "" {
		return "; did you mean {" + near + "}?"
	}
	return ""
}

// noColumns refuses templates with columns where there is no list of sources.
func (l *loader) noColumns(c Config) (all Mistakes) {
	if c.Sources != "" {
		return nil
	}
	check := func(where Mistake, label, template string) {
		for _, name := range Columns(template) {
			where.Message = fmt.Sprintf("%s%s: there is no {%s}%s", label, quote(template), name, didYouMean(name))
			all = append(all, where)
		}
	}
	var said Mistake
	for _, src := range []source{l.said, l.env, l.typed.settings} {
		if f, ok := src["output"]; ok {
			said = f.where
		}
	}
	check(said, "", c.Output)
	for _, v := range c.Variants {
		if f, ok := v.set["output"]; ok {
			check(f.where, quote(v.Name)+": ", fmt.Sprint(f.value))
		}
	}
	if l.file == nil {
		return all
	}
	for _, one := range l.file.lists[rulesKey] {
		if f, ok := one.src["output"]; ok {
			check(f.where, "", fmt.Sprint(f.value))
		}
	}
	return all
}
