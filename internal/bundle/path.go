package bundle

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/tree"
)

// The lengths in bytes of a path, and of a name in it, that every file system
// takes.
const (
	maxPath = 4096
	maxName = 255
)

// BadPath says why p cannot be the path of a file in a tree on every system, as
// the end of a sentence about it; it is empty if p can. The rules are those
// of git's core.protectNTFS and core.protectHFS, of Windows ("Naming Files,
// Paths, and Namespaces") and of GitHub's artifacts, which refuse the signs that
// Windows does.
func BadPath(p string) string {
	switch {
	case p == "":
		return "is empty"
	case len(p) > maxPath:
		return fmt.Sprintf("is longer than %d bytes", maxPath)
	case !utf8.ValidString(p):
		return "is not UTF-8"
	case strings.HasPrefix(p, "/"):
		return "is absolute"
	}
	for _, r := range p {
		switch {
		case unicode.IsControl(r):
			return fmt.Sprintf("has the control character %U", r)
		case strings.ContainsRune(`\:*?"<>|`, r):
			return fmt.Sprintf("has a %c, which no name on Windows may have", r)
		}
	}
	for name := range strings.SplitSeq(p, "/") {
		if why := badName(name); why != "" {
			return why
		}
	}
	return ""
}

func badName(name string) string {
	switch {
	case name == "":
		return "has an empty name in it"
	case name == "." || name == "..":
		return "has a " + name + " in it"
	case len(name) > maxName:
		return fmt.Sprintf("has a name longer than %d bytes", maxName)
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
		return "has a name that ends with a dot or a space, which Windows takes away"
	case tree.IsGit(name):
		return "is inside git's own folder"
	case isDevice(name):
		return "has the name of a device of Windows"
	}
	return ""
}

// isDevice reports whether Windows takes name for a device, whatever its extension.
func isDevice(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	port, ok := strings.CutPrefix(base, "COM")
	if !ok {
		port, ok = strings.CutPrefix(base, "LPT")
	}
	// Superscript digits count too.
	return ok && utf8.RuneCountInString(port) == 1 && strings.ContainsAny(port, "0123456789¹²³")
}

// Reserved reports whether p is the path of a file of our own, on some file system.
func Reserved(p string) bool {
	return strings.EqualFold(p, ManifestName) || strings.EqualFold(p, ReportName) || strings.EqualFold(p, PageName)
}

// fold is p as file systems see it that ignore case and Unicode forms.
func fold(p string) string { return tree.Fold(p) }
