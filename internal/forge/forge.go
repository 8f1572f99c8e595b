// Package forge speaks to the APIs of GitHub, of what resembles it, and of
// GitLab: commits, branches, pull and merge requests, comments. Every function
// is one thing that is wanted done; every error says in plain words what to
// change, and is one of Err… by errors.Is where a caller can act on it.
//
// Facts about the APIs are from https://docs.github.com/rest,
// https://docs.github.com/graphql and https://docs.gitlab.com/api.
package forge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/webpress/webpress/internal/httpclient"
)

const (
	// perPage is how many items of a list are asked for at once: as many as the
	// forges give.
	perPage = 100
	// maxPages ends lists whose pages never do.
	maxPages = 1000
)

// A Comment is a comment on a pull or merge request.
type Comment struct {
	ID   int64
	Body string
	// URL is where a person can look at it; GitLab does not report it.
	URL string
	// Author is the name of the account that wrote it.
	Author string
	// Bot reports whether the account is an app's; GitLab does not report it.
	Bot bool
}

// A PullRequest is one of GitHub's, or a merge request of GitLab's.
type PullRequest struct {
	// Number is the one that people use: GitLab's iid.
	Number int
	// URL is where a person can look at it.
	URL   string
	Title string
	// Head and Base are the branches, HeadSHA the last commit of Head.
	Head, Base, HeadSHA string
}

// A NewPullRequest is one to be opened within a repository.
type NewPullRequest struct {
	// Head is the branch to be merged, Base the one it is merged into.
	Head, Base  string
	Title, Body string
}

// A ChangedFile is a file that a pull or merge request changes.
type ChangedFile struct {
	// Path is the file's from the root of the repository. Previous is what it was
	// before a renaming, and empty if it was not renamed.
	Path, Previous string
	// Status is added, modified, removed, renamed, copied, changed or unchanged.
	Status string
	// SHA is the id of the file's blob in the head; GitLab does not report it.
	SHA string
}

// A task is one thing asked of an API, for the words of its errors.
type task struct {
	// op is what is done, such as `create branch "main"`.
	op string
	// scope is what the token needs, as it is written in a permissions: block,
	// such as "contents: write".
	scope string
}

// pages gets every page of a list. get is called with the query of each, and a
// page's Link header says whether there is another. Only the query of a link is
// used: no answer makes a token go to another address.
func pages(query url.Values, get func(query string) (*httpclient.Response, error)) error {
	next := query.Encode()
	for range maxPages {
		resp, err := get(next)
		if err != nil {
			return err
		}
		link := nextPage(resp.Header.Values("Link"))
		if link == "" || link == next {
			return nil
		}
		next = link
	}
	return fmt.Errorf("the list has more than %d pages", maxPages)
}

// nextPage is the query of the link with rel="next": RFC 8288.
func nextPage(headers []string) string {
	for _, header := range headers {
		for header != "" {
			start := strings.IndexByte(header, '<')
			if start < 0 {
				break
			}
			target, rest, ok := strings.Cut(header[start+1:], ">")
			if !ok {
				break
			}
			// The parameters end where the next target begins.
			parameters := rest
			if i := strings.Index(rest, ",<"); i >= 0 {
				parameters = rest[:i]
			} else if i := strings.Index(rest, ", <"); i >= 0 {
				parameters = rest[:i]
			}
			header = rest[len(parameters):]
			if !isNext(parameters) {
				continue
			}
			if u, err := url.Parse(target); err == nil {
				return u.RawQuery
			}
		}
	}
	return ""
}

func isNext(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "rel") && strings.EqualFold(strings.Trim(strings.TrimSpace(value), `"`), "next") {
			return true
		}
	}
	return false
}

// pathOf escapes the segments of a path and keeps its slashes.
func pathOf(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/")
}

// ownContent reports whether what was to be sent could not be read.
func ownContent(err error) bool {
	_, ok := errors.AsType[*contentError](err)
	return ok
}

// stopped reports whether the caller wanted no more.
func stopped(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
