//go:build e2e

package e2e

import (
	"encoding/pem"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGit checks that the image's git, which comes without most of its package,
// does what deliveries need: over HTTPS against git's own server.
func TestGit(t *testing.T) {
	backend := filepath.Join(strings.TrimSpace(must(t, "", "git", "--exec-path")), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		t.Skip("this machine's git has no server: ", err)
	}
	repositories, work := t.TempDir(), t.TempDir()
	must(t, repositories, "git", "init", "-q", "--bare", "-b", "main", "r.git")
	must(t, repositories, "git", "-C", "r.git", "config", "http.receivepack", "true")
	server := httptest.NewTLSServer(&cgi.Handler{
		Path: backend,
		Env:  []string{"GIT_PROJECT_ROOT=" + repositories, "GIT_HTTP_EXPORT_ALL=1"},
	})
	defer server.Close()
	put(t, work, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))

	script := `set -eux
		export GIT_SSL_CAINFO=/work/ca.pem
		export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
		git clone "$URL" one
		cd one
		git switch -c main
		printf '*.png filter=lfs\n*.bin filter=shout\n' >.gitattributes
		git config filter.shout.clean 'tr a-z A-Z'
		echo hello >a.bin
		mkdir 'd e' && echo x >'d e/ü'
		git add -A
		git commit -m 'first'
		git show HEAD:a.bin | grep -x HELLO
		git check-attr filter -- x.png | grep -x 'x.png: filter: lfs'
		echo pixels >x.png
		git -c filter.lfs.clean='git-lfs clean -- %f' -c filter.lfs.required=true add x.png
		git show :x.png | grep -x 'oid sha256:[0-9a-f]*'
		git rm -q --cached x.png && rm x.png
		git ls-files -z --cached --others --exclude-standard | tr '\0' '\n' | grep -x 'd e/ü'
		git push -u origin main
		cd ..
		git clone --depth 1 "$URL" two
		cd two
		echo y >b && git add b && git commit -m second && git push
		cd ../one
		git fetch --depth 1 origin main
		git diff --name-only HEAD FETCH_HEAD | grep -x b
		git merge --ff-only FETCH_HEAD || git reset --hard FETCH_HEAD
		git cat-file --batch-check='%(objectname)' </dev/null
		git worktree add ../three
		git gc -q
		git ls-remote "$URL" main
		! git ls-remote https://localhost:1/no.git 2>error
		! grep -q 'not a git command' error
	`
	got := docker(t, []string{"--entrypoint", "", "-v", work + ":/work", "-w", "/work", "-e", "URL=" + server.URL + "/r.git"}, "sh", "-c", script)
	if got.code != 0 {
		t.Errorf("exit code %d:\n%s", got.code, got.out)
	}
	must(t, repositories, "git", "-C", "r.git", "cat-file", "-e", "main:b")
}
