package lockfile

import (
	"fmt"

	"github.com/dustin/go-humanize/english"
)

// Headline is the first line of the message of a commit that changes nothing but the
// lock file at a path: lines were added to it, and others are gone.
func Headline(path string, added, dropped int) string {
	switch {
	case added > 0:
		return fmt.Sprintf("chore(images): record %s in %s", english.Plural(added, "image", ""), path)
	case dropped > 0:
		return fmt.Sprintf("chore(images): drop %s from %s", english.Plural(dropped, "image", ""), path)
	}
	return "chore(images): update " + path
}
