package app

import (
	"context"
	"path"
)

// blob returns the id that git has for data as the content of a file, whose path is
// from the working directory. It is empty for a file with a filter other than Git
// LFS, which may not run here.
func (r *run) blob(ctx context.Context, file string, data []byte) (string, error) {
	at := path.Join(r.prefix(r.repo), file)
	filters, err := r.repo.Filtered(ctx, []string{at})
	if err != nil || filters[at] != "" {
		return "", err
	}
	return r.repo.HashContent(ctx, at, data)
}
