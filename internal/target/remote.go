package target

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
)

// remote is a repository as git reaches it: the one that was checked out by the
// address it was checked out from, another one by the server's. So is one that was
// checked out by SSH where there is a token: the token is of no use there, and the
// key or ssh itself are often not at hand, as in the container image. Without a token
// the password in the address counts, as it does for plain git.
func (a Access) remote(ctx context.Context, repo *git.Repo, repository string) (git.Remote, error) {
	f := a.Facts
	to := git.Remote{Token: a.token()}
	switch {
	case a.Token == "":
		to.User = a.Secrets.User
	case f.Forge == "gitlab":
		to.User = "oauth2"
	}
	if repository == f.Repository {
		origin, err := repo.Origin(ctx)
		if err != nil {
			return to, err
		}
		switch to.URL = origin.URL; {
		case to.Token != "" && bySSH(origin.URL, f.ServerURL, repository):
			to.URL = ""
		case to.Token != "" && !a.knows(origin.URL):
			a.Log.Warn("the token is not used by git: origin is %q, and the token is for %s", redacted(origin.URL), f.ServerURL+"/"+f.Repository)
			to.Token, to.User = "", ""
		}
		if to.Token == "" && origin.Token != "" {
			a.CI.Mask(origin.Token)
			to = origin
		}
	}
	if to.URL == "" && f.ServerURL != "" && repository != "" {
		to.URL = f.ServerURL + "/" + repository + ".git"
	}
	if to.URL == "" {
		return to, &asset.Fault{
			Message: "commit results: the repository has no remote called origin to push to",
			Hint:    "add one with `git remote add origin ADDRESS`",
		}
	}
	return to, nil
}

// knows reports whether an address is the one that the platform has told of the repository:
// scheme, host, port and path. If it has told none, every address is. The address of
// origin is what a step before this one, or whoever made the folder, has put there.
func (a Access) knows(address string) bool {
	f := a.Facts
	if f.ServerURL == "" || f.Repository == "" {
		return true
	}
	for _, known := range append(f.CloneURLs, f.ServerURL+"/"+f.Repository) {
		if sameRepository(address, known) {
			return true
		}
	}
	return false
}

// sameRepository reports whether two addresses are one: servers take the path with and
// without .git, in any case.
func sameRepository(a, b string) bool {
	one, err := url.Parse(a)
	if err != nil {
		return false
	}
	other, err := url.Parse(b)
	if err != nil {
		return false
	}
	path := func(u *url.URL) string { return strings.TrimSuffix(strings.TrimRight(u.Path, "/"), ".git") }
	return one.Scheme == other.Scheme && strings.EqualFold(one.Hostname(), other.Hostname()) && port(one) == port(other) &&
		strings.EqualFold(path(one), path(other))
}

func port(u *url.URL) string {
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}

// redacted is an address without a password.
func redacted(address string) string {
	if u, err := url.Parse(address); err == nil {
		u.User = nil
		return u.String()
	}
	return "another address"
}

// bySSH reports whether address is that of a repository of server's, by SSH. If it is
// another one on the same host, the token may not be for it.
func bySSH(address, server, repository string) bool {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || repository == "" {
		return false
	}
	host, path := "", ""
	if _, _, ok := strings.Cut(address, "://"); ok {
		a, err := url.Parse(address)
		if err != nil || a.Scheme != "ssh" && a.Scheme != "git+ssh" && a.Scheme != "ssh+git" {
			return false
		}
		host, path = a.Hostname(), a.Path
	} else { // git@host:owner/repository.git
		host, path, _ = strings.Cut(address, ":")
		host = host[strings.LastIndexByte(host, '@')+1:]
	}
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	return strings.EqualFold(host, u.Hostname()) && strings.EqualFold(path, repository)
}
