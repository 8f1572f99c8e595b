package httpclient

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxExcerpt is the number of bytes of a server's words in an error's text.
const maxExcerpt = 300

// An Error is why a request failed. None of its members holds a secret of the
// request, in so far as it is known by its place or its looks.
type Error struct {
	Method string
	// URL is the request's as it may be shown: see Redact.
	URL string
	// Status is the answer's, or 0 if there was none, or not all of it.
	Status int
	// Header and Body are the answer's, where Status is not 0.
	Header http.Header
	Body   []byte
	// RequestID is the server's name for the request, which its support asks for.
	RequestID string
	// Attempts is how often the request was sent, or tried to.
	Attempts int
	// Limited reports whether a rate limit is why. Wait is how long the server asks to
	// be left alone, 0 if it did not say.
	Limited bool
	Wait    time.Duration
	// Err is the cause where Status is 0.
	Err error

	// failed reports whether Request.Failed is why.
	failed bool
	hide   redactor
}

// Error returns one line.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %s", e.Method, e.URL, e.Reason())
}

// Reason is the error without the method and the URL.
func (e *Error) Reason() string {
	var b strings.Builder
	b.WriteString(e.reason())
	if e.Wait > 0 {
		fmt.Fprintf(&b, ", to be asked again in %s", e.Wait.Round(time.Second))
	}
	var facts []string
	if e.RequestID != "" {
		facts = append(facts, "request "+e.RequestID)
	}
	if e.Attempts > 1 {
		facts = append(facts, fmt.Sprintf("%d attempts", e.Attempts))
	}
	if len(facts) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(facts, ", "))
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Message is what the server says in Body, as one line; it is empty for a page
// of HTML and the like.
func (e *Error) Message() string { return oneLine(message(e.Body)) }

// reason is Reason for one attempt.
func (e *Error) reason() string {
	if e.Status == 0 {
		return oneLine(e.hide.text(fmt.Sprint(e.Err)))
	}
	text := fmt.Sprint(e.Status)
	if name := http.StatusText(e.Status); name != "" {
		text += " " + name
	}
	if to := e.Header.Get("Location"); e.Status/100 == 3 && to != "" {
		return text + ": moved to " + to
	}
	if words := e.Message(); words != "" {
		text += ": " + words
	}
	return text
}

// transportError is the Error of an attempt that brought no answer, or not all of one.
func (a *call) transportError(err error) *Error {
	// Its text would repeat the whole URL.
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if err != nil && strings.HasPrefix(err.Error(), "failed to parse Location header") {
		err = &permanentError{"redirected to what is not a URL"}
	}
	return &Error{Method: a.request.Method, URL: a.hide.url, Attempts: a.attempts, Err: err, hide: a.hide}
}

// statusError is the Error of an answer.
func (a *call) statusError(r *Response, limited bool) *Error {
	header := make(http.Header, len(r.Header))
	for name, values := range r.Header {
		for _, v := range values {
			header.Add(name, a.hide.text(v))
		}
	}
	if to := r.Header.Get("Location"); to != "" {
		header.Set("Location", a.hide.location(to))
	}
	e := &Error{
		Method: a.request.Method, URL: a.hide.url, Attempts: a.attempts, Limited: limited,
		Status: r.Status, Header: header, Body: []byte(a.hide.text(string(r.Body[:min(len(r.Body), maxRefusal)]))), hide: a.hide,
	}
	for _, name := range []string{"X-Github-Request-Id", "X-Request-Id", "X-Ms-Request-Id"} {
		if id := header.Get(name); id != "" {
			e.RequestID = oneLine(id)
			break
		}
	}
	return e
}

// message finds the words meant for people: GitHub's, GitLab's and Gitea's
// message, Twirp's msg, error and error_description of OAuth, Azure's XML, or a
// text that is nothing else.
func message(body []byte) string {
	text := strings.TrimSpace(string(body))
	switch {
	case strings.HasPrefix(text, "{"):
		var m map[string]json.RawMessage
		if json.Unmarshal(body, &m) != nil {
			return text
		}
		var words []string
		for _, name := range []string{"message", "msg", "error_description", "error"} {
			if w := phrase(m[name]); w != "" {
				words = append(words, w)
				break
			}
		}
		var list []struct{ Message string }
		if json.Unmarshal(m["errors"], &list) == nil {
			for _, e := range list {
				if e.Message != "" {
					words = append(words, e.Message)
				}
			}
		}
		return strings.Join(words, ": ")
	case strings.HasPrefix(text, "<"):
		var x struct {
			Message string `xml:"Message"`
		}
		_ = xml.Unmarshal(body, &x) // HTML, most likely: nothing for one line
		return x.Message
	}
	return text
}

// phrase is a JSON string, or another value as it is written.
func phrase(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

// oneLine makes a server's words fit for a line of a log: what could start
// another one, or steer a terminal, becomes a space.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= maxExcerpt {
		return s
	}
	s = s[:maxExcerpt]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
