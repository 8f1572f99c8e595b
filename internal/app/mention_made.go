package app

import (
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/tree"
)

// folderInCode matches a folder, and what a name begins with, in front of an expression or a pattern, in
// the ways of many languages: `img/${x}.jpg`, "img/big-" + x + ".jpg", f"img/{x}.jpg", "img/%s.jpg",
// "img/$x.jpg", img/{{ x }}.jpg, img/<%= x %>.jpg, url("img/@{x}.jpg"), img/*.jpg.
var folderInCode = regexp.MustCompile(`([\p{L}\p{N}_./@~-]*[\p{L}\p{N}_-]/)([\p{L}\p{N}_-]*)(?:\$[\w{(]|[{*]|[#@]\{|%[-\d]*[sdvqi(]|<[%?]|["'` + "`" + `]\s*(?:[+.~&|%,]|$))`)

// A name is put together within so many lines and bytes of code.
const (
	linesOfName = 3
	bytesOfName = 300
)

// A folderIndex has sources by the last word of their folder and by their extension.
type folderIndex map[string]map[string][]named

func indexFolders(sources map[string][]named) folderIndex {
	all := folderIndex{}
	for base, same := range sources {
		for _, s := range same {
			word, ext := lastWord(path.Dir(s.folded)), path.Ext(base)
			if all[word] == nil {
				all[word] = map[string][]named{}
			}
			all[word][ext] = append(all[word][ext], s)
		}
	}
	return all
}

func lastWord(dir string) string { return dir[len(strings.TrimRightFunc(dir, isNameRune)):] }

func isNameRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-'
}

// namesMade are the paths of those sources whose names code may put together: the first line of a text has
// their folder in front of an expression, and soon behind that is their extension, by itself.
func namesMade(text string, sources folderIndex) map[string]bool {
	line, _, _ := strings.Cut(text, "\n")
	if !sources.hasFolderOf(line) {
		return nil
	}
	found, done := map[string]bool{}, map[[3]string]bool{}
	for _, m := range folderInCode.FindAllStringSubmatchIndex(line, -1) {
		folder, begin := tree.Fold(strings.TrimLeft(line[m[2]:m[3]], "./@~")), tree.Fold(line[m[4]:m[5]])
		byExt := sources[lastWord(strings.TrimSuffix(folder, "/"))]
		if byExt == nil {
			continue
		}
		rest := text[m[5]:min(m[5]+bytesOfName, len(text))]
		if lines := strings.SplitAfterN(rest, "\n", linesOfName+1); len(lines) > linesOfName {
			rest = strings.TrimSuffix(rest, lines[linesOfName])
		}
		rest = tree.Fold(rest)
		for ext, some := range byExt {
			key := [3]string{folder, begin, ext}
			if done[key] || !hasMade(rest, ext) {
				continue
			}
			done[key] = true
			for _, s := range some {
				if isFolder(path.Dir(s.folded)+"/", folder) && strings.HasPrefix(path.Base(s.folded), begin) {
					found[s.path] = true
				}
			}
		}
	}
	return found
}

// hasFolderOf reports whether a line has a word before a slash that ends the name of a folder: few have.
func (x folderIndex) hasFolderOf(line string) bool {
	for {
		before, after, ok := strings.Cut(line, "/")
		if !ok {
			return false
		}
		if word := lastWord(before); word != "" && x[tree.Fold(word)] != nil {
			return true
		}
		line = after
	}
}

// isFolder reports whether a folder is the one that is named, seen from anywhere.
func isFolder(dir, name string) bool {
	before, ok := strings.CutSuffix(dir, name)
	last, _ := utf8.DecodeLastRuneInString(before)
	return ok && (before == "" || !isNameRune(last) && !strings.ContainsRune(".@~", last))
}

// hasMade reports whether a text has an extension whose name is not written there, but ends with an
// expression, a string or a pattern.
func hasMade(text, ext string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], ext)
		if i < 0 {
			return false
		}
		at += i + len(ext)
		if next, _ := utf8.DecodeRuneInString(text[at:]); at < len(text) && isNameRune(next) && next != '-' {
			continue
		}
		before := strings.TrimRightFunc(text[:at-len(ext)], isNameRune)
		if before == "" || strings.ContainsRune("}\"'`)>*$%+.", rune(before[len(before)-1])) {
			return true
		}
	}
}
