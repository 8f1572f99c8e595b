package tree

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"unicode/utf8"
)

// maxName is the most bytes that a name has on ext4, APFS and, of ASCII, on NTFS.
const maxName = 255

// windows are the characters that names have on other systems only.
const windows = `<>:"|?*`

// NotPortable says why name cannot be that of one file or folder on Linux, macOS and
// Windows alike, or why it would not be seen as what it is. It is empty if it can.
//
// Windows: "Naming Files, Paths, and Namespaces" in Microsoft's documentation of Win32.
func NotPortable(name string) string {
	switch {
	case name == "":
		return "it is empty"
	case name == "." || name == "..":
		return "it leads to another folder"
	case !utf8.ValidString(name):
		return "it is not UTF-8"
	case len(name) > maxName:
		return "it is longer than 255 bytes"
	case strings.ContainsAny(name, `/\`):
		return "it has a slash or a backslash"
	case strings.ContainsFunc(name, isControl):
		return "it has a control character"
	case strings.ContainsAny(name, windows):
		return `Windows has no files with < > : " | ? * in their names`
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
		return "it ends with a dot or a space, which Windows takes away"
	case isDevice(name):
		return "it is that of a device on Windows"
	case IsGit(name):
		return "it is that of git's own folder"
	}
	return ""
}

// Portable makes name one that NotPortable accepts: what cannot be in a name becomes
// a hyphen, and a name that means something else gets an underscore in front. It is empty
// if name is nothing but dots and spaces.
func Portable(name string) string {
	if NotPortable(name) == "" {
		return name
	}
	full := name
	name = strings.Map(func(r rune) rune {
		if isControl(r) || strings.ContainsRune(windows+`/\`, r) {
			return '-'
		}
		return r
	}, strings.ToValidUTF8(name, "-"))
	if name = strings.TrimRight(name, ". "); name == "" {
		return ""
	}
	if isDevice(name) || IsGit(name) {
		name = "_" + name
	}
	if len(name) <= maxName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	for name = name[:180]; !utf8.ValidString(name); {
		name = name[:len(name)-1]
	}
	sum := sha256.Sum256([]byte(full)) // others may begin alike
	return name + "-" + hex.EncodeToString(sum[:4]) + ext
}

// isControl knows the characters that steer a terminal, and those that change the order
// in which a name is shown.
func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// isDevice reports whether Windows takes a name for a device, such as CON, nul.txt and COM1.
func isDevice(name string) bool {
	name, _, _ = strings.Cut(name, ".")
	name = strings.ToUpper(strings.TrimRight(name, " "))
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	digit, ok := strings.CutPrefix(name, "COM")
	if !ok {
		digit, ok = strings.CutPrefix(name, "LPT")
	}
	return ok && utf8.RuneCountInString(digit) == 1 && strings.Contains("0123456789¹²³", digit)
}
