package codec

// #include <libheif/heif.h>
import "C"

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/webpress/webpress/internal/asset"

	"github.com/strukturag/libheif/go/heif"
)

// heifError returns an error of libheif: what is wrong with the file and how to
// fix it, with the library's message, text, in parentheses. code and subcode
// are a heif_error_code and a heif_suberror_code.
func heifError(format asset.Format, code, subcode int, text string) *Error {
	e := &Error{Op: string(format), Code: code, Detail: damaged, Hint: againHint}
	switch subcode {
	case C.heif_suberror_End_of_data:
		e.Detail = cutShort
	case C.heif_suberror_Nonexisting_item_referenced, C.heif_suberror_No_or_invalid_primary_item:
		if strings.Contains(text, "unsupported") { // it does not know the item's type
			e.Detail, e.Hint = "its image is coded in a way that libheif "+heifVersion()+" does not read", exportHint
		}
	case C.heif_suberror_Security_limit_exceeded:
		e.Detail, e.Hint = "the file claims more than a sound image does", ""
		if strings.Contains(text, "memory") || strings.Contains(text, "llocat") || strings.Contains(text, "mage size") {
			e.Detail, e.Hint = "the image needs more memory than it may have", "shrink it before, or raise `max-pixels`"
		}
	case C.heif_suberror_Unsupported_codec, C.heif_suberror_Plugin_loading_error,
		C.heif_suberror_Cannot_read_plugin_directory, C.heif_suberror_No_matching_decoder_installed:
		return noDecoder(e, text)
	case C.heif_suberror_No_meta_box, C.heif_suberror_No_pict_handler, C.heif_suberror_No_moov_box:
		e.Detail, e.Hint = "there is no still image in the file", exportHint
	case C.heif_suberror_Unsupported_data_version:
		// Of the boxes that are in every file, there are no other versions than
		// those that libheif knows.
		e.Detail = damaged + ", or newer than libheif " + heifVersion()
	default:
		switch code {
		case C.heif_error_Plugin_loading_error:
			return noDecoder(e, text)
		case C.heif_error_Unsupported_filetype, C.heif_error_Unsupported_feature:
			e.Detail, e.Hint = "the file uses something that libheif "+heifVersion()+" does not read", exportHint
		case C.heif_error_Memory_allocation_error:
			e.Detail, e.Hint = "out of memory", "lower `jobs`"
		case C.heif_error_Decoder_plugin_error:
			e.Detail = "the pixels are damaged or cut short"
		}
	}
	e.Detail += inParentheses(text)
	return e
}

func noDecoder(e *Error, text string) *Error {
	plugin := "libheif-plugin-libde265"
	if e.Op == string(asset.AVIF) {
		plugin = "libheif-plugin-dav1d"
	}
	e.Detail = fmt.Sprintf("libheif has no decoder for this %s%s", strings.ToUpper(e.Op), inParentheses(text))
	e.Hint = "install its plugin (Debian: " + plugin + "), or convert the file to JPEG or PNG first"
	return e
}

// inParentheses returns the part of a message of libheif that is not said already. Such a text
// is "Category: Kind: particulars", where the last two may be missing. The
// particulars may hold bytes of the file; those that cannot be printed become ?.
func inParentheses(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	parts := strings.SplitN(strings.TrimSpace(text), ": ", 3)
	last := strings.TrimSuffix(strings.TrimSpace(parts[len(parts)-1]), ".")
	if last == "" || last == "Unspecified" {
		return ""
	}
	return " (libheif: " + lowerFirst(last) + ")"
}

func heifVersion() string { return heif.GetVersion() }

// lowerFirst makes the first letter small, unless it begins a name in capitals.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
