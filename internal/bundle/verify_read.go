package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/webpress/webpress/internal/tree"
)

func readManifest(root *os.Root) (Manifest, error) {
	data, err := readRegular(root, ManifestName, MaxManifest)
	if err != nil {
		return Manifest{}, fmt.Errorf("read %q: %w", ManifestName, err)
	}
	m, err := ParseManifest(data)
	if err != nil {
		return Manifest{}, fmt.Errorf("read %q: %w", ManifestName, err)
	}
	return m, nil
}

// readRegular reads a regular file of at most limit bytes.
func readRegular(root *os.Root, name string, limit int64) ([]byte, error) {
	data, err := tree.ReadPlain(root, name, limit)
	return data, tree.Cause(err)
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
