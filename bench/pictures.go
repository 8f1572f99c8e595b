package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Where Debian's mate-backgrounds puts its photos, mate-user-guide its screenshots and
// mate-icon-theme its icons.
const (
	photosFolder  = "/usr/share/backgrounds/mate"
	screensFolder = "/usr/share/help/C/mate-user-guide"
	iconsFolder   = "/usr/share/icons/mate/48x48"
)

// images returns the paths of a set.
func pictures(ctx context.Context, set, cache string) ([]string, error) {
	switch set {
	case "one":
		return []string{filepath.Join("testdata", "pictures", "png", "card.png")}, nil
	case "heic":
		return heics(ctx, cache)
	case "drawn":
		return drawn()
	}
	return photos()
}

// photos returns the JPEGs and PNGs of mate-backgrounds.
func photos() ([]string, error) { return images(photosFolder, "mate-backgrounds") }

// drawn returns screenshots and icons.
func drawn() ([]string, error) {
	screens, err := images(screensFolder, "mate-user-guide")
	if err != nil {
		return nil, err
	}
	icons, err := images(iconsFolder, "mate-icon-theme")
	return append(screens, icons...), err
}

// images returns the JPEGs and PNGs in a folder that a Debian package has made.
func images(folder, name string) ([]string, error) {
	var all []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && d.Type().IsRegular() && (ext == ".jpg" || ext == ".png") {
			all = append(all, path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(all) == 0 {
		return nil, fmt.Errorf("no images in %s: apt-get install %s", folder, name)
	}
	return all, err
}

// heics makes a HEIC of every JPEG, once, and returns their paths.
func heics(ctx context.Context, cache string) ([]string, error) {
	all, err := photos()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "heic")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var out []string
	for _, source := range all {
		if filepath.Ext(source) != ".jpg" {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(source), ".jpg") + ".heic"
		path := filepath.Join(dir, name)
		out = append(out, path)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		fmt.Fprintf(os.Stderr, "making %s\n", name)
		half := filepath.Join(dir, "half-made.heic")
		cmd := exec.CommandContext(ctx, "heif-enc", "-q", "60", "-o", half, source)
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("make %s with heif-enc (apt-get install libheif-examples): %w\n%s", name, err, text)
		}
		if err := os.Rename(half, path); err != nil {
			return nil, err
		}
	}
	return out, nil
}
