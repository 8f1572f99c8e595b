//go:build unix

package main

import "syscall"

// noCoreDump keeps what is in memory out of files.
func noCoreDump() {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err == nil && limit.Cur != 0 {
		limit.Cur = 0
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
	}
}
