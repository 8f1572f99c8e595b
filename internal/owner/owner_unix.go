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
