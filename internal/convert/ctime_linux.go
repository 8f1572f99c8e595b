package convert

import (
	"io/fs"
	"syscall"
	"time"
)

// inodeChange is when content, owner, mode or links of a file last changed, which no
// program can set back. It is zero where that is not known.
func inodeChange(info fs.FileInfo) time.Time {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(s.Ctim.Unix())
	}
	return time.Time{}
}
