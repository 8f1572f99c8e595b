package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// packages are Debian's, with a sign that one is installed: a program or a folder.
var packages = []struct{ sign, name string }{
	{"vipsthumbnail", "libvips-tools"},
	{"cwebp", "webp"},
	{"mogrify", "imagemagick"},
	{"heif-enc", "libheif-examples"},
	{photosFolder, "mate-backgrounds"},
	{screensFolder, "mate-user-guide"},
	{iconsFolder, "mate-icon-theme"},
}

// install gets what is missing of peers and images, where it can. What it
// cannot get is said, and then missed when its turn comes.
func install(ctx context.Context, cache string) error {
	var missing []string
	for _, p := range packages {
		if filepath.IsAbs(p.sign) {
			if _, err := os.Stat(p.sign); err != nil {
				missing = append(missing, p.name)
			}
		} else if _, err := exec.LookPath(p.sign); err != nil {
			missing = append(missing, p.name)
		}
	}
	if len(missing) > 0 {
		if err := apt(ctx, missing); err != nil {
			fmt.Fprintf(os.Stderr, "bench: install %s: %v\n", strings.Join(missing, ", "), err)
		}
	}
	dir := filepath.Join(cache, "node")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "sharp.cjs"), sharpScript, 0o644); err != nil {
		return err
	}
	if _, err := os.Stat(sharpFolder(cache)); err == nil {
		return nil
	}
	if err := execute(ctx, "npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "sharp"); err != nil {
		fmt.Fprintf(os.Stderr, "bench: install sharp: %v\n", err)
	}
	return nil
}

// apt installs Debian packages, as root or by sudo.
func apt(ctx context.Context, names []string) error {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("no apt-get here; install them by hand")
	}
	var root []string
	if os.Geteuid() != 0 {
		if _, err := exec.LookPath("sudo"); err != nil {
			return fmt.Errorf("neither root nor sudo; install them by hand")
		}
		root = []string{"sudo"}
	}
	update := append(root[:len(root):len(root)], "apt-get", "update", "-q")
	if err := execute(ctx, update...); err != nil {
		return err
	}
	return execute(ctx, append(append(root[:len(root):len(root)], "apt-get", "install", "-q", "-y", "--no-install-recommends"), names...)...)
}

// execute runs a command and shows its output on standard error.
func execute(ctx context.Context, argv ...string) error {
	fmt.Fprintln(os.Stderr, "+", strings.Join(argv, " "))
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}
