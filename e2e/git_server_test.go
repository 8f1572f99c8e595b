//go:build e2e

package e2e

import "strings"

// token is what the git server wants as a password. It must never be in a log.
const token = "e2e-s3cret-t0ken"

// asServer makes act run the job for this server: webpress sends the token to no other.
func asServer(url string) []string {
	server, repository, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(url, "http://"), ".git"), "/")
	return []string{"--env", "GITHUB_SERVER_URL=http://" + server, "--env", "GITHUB_REPOSITORY=" + repository}
}
