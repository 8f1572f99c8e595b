package fetch

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// checkContent refuses what does not begin as an image does. Servers answer with a page
// also where they refuse: for a login, a block, or a file that is gone.
func checkContent(head []byte, contentType string) error {
	head = head[:min(len(head), asset.SniffLen)]
	if len(head) == 0 {
		return refuse("open the address in a browser to see what is there", "the server answered with an empty file")
	}
	if _, ok := asset.Sniff(head); ok {
		return nil
	}
	what, hint := kindOf(head, contentType)
	return refuse(hint, "the server answered with %s, not an image that webpress reads", what)
}

// kindOf names a content that is not an image to convert, and says what to do about it.
func kindOf(head []byte, contentType string) (what, hint string) {
	const (
		look   = "open the address in a browser without being logged in; if it needs a token, set `header`"
		remove = "remove it from the list"
	)
	// http.DetectContentType wants more of a page than it may have.
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"))
	sniffed, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	said, _, _ := mime.ParseMediaType(contentType)
	begins := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if bytes.HasPrefix(text, []byte(p)) {
				return true
			}
		}
		return false
	}
	isText := strings.HasPrefix(sniffed, "text/")
	switch {
	case bytes.Contains(text, []byte("<svg")) && isText && !begins("<!doctype html", "<html"):
		return "an SVG image", "webpress converts no vector graphics: " + remove
	case sniffed == "text/html", begins("<!doctype html", "<html", "<head", "<body"), isText && said == "text/html":
		return "an HTML page", look
	case begins("{", "[") && (isText || said == "application/json"):
		return "JSON", look
	case sniffed == "text/xml", begins("<?xml"), begins("<") && isText:
		return "XML", look
	case isText:
		return "a text", look
	case sniffed == "application/pdf":
		return "a PDF document", remove
	case strings.HasPrefix(sniffed, "video/"):
		return "a video", remove
	case strings.HasPrefix(sniffed, "audio/"):
		return "an audio file", remove
	case sniffed == "application/zip", sniffed == "application/x-gzip", sniffed == "application/x-rar-compressed":
		return "an archive", remove
	}
	return "a file of unknown format", remove
}
