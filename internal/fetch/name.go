package fetch

import (
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/tree"
)

// nameIn is the name of a file in Content-Disposition, cleaned.
func nameIn(h http.Header) string {
	value := h.Get("Content-Disposition")
	if value == "" {
		return ""
	}
	// filename* of RFC 6266 counts, where there is one.
	_, params, err := mime.ParseMediaType(value)
	if err != nil {
		return ""
	}
	return cleanName(params["filename"])
}

// nameOf is the last name in the path of an address, cleaned.
func nameOf(u *url.URL) string {
	if strings.HasSuffix(u.Path, "/") {
		return ""
	}
	return cleanName(path.Base(u.Path))
}

// cleanName makes a name of a server's one that works on all systems; it is empty where
// nothing is left. Folders in it are dropped, and what no name may have becomes a hyphen.
func cleanName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.ToValidUTF8(name, "-")
	name = strings.Map(func(r rune) rune {
		if tree.NotPortable("x"+string(r)+"x") != "" {
			return '-'
		}
		return r
	}, name)
	name = strings.TrimRight(strings.TrimLeft(name, "."), ". ")
	if tree.NotPortable(name) == "" {
		return name
	}
	// Too long, or a name that Windows or git have for something else.
	const most = 200
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	for stem = stem[:min(len(stem), most)]; !utf8.ValidString(stem); {
		stem = stem[:len(stem)-1]
	}
	if name = "_" + stem + ext; stem == "" || tree.NotPortable(name) != "" {
		return ""
	}
	return name
}
