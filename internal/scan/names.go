package scan

import (
	"path"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// byName are the formats that a file may have by its name's extension.
var byName = map[string][]asset.Format{
	".heic": {asset.HEIC},
	".heif": {asset.HEIC, asset.AVIF}, // the container's own extension
	".hif":  {asset.HEIC},
	".avif": {asset.AVIF},
	".jpg":  {asset.JPEG},
	".jpeg": {asset.JPEG},
	".jpe":  {asset.JPEG},
	".jfif": {asset.JPEG},
	".png":  {asset.PNG},
	".apng": {asset.PNG},
	".gif":  {asset.GIF},
	".tif":  {asset.TIFF},
	".tiff": {asset.TIFF},
	".bmp":  {asset.BMP},
	".webp": {asset.WebP},
}

// raw are extensions of cameras' raw files. Many begin as a TIFF does, but what
// a TIFF decoder finds in them is at best a thumbnail.
var raw = []string{
	".3fr", ".arw", ".cr2", ".cr3", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef",
	".mos", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".sr2", ".srw",
}

// title is how a person writes the name of a format, with its article.
var title = map[asset.Format]string{
	asset.HEIC: "a HEIC", asset.AVIF: "an AVIF", asset.JPEG: "a JPEG", asset.PNG: "a PNG",
	asset.GIF: "a GIF", asset.TIFF: "a TIFF", asset.BMP: "a BMP", asset.WebP: "a WebP",
}

// readable lists the formats for people.
const readable = "HEIC, AVIF, JPEG, PNG, GIF, TIFF, BMP and WebP"

func extension(p string) string { return strings.ToLower(path.Ext(p)) }

// isImageName reports whether a file of this name is taken where no pattern says
// otherwise. WebP is not, since it is what would come out; nor is AVIF, which all
// browsers show, and which is mostly smaller.
func isImageName(p string) bool {
	ext := extension(p)
	return ext != ".webp" && ext != ".avif" && byName[ext] != nil
}

// IsPicture reports whether a file has the name of an image, WebP included.
func IsPicture(p string) bool { return byName[extension(p)] != nil }

// misnamed remarks on a file whose content is another than its name says; it is
// empty if the name is right or says nothing.
func misnamed(p string, is asset.Format) string {
	says := byName[extension(p)]
	if len(says) == 0 || slices.Contains(says, is) {
		return ""
	}
	return "is " + title[is] + ", not " + title[says[0]] + " as its name says"
}

// endsAsImage reports whether a pattern ends with the extension of an image, or with a
// choice of such, as in *.{png,jpg}.
func endsAsImage(pattern string) bool {
	ext := extension(pattern)
	if choice, ok := strings.CutPrefix(ext, ".{"); ok && strings.HasSuffix(choice, "}") {
		for one := range strings.SplitSeq(strings.TrimSuffix(choice, "}"), ",") {
			if byName["."+one] == nil {
				return false
			}
		}
		return true
	}
	return byName[ext] != nil
}
