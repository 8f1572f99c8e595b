package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

func readManifest(root *os.Root) (Manifest, error) {
	data, err := readRegular(root, ManifestName, maxManifest)
	if err != nil {
		return Manifest{}, fmt.Errorf("read %q: %w", ManifestName, err)
	}
	m, err := parseManifest(data)
	if err != nil {
		return Manifest{}, fmt.Errorf("read %q: %w", ManifestName, err)
	}
	return m, nil
}

// readRegular reads a regular file of at most limit bytes.
func readRegular(root *os.Root, name string, limit int64) ([]byte, error) {
	before, err := root.Lstat(name)
	if err != nil {
		return nil, cause(err)
	}
	if !before.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(before, now) {
		return nil, errors.New("it was replaced while it was read")
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, cause(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("longer than %d bytes", limit)
	}
	return data, nil
}

// readEntry reads a file of the manifest, and fails where it is not what the
// manifest says.
func readEntry(root *os.Root, e Entry) ([]byte, error) {
	data, err := readRegular(root, e.Output, e.Size)
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != e.Size {
		return nil, fmt.Errorf("%d bytes, and the manifest says %d", len(data), e.Size)
	}
	sum := sha256.Sum256(data)
	if hex.EncodeToString(sum[:]) != e.SHA256 {
		return nil, errors.New("its SHA-256 is not that of the manifest")
	}
	return data, nil
}
