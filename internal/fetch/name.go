package fetch

import (
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/webpress/webpress/internal/tree"
)

// nameIn is the name of a file in Content-Disposition, cleaned.
func nameIn(h http.Header) string {
	value := h.Get("Content-Disposition")
	if value == "" {
		return ""
	}
	// filename* of RFC 6266 counts, if there is one.
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
// nothing is left. Folders in it are dropped.
func cleanName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	return tree.Portable(strings.TrimLeft(name, "."))
}
