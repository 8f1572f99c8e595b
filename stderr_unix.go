//go:build unix

package main

import (
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// ownStderr is standard error for webpress alone. mute lets what anything else in the
// process writes there vanish: the libraries that decode AVIF and HEIC print errors of damaged
// files without a name, which cannot be turned off. The runtime still reports
// a crash. If that is not possible, it is standard error, and mute does nothing.
func ownStderr() (own *os.File, mute func()) {
	fd, err := unix.FcntlInt(uintptr(unix.Stderr), unix.F_DUPFD_CLOEXEC, unix.Stderr+1)
	if err != nil {
		return os.Stderr, func() {}
	}
	own = os.NewFile(uintptr(fd), os.Stderr.Name())
	return own, func() {
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer null.Close()
		if debug.SetCrashOutput(own, debug.CrashOptions{}) == nil {
			_ = unix.Dup2(int(null.Fd()), unix.Stderr)
		}
	}
}
