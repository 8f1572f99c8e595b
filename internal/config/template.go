package config

import (
	"errors"
	"fmt"
	"path"
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
		switch name := rest[i+1 : i+end]; name {
		case "dir", "name", "ext", "width", "height", "format", "variant", "hash":
			b.WriteByte('x')
		default:
			if near := nearest(name, []string{"dir", "name", "ext", "width", "height", "format", "variant", "hash"}); near != "" {
				return "", fmt.Errorf("there is no {%s}; did you mean {%s}?", name, near)
			}
			return "", fmt.Errorf("there is no {%s}", name)
		}
		rest = rest[i+end+1:]
	}
	return b.String(), nil
}
