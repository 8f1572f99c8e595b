package forge

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/webpress/webpress/internal/httpclient"
)

// apiVersion is the version of GitHub's REST API that is asked for.
const apiVersion = "2022-11-28"

// GitHub is one repository at GitHub, GitHub Enterprise, or what resembles them.
type GitHub struct {
	// Client sends.
	Client *httpclient.Client
	// APIURL is that of the REST API, such as https://api.github.com. GraphQLURL
	// is empty if there is no GraphQL.
	APIURL, GraphQLURL string
	// Token is an Actions token, a personal access token or an app's. Without one
	// only what is public can be read.
	Token string
	// Repository is owner/name.
	Repository string
	// MaxCommit is the most bytes that one commit by GraphQL may be long, as JSON; 0
	// is DefaultMaxCommit.
	MaxCommit int64
}

// Info is what is known of a repository.
type Info struct {
	// FullName is owner/name as it is now: repositories get renamed.
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
	// Archived reports whether nothing can be written.
	Archived bool `json:"archived"`
	// Fork reports whether it is a fork of another one.
	Fork bool `json:"fork"`
}

// Info asks for the repository.
func (g GitHub) Info(ctx context.Context) (Info, error) {
	var info Info
	t := task{"read repository " + g.Repository, "contents: read"}
	return info, rest(ctx, g, t, http.MethodGet, "", nil, &info)
}

// owner is the user or organization that has the repository.
func (g GitHub) owner() string {
	owner, _, _ := strings.Cut(g.Repository, "/")
	return owner
}

func (g GitHub) client() *httpclient.Client { return g.Client }

// request asks the REST API for path, below the repository.
func (g GitHub) request(method, path string) httpclient.Request {
	return httpclient.Request{
		Method: method,
		URL:    strings.TrimRight(g.APIURL, "/") + "/repos/" + pathOf(g.Repository) + path,
		Header: g.header(),
	}
}

func (g GitHub) header() http.Header {
	h := http.Header{
		"Accept":               {"application/vnd.github+json"},
		"X-Github-Api-Version": {apiVersion},
	}
	if g.Token != "" {
		h.Set("Authorization", "Bearer "+g.Token)
	}
	return h
}

// A Content is bytes that are read when they are sent, and again when they are
// sent again.
type Content struct {
	// Size is their number. It is an error where Open brings another.
	Size int64
	// Open returns them from the start.
	Open func() (io.ReadCloser, error)
}

// Bytes is the Content of b.
func Bytes(b []byte) Content {
	return Content{Size: int64(len(b)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(string(b))), nil
	}}
}
