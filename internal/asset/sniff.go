package asset

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// SniffLen is how many of a file's first bytes Sniff makes use of.
const SniffLen = 512

// Sniff says what format a file has, by its first bytes: SniffLen of them, or
// all where the file is shorter. It says false for everything that webpress
// does not read, and true is no promise that the rest of the file is sound.
//
// The magic numbers are those of the formats' own descriptions: JPEG by ITU
// T.81 B.1.1 (SOI, then the first marker), PNG by W3C PNG 5.2, GIF by GIF89a
// 17, TIFF by TIFF 6.0 section 2 and BigTIFF by libtiff's description, BMP by Microsoft's BITMAPFILEHEADER and the
// sizes of the headers that may follow it, WebP by RFC 9649 section 2.4, HEIF
// and AVIF by ISO/IEC 14496-12 4.3, 23008-12 10.2 and annex B, and AV1 Image
// File Format 6.
func Sniff(head []byte) (Format, bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xD8\xFF")):
		return JPEG, true
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1A\n")):
		return PNG, true
	case bytes.HasPrefix(head, []byte("GIF87a")), bytes.HasPrefix(head, []byte("GIF89a")):
		return GIF, true
	case bytes.HasPrefix(head, []byte("II*\x00")), bytes.HasPrefix(head, []byte("MM\x00*")),
		bytes.HasPrefix(head, []byte("II+\x00\x08\x00\x00\x00")), bytes.HasPrefix(head, []byte("MM\x00+\x00\x08\x00\x00")):
		return TIFF, true
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return WebP, true
	case isBMP(head):
		return BMP, true
	}
	return sniffHEIF(head)
}

// isBMP looks beyond the two letters BM, with which a text may begin as well.
func isBMP(head []byte) bool {
	if len(head) < 18 || string(head[:2]) != "BM" {
		return false
	}
	// The sizes of BITMAPCOREHEADER, OS22XBITMAPHEADER (short and long) and
	// BITMAPINFOHEADER with its versions 2, 3, 4 and 5.
	sizes := []uint32{12, 16, 64, 40, 52, 56, 108, 124}
	return slices.Contains(sizes, binary.LittleEndian.Uint32(head[14:]))
}

// The brands that say how a HEIF file's images are coded. The general ones
// (mif1, mif2, msf1, miaf, heif) are in files of both kinds.
var (
	avifBrands = []string{"avif", "avis", "avio", "MA1A", "MA1B"}
	hevcBrands = []string{"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"}
	heifBrands = []string{"mif1", "mif2", "msf1", "miaf", "heif", "1pic"}
)

// sniffHEIF reads the ftyp box that a HEIF file begins with: its length, its
// name, the major brand, a version, and the compatible brands.
func sniffHEIF(head []byte) (Format, bool) {
	if len(head) < 12 || string(head[4:8]) != "ftyp" {
		return "", false
	}
	box := head
	if size := binary.BigEndian.Uint32(head); size >= 12 && uint64(size) < uint64(len(head)) {
		box = head[:size]
	}
	brands := []string{string(box[8:12])}
	for at := 16; at+4 <= len(box); at += 4 {
		brands = append(brands, string(box[at:at+4]))
	}
	// The major brand is first, and so decides where a file is of both kinds.
	var general bool
	for _, b := range brands {
		switch {
		case slices.Contains(avifBrands, b):
			return AVIF, true
		case slices.Contains(hevcBrands, b):
			return HEIC, true
		case slices.Contains(heifBrands, b):
			general = true
		}
	}
	if !general {
		return "", false
	}
	// The brands do not say: the kinds of the items may be in sight, in the infe boxes
	// of the meta box that follows.
	rest := head[len(box):]
	if i := bytes.Index(rest, []byte("av01")); i >= 0 {
		if j := bytes.Index(rest, []byte("hvc1")); j < 0 || i < j {
			return AVIF, true
		}
	}
	return HEIC, true
}
