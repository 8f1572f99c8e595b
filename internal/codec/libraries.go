package codec

/*
#include <libheif/heif.h>
#include <libdeflate.h>
#include <tiffio.h>

// libjpeg-turbo has its version in this header alone, which some packages of the
// library lack.
#if defined(__has_include)
#if __has_include(<jconfig.h>)
#include <jconfig.h>
#endif
#endif

#define WP_TEXT(x) #x
#define WP_STRING(x) WP_TEXT(x)

static const char* wp_jpeg_version(void) {
#ifdef LIBJPEG_TURBO_VERSION
  return WP_STRING(LIBJPEG_TURBO_VERSION);
#else
  return "";
#endif
}
*/
import "C"

import (
	"fmt"
	"strings"

	"github.com/webpress/webpress/internal/pixel"
)

// Libraries returns the libraries that decode, convert and encode, each with its
// version, and behind libheif the decoders that it has found.
func Libraries() []Library {
	encoder, _ := LibwebpVersion()
	all := []Library{
		{"libwebp", fmt.Sprintf("%d.%d.%d", encoder>>16, encoder>>8&0xff, encoder&0xff)},
		{"libheif", heifVersion()},
	}
	all = append(all, heifDecoders()...)
	return append(all,
		Library{"libjpeg-turbo", C.GoString(C.wp_jpeg_version())},
		Library{"libtiff", tiffVersion(C.GoString(C.TIFFGetVersion()))},
		Library{"libdeflate", C.LIBDEFLATE_VERSION_STRING},
		Library{"lcms2", pixel.LCMSVersion()},
		Library{"zimg", pixel.ZimgVersion()},
	)
}

// heifDecoders are those of HEVC and AV1 that libheif would use.
func heifDecoders() []Library {
	return append(decodersOf(C.heif_compression_HEVC), decodersOf(C.heif_compression_AV1)...)
}

// decodersOf are the decoders that libheif has for a format, best first.
func decodersOf(format C.heif_compression_format) []Library {
	var found [8]*C.heif_decoder_descriptor
	n := C.heif_get_decoder_descriptors(format, &found[0], C.int(len(found)))
	var all []Library
	for _, d := range found[:min(int(n), len(found))] {
		all = append(all, decoderLibrary(C.GoString(C.heif_decoder_descriptor_get_name(d))))
	}
	return all
}

// decoderLibrary reads the name that libheif has for a decoder, such as "libde265
// HEVC decoder, version 1.0.15" or "dav1d v1.5.1". That of libavcodec is "FFMPEG
// AVC/HEVC decoder 7.1.5", with the version of FFmpeg.
func decoderLibrary(described string) Library {
	name, rest, _ := strings.Cut(described, " ")
	if name == "FFMPEG" {
		name = "libavcodec"
	}
	words := strings.Fields(rest)
	if len(words) == 0 {
		return Library{Name: name}
	}
	return Library{name, strings.TrimPrefix(words[len(words)-1], "v")}
}

// tiffVersion reads the text of TIFFGetVersion, such as "LIBTIFF, Version 4.7.0"
// and lines about its authors.
func tiffVersion(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line[strings.LastIndex(line, " ")+1:]
}
