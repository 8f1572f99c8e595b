package lockfile

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/webpress/webpress/internal/tree"
)

// HashFiles returns the ids that git would have for the content of files below
// root, where there is no git to ask: the SHA-1 of "blob", a space, the length in
// decimal, a zero byte and the content; see "Object Storage" in Pro Git, chapter 10.
// What is not a regular file, or leaves root, is not among them.
func HashFiles(ctx context.Context, root string, paths []string) (map[string]string, error) {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	blobs := make(map[string]string, len(paths))
	var mu sync.Mutex
	var next atomic.Int64
	var g errgroup.Group
	for range min(2*runtime.GOMAXPROCS(0), len(paths)) {
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(paths) {
					return nil
				}
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if blob := hashFile(dir, paths[i]); blob != "" {
					mu.Lock()
					blobs[paths[i]] = blob
					mu.Unlock()
				}
			}
		})
	}
	return blobs, g.Wait()
}

// hashFile is empty if the file cannot be read: whoever needs its content finds
// out why.
func hashFile(dir *os.Root, name string) string {
	name = filepath.FromSlash(name)
	f, info, err := tree.OpenPlain(dir, name)
	if err != nil {
		return ""
	}
	defer f.Close()
	sum := sha1.New()
	fmt.Fprintf(sum, "blob %d\x00", info.Size())
	if n, err := io.Copy(sum, f); err != nil || n != info.Size() {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}
