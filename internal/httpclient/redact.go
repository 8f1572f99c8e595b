package httpclient

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// stars stand for what is not shown.
const stars = "***"

// shortest is the length in bytes of a secret that is searched for in texts of
// others: shorter ones occur in them by chance.
const shortest = 5

// plain are the names of query parameters whose values may be shown. All others
// are hidden: new kinds of tokens and signatures come up all the time.
var plain = map[string]bool{
	"base": true, "blockid": true, "comp": true, "direction": true, "head": true, "order_by": true,
	"page": true, "path": true, "per_page": true, "recursive": true, "ref": true, "scope": true,
	"sort": true, "source_branch": true, "state": true, "target_branch": true,
}

// looksSecret matches secrets by their looks: what follows a telling name, and
// the tokens of GitHub, GitLab and JWTs.
var looksSecret = regexp.MustCompile(`(?i)((?:sig|signature|token|secret|password|passwd|apikey|api_key|credential)["']?\s*[=:]\s*["']?)[^\s&"'<>,;{}[\]]{8,}` +
	`|\b(?:gh[pousr]_|github_pat_|glpat-|gldt-|glcbt-)[\w-]{10,}` +
	`|\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*` +
	`|(\b(?:bearer|basic)\s+)[\w.~+/=-]{20,}`)

// Redact returns raw as it may be shown: without user and password, with only
// the harmless values of its query, and without a fragment.
func Redact(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return stars
	}
	return show(u, false)
}

func show(u *url.URL, privatePath bool) string {
	var b strings.Builder
	b.WriteString(u.Scheme + "://")
	if u.User != nil {
		b.WriteString(stars + "@")
	}
	b.WriteString(u.Host)
	switch {
	case !privatePath:
		b.WriteString(u.EscapedPath())
	case strings.Trim(u.Path, "/") != "":
		b.WriteString("/" + stars)
	}
	if u.RawQuery == "" {
		return b.String()
	}
	sep := "?"
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case privatePath:
			b.WriteString(sep + stars)
			return b.String()
		case value != "" && !plain[strings.ToLower(name)]:
			value = stars
		case value == "":
			// A query without names is often a token alone.
			name = stars
		}
		b.WriteString(sep + name)
		if value != "" {
			b.WriteString("=" + value)
		}
		sep = "&"
	}
	return b.String()
}

// A redactor hides the secrets of one request.
type redactor struct {
	// url is the request's as it may be shown.
	url         string
	privatePath bool
	known       *strings.Replacer
}

func newRedactor(u *url.URL, header http.Header, privatePath bool) redactor {
	var secrets []string
	if u.User != nil {
		password, _ := u.User.Password()
		// The last one is how net/http sends them.
		secrets = append(secrets, password, u.User.String(),
			base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
		if password == "" {
			secrets = append(secrets, u.User.Username())
		}
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, named := strings.Cut(pair, "=")
		if !named {
			value = name
		}
		if plain[strings.ToLower(name)] && !privatePath {
			continue
		}
		secrets = append(secrets, value)
		if clear, err := url.QueryUnescape(value); err == nil {
			secrets = append(secrets, clear)
		}
	}
	if privatePath {
		secrets = append(secrets, strings.Split(u.EscapedPath(), "/")...)
		secrets = append(secrets, u.EscapedPath(), u.Path)
	}
	for name, values := range header {
		if harmless[http.CanonicalHeaderKey(name)] {
			continue
		}
		for _, value := range values {
			secrets = append(secrets, value)
			scheme, token, found := strings.Cut(value, " ")
			if !found {
				continue
			}
			secrets = append(secrets, token)
			if clear, err := base64.StdEncoding.DecodeString(token); err == nil && strings.EqualFold(scheme, "basic") {
				_, password, _ := strings.Cut(string(clear), ":")
				secrets = append(secrets, string(clear), password)
			}
		}
	}
	// Longer ones first, so that none is found as a part of another.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range slices.Compact(secrets) {
		if len(s) >= shortest {
			pairs = append(pairs, s, stars)
		}
	}
	return redactor{url: show(u, privatePath), privatePath: privatePath, known: strings.NewReplacer(pairs...)}
}

// text returns s, which comes from others, without secrets.
func (r redactor) text(s string) string {
	if r.known != nil {
		s = r.known.Replace(s)
	}
	return looksSecret.ReplaceAllString(s, "${1}${2}"+stars)
}

// location returns the target of a redirect as it may be shown.
func (r redactor) location(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return stars
	}
	if u.Host == "" {
		return "another path of the same server"
	}
	return show(u, r.privatePath)
}
