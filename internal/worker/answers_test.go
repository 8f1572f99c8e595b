//go:build linux

package worker

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"net"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"

	"golang.org/x/sys/unix"
	"os"
)

// FuzzAnswers lets a worker answer anything: the parent neither panics nor takes what cannot
// be.
func FuzzAnswers(f *testing.F) {
	frame := func(json string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(json))), json...)
	}
	f.Add(frame(`{"outputs":[{"size":3,"width":1,"height":1}]}abc`))
	f.Add(frame(`{"error":{"message":"x\u001b[2J"}}`))
	f.Add(frame(`{"error":{"codec":{"Op":"png","Detail":"\n"}}}`))
	f.Add(frame(`{"info":{"Format":"png","Width":1,"Height":1}}`))
	f.Add(frame(`{"placeholder":{"color":"#zzzzzz"}}`))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, answer []byte) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		file := os.NewFile(uintptr(fds[0]), "worker")
		c, err := net.FileConn(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		theirs := os.NewFile(uintptr(fds[1]), "theirs")
		go func() {
			_, _ = theirs.Write(answer)
			theirs.Close()
		}()
		p := &process{conn: c.(*net.UnixConn), answers: bufio.NewReader(c)}
		req := request{Op: opConvert, Variants: []asset.Variant{webp}}
		resp, data, err := p.talk(req, noContent)
		if err != nil {
			return
		}
		if err := checkInfo(resp.Info, resp.Info.Format); err == nil && (resp.Info.Width < 1 || resp.Info.Height < 1) {
			t.Errorf("taken: %+v", resp.Info)
		}
		if resp.Error != nil {
			if message := resp.Error.err().Error(); bytes.ContainsAny([]byte(message), "\x1b\r") || len(message) > 8<<10 {
				t.Errorf("not safe to print: %.200q", message)
			}
		}
		if resp.Placeholder != nil {
			_ = checkPlaceholder(*resp.Placeholder)
		}
		outputs := make([]engine.Output, len(data))
		for i, d := range data {
			outputs[i] = engine.Output{Data: d, Width: resp.Outputs[i].Width, Height: resp.Outputs[i].Height, Frames: resp.Outputs[i].Frames, Notes: resp.Outputs[i].Notes}
		}
		if err := checkOutputs(outputs, req.Variants); err == nil {
			if format, _ := asset.Sniff(outputs[0].Data[:min(len(outputs[0].Data), asset.SniffLen)]); format != asset.WebP {
				t.Errorf("taken as WebP: %q", outputs[0].Data)
			}
		}
	})
}
