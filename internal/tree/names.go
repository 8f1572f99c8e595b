package tree

import (
	"path/filepath"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Temporary files lie in the folder of what they will be, under names that no
// pattern for images matches.
const (
	TempPrefix = ".webpress-"
	TempSuffix = ".tmp"
)

// IsTemp reports whether a name is one that Write gives to temporary files: rand.Text
// is 26 characters of base32.
func IsTemp(name string) bool {
	middle, ok := strings.CutPrefix(name, TempPrefix)
	middle, ends := strings.CutSuffix(middle, TempSuffix)
	return ok && ends && len(middle) == 26 && strings.Trim(middle, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// IsGit reports whether some file system takes name for .git. macOS and Windows ignore
// case, HFS+ ignores the characters that core.protectHFS of git lists, and NTFS, as
// core.protectNTFS has it, takes away dots and spaces at the end and what follows a
// colon, and has git~1 as a short name.
func IsGit(name string) bool {
	if len(name) < len(".git") {
		return false
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 0x200c && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x206a && r <= 0x206f, r == 0xfeff:
			return -1
		}
		return r
	}, name)
	name, _, _ = strings.Cut(name, ":")
	name = strings.TrimRight(name, ". ")
	return strings.EqualFold(name, ".git") || strings.EqualFold(name, "git~1")
}

// InGit reports whether a path, with slashes or backslashes, is a .git folder or in one,
// on any file system.
func InGit(path string) bool {
	// Nearly no path has it, which is quickly seen.
	if !strings.Contains(path, "~") && !strings.ContainsAny(path, ".") {
		return false
	}
	for name := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		if IsGit(name) {
			return true
		}
	}
	return false
}

// SeenFrom is a path as seen from the folder dir, where both begin at the same root.
func SeenFrom(dir, name string) string {
	rel, err := filepath.Rel(filepath.Join("/", filepath.FromSlash(dir)), filepath.Join("/", filepath.FromSlash(name)))
	if err != nil {
		return name
	}
	return filepath.ToSlash(rel)
}

// Fold maps all spellings of a path to one that macOS or Windows take for the same
// file: those that differ in upper and lower case, or in the Unicode form of
// characters such as é.
func Fold(path string) string {
	for i := range len(path) {
		if path[i] >= 0x80 {
			// A Caser is for one goroutine, and costs nothing to make.
			return norm.NFC.String(cases.Fold().String(norm.NFD.String(path)))
		}
	}
	return strings.ToLower(path)
}
