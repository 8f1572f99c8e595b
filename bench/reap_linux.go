package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// adopt makes this process the parent of what the programs that it starts leave behind, such
// as the workers of webpress: until somebody waits for them, no one knows what they took.
func adopt() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// children are the processes that this one has started or adopted.
func children() map[int]bool {
	all := map[int]bool{}
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	for _, task := range tasks {
		data, _ := os.ReadFile(task)
		for field := range strings.FieldsSeq(string(data)) {
			if pid, err := strconv.Atoi(field); err == nil {
				all[pid] = true
			}
		}
	}
	return all
}

// reap waits for the children that were not there before, and returns the processor time that
// they took. They have nobody to work for any more, and end.
func reap(before map[int]bool) (cpu time.Duration) {
	for again := true; again; {
		again = false
		for pid := range children() {
			if before[pid] {
				continue
			}
			var usage unix.Rusage
			if _, err := unix.Wait4(pid, nil, 0, &usage); err == nil {
				cpu += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
				again = true // its own children come next
			}
		}
	}
	return cpu
}
