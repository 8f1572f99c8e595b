package convert

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"
)

const (
	// share is how much of the memory that we may have goes to images, in
	// percent. The rest is for the program, for the C libraries' own buffers
	// and for what the garbage collector has not yet found.
	share = 60
	// shareAlone is how much of it, in percent, a single image may need.
	shareAlone = 75
	// unknown is the memory that is assumed where no system tells of it.
	unknown = 2 << 30
)

// DefaultMemory is the memory in bytes that images in work may need together:
// 60 % of the smallest of what the container may use (cgroup v2 and v1, those
// around it included), what GOMEMLIMIT allows the Go runtime, and what the
// system has available.
func DefaultMemory() int64 { return usableMemory() / 100 * share }

// MostMemory is the memory in bytes that a single image may need where no limit is set.
func MostMemory() int64 { return usableMemory() / 100 * shareAlone }

// usableMemory is the memory in bytes of which DefaultMemory is a part. It is asked
// for once: what CapHeap sets is a part of it again.
var usableMemory = sync.OnceValue(func() int64 {
	memory := min(available(os.DirFS("/")), debug.SetMemoryLimit(-1))
	if memory == math.MaxInt64 {
		memory = unknown
	}
	return memory
})

// CapHeap tells the garbage collector to work harder while images are in work,
// rather than let the heap grow over the budget. What GOGC and GOMEMLIMIT say
// counts before it.
func CapHeap(budget int64) {
	// The heap is a few large blocks without pointers then: a collection takes
	// microseconds, and garbage is whole pictures.
	if old := debug.SetGCPercent(25); old != 100 {
		debug.SetGCPercent(old)
	}
	if budget > 0 && debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(budget)
	}
}

// available returns the number of bytes that the system under root lets us have,
// math.MaxInt64 where it says nothing of it.
func available(root fs.FS) int64 {
	memory := int64(math.MaxInt64)
	for line := range lines(root, "proc/meminfo") {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			if kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64); err == nil {
				memory = min(memory, kb<<10)
			}
		}
	}
	// Each line is hierarchy:controllers:path; version 2 has no controllers.
	for line := range lines(root, "proc/self/cgroup") {
		part := strings.SplitN(line, ":", 3)
		if len(part) != 3 {
			continue
		}
		switch {
		case part[1] == "":
			memory = min(memory, limitUpwards(root, "sys/fs/cgroup", part[2], "memory.max"),
				limitUpwards(root, "sys/fs/cgroup", part[2], "memory.high"))
		case strings.Contains(","+part[1]+",", ",memory,"):
			memory = min(memory, limitUpwards(root, "sys/fs/cgroup/memory", part[2], "memory.limit_in_bytes"))
		}
	}
	return memory
}

// limitUpwards is the smallest number in the files called name, from the group
// up to the mount. In a container the group's path may be the host's, which is
// not there; the mount itself is then the container's group.
func limitUpwards(root fs.FS, mount, group, name string) int64 {
	limit := int64(math.MaxInt64)
	for dir := path.Join("/", group); ; dir = path.Dir(dir) {
		data, err := fs.ReadFile(root, path.Join(mount, dir, name))
		if err == nil {
			// "max" is no limit, and does not parse.
			if n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64); err == nil && n > 0 {
				limit = min(limit, n)
			}
		}
		if dir == "/" {
			return limit
		}
	}
}

func lines(root fs.FS, name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return
		}
		for sc := bufio.NewScanner(bytes.NewReader(data)); sc.Scan(); {
			if !yield(sc.Text()) {
				return
			}
		}
	}
}

// A budget is an amount of memory that images take their shares from, in the
// order in which they ask.
type budget struct {
	size int64
	sem  *semaphore.Weighted
}

func newBudget(size int64) *budget {
	return &budget{size: size, sem: semaphore.NewWeighted(size)}
}

// A SharedMemory is the memory that the images of several Runs may need together.
type SharedMemory struct{ budget *budget }

// NewSharedMemory has so many bytes; 0 is DefaultMemory.
func NewSharedMemory(size int64) *SharedMemory {
	return &SharedMemory{newBudget(cmp.Or(size, DefaultMemory()))}
}

// acquire waits until n bytes are free. More than there are in all means all of
// them: such an image is alone.
func (b *budget) acquire(ctx context.Context, n int64) (release func(), err error) {
	n = min(n, b.size)
	if err := b.sem.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { b.sem.Release(n) }, nil
}

// tryAcquire takes n bytes if they are free now.
func (b *budget) tryAcquire(n int64) (release func(), ok bool) {
	if !b.sem.TryAcquire(n) {
		return nil, false
	}
	return func() { b.sem.Release(n) }, true
}
