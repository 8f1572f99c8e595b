//go:build linux

package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/testfiles"

	"golang.org/x/sys/unix"
)

// TestMain lets the test's own binary be the worker, with decoders that misbehave. The
// binary that people get has none of this.
func TestMain(m *testing.M) {
	if Is(os.Args[1:]) {
		os.Exit(Main(openHostile))
	}
	if os.Getenv(parentVariable) != "" {
		beParent()
	}
	os.Exit(m.Run())
}

// mark stands behind a PNG, in front of what the decoder of the worker is to do.
const mark = "\nhostile: "

// hostile is a sound PNG with an order behind it: "open" orders are carried out as it is
// opened, all others as it is converted.
func hostile(t testing.TB, order string) []byte {
	return []byte(testfiles.Image(t, "png/rgba.png") + mark + order)
}

func openHostile(ctx context.Context, data []byte) (engine.Image, error) {
	img, err := engine.Local{}.Open(ctx, data)
	if err != nil {
		return nil, err
	}
	_, order, found := bytes.Cut(data, []byte(mark))
	if !found {
		return img, nil
	}
	h := hostileImage{Image: img, info: img.Info()}
	h.order, h.argument, _ = strings.Cut(string(order), " ")
	if name, ok := strings.CutPrefix(h.order, "open-"); ok {
		h.order = name
		return h, h.misbehave()
	}
	return h, nil
}

// A hostileImage is one whose decoder somebody has taken over.
type hostileImage struct {
	engine.Image
	info            codec.Info
	order, argument string
}

func (h hostileImage) Info() codec.Info {
	if h.order == "lie" {
		h.info.Width = -5
	}
	return h.info
}

func (h hostileImage) Convert(ctx context.Context, variants []asset.Variant, o engine.Options) ([]engine.Output, error) {
	if err := h.misbehave(); err != nil {
		return nil, err
	}
	outputs, err := h.Image.Convert(ctx, variants, o)
	if err != nil {
		return nil, err
	}
	switch h.order {
	case "size":
		outputs[0].Width++
	case "script":
		outputs[0].Data = []byte("<script>alert(1)</script>")
	case "format":
		outputs[0].Data = []byte(pngOf1Pixel)
	case "none":
		outputs = nil
	case "two":
		outputs = append(outputs, outputs[0])
	case "escape":
		outputs[0].Notes = []string{"\x1b[2J::add-mask::x\n::error::y"}
	case "long-note":
		outputs[0].Notes = []string{strings.Repeat("x", 1<<20)}
	}
	return outputs, nil
}

const pngOf1Pixel = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"

var sink atomic.Int64

// misbehave does what an exploit would. Its error is what went wrong with that.
func (h hostileImage) misbehave() error {
	switch h.order {
	case "nil":
		nothing().order = "x"
	case "wild":
		*(*int)(unsafe.Add(nil, 0xdead0000beef)) = 1 //nolint:govet // the point of it
	case "abort":
		if err := unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGABRT); err != nil {
			return err
		}
		time.Sleep(time.Minute)
	case "exit-0":
		os.Exit(0)
	case "exit-7":
		os.Exit(7)
	case "hang":
		select {}
	case "spin":
		for {
			sink.Add(1)
		}
	case "eat":
		for range 1 << 14 {
			b := bytes.Repeat([]byte{1}, 1<<20)
			sink.Add(int64(uintptr(unsafe.Pointer(&b[0]))))
			hoard = append(hoard, b)
		}
	case "panic":
		panic("a decoder's fault")
	case "close":
		_ = unix.Close(connection)
		time.Sleep(time.Minute)
	case "garbage":
		_, _ = unix.Write(connection, bytes.Repeat([]byte("nonsense"), 1<<12))
		time.Sleep(time.Minute)
	case "long-frame":
		_, _ = unix.Write(connection, []byte{0xff, 0xff, 0xff, 0xff, '{'})
		time.Sleep(time.Minute)
	case "half-frame":
		_, _ = unix.Write(connection, []byte{0, 0, 1, 0, '{', '"'})
		os.Exit(0)
	case "many-outputs":
		_ = writeFrame(os.NewFile(connection, "connection"), response{Outputs: make([]output, 10)})
		time.Sleep(time.Minute)
	case "huge-output":
		_ = writeFrame(os.NewFile(connection, "connection"), response{Outputs: []output{{Size: 1 << 50, Width: 1, Height: 1}}})
		time.Sleep(time.Minute)
	case "message":
		return errors.New("\x1b[2J::set-output name=a::b\n" + strings.Repeat("y", 1<<16))
	case "attack":
		return errors.New(attack(h.argument))
	}
	return nil
}

var hoard [][]byte

func nothing() *hostileImage { return nil }

// attack tries all that a confined process must not be able to do, and returns what it
// could, a line each. The argument is the path of a folder with the file secret, the address
// of a server, and the process ids of the parent and of another process.
func attack(argument string) string {
	var dir, server string
	var parent, other int
	if _, err := fmt.Sscan(argument, &dir, &server, &parent, &other); err != nil {
		return "bad order: " + err.Error()
	}
	secret := dir + "/secret"
	var done []string
	try := func(name string, f func() error) {
		if f() == nil {
			done = append(done, name)
		}
	}
	openAny := func(path string, flags int) error {
		f, err := os.OpenFile(path, flags, 0o644)
		if err == nil {
			f.Close()
		}
		return err
	}
	try("read a file", func() error { return openAny(secret, os.O_RDONLY) })
	try("read its own environment", func() error { return openAny("/proc/self/environ", os.O_RDONLY) })
	try("read the environment of its parent", func() error { return openAny(fmt.Sprintf("/proc/%d/environ", parent), os.O_RDONLY) })
	try("read the memory of its parent", func() error { return openAny(fmt.Sprintf("/proc/%d/mem", parent), os.O_RDONLY) })
	try("read passwords", func() error { return openAny("/etc/passwd", os.O_RDONLY) })
	try("write a file", func() error { return openAny(secret, os.O_WRONLY|os.O_TRUNC) })
	try("make a file", func() error { return openAny(dir+"/new", os.O_WRONLY|os.O_CREATE) })
	try("make a file in /tmp", func() error { return openAny("/tmp/webpress-worker-test", os.O_WRONLY|os.O_CREATE) })
	try("list a folder", func() error { _, err := os.ReadDir(dir); return err })
	try("ask about a file", func() error { _, err := os.Stat(secret); return err })
	try("make a folder", func() error { return os.Mkdir(dir+"/folder", 0o755) })
	try("remove a file", func() error { return os.Remove(secret) })
	try("rename a file", func() error { return os.Rename(secret, dir+"/renamed") })
	try("change a mode", func() error { return os.Chmod(secret, 0o777) })
	try("link a file", func() error { return os.Link(secret, dir+"/link") })
	try("make a symbolic link", func() error { return os.Symlink(secret, dir+"/symlink") })
	try("truncate a file", func() error { return os.Truncate(secret, 0) })
	try("change its folder", func() error { return os.Chdir(dir) })
	try("change its root", func() error { return unix.Chroot(dir) })
	try("mount", func() error { return unix.Mount("none", dir, "tmpfs", 0, "") })
	try("make memory that can be run from a file", func() error { _, err := unix.MemfdCreate("x", 0); return err })
	try("run a program", func() error { return exec.Command("/bin/true").Run() })
	try("become a program", func() error { return unix.Exec("/bin/true", []string{"true"}, nil) })
	try("fork", func() error {
		pid, _, e := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
		if e != 0 {
			return e
		}
		if pid == 0 {
			unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
		return nil
	})
	try("connect", func() error { return closed(net.Dial("tcp", server)) })
	try("listen", func() error { return closed(net.Listen("tcp", "127.0.0.1:0")) })
	try("send a datagram", func() error { return closed(net.Dial("udp", "127.0.0.1:53")) })
	try("make a local socket", func() error { _, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0); return err })
	try("make a pair of sockets", func() error { _, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); return err })
	try("end its parent", func() error { return unix.Kill(parent, unix.SIGTERM) })
	try("end a process", func() error { return unix.Kill(other, unix.SIGKILL) })
	try("end all processes", func() error { return unix.Kill(-1, unix.SIGKILL) })
	try("end a thread of its parent", func() error { return unix.Tgkill(parent, parent, unix.SIGKILL) })
	try("trace its parent", func() error { return unix.PtraceAttach(parent) })
	try("read a process's memory", func() error {
		b := make([]byte, 8)
		v := []unix.Iovec{{Base: &b[0], Len: 8}}
		_, err := unix.ProcessVMReadv(parent, v, []unix.RemoteIovec{{Base: uintptr(unsafe.Pointer(&b[0])), Len: 8}}, 0)
		return err
	})
	try("map memory that can be run", func() error {
		_, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
		return err
	})
	try("make memory run", func() error {
		b, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return err
		}
		return unix.Mprotect(b, unix.PROT_READ|unix.PROT_EXEC)
	})
	try("be dumpable", func() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) })
	try("outlive its parent", func() error { return unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) })
	try("leave its session", func() error { _, err := unix.Setsid(); return err })
	try("raise a limit", func() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) })
	try("become somebody else", func() error { return unix.Setuid(1234) })
	try("use a namespace", func() error { return unix.Unshare(unix.CLONE_NEWUSER) })
	try("use io_uring", func() error { _, _, e := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0); return nonzero(e) })
	try("use bpf", func() error { _, _, e := unix.Syscall(unix.SYS_BPF, 0, 0, 0); return nonzero(e) })
	try("use keys", func() error { _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true); return err })
	if len(os.Environ()) > len(environment()) {
		done = append(done, "see variables")
	}
	if n := openDescriptors(); n > 8 {
		done = append(done, fmt.Sprintf("inherit %d descriptors", n))
	}
	return "could: " + strings.Join(done, ", ") + "."
}

func nonzero(e unix.Errno) error {
	if e != 0 {
		return e
	}
	return nil
}

func closed(c io.Closer, err error) error {
	if err == nil {
		c.Close()
	}
	return err
}

// openDescriptors counts the descriptors that the process has.
func openDescriptors() (n int) {
	for fd := range 256 {
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil {
			n++
		}
	}
	return n
}
