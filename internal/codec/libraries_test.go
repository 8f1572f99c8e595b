package codec

import (
	"regexp"
	"slices"
	"testing"
)

func TestLibraries(t *testing.T) {
	number := regexp.MustCompile(`^\d+\.\d+`)
	var names []string
	for _, l := range Libraries() {
		names = append(names, l.Name)
		if !number.MatchString(l.Version) && !(l.Name == "libjpeg-turbo" && l.Version == "") {
			t.Errorf("%s has the version %q", l.Name, l.Version)
		}
	}
	for _, want := range []string{"libwebp", "libheif", "libde265", "dav1d", "libjpeg-turbo", "libtiff", "libdeflate", "lcms2", "zimg"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s among %q", want, names)
		}
	}
}

func TestLibraryTexts(t *testing.T) {
	for text, want := range map[string]Library{
		"libde265 HEVC decoder, version 1.0.15":   {"libde265", "1.0.15"},
		"dav1d v1.5.1-0-g42b2b24":                 {"dav1d", "1.5.1-0-g42b2b24"},
		"FFMPEG AVC/HEVC decoder 7.1.5-0+deb13u1": {"libavcodec", "7.1.5-0+deb13u1"},
		"own": {"own", ""},
		"":    {"", ""},
	} {
		if got := decoderLibrary(text); got != want {
			t.Errorf("decoderLibrary(%q) = %v, want %v", text, got, want)
		}
	}
	if got := tiffVersion("LIBTIFF, Version 4.7.0\nCopyright (c) 1988-1996 Sam Leffler"); got != "4.7.0" {
		t.Errorf("tiffVersion = %q", got)
	}
}
