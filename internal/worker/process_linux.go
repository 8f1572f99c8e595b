package worker

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
)

// self is this program, also where its file was replaced since it was started.
const self = "/proc/self/exe"

// cloexec keeps other workers, which may be started at the same moment, from inheriting a
// socket.
const cloexec = syscall.SOCK_CLOEXEC

// attributes let a worker lead a process group of its own, which no terminal interrupts, and
// end with its parent.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// starter runs functions in the one thread that starts workers: the kernel takes the end of
// that thread, and not of its process, for the end of the parent (PR_SET_PDEATHSIG in
// prctl(2)), and Go ends threads.
var starter = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread() // for ever
		for f := range work {
			f()
		}
	}()
	return work
})

// onStarter runs f in that thread.
func onStarter(f func() error) (err error) {
	done := make(chan struct{})
	starter() <- func() {
		defer close(done)
		err = f()
	}
	<-done
	return err
}

// resident is the number of bytes of memory that the process has, 0 where that is not known.
func (p *process) resident() int64 {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(data)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
