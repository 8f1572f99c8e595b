package git

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// lfsConfig is where a repository may say where Git LFS keeps its content; see
// git-lfs-config(5). It comes with a clone.
const lfsConfig = ".lfsconfig"

// lfsElsewhere is an error where what came with the repository names another one on the
// server for Git LFS: git-lfs asks for a password by the host, or by the address of the
// remote, and would hand the token to that. Another host gets none.
func (r *Repo) lfsElsewhere(ctx context.Context, server *url.URL) error {
	place := func(u *url.URL) string {
		return strings.ToLower(path.Clean("/" + u.Path))
	}
	own := strings.TrimSuffix(place(server), ".git")
	for _, named := range r.lfsPlaces(ctx) {
		u, err := url.Parse(named)
		if err != nil || u.Scheme != server.Scheme || !strings.EqualFold(u.Host, server.Host) {
			continue
		}
		if at := place(u); at == own || strings.HasPrefix(at, own+"/") || at == own+".git" || strings.HasPrefix(at, own+".git/") {
			continue
		}
		u.User = nil
		return &asset.Fault{
			Message: fmt.Sprintf("Git LFS is set up for %q, and the token is for %s", u.String(), server.Redacted()),
			Hint:    "take lfs.url out of " + lfsConfig + " and .git/config, or name the repository itself there",
		}
	}
	return nil
}

// lfsPlaces are the addresses that the repository's own settings have for Git LFS, as
// they are and as they are rewritten.
func (r *Repo) lfsPlaces(ctx context.Context) []string {
	var places []string
	add := func(key, val string) {
		section, _, name := (value{setting: setting{key: key}}).split()
		if section == "lfs" && (name == "url" || name == "pushurl") || section == "remote" && (name == "lfsurl" || name == "lfspushurl") {
			places = append(places, val)
		}
	}
	for _, v := range r.values {
		if v.own {
			add(v.key, v.value)
		}
	}
	for _, kv := range r.lfsSettings(ctx) {
		add(kv.key, kv.value)
	}
	for _, v := range r.values {
		section, base, name := v.split()
		if section != "url" || name != "insteadof" && name != "pushinsteadof" {
			continue
		}
		for _, one := range places {
			if rest, ok := strings.CutPrefix(one, v.value); ok {
				places = append(places, base+rest)
			}
		}
	}
	return places
}

// lfsSettings are those of .lfsconfig: in the tree, or else in the index, or else in the
// commit that is checked out, as git-lfs looks for it.
func (r *Repo) lfsSettings(ctx context.Context) []setting {
	at := r.atTop()
	file := filepath.Join(at.dir, lfsConfig)
	from := [][]string{{"--blob", ":" + lfsConfig}, {"--blob", "HEAD:" + lfsConfig}}
	if f, _, err := tree.Open(file); err == nil {
		f.Close()
		from = [][]string{{"--file", file}}
	}
	for _, source := range from {
		out, err := at.run(ctx, nil, "config", append(source, "--no-includes", "--list", "-z")...)
		if err != nil {
			continue // there is none
		}
		var all []setting
		for field := range strings.SplitSeq(string(out), "\x00") {
			key, val, _ := strings.Cut(field, "\n")
			all = append(all, setting{key, val})
		}
		return all
	}
	return nil
}
