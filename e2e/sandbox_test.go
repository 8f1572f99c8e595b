//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSandbox expects all of the confinement of decoders to be in force, under Docker's own
// seccomp profile and as anybody may run a container.
func TestSandbox(t *testing.T) {
	for name, flags := range map[string][]string{
		"as root":           nil,
		"as a user":         {"--user", "1000"},
		"no new privileges": {"--security-opt", "no-new-privileges"},
		"no capabilities":   {"--cap-drop", "ALL"},
		"read-only root":    {"--read-only"},
		"all of it":         {"--user", "1000", "--security-opt", "no-new-privileges", "--cap-drop", "ALL", "--read-only", "--pids-limit", "100"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "card.heic", picture(t, "pictures/heic/card.heic"))
			put(t, dir, "photo.jpg", picture(t, "demo/photos/dunes.jpg"))
			put(t, dir, "animated.gif", picture(t, "pictures/gif/animated.gif"))
			for _, path := range []string{dir, filepath.Dir(dir)} {
				if err := os.Chmod(path, 0o777); err != nil {
					t.Fatal(err)
				}
			}
			flags := append([]string{"-v", dir + ":/work", "-w", "/work"}, flags...)
			got := docker(t, flags, "--sandbox", "require", "--format", "webp,avif", "--max-width", "400", "card.heic", "photo.jpg")
			if got.code != 0 {
				t.Fatalf("exit code %d:\n%s", got.code, got.out)
			}
			wantWebP(t, filepath.Join(dir, "card.webp"))
			wantWebP(t, filepath.Join(dir, "photo.webp"))
			version := docker(t, flags, "version", "--verbose")
			_, line, _ := strings.Cut(version.out, "sandbox: ")
			line, _, _ = strings.Cut(line, "\n")
			wantText(t, line, "empty environment", "no new privileges", "no capabilities", "not dumpable", "resource limits", "Landlock", "seccomp", "; all of it, as")
		})
	}
}

// TestSandboxRefused has containers whose own profile refuses a part: require says which, and
// auto converts with the others.
func TestSandboxRefused(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "card.heic", picture(t, "pictures/heic/card.heic"))
	profile := put(t, t.TempDir(), "profile.json", []byte(`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}`))
	flags := []string{"-v", dir + ":/work", "-w", "/work", "--security-opt", fmt.Sprint("seccomp=", profile)}
	got := docker(t, flags, "--sandbox", "require", "card.heic")
	if got.code != 2 {
		t.Errorf("exit code %d, want 2", got.code)
	}
	wantText(t, got.out, "Landlock", "sandbox: auto")
	if _, err := os.Stat(filepath.Join(dir, "card.webp")); err == nil {
		t.Error("converted, though a part is missing")
	}
	if got := docker(t, flags, "card.heic"); got.code != 0 {
		t.Errorf("exit code %d:\n%s", got.code, got.out)
	}
	wantWebP(t, filepath.Join(dir, "card.webp"))
}
