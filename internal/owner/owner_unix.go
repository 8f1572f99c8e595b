//go:build unix

package owner

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Give makes the owner of like the owner of what chown changes. Only root
// can do this, and where even root cannot (user namespaces, some network file
// systems), the file stays root's.
func Give(like fs.FileInfo, chown func(uid, gid int) error) error {
	stat, ok := like.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || stat.Uid == 0 && stat.Gid == 0 {
		return nil
	}
	err := chown(int(stat.Uid), int(stat.Gid))
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// Same reports whether files have one owner. Symbolic links are not followed, and what is
// not there has none.
func Same(paths ...string) bool {
	first := -1
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil {
			return false
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok || first >= 0 && first != int(stat.Uid) {
			return false
		}
		first = int(stat.Uid)
	}
	return true
}
