package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
)

// argument is the only argument of a worker. It is no command that people type.
const argument = "__worker"

// connection is the descriptor of the socket that a worker has to its parent.
const connection = 3

// Is says that this process was started as a worker, by its arguments without the name
// of the program.
func Is(args []string) bool { return len(args) == 1 && args[0] == argument }

// Main is what a worker does until its parent has no more for it, or is gone: it confines
// itself, and then serves one request after the other. It returns the exit code. open opens
// images: that of engine.Local, but in tests, which have decoders that misbehave.
func Main(open func(context.Context, []byte) (engine.Image, error)) int {
	if !inherited(connection) {
		fmt.Fprintln(os.Stderr, "webpress: "+argument+" is what webpress starts itself; see `webpress --help` for its commands")
		return 2
	}
	codec.Libraries() // libheif loads its plugins, while files can still be opened
	debug.SetGCPercent(25)
	runtime.GOMAXPROCS(1)
	confined := confine()
	s := server{conn: newConn(connection), open: open}
	s.answers = bufio.NewWriterSize(s.conn, maxJoined)
	if err := s.answer(response{Confined: &confined}, nil); err != nil {
		return 1
	}
	for {
		err := s.next()
		if errors.Is(err, io.EOF) {
			return 0
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			return 1
		}
	}
}

// A server is a worker's side of the conversation.
type server struct {
	open    func(context.Context, []byte) (engine.Image, error)
	conn    *conn
	answers *bufio.Writer // to conn
	memory  []byte        // that both processes have, nil for none
	data    []byte        // the image that was opened last
	img     engine.Image
}

// next answers a request. Its error ends the conversation.
func (s *server) next() error {
	var req request
	if err := readFrame(s.conn, &req); err != nil {
		return err
	}
	switch req.Op {
	case opClose:
		s.forget()
		return nil
	case opOpen, opOpenFor:
		if err := s.take(req); err != nil {
			return err
		}
	}
	resp, data := s.do(req)
	return s.answer(resp, data)
}

// answer sends a response, together with others where requests have come meanwhile: each
// write may wake the other process.
func (s *server) answer(resp response, data [][]byte) error {
	if err := writeFrame(s.answers, resp, data...); err != nil {
		return err
	}
	if s.conn.Buffered() > 0 {
		return nil
	}
	return s.answers.Flush()
}

// take gets hold of the bytes of an image that is to be opened.
func (s *server) take(req request) (err error) {
	s.forget()
	if req.Shared {
		if s.memory, err = s.conn.mapMemory(req.Size); err != nil {
			return fmt.Errorf("map %d bytes: %w", req.Size, err)
		}
		s.data = s.memory
		return nil
	}
	s.data = make([]byte, req.Size)
	_, err = io.ReadFull(s.conn, s.data)
	return err
}

// forget lets go of an image, and of its memory.
func (s *server) forget() {
	s.img, s.data = nil, nil
	unmap(s.memory)
	s.memory = nil
}

// do does what is asked for.
func (s *server) do(req request) (resp response, data [][]byte) {
	defer func() {
		if v := recover(); v != nil {
			resp, data = response{Error: failureOf(engine.Bug(v))}, nil
		}
	}()
	ctx := context.Background()
	var err error
	switch {
	case req.Op == opOpen || req.Op == opOpenFor:
		s.img, err = s.open(ctx, s.data)
		if err != nil {
			break
		}
		resp.Info = s.img.Info()
		if req.Op == opOpenFor && isSmall(resp.Info) {
			resp.Outputs, data, err = s.convert(ctx, req)
			resp.Converted, resp.NotConverted, err = err == nil, failureOf(err), nil
		}
	case s.img == nil:
		err = errors.New("no image is open")
	case req.Op == opConvert:
		resp.Outputs, data, err = s.convert(ctx, req)
	case req.Op == opCheck:
		err = s.img.Check(ctx, req.Strict)
	case req.Op == opPlaceholder:
		var p engine.Placeholder
		p, err = s.img.Placeholder(ctx, req.MaxPixels)
		resp.Placeholder = &p
	default:
		err = fmt.Errorf("cannot %q", req.Op)
	}
	if err != nil {
		return response{Error: failureOf(err)}, nil
	}
	return resp, data
}

// convert makes the outputs that are asked for.
func (s *server) convert(ctx context.Context, req request) (outputs []output, data [][]byte, err error) {
	// Where the other processors have images of their own, a scheduler that looks for work there
	// takes time from them: 1 to 6 % of a run.
	if n := max(1, min(req.Options.Threads, runtime.NumCPU())); n != runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(n)
	}
	made, err := s.img.Convert(ctx, req.Variants, req.Options)
	for _, o := range made {
		outputs = append(outputs, output{
			Size: int64(len(o.Data)), Error: failureOf(o.Err), Width: o.Width, Height: o.Height, Frames: o.Frames, Lossless: o.Lossless, Rating: o.Rating, Notes: o.Notes,
		})
		data = append(data, o.Data)
	}
	return outputs, data, err
}

// maxSmall is how many pixels a small image has, all of its frames together.
const maxSmall = 1 << 16

// isSmall says that converting the image takes milliseconds, and no memory worth counting.
func isSmall(info codec.Info) bool {
	if info.Width > maxSmall || info.Height > maxSmall || info.Frames > maxSmall || info.Decoded > maxSmall {
		return false
	}
	return max(int64(info.Width)*int64(info.Height), info.Decoded)*int64(max(info.Frames, 1)) <= maxSmall
}
