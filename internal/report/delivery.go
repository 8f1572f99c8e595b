package report

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
)

// A Delivery is what became of the results in one store.
type Delivery struct {
	asset.Receipt
	// Err is why not all was delivered, nil if it was.
	Err *asset.Fault `json:"error,omitempty"`
}

// words are how a delivery is spoken of.
type words struct{ noun, did, not, whole string }

func (d Delivery) words() words {
	switch d.Store {
	case "commit":
		return words{"Commit", "Committed", "Not committed", "to commit"}
	case "artifact":
		return words{"Artifact", "Uploaded", "Not uploaded", "to upload"}
	case "folder":
		return words{"Folder", "Copied", "Not copied", "to copy"}
	}
	return words{d.Store, "Delivered", "Not delivered", "to deliver"}
}

// line is what was delivered, as text: Committed 12 files, removed 3 files. It
// is empty if the error or the notes say it all.
func (d Delivery) line() string {
	w := d.words()
	switch {
	case len(d.Paths)+len(d.Removed) > 0:
		s := w.did + " " + count(len(d.Paths), "file")
		if len(d.Removed) > 0 {
			s += ", removed " + count(len(d.Removed), "file")
		}
		return s
	case d.Err == nil && len(d.Notes)+len(d.Left) == 0:
		return "Nothing " + w.whole
	}
	return ""
}

// ref is the store's own name for what it made, as short as people write it.
func (d Delivery) ref() string {
	if d.Store == "commit" && len(d.Ref) >= 40 {
		return d.Ref[:12]
	}
	return d.Ref
}

// webURL returns address if it can stand in Markdown as it is.
func webURL(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil ||
		strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("<>()[]\\`|", r) }) {
		return ""
	}
	return address
}

// linked is text, or a link to address where there is one.
func linked(text, address string) string {
	if address = webURL(address); address == "" {
		return text
	}
	return "[" + text + "](" + address + ")"
}

// pageLine says where the report to look at is, empty if there is none.
func (r Report) pageLine() string {
	for _, d := range r.Deliveries {
		switch {
		case d.Page == "" || d.Ref == "":
		case d.Store == "artifact":
			return "Before and after: " + code(d.Page) + " in the " + linked("artifact", d.URL)
		default:
			return "Before and after: " + code(d.Page) + " in " + code(short(d.Ref, nameWidth))
		}
	}
	if r.Page != "" {
		return "Before and after: " + code(short(r.Page, nameWidth))
	}
	return ""
}

// delivered is the section on the stores.
func (r Report) delivered() section {
	var rows []string
	for _, d := range r.Deliveries {
		rows = append(rows, d.rows()...)
	}
	if len(rows) == 0 {
		return section{}
	}
	return section{title: "Delivery", count: len(rows), row: func(i int) string { return rows[i] }, open: openRows}
}

func (d Delivery) rows() []string {
	var rows []string
	add := func(format string, args ...any) { rows = append(rows, "- "+fmt.Sprintf(format, args...)+"\n") }
	if line := d.line(); line != "" {
		switch {
		case d.Ref != "":
			line += ": " + linked(code(short(d.ref(), nameWidth)), d.URL)
		case webURL(d.URL) != "":
			line += ": " + webURL(d.URL)
		}
		add("%s", line)
	}
	if address := webURL(d.PullRequest); address != "" {
		add("Pull request: %s", address)
	}
	if d.Err != nil {
		row := fmt.Sprintf("**%s:** %s", d.words().not, code(short(d.Err.Message, 4*nameWidth)))
		if d.Err.Hint != "" {
			row += "<br>" + prose(short(d.Err.Hint, 8*nameWidth))
		}
		add("%s", row)
	}
	for _, note := range d.Notes {
		add("%s: %s", d.words().noun, prose(short(note, 4*nameWidth)))
	}
	for _, left := range d.Left {
		add("%s: %s %s", d.words().not, code(short(left.Path, nameWidth)), prose(short(left.Reason, 2*nameWidth)))
	}
	return rows
}

// deliveredText is delivered as text.
func (r Report) deliveredText(b *strings.Builder) {
	if len(r.Deliveries) == 0 {
		return
	}
	b.WriteString("\ndelivery\n")
	for _, d := range r.Deliveries {
		w := d.words()
		if line := d.line(); line != "" {
			for _, more := range []string{d.ref(), d.URL} {
				if more != "" {
					line += "  " + ci.Visible(more)
				}
			}
			wrap(b, "  ", line)
		}
		if d.PullRequest != "" {
			wrap(b, "  ", "Pull request: "+ci.Visible(d.PullRequest))
		}
		if d.Err != nil {
			wrap(b, "  ", w.not+": "+ci.Visible(d.Err.Message))
			if d.Err.Hint != "" {
				wrap(b, "    ", ci.Visible(d.Err.Hint))
			}
		}
		for _, note := range d.Notes {
			wrap(b, "  ", w.noun+": "+ci.Visible(note))
		}
		for _, left := range d.Left[:min(len(d.Left), openRows/2)] {
			wrap(b, "  ", w.not+": "+ci.Visible(left.Path)+": "+ci.Visible(left.Reason))
		}
		more(b, len(d.Left)-openRows/2)
	}
}

// deliveryOutputs are the values that stores give to later steps.
func (r Report) deliveryOutputs() []ci.Output {
	var commit, pull, id, address, digest string
	for _, d := range r.Deliveries {
		switch d.Store {
		case "commit":
			commit, pull = cmp.Or(commit, d.Ref), cmp.Or(pull, d.PullRequest)
		case "artifact":
			if id == "" {
				id, address, digest = d.Ref, d.URL, d.Digest
			}
		}
	}
	return []ci.Output{
		{Name: "commit", Value: commit},
		{Name: "pull-request", Value: pull},
		{Name: "artifact-id", Value: id},
		{Name: "artifact-url", Value: address},
		{Name: "artifact-digest", Value: digest},
	}
}

// count is a number of things in words: 1 file, 2 files.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
