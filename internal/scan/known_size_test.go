package scan_test

import (
	"fmt"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/testgit"
)

// What is known of a content is believed where the length of the file, or of the file
// that a pointer stands for, bears it out.
func TestKnownSize(t *testing.T) {
	const oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
	dir := t.TempDir()
	plant(t, dir, files{
		"right.png": png, "wrong.png": png, "huge.png": png,
		"lfs.png":      "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize 12345\n",
		"lfs-lies.png": "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize 1234\n",
		"annex.png":    "/annex/objects/SHA256E-s12345--" + oid + ".png\n",
		"text.png":     "text\nsize 12345\n",
	})
	testgit.Run(t, dir, "init", "--quiet")
	testgit.Run(t, dir, "add", "--all")
	sizes := map[string]int64{"right.png": int64(len(png)), "wrong.png": 7, "huge.png": 1 << 62}
	found := find(t, scan.Options{
		Dir: dir, MaxFileSize: 1 << 20,
		Known: func(file, _ string) (asset.Format, int64, bool) {
			if size, ok := sizes[file]; ok {
				return asset.PNG, size, true
			}
			return asset.PNG, 12345, true
		},
	})
	var got []string
	for _, one := range found.Sources {
		got = append(got, fmt.Sprintf("%s %d", one.Path, one.Size))
	}
	actual := fmt.Sprintf(" %d", len(png))
	diff(t, "Sources", []string{"annex.png 12345", "huge.png" + actual, "lfs.png 12345", "right.png" + actual, "wrong.png" + actual}, got)
	diff(t, "Failed", []string{
		`identify "lfs-lies.png": is a Git LFS pointer, not the image itself => run git lfs pull first; with actions/checkout, set lfs: true`,
		`identify "text.png": is not an image => webpress reads HEIC, AVIF, JPEG, PNG, GIF, TIFF, BMP and WebP`,
	}, faults(found.Failed))
}
