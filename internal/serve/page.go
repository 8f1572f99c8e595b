package serve

import (
	"embed"
	"mime"
	"net/http"
	"path"
)

// web is the page to try the API by.
//
//go:embed web
var web embed.FS

// pagePolicy lets the page load what is its own, and show images that it has made.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page serves a file of web.
func page(name string) handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		data, err := web.ReadFile("web/" + name)
		if err != nil {
			return err
		}
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		_, _ = w.Write(data)
		return nil
	}
}
