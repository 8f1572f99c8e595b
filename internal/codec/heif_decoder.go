package codec

/*
#include "heif.h"
*/
import "C"

import (
	"slices"
	"sync"

	"github.com/webpress/webpress/internal/asset"
)

// libde265Second reports whether libheif has libde265, and would use another decoder of HEVC:
// libavcodec in what is published, which is faster, and knows fewer kinds of samples.
var libde265Second = sync.OnceValue(func() bool {
	return slices.IndexFunc(decodersOf(C.heif_compression_HEVC), func(l Library) bool { return l.Name == "libde265" }) > 0
})

// useLibde265 reports whether libde265 is to try what the decoder that libheif prefers has
// failed at, and sets limits so, once for each file.
func (f *heifFile) useLibde265(limits *C.wp_heif_limits, failed *C.wp_heif_error) bool {
	switch failed.code {
	case C.heif_error_Decoder_plugin_error, C.heif_error_Unsupported_feature:
	default:
		return false
	}
	if f.format != asset.HEIC || limits.libde265 != 0 || !libde265Second() {
		return false
	}
	limits.libde265 = 1
	return true
}
