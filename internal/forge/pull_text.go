package forge

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
)

// pullMark finds the line that ends what webpress writes into a pull request.
var pullMark = regexp.MustCompile(`(?m)^<!-- webpress:pull ([0-9a-f]{16})\b[^>\n]*-->`)

// marked is the body of a pull request with an invisible last line. By it a
// later run recognizes its own text, and by the digest in it its own title.
func (n NewPullRequest) marked() string {
	mark := "<!-- webpress:pull " + titleDigest(n.Title) + ": every run rewrites what is above and keeps what is below -->"
	return strings.TrimLeft(n.Body+"\n\n"+mark, "\n")
}

// titleDigest is short, as it need not withstand anybody: who may write the title
// may write the mark as well.
func titleDigest(title string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.TrimSpace(title))))[:16]
}

// renew is what title and body of an open pull request have to become. An empty
// one stays as it is: the body where it has no mark, as webpress did not write it
// or somebody has put a text of their own in its place, and the title where
// somebody has changed it.
func (n NewPullRequest) renew(title, body string) (newTitle, newBody string) {
	body = strings.ReplaceAll(body, "\r\n", "\n") // the form of a browser
	at := pullMark.FindStringSubmatchIndex(body)
	if at == nil {
		return "", ""
	}
	if strings.TrimSpace(title) != strings.TrimSpace(n.Title) && titleDigest(title) == body[at[2]:at[3]] {
		newTitle = n.Title
	}
	below := body[at[1]:]
	if all := n.marked() + below; strings.TrimSpace(all) != strings.TrimSpace(body) {
		newBody = all
	}
	return newTitle, newBody
}
