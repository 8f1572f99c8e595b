package worker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startTimeout is how long a worker may take until it says that it is ready: loading
// libraries from a cold disk takes seconds.
const startTimeout = time.Minute

// A process is a worker as its parent sees it.
type process struct {
	cmd      *exec.Cmd
	conn     *net.UnixConn
	answers  *bufio.Reader // of conn
	stderr   *head
	confined Confinement
	// used is how much it was used, of maxUsed; idle is how many bytes of memory it has
	// without an image.
	used int
	idle int64

	killOnce sync.Once
	cause    error // why it was killed, nil if it was not
	ended    chan struct{}
	exit     error // what it ended with, once ended is closed
}

// start starts a worker of this program, and waits until it is ready.
func start(ctx context.Context, logf func(string, ...any)) (*process, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|cloexec, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "worker"), os.NewFile(uintptr(fds[1]), "worker")
	unix.CloseOnExec(fds[0]) // where cloexec is nothing
	unix.CloseOnExec(fds[1])
	defer theirs.Close()
	c, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		return nil, err
	}
	p := &process{conn: c.(*net.UnixConn), answers: bufio.NewReaderSize(c, maxJoined), stderr: &head{logf: logf}, ended: make(chan struct{})}
	p.cmd = exec.Command(self, argument)
	p.cmd.Args[0] = "webpress" // in lists of processes
	p.cmd.Env = environment()
	p.cmd.Dir = "/"
	p.cmd.Stderr = p.stderr
	p.cmd.ExtraFiles = []*os.File{theirs}
	p.cmd.SysProcAttr = attributes()
	if err := onStarter(p.cmd.Start); err != nil {
		p.conn.Close()
		return nil, err
	}
	go func() {
		p.exit = p.cmd.Wait()
		close(p.ended)
	}()
	var hello response
	stop := p.watch(ctx, limits{time: startTimeout})
	err = readFrame(p.answers, &hello)
	stop()
	switch {
	case err != nil:
		return nil, p.lost(ctx, err)
	case hello.Confined == nil:
		p.kill(errors.New("it does not say how it is confined"))
		return nil, p.cause
	}
	p.confined = *hello.Confined
	p.idle = p.resident()
	return p, nil
}

// kill ends the process, for a reason.
func (p *process) kill(cause error) {
	p.killOnce.Do(func() {
		p.cause = cause
		_ = p.cmd.Process.Kill()
		p.conn.Close()
	})
}

// close lets the process end by itself.
func (p *process) close() {
	p.conn.Close()
}

// end kills the process, and waits until it is gone.
func (p *process) end(cause error) {
	p.kill(cause)
	<-p.ended
	p.close()
}

// limits are what a process may take for one request; 0 is no limit.
type limits struct {
	time time.Duration
	// memory is in bytes, all of the process counted.
	memory int64
}

// poll is how often the memory of a worker is looked at.
const poll = 20 * time.Millisecond

// watch kills the process if ctx ends or it exceeds a limit, until stop is called.
func (p *process) watch(ctx context.Context, l limits) (stop func()) {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		timer := time.NewTimer(l.time)
		defer timer.Stop()
		ticker := time.NewTicker(poll)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-p.ended:
				// What it has sent can still be read.
				_ = p.conn.SetReadDeadline(time.Now().Add(time.Second))
				return
			case <-ctx.Done():
				p.kill(context.Cause(ctx))
				return
			case <-timer.C:
				p.kill(&LimitError{Time: l.time})
				return
			case <-ticker.C:
				if n := p.resident(); l.memory > 0 && n > l.memory {
					p.kill(&LimitError{Memory: l.memory})
					return
				}
			}
		}
	})
	return func() { close(done); watching.Wait() }
}

// lost is what has become of a process that the conversation with ended by err.
func (p *process) lost(ctx context.Context, err error) error {
	over := []error{io.EOF, io.ErrUnexpectedEOF, syscall.EPIPE, syscall.ECONNRESET, os.ErrDeadlineExceeded}
	if !slices.ContainsFunc(over, func(end error) bool { return errors.Is(err, end) }) {
		p.kill(fmt.Errorf("it answered nonsense: %w", err)) // a process that was killed before keeps its cause
	}
	select {
	case <-p.ended:
		p.close()
	case <-time.After(time.Second): // it has closed its end, and goes on
		p.end(errors.New("it stopped answering"))
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case p.cause != nil:
		return p.cause
	}
	signal := signalOf(p.exit, p.stderr.String())
	return &CrashError{Signal: signal, Killed: signal == "SIGKILL" || signal == outOfMemory}
}

// A LimitError says that a worker took more than it may.
type LimitError struct {
	// Time and Memory, in bytes, are the limit that was exceeded; the other is 0.
	Time   time.Duration
	Memory int64
}

// Error says which limit it was.
func (e *LimitError) Error() string {
	if e.Time > 0 {
		return fmt.Sprintf("it took longer than %s", e.Time.Round(time.Second))
	}
	return fmt.Sprintf("it took more than %d MB of memory", e.Memory>>20)
}

// A CrashError says that a worker ended by itself.
type CrashError struct {
	// Signal is the name of the signal or of the exit code.
	Signal string
	// Killed says that it was ended from outside, as where the machine has no memory left: it
	// may do better another time.
	Killed bool
}

const outOfMemory = "out of memory"

// Error says how it ended.
func (e *CrashError) Error() string { return "the decoder crashed (" + e.Signal + ")" }

// signalOf names what a process ended with. Go's runtime says on standard error which signal
// it got in a C library, and exits with 2.
func signalOf(exit error, stderr string) string {
	for _, name := range []string{"SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSYS", "SIGTRAP"} {
		if strings.Contains(stderr, name+":") {
			return name
		}
	}
	if strings.Contains(stderr, outOfMemory) {
		return outOfMemory
	}
	e, ok := errors.AsType[*exec.ExitError](exit)
	if !ok {
		return "exit code 0"
	}
	if status, ok := e.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return unix.SignalName(status.Signal())
	}
	return fmt.Sprintf("exit code %d", e.ExitCode())
}

// A head keeps the first bytes that are written to it.
type head struct {
	// logf, where not nil, is given each whole line of them, which has printable characters
	// alone.
	logf func(format string, args ...any)

	mu     sync.Mutex
	data   []byte
	logged int
}

// maxHead is how many bytes those are.
const maxHead = 8 << 10

// Write takes all of p, and keeps what there is room for.
func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.data = append(h.data, p[:min(len(p), maxHead-len(h.data))]...)
	for h.logf != nil {
		line, _, whole := bytes.Cut(h.data[h.logged:], []byte("\n"))
		if !whole {
			break
		}
		h.logf("decoder: %s", clean(string(line)))
		h.logged += len(line) + 1
	}
	return len(p), nil
}

func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(h.data)
}
