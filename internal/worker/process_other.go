//go:build !linux

package worker

import (
	"os"
	"syscall"
)

// self is this program.
var self, _ = os.Executable()

// cloexec has no flag here.
const cloexec = 0

// attributes let a worker lead a process group of its own, which no terminal interrupts. It
// ends with its parent when it sees that the socket is closed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func onStarter(f func() error) error { return f() }

// resident is not known.
func (p *process) resident() int64 { return 0 }
