//go:build cgo

package engine

import (
	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/rights"
)

// keptMetadata returns the EXIF and XMP of an output whose source has these blocks, by
// the setting metadata. The pixels of an output are upright.
func keptMetadata(setting string, exif, xmp, iptc []byte) (keptEXIF, keptXMP []byte) {
	switch setting {
	case asset.MetadataAll:
		return codec.UprightEXIF(exif), codec.UprightXMP(xmp)
	case asset.MetadataCopyright:
		return nil, rights.Read(exif, xmp, iptc).XMP()
	}
	return nil, nil
}

// needsMetadata reports whether more than a profile has to be read.
func needsMetadata(setting string) bool {
	return setting == asset.MetadataAll || setting == asset.MetadataCopyright
}
