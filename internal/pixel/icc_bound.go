package pixel

import (
	"bytes"
	"encoding/binary"
)

const (
	// maxProfile bounds the profiles that are read, in bytes. The largest in use, of
	// printers, have 2 or 3 MB.
	maxProfile = 8 << 20
	iccHeader  = 128
	iccTag     = 12 // a signature, an offset, a length
	// maxTags is Little CMS's own bound.
	maxTags = 100
)

// bounded returns what of a profile Little CMS is to see, nil if it is too large or
// no profile. Tags D2Bx and B2Dx are hidden from it (ICC.1:2010, 9.2.17): each may hold
// any number of stages that share their data, so that 11 kB take minutes. No browser
// reads them.
func bounded(icc []byte) []byte {
	if len(icc) < iccHeader+4 || len(icc) > maxProfile {
		return nil
	}
	tags := int(binary.BigEndian.Uint32(icc[iccHeader:]))
	if tags > maxTags || tags > (len(icc)-iccHeader-4)/iccTag {
		return nil
	}
	copied := false
	for i := range tags {
		at := iccHeader + 4 + i*iccTag
		if name := string(icc[at:][:3]); name != "D2B" && name != "B2D" {
			continue
		}
		if !copied {
			icc, copied = bytes.Clone(icc), true
		}
		copy(icc[at:], "xxx") // a private signature that no reader knows
	}
	return icc
}
