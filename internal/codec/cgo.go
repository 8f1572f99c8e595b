package codec

// The C of this room. libwebp comes from github.com/chai2010/webp, which
// compiles release 1.4.0 into the binary; the shims here compile against the
// headers of the system's libwebp, whose ABI has the same major version. The
// -lwebp flags let the shims link on their own, as cgo does once for every
// package; in the final link every symbol is found in the static copy first, and
// --as-needed then drops the shared library. TestOneLibwebp pins that.

/*
#cgo CFLAGS: -O3 -Wall -Wextra -Wno-unused-parameter
#cgo pkg-config: libheif libturbojpeg libdeflate lcms2
#cgo LDFLAGS: -Wl,--as-needed -lwebp -lwebpmux -lwebpdemux -lm
*/
import "C"

import (
	_ "github.com/chai2010/webp" // compiles libwebp into the binary
)
