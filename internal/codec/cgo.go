package codec

// The C code of this package. libwebp comes from github.com/chai2010/webp, which
// compiles release 1.4.0 into the binary; the shims here compile against the
// headers of the system's libwebp, whose ABI has the same major version. The
// -lwebp flags let the shims link on their own, as cgo does once for every
// package; in the final link every symbol is found in the static copy first, and
// --as-needed then drops the shared library. TestOneLibwebp pins that.
//
// libtiff loads the system's libwebp for TIFFs that are packed by it. A linker exports
// what a shared library refers to, and the loader looks in the program first: libtiff
// would call the functions of the copy in the binary in the place of those of its
// own libwebp, and libheif those of libsharpyuv, so that one release works on what
// another has allocated. exports.a makes every symbol of the binary local to it; on
// macOS each library finds its own by itself.
// TestNothingExported and TestTIFFBesideEncoder pin that.

/*
#cgo CFLAGS: -O3 -Wall -Wextra -Wno-unused-parameter
#cgo pkg-config: libheif libturbojpeg libdeflate lcms2
#cgo LDFLAGS: -Wl,--as-needed -lwebp -lwebpmux -lwebpdemux -lm
#cgo linux LDFLAGS: ${SRCDIR}/exports.a
*/
import "C"

import (
	_ "github.com/chai2010/webp" // compiles libwebp into the binary
)
