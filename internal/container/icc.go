package container

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// maxICC is the length in bytes of the largest ICC profile that is taken: those for
// printing have up to 3 MB.
const maxICC = 4 << 20

// CheckICC says what is wrong with the frame of an ICC profile (ICC.1:2022, 7.2 and
// 7.3): its header, and the places of its tags. What the tags hold is for a color
// engine to judge.
func CheckICC(profile []byte) error {
	const header, tag = 128 + 4, 12
	switch {
	case len(profile) > maxICC:
		return fmt.Errorf("its ICC profile has %d bytes, the limit is %d", len(profile), maxICC)
	case len(profile) < header || string(profile[36:40]) != "acsp":
		return errors.New("its ICC profile is not one")
	case int64(binary.BigEndian.Uint32(profile)) != int64(len(profile)):
		return errors.New("its ICC profile gives another length than it has")
	case profile[8] < 2 || profile[8] > 5:
		return fmt.Errorf("its ICC profile is of the unknown version %d", profile[8])
	}
	switch space := string(profile[16:20]); space {
	case "RGB ", "GRAY":
	default:
		return fmt.Errorf("its ICC profile is for the color space %q, which no result has", space)
	}
	count := int64(binary.BigEndian.Uint32(profile[128:]))
	if count > 200 || header+count*tag > int64(len(profile)) {
		return errors.New("its ICC profile has a damaged list of tags")
	}
	end := header + count*tag
	for i := range count {
		at := profile[header+i*tag:]
		offset, size := int64(binary.BigEndian.Uint32(at[4:])), int64(binary.BigEndian.Uint32(at[8:]))
		if offset < header+count*tag || size > int64(len(profile)) || offset+size > int64(len(profile)) {
			return errors.New("its ICC profile has a tag outside of it")
		}
		end = max(end, offset+size)
	}
	// Padding to a multiple of 4.
	for _, b := range profile[end:] {
		if b != 0 || int64(len(profile))-end > 3 {
			return errors.New("its ICC profile has bytes behind its last tag")
		}
	}
	return nil
}
