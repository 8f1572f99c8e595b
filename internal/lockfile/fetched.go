package lockfile

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// fetchedMark begins the remark on a source that came from an address:
//
//	# fetched  source  blob  address  etag  last-modified  time
//
// A hyphen stands for what the server did not say. time is in seconds since 1970, where it is
// needed: it changes with every request.
const fetchedMark = "# fetched\t"

// fieldsFetched is the number of fields behind the mark.
const fieldsFetched = 6

// A Fetched is what a server said of a source that came from an address: with it, the next run asks
// whether that has changed.
type Fetched struct {
	// Source is the path of the source, Blob the id of the content that was fetched.
	Source, Blob string
	// URL is its address, without a user's name.
	URL string
	// ETag and LastModified are the validators of the answer (RFC 9110, 8.8), empty without.
	ETag, LastModified string
	// At is when the server was asked last, zero where that is not recorded.
	At time.Time
}

// Fetched is what is known of a source that came from an address. It is not ok for all others.
func (l *File) Fetched(source string) (Fetched, bool) {
	f, ok := l.fetched[source]
	return f, ok && len(l.bySource[source]) > 0
}

// SetFetched records what a server said of a source. It counts as long as there are entries of that.
func (l *File) SetFetched(f Fetched) {
	if old, ok := l.fetched[f.Source]; ok && old == f {
		return
	}
	if l.fetched == nil {
		l.fetched = map[string]Fetched{}
	}
	l.fetched[f.Source] = f
	l.changed = true
}

// parseFetched reads the remark in a line. What is no such remark is passed over: the source is
// fetched again.
func parseFetched(line string) (f Fetched, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), fetchedMark)
	if !ok {
		return f, false
	}
	field := strings.Split(rest, "\t")
	if len(field) != fieldsFetched || !isBlob(field[1]) {
		return f, false
	}
	source, err := parsePath(field[0])
	if err != nil {
		return f, false
	}
	f = Fetched{Source: source, Blob: field[1]}
	for i, to := range []*string{&f.URL, &f.ETag, &f.LastModified} {
		if *to, ok = unquoteText(field[2+i]); !ok {
			return f, false
		}
	}
	if field[5] != unknown {
		seconds, err := strconv.ParseInt(field[5], 10, 64)
		if err != nil {
			return f, false
		}
		f.At = time.Unix(seconds, 0).UTC()
	}
	return f, true
}

// readFetched takes the remark in a line. Of two for a source, as after a merge by union, the one
// that was asked last counts.
func (l *File) readFetched(line string) {
	f, ok := parseFetched(line)
	if !ok || f.At.Before(l.fetched[f.Source].At) {
		return
	}
	if l.fetched == nil {
		l.fetched = map[string]Fetched{}
	}
	l.fetched[f.Source] = f
}

// String is the line, with its end.
func (f Fetched) String() string {
	at := unknown
	if !f.At.IsZero() {
		at = strconv.FormatInt(f.At.Unix(), 10)
	}
	return fmt.Sprintf("%s%s\t%s\t%s\t%s\t%s\t%s\n", fetchedMark, quotePath(f.Source), f.Blob, quoteText(f.URL), quoteText(f.ETag), quoteText(f.LastModified), at)
}

// quoteText writes a text of a server's so that it stays in its field. Most entity tags have quotes.
func quoteText(s string) string {
	if s == "" {
		return unknown
	}
	odd := strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f })
	if odd || s == unknown || s[0] == '\'' || s != strings.TrimSpace(s) {
		return "'" + strconv.QuoteToASCII(s)
	}
	return s
}

func unquoteText(s string) (string, bool) {
	if s == unknown {
		return "", true
	}
	if quoted, ok := strings.CutPrefix(s, "'"); ok {
		text, err := strconv.Unquote(quoted)
		return text, err == nil
	}
	return s, true
}
