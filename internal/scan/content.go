package scan

import (
	"bytes"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// known are the beginnings of files that are met under the names of images but
// are none, or none that webpress reads.
var known = []struct {
	begin string
	what  string
	hint  string
}{
	// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
	{"version https://git-lfs.github.com/spec/v1", "is a Git LFS pointer, not the image itself", lfsHint},
	{"version https://hawser.github.com/spec/v1", "is a Git LFS pointer, not the image itself", lfsHint},
	// https://git-annex.branchable.com/internals/pointer_file/
	{"/annex/objects/", "is a git-annex pointer, not the image itself", "run git annex get first"},
	// ITU-T T.800 and ISO/IEC 18181-2 begin with the same signature box.
	{"\x00\x00\x00\x0cJXL \r\n\x87\n", "is a JPEG XL", ""},
	{"\xFF\x0A", "is a JPEG XL", ""},
	{"\x00\x00\x00\x0cjP  \r\n\x87\n", "is a JPEG 2000", ""},
	{"\xFF\x4F\xFF\x51", "is a JPEG 2000", ""},
	{"II\xBC\x01", "is a JPEG XR", ""},
	{"8BPS", "is a Photoshop document", "export it as a PNG"},
	{"\x00\x00\x01\x00", "is an icon file (ICO)", "save it as a PNG"},
	{"%PDF-", "is a PDF", ""},
	{"<svg", "is an SVG", ""},
	{"<?xml", "is XML text, an SVG perhaps", ""},
	{"<!DOCTYPE html", "is a web page", downloadHint},
	{"<!doctype html", "is a web page", downloadHint},
	{"<html", "is a web page", downloadHint},
}

const (
	lfsHint      = "run git lfs pull first; with actions/checkout, set lfs: true"
	downloadHint = "the download of this image may have failed"
)

// describe says what a file is that is not an image webpress reads.
func describe(p string, head []byte) (what, hint string) {
	for _, k := range known {
		if bytes.HasPrefix(head, []byte(k.begin)) {
			return k.what, orReadable(k.hint)
		}
	}
	format, _ := asset.Sniff(head)
	switch {
	case isRaw(p, format):
		return "is a camera's raw file", "export it as a JPEG, HEIC or TIFF"
	case len(head) >= 8 && string(head[4:8]) == "ftyp":
		return "is a film or a kind of HEIF that webpress does not know", orReadable("")
	case len(bytes.Trim(head, "\x00")) == 0:
		return "holds zeros only", "the file was damaged, or its copy was not finished"
	}
	return "is not an image", orReadable("")
}

func orReadable(hint string) string {
	if hint == "" {
		return "webpress reads " + readable
	}
	return hint
}

// isRaw reports whether a file is one of a camera's raw files, which often have
// the beginning of a TIFF.
func isRaw(p string, format asset.Format) bool {
	return (format == asset.TIFF || format == "") && slices.Contains(raw, extension(p))
}

// isAppleDouble knows the files named ._x that hold what a foreign file system
// cannot; see RFC 1740, appendix B.
func isAppleDouble(head []byte) bool {
	return strings.HasPrefix(string(head), "\x00\x05\x16\x07")
}
