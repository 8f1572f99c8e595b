package app

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/webpress/webpress/internal/tree"
)

// mentions are the places that name a source.
type mentions struct {
	first []string
	more  int
}

// maxMentions is how many places are listed.
const maxMentions = 5

func (m *mentions) add(place string) {
	if len(m.first) == maxMentions {
		m.more++
		return
	}
	m.first = append(m.first, place)
}

// String lists the places.
func (m *mentions) String() string {
	list := strings.Join(m.first, "; ")
	if m.more > 0 {
		list += fmt.Sprintf("; and %d more", m.more)
	}
	return list
}

// A named source is one that is searched for.
type named struct {
	// path is from the working directory, folded from the root of the repository.
	path, folded string
}

// wordEnds are the characters that end a path in HTML, CSS, Markdown and code.
const wordEnds = " \t\r\n\"'`()[]{}<>=,;|?#:!*"

// namesIn are the paths of those sources that a line of a file in the folder dir names,
// as in src="a.jpg", url(x/a.jpg) and ](a.jpg), also with %20 and the like. sources are
// listed by their last names, folded.
func namesIn(line, dir string, sources map[string][]named) map[string]bool {
	found := map[string]bool{}
	if !strings.Contains(line, ".") {
		return found
	}
	look := func(word string) {
		word = strings.ReplaceAll(word, "\\", "/")
		same := sources[tree.Fold(path.Base(word))]
		known := len(same) == 1 || strings.Contains(fromRoot(word), "/")
		for _, s := range same {
			if len(same) == 1 || means(word, dir, s.folded) {
				found[s.path], known = true, true
			}
		}
		if !known { // a name alone may be any of them
			for _, s := range same {
				found[s.path] = true
			}
		}
	}
	for word := range strings.FieldsFuncSeq(line, func(c rune) bool { return strings.ContainsRune(wordEnds, c) }) {
		look(word)
		if strings.Contains(word, "%") {
			if plain, err := url.PathUnescape(word); err == nil {
				look(plain)
			}
		}
	}
	// Names with signs that end a word, such as "a (1).jpg".
	for base, same := range sources {
		if strings.ContainsAny(base, wordEnds+"\\") && strings.Contains(tree.Fold(line), base) {
			for _, s := range same {
				found[s.path] = true
			}
		}
	}
	return found
}

// means reports whether a path in a file of the folder dir may be that of a source, of
// whose last name there are several: seen from the file, from the root, or from a root
// above or below that, as in a web address.
func means(word, dir, source string) bool {
	if strings.ContainsAny(path.Dir(word), "$%+~@") {
		return true // a folder that is filled in later
	}
	if tree.Fold(path.Join(dir, word)) == source {
		return true
	}
	at := tree.Fold(fromRoot(word))
	return strings.HasSuffix("/"+at, "/"+source) || strings.Contains(at, "/") && strings.HasSuffix("/"+source, "/"+at)
}

// fromRoot is a path without what leads up and where it begins.
func fromRoot(word string) string { return path.Clean("/" + word)[1:] }
