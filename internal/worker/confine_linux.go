package worker

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// confine takes from this process, with all of its threads, what decoding an image does not
// need. It cannot be undone. Each part holds by itself: where the kernel or the profile of a
// container refuses one, the others are in force.
func confine() (c Confinement) {
	var err error
	if len(os.Environ()) > 0 {
		err = errors.New("there are variables")
	}
	c.add(partEnvironment, err)
	c.add(partPrivileges, prctlAll(unix.PR_SET_NO_NEW_PRIVS, 1))
	c.add(partCapabilities, dropCapabilities())
	c.add(partDumpable, unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0))
	c.add(partLimits, setLimits())
	c.add(partLandlock, landlockAll())
	c.add(partSeccomp, filterSyscalls())
	return c
}

func prctlAll(option int, value uintptr) error {
	if _, _, e := psx.Syscall6(unix.SYS_PRCTL, uintptr(option), value, 0, 0, 0, 0); e != 0 {
		return e
	}
	return nil
}

// dropCapabilities gives up all capabilities: capset(2).
func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if _, _, e := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none)), 0); e != 0 {
		return e
	}
	return nil
}

// maxDescriptors is how many descriptors a worker may have: its own, and those of Go's
// poller.
const maxDescriptors = 32

// setLimits bounds what the process may use, whoever it belongs to: no byte in a file, no
// core dump, few descriptors.
func setLimits() error {
	return errors.Join(
		limit("file size", unix.RLIMIT_FSIZE, 0),
		limit("core dump", unix.RLIMIT_CORE, 0),
		limit("descriptors", unix.RLIMIT_NOFILE, maxDescriptors),
	)
}

func limit(what string, resource int, most uint64) error {
	if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// landlockAll denies every access to files and the network that this kernel's Landlock
// knows of: there is no rule that allows any.
func landlockAll() error {
	config := landlock.V7
	if err := config.BestEffort().Restrict(); err != nil {
		return err
	}
	// Best effort is also none at all.
	if f, err := os.Open("/"); err == nil {
		f.Close()
		return errors.New("the kernel does not have it, or has it switched off")
	}
	return nil
}

// syscalls are those that the Go runtime, the C library and decoders with their threads
// make once everything is loaded. There is none among them that opens, runs or connects to
// anything.
var syscalls = strings.Fields(`
	read write readv writev recvmsg sendmsg close lseek fstat
	brk munmap mremap madvise mincore membarrier
	futex set_robust_list get_robust_list rseq
	exit exit_group sched_yield sched_getaffinity sched_getparam sched_getscheduler
	rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
	getpid gettid getppid getuid geteuid getgid getegid
	clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time getrandom getrusage times sysinfo uname
	epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 pipe2 ppoll poll
	set_tid_address arch_prctl timer_create timer_settime timer_delete setitimer
`)

// filterSyscalls allows syscalls, and some others with some arguments. All others fail with
// EPERM, and clone3 with ENOSYS: its arguments are behind a pointer, and the C library then
// takes clone.
func filterSyscalls() error {
	info, err := arch.GetInfo("")
	if err != nil {
		return err
	}
	known := func(name string) bool { _, ok := info.SyscallNames[name]; return ok }
	var names []string
	for _, name := range syscalls {
		if known(name) {
			names = append(names, name)
		}
	}
	self := uint64(os.Getpid())
	conditions := []seccomp.NameWithConditions{
		// Threads, and no processes.
		{Name: "clone", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.BitsSet, Value: unix.CLONE_THREAD}}},
		// Memory, and no code.
		{Name: "mmap", Conditions: seccomp.ArgumentConditions{{Argument: 2, Operation: seccomp.BitsNotSet, Value: unix.PROT_EXEC}}},
		{Name: "mprotect", Conditions: seccomp.ArgumentConditions{{Argument: 2, Operation: seccomp.BitsNotSet, Value: unix.PROT_EXEC}}},
		// Signals to itself: the Go runtime interrupts its threads by them.
		{Name: "tgkill", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: self}}},
		// Asking for limits, not setting them.
		{Name: "prlimit64", Conditions: seccomp.ArgumentConditions{{Argument: 2, Operation: seccomp.Equal, Value: 0}}},
		// Asking how a descriptor was opened, and no more.
		{Name: "fcntl", Conditions: seccomp.ArgumentConditions{{Argument: 1, Operation: seccomp.Equal, Value: unix.F_GETFL}}},
	}
	return seccomp.LoadFilter(seccomp.Filter{
		NoNewPrivs: true,
		Flag:       seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{
			DefaultAction: seccomp.ActionErrno,
			Syscalls: []seccomp.SyscallGroup{
				{Action: seccomp.ActionAllow, Names: names, NamesWithCondtions: conditions},
				{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}},
			},
		},
	})
}
