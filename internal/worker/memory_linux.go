package worker

import (
	"golang.org/x/sys/unix"
)

// newMemory is memory of size bytes that can be shared, and its descriptor. It is sealed:
// whoever gets the descriptor cannot make it shorter, which would kill a reader of what is
// gone then. See memfd_create(2).
func newMemory(size int64) (memory []byte, fd int, err error) {
	fd, err = unix.MemfdCreate("webpress", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, -1, err
	}
	if err = unix.Ftruncate(fd, size); err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err == nil {
		memory, err = unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if err != nil {
		unix.Close(fd)
		return nil, -1, err
	}
	return memory, fd, nil
}

// closeMemory closes a descriptor; what is mapped stays.
func closeMemory(fd int) { unix.Close(fd) }
