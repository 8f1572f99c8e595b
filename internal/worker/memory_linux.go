package worker

import (
	"errors"

	"golang.org/x/sys/unix"
)

// newMemory is memory of size bytes that can be shared, and its descriptor. It is sealed:
// whoever gets the descriptor cannot make it shorter, which would kill a reader of what is
// gone then, nor, since Linux 5.1, write to it. See memfd_create(2) and F_ADD_SEALS in
// fcntl(2).
func newMemory(size int64) (memory []byte, fd int, err error) {
	fd, err = unix.MemfdCreate("webpress", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, -1, err
	}
	if err = unix.Ftruncate(fd, size); err == nil {
		memory, err = unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if err == nil {
		const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
		if _, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals|unix.F_SEAL_FUTURE_WRITE); errors.Is(err, unix.EINVAL) {
			_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
		}
	}
	if err != nil {
		unmap(memory)
		unix.Close(fd)
		return nil, -1, err
	}
	return memory, fd, nil
}

// closeMemory closes a descriptor; what is mapped stays.
func closeMemory(fd int) { unix.Close(fd) }
