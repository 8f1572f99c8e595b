package app

import (
	"context"
	"net/url"
	"strings"

	"webpress/internal/asset"
	"webpress/internal/git"
)

// remote is a repository as git reaches it: the one that was checked out by the
// address it was checked out from, another one by the server's. So is one that was
// checked out by SSH where there is a token: the token is of no use there, and the
// key or ssh itself are often not at hand, as in the container image. Without a token
// the password in the address counts, as it does for plain git.
func (r *run) remote(ctx context.Context, repo *git.Repo, repository string) (git.Remote, error) {
	f := r.facts
	to := git.Remote{Token: r.token()}
	switch {
	case r.settings.Token == "":
		to.User = r.secrets.User
	case r.facts.Forge == "gitlab":
		to.User = "oauth2"
	}
	if repository == f.Repository {
		origin, err := repo.Origin(ctx)
		if err != nil {
			return to, err
		}
		switch to.URL = origin.URL; {
		case to.Token == "" && origin.Token != "":
			r.ci.Mask(origin.Token)
			to = origin
		case to.Token != "" && bySSH(origin.URL, f.ServerURL, repository):
			to.URL = ""
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

// bySSH says that address is that of a repository of server's, by SSH. Where it is
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
