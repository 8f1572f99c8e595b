//go:build e2e

package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// maxImage is the size in bytes that the compressed image must not exceed: it
// is downloaded at every run.
const maxImage = 60_000_000

// asRunner are flags that run the image as GitHub's runner does, with the
// workspace in dir and the runner's own files in its neighbour `runner`.
func asRunner(t *testing.T, dir string, inputs ...string) (flags []string, files string) {
	t.Helper()
	files = t.TempDir()
	for _, name := range []string{"output", "summary"} {
		put(t, files, name, nil)
	}
	flags = []string{
		"-v", dir + ":/github/workspace", "-v", files + ":/github/file_commands",
		"--workdir", "/github/workspace", "-e", "HOME=/github/home",
		"-e", "CI=true", "-e", "GITHUB_ACTIONS=true", "-e", "GITHUB_WORKSPACE=/github/workspace",
		"-e", "GITHUB_OUTPUT=/github/file_commands/output", "-e", "GITHUB_STEP_SUMMARY=/github/file_commands/summary",
	}
	for _, input := range inputs {
		flags = append(flags, "-e", input)
	}
	return flags, files
}

// TestRunner runs the image as GitHub's runner does, on a workspace of another
// owner than root.
func TestRunner(t *testing.T) {
	const owner = 1234
	dir := t.TempDir()
	source := put(t, dir, "a/card.heic", picture(t, "pictures/heic/card.heic"))
	must(t, dir, "git", "init", "-q")
	for _, path := range []string{dir, filepath.Join(dir, "a"), source} {
		if err := os.Chown(path, owner, owner); err != nil {
			t.Skip("only root can give files away: ", err)
		}
	}
	must(t, dir, "chown", "-R", fmt.Sprint(owner), ".git")
	flags, files := asRunner(t, dir, "INPUT_MAX-WIDTH=64", "INPUT_QUALITY=", "INPUT_OUTPUT=web/{dir}/{name}.webp")
	got := docker(t, flags)
	if got.code != 0 {
		t.Fatalf("exit code %d:\n%s", got.code, got.out)
	}
	wantWebP(t, filepath.Join(dir, "web/a/card.webp"))
	for name, mode := range map[string]os.FileMode{"web": 0o755, "web/a": 0o755, "web/a/card.webp": 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if uid := info.Sys().(*syscall.Stat_t).Uid; uid != owner {
			t.Errorf("%s belongs to %d, want the source's owner %d", name, uid, owner)
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s has the mode %v, want %v", name, info.Mode().Perm(), mode)
		}
	}
	for name, want := range map[string]string{"output": "converted", "summary": "a/card.heic"} {
		data, err := os.ReadFile(filepath.Join(files, name))
		if err != nil {
			t.Fatal(err)
		}
		wantText(t, string(data), want)
	}
	if strings.Contains(got.out, "dubious") {
		t.Errorf("git refused the workspace:\n%s", got.out)
	}
}

// TestAnyUser runs the image as users of whom the container knows nothing, who have no
// home, on trees of their own and of others. git works for all of them: what it ignores
// is left alone, and a check finds what is staged.
func TestAnyUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	for _, tc := range []struct {
		name, home    string
		user          int
		owner, result int // of the tree, and of what is made
	}{
		{name: "own tree", user: 1000, owner: 1000, result: 1000},
		{name: "no home", user: 1000, home: "/nowhere", owner: 1000, result: 1000},
		{name: "home of root", user: 1000, home: "/root", owner: 1000, result: 1000},
		{name: "open to all", user: 1000, owner: 1234, result: 1000},
		{name: "root", user: 0, owner: 1234, result: 1234},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "site/.gitignore", []byte("ignored.png\n"))
			put(t, dir, "site/a/card.heic", picture(t, "pictures/heic/card.heic"))
			put(t, dir, "site/ignored.png", picture(t, "pictures/png/photo.png"))
			commit(t, dir, "https://example.invalid/someone/pictures.git")
			must(t, "", "chown", "-R", fmt.Sprint(tc.owner), dir)
			if tc.user != 0 && tc.owner != tc.user {
				must(t, "", "chmod", "-R", "a+rwX", dir)
			}
			flags := []string{"--user", fmt.Sprint(tc.user), "-v", dir + ":/work", "-w", "/work/site"}
			if tc.home != "" {
				flags = append(flags, "-e", "HOME="+tc.home)
			}
			got := docker(t, flags, "--output=web/{dir}/{name}.webp", "--report=report.json")
			if got.code != 0 || strings.Contains(got.out, "dubious") {
				t.Fatalf("exit code %d:\n%s", got.code, got.out)
			}
			for _, name := range []string{"site/web", "site/web/a", "site/web/a/card.webp", "webpress.lock", "site/report.json"} {
				info, err := os.Stat(filepath.Join(dir, name))
				if err != nil {
					t.Error(err)
				} else if uid := int(info.Sys().(*syscall.Stat_t).Uid); uid != tc.result {
					t.Errorf("%s belongs to %d, want %d", name, uid, tc.result)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "site/web/ignored.webp")); err == nil {
				t.Error("what git ignores was converted")
			}
			must(t, dir, "git", "-c", "safe.directory=*", "add", "-A")
			if got := docker(t, flags, "check", "--output=web/{dir}/{name}.webp"); got.code != 0 {
				t.Errorf("check: exit code %d:\n%s", got.code, got.out)
			}
		})
	}
}

// TestGitLab runs the image as GitLab does: a shell in place of the entry
// point, settings as variables.
func TestGitLab(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "assets/dunes.jpg", picture(t, "demo/photos/dunes.jpg"))
	put(t, dir, "card.png", picture(t, "pictures/png/card.png"))
	got := docker(t, []string{
		"--entrypoint", "", "-v", dir + ":/builds/pictures", "-w", "/builds/pictures",
		"-e", "CI=true", "-e", "GITLAB_CI=true", "-e", "CI_PROJECT_DIR=/builds/pictures",
		"-e", "WEBPRESS_GLOB=assets/**", "-e", "WEBPRESS_MAX_WIDTH=100",
	}, "sh", "-c", "webpress | tee log && grep -q dunes.jpg log")
	if got.code != 0 {
		t.Fatalf("exit code %d:\n%s", got.code, got.out)
	}
	wantWebP(t, filepath.Join(dir, "assets/dunes.webp"))
	if _, err := os.Stat(filepath.Join(dir, "card.webp")); err == nil {
		t.Error("card.webp was not asked for")
	}
}

// TestWoodpecker runs the image as a plugin of Woodpecker.
func TestWoodpecker(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.png", picture(t, "pictures/png/photo.png"))
	got := docker(t, []string{
		"-v", dir + ":/woodpecker/src", "-w", "/woodpecker/src", "-e", "CI=woodpecker",
		"-e", "PLUGIN_MAX_WIDTH=20", "-e", "PLUGIN_GLOB=*.png,!b.png",
	})
	if got.code != 0 {
		t.Fatalf("exit code %d:\n%s", got.code, got.out)
	}
	wantWebP(t, filepath.Join(dir, "a.webp"))
}

// TestEveryFormat converts every image of testdata with the image's libraries,
// which are others than those the unit tests link to.
func TestEveryFormat(t *testing.T) {
	dir := t.TempDir()
	must(t, "", "cp", "-R", filepath.Join(root(t), "testdata", "pictures"), dir)
	got := docker(t, []string{"-v", dir + ":/work", "-w", "/work"}, "--output", "out/{dir}/{name}.{ext}.webp")
	if got.code != 0 {
		t.Errorf("exit code %d:\n%s", got.code, got.out)
	}
	// AVIF is decoded where it is named, and kept where the WebP is no smaller.
	if got := docker(t, []string{"-v", dir + ":/work", "-w", "/work"}, "--output", "out/{dir}/{name}.{ext}.webp", "pictures/avif/card.avif"); got.code != 0 {
		t.Errorf("exit code %d:\n%s", got.code, got.out)
	}
	// Gray of 12 bits is among what libde265 decodes, and libavcodec does not.
	for _, name := range []string{"heic/card.heic", "heic/10bit.heic", "heic/grey-12bit.heic", "jpeg/cmyk.jpg", "tiff/rgb16.tif", "bmp/rgb.bmp"} {
		wantWebP(t, filepath.Join(dir, "out/pictures", name+".webp"))
	}
}

// TestReadOnly runs the image on a tree that it cannot write to.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "dunes.jpg", picture(t, "demo/photos/dunes.jpg"))
	got := docker(t, []string{"-v", dir + ":/work:ro", "-w", "/work"}, ".")
	if got.code != 1 {
		t.Errorf("exit code %d, want 1:\n%s", got.code, got.out)
	}
	wantText(t, got.out, "dunes.webp", "read-only")
}

// TestWrongSettings wants every mistake in one go and nothing touched.
func TestWrongSettings(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "dunes.jpg", picture(t, "demo/photos/dunes.jpg"))
	flags, _ := asRunner(t, dir, "INPUT_QUALITY=101", "INPUT_MAX-WIDTH=wide", "INPUT_LOSSLESS=sometimes")
	got := docker(t, flags)
	if got.code != 2 {
		t.Errorf("exit code %d, want 2:\n%s", got.code, got.out)
	}
	wantText(t, got.out, "quality", "101", "max-width", "wide", "lossless", "sometimes", "::error")
	if _, err := os.Stat(filepath.Join(dir, "dunes.webp")); err == nil {
		t.Error("a picture was converted with wrong settings")
	}
}

// TestInterrupt stops a run as docker stop does.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	data := picture(t, "demo/photos/mountains.heic")
	for i := range 200 {
		put(t, dir, fmt.Sprintf("%03d.heic", i), data)
	}
	// Once, as soon as something is finished.
	got := docker(t, []string{"--entrypoint", "", "-v", dir + ":/work", "-w", "/work"}, "sh", "-c",
		`webpress --lock --effort=6 & until ls ./*.webp >/dev/null 2>&1 || ! kill -0 $!; do sleep 0.02; done; kill -TERM $!; wait $!`)
	if got.code != 130 {
		t.Errorf("exit code %d, want 130:\n%s", got.code, got.out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	done := 0
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case ".webp":
			wantWebP(t, filepath.Join(dir, e.Name()))
			done++
		case ".heic", ".lock": // what was finished is remembered
		default:
			t.Errorf("%s was left behind", e.Name())
		}
	}
	lock, err := os.ReadFile(filepath.Join(dir, "webpress.lock"))
	if n := strings.Count(string(lock), "\tmade\t"); err != nil || n != done {
		t.Errorf("%d pictures are done, and %d written down: %v", done, n, err)
	}
	if len(entries) < 200 || done == 200 {
		t.Errorf("%d files: nothing was interrupted, or sources are gone", len(entries))
	}
}

// TestImage checks what is in the image.
func TestImage(t *testing.T) {
	t.Run("size", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), "docker", "save", image)
		tar, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var size counter
		zip, _ := gzip.NewWriterLevel(&size, 6)
		if _, err := io.Copy(zip, tar); err != nil {
			t.Fatal(err)
		}
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%.1f MB compressed", float64(size)/1e6)
		if size > maxImage {
			t.Errorf("the image has %d bytes compressed, want %d at most", size, maxImage)
		}
	})
	t.Run("nothing more than needed", func(t *testing.T) {
		got := docker(t, []string{"--entrypoint", ""}, "sh", "-c",
			`find / -xdev \( -name '*x265*' -o -name '*x264*' -o -name '*aomenc*' -o -name 'libperl.so*' -o -path '/usr/bin/*gcc*' -o -path /usr/local/go \) -print`)
		if got.code != 0 || got.out != "" {
			t.Errorf("exit code %d; these do not belong there:\n%s", got.code, got.out)
		}
	})
	t.Run("no dead methods", func(t *testing.T) {
		// A binary in which any method may be called by a name that is made at run time keeps
		// all of them, also those that nothing calls: 4 MB.
		for name, want := range map[string]int{"reflect.Value.MethodByName": 1, "reflect.Value.Interface": 0} {
			got := docker(t, []string{"--entrypoint", ""}, "grep", "-qaF", name, "/usr/local/bin/webpress")
			if got.code != want {
				t.Errorf("grep for %q in the binary: exit code %d, want %d", name, got.code, want)
			}
		}
	})
	t.Run("apt still works", func(t *testing.T) {
		if got := docker(t, []string{"--entrypoint", ""}, "apt-get", "check"); got.code != 0 {
			t.Errorf("exit code %d:\n%s", got.code, got.out)
		}
	})
	t.Run("as a release tries it", func(t *testing.T) {
		must(t, root(t), "scripts/try-image", image)
	})
	t.Run("version", func(t *testing.T) {
		if got := docker(t, nil, "--version"); got.code != 0 || len(bytes.TrimSpace([]byte(got.out))) == 0 {
			t.Errorf("exit code %d:\n%s", got.code, got.out)
		}
	})
}

// A counter counts the bytes written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// TestLicenses checks that the image carries the licence text of every module in the
// binary and of the Debian packages that it adds, and the list of sources that NOTICE offers.
func TestLicenses(t *testing.T) {
	modules := must(t, root(t), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", ".")
	script := `cd /usr/share/doc
		for m in webpress go $MODULES; do find "webpress/licenses/$m" -type f -size +100c | grep -q . || echo "no licence of $m"; done
		for p in git git-lfs libtiff6 libavcodec libde265-0 libdav1d7 libturbojpeg0 libdeflate0 libzimg2 liblcms2-2; do test -s "$p/copyright" || echo "no copyright of $p"; done
		for s in ffmpeg libde265 git git-lfs; do grep -q "^$s [0-9]" webpress/debian-sources.txt || echo "no source of $s"; done
		grep -q 'three years' webpress/NOTICE || echo "no offer"`
	got := docker(t, []string{"--entrypoint", "sh", "-e", "MODULES=" + strings.Join(strings.Fields(modules), " ")}, "-c", script)
	if got.code != 0 || got.out != "" {
		t.Errorf("exit code %d:\n%s", got.code, got.out)
	}
}
