//go:build e2e

package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	published "github.com/webpress/webpress/internal/project"
)

// newRegistry serves a registry of container images on this machine and returns its
// host, which Docker takes without TLS.
func newRegistry(t *testing.T) (host string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host = listener.Addr().String()
	listener.Close()
	cmd := exec.Command(filepath.Join(root(t), "scripts", "crane"), "registry", "serve", "--address", host, "--disk", t.TempDir())
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go run's child ends with it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		<-ended
	})
	for {
		if r, err := http.Get("http://" + host + "/v2/"); err == nil {
			r.Body.Close()
			return host
		}
		select {
		case err := <-ended:
			t.Fatalf("the registry has ended: %v\n%s", err, log.String())
		case <-t.Context().Done():
			t.Fatal("the registry does not answer")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestRelease releases the image to a registry, and the action to a repository, as the
// workflow of a release does, and lets a workflow use the action as users write it, whose
// later steps check what they get.
func TestRelease(t *testing.T) {
	const version = "1.2.3"
	name := newRegistry(t) + "/" + strings.ToLower(published.Repository)
	crane := func(args ...string) string {
		t.Helper()
		return strings.TrimSpace(must(t, root(t), "scripts/crane", args...))
	}

	// This machine has one architecture: the other one is the same by another name.
	must(t, "", "docker", "tag", image, name+":amd64")
	must(t, "", "docker", "push", "-q", name+":amd64")
	crane("mutate", name+":amd64", "--set-platform", "linux/arm64", "--tag", name+":arm64")
	dir := mkdir(t, t.TempDir(), "action")
	must(t, dir, "sh", "-c", `git -C "$0" archive HEAD action.yml README.md | tar x`, root(t))
	commit(t, dir, filepath.Join(t.TempDir(), "bare.git"))
	must(t, dir, "git", "tag", "v"+version)
	bare := strings.TrimSpace(must(t, dir, "git", "remote", "get-url", "origin"))
	must(t, dir, "git", "clone", "-q", "--bare", ".", bare)

	out := must(t, dir, filepath.Join(root(t), "scripts/release-image"), version, name,
		crane("digest", name+":amd64"), crane("digest", name+":arm64"))
	lines := strings.Fields(out)
	digest := lines[len(lines)-1]
	for _, tag := range []string{"1.2.3", "1.2", "1"} {
		if got := crane("digest", name+":"+tag); got != digest {
			t.Errorf("%s is %s, want %s", tag, got, digest)
		}
	}
	var index struct {
		Manifests []struct {
			Platform struct{ OS, Architecture string }
		}
	}
	if err := json.Unmarshal([]byte(crane("manifest", name+"@"+digest)), &index); err != nil {
		t.Fatal(err)
	}
	if m := index.Manifests; len(m) != 2 || m[0].Platform.Architecture != "amd64" || m[1].Platform.Architecture != "arm64" {
		t.Errorf("the image is for %+v", m)
	}

	t.Setenv("GIT_AUTHOR_NAME", "e2e")
	t.Setenv("GIT_AUTHOR_EMAIL", "e2e@example.invalid")
	t.Setenv("GIT_COMMITTER_NAME", "e2e")
	t.Setenv("GIT_COMMITTER_EMAIL", "e2e@example.invalid")
	must(t, dir, filepath.Join(root(t), "scripts/release-action"), version, name, digest)

	// Nothing of it is on this machine any more: the runner has to pull it.
	must(t, "", "docker", "rmi", name+":amd64")
	action := t.TempDir()
	must(t, action, "git", "clone", "-q", "--branch", "v"+published.Major, bare, ".")
	users := t.TempDir()
	put(t, users, ".github/workflows/outputs.yml", picture(t, "workflows/outputs.yml"))
	put(t, users, "assets/photo.jpg", picture(t, "demo/photos/dunes.jpg"))
	put(t, users, "assets/card.heic", picture(t, "pictures/heic/card.heic"))
	put(t, users, "assets/moving.gif", picture(t, "pictures/gif/animated.gif"))
	put(t, users, "assets/deep/er/p3.png", picture(t, "pictures/png/p3.png"))
	put(t, users, "assets/left/card.png", picture(t, "pictures/png/card.png"))
	put(t, users, "assets/broken.jpg", picture(t, "demo/photos/dunes.jpg")[:5000])
	commit(t, users, "https://example.invalid/someone/pictures.git")
	r := runWorkflow(t, users, "--local-repository", published.Repository+"@v"+published.Major+"="+action)
	wantText(t, r.log, "docker pull image="+name+":"+version+"@"+digest)
	wantText(t, r.summary, "assets/photo.jpg", "assets/broken.jpg")
	if strings.Contains(r.log, "docker build") {
		t.Errorf("the action builds an image:\n%s", r.log)
	}
	must(t, "", "docker", "rmi", name+"@"+digest)
}

// TestArchive builds the archive of a release and runs it where none of its libraries is.
func TestArchive(t *testing.T) {
	dir := t.TempDir()
	must(t, root(t), "scripts/build-archive", "1.2.3-e2e", dir)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	info, err := files[0].Info()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s has %.1f MB", info.Name(), float64(info.Size())/1e6)
	out := must(t, root(t), "scripts/try-archive", filepath.Join(dir, info.Name()), "debian:bookworm-slim", "debian:trixie-slim")
	if n := strings.Count(out, "1.2.3-e2e\n"); n < 2 {
		t.Errorf("the version is not printed:\n%s", out)
	}
}

// TestRemoteArchives builds the archives without codecs, and runs the one for this machine where there
// is nothing but it.
func TestRemoteArchives(t *testing.T) {
	dir := t.TempDir()
	must(t, root(t), "scripts/build-remote", "1.2.3-e2e", dir)
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			name := filepath.Join(dir, "webpress-1.2.3-e2e-remote-"+system+"-"+arch)
			list, program := []string{"tar", "tzf", name + ".tar.gz"}, "/webpress\n"
			if system == "windows" {
				list, program = []string{"unzip", "-Z1", name + ".zip"}, "/webpress.exe\n"
			}
			out := must(t, dir, list[0], list[1:]...)
			for _, want := range []string{program, "/LICENSE\n", "/NOTICE\n", "/licenses/go/LICENSE\n"} {
				if !strings.Contains(out, want) {
					t.Errorf("%s has no %q", name, want)
				}
			}
		}
	}
	top := "webpress-1.2.3-e2e-remote-linux-" + runtime.GOARCH
	must(t, dir, "tar", "xzf", top+".tar.gz")
	out := must(t, dir, "docker", "run", "--rm", "--network", "none", "-v", filepath.Join(dir, top)+":/opt:ro", "debian:bookworm-slim", "/opt/webpress", "version")
	if !strings.HasPrefix(out, "webpress 1.2.3-e2e\n") || !strings.Contains(out, "this build has no codecs") {
		t.Errorf("%s", out)
	}
}

// TestFormula lets Ruby read Homebrew's formula.
func TestFormula(t *testing.T) {
	need(t, "ruby")
	must(t, root(t), "ruby", "-wc", "Formula/webpress.rb")
}
