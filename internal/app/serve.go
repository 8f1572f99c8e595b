package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/serve"
	"github.com/webpress/webpress/internal/shell"
	"github.com/webpress/webpress/internal/tree"
)

// servePercent is how much the heap of a server may grow between two collections, in percent.
const servePercent = 200

// serve converts images for others until it is interrupted, which is how it is meant to end.
func (r *run) serve(ctx context.Context) (verdict, error) {
	s := r.settings
	level := slog.LevelInfo
	switch {
	case s.Quiet:
		level = slog.LevelError
	case s.Verbose:
		level = slog.LevelDebug
	}
	convert.CapHeap(cmp.Or(s.MemoryLimit, convert.DefaultMemory()))
	if r.workers != nil {
		// Images are elsewhere, and what is left is small and short-lived. GOGC counts before it.
		if old := debug.SetGCPercent(servePercent); old != 25 {
			debug.SetGCPercent(old)
		}
	}
	server, err := serve.New(serve.Options{
		Settings: s, Codec: r.codec, Version: r.Version, Getenv: r.Getenv, Now: r.Now,
		Log: slog.New(slog.NewJSONHandler(r.Stderr, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		return verdict{}, err
	}
	defer server.Close()
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", s.Serving.Listen)
	if err != nil {
		return verdict{}, &asset.Fault{
			Message: fmt.Sprintf("listen on %s: %s", s.Serving.Listen, cause(err)),
			Hint:    "name another address by --listen, or end what listens there",
		}
	}
	if r.workers != nil {
		r.workers.Warm(ctx, 1)
	}
	if err := r.welcome(l.Addr()); err != nil {
		_ = l.Close()
		return verdict{}, err
	}
	if err := server.Run(ctx, l); err != nil {
		return verdict{}, fmt.Errorf("answer requests: %w", err)
	}
	r.log.Line("ended; jobs that wait are converted after the next start")
	return verdict{}, nil
}

// cause is an error of the network without the address, which is said before.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return tree.Cause(op.Err)
	}
	return tree.Cause(err)
}

// welcome says where the server listens and how to call it. The first time it makes a key.
func (r *run) welcome(at net.Addr) error {
	s := r.settings.Serving
	base, besides := s.PublicURL, ""
	if base == "" {
		base, besides = reachedAt(at)
	}
	keys, err := serve.ListKeys(s.Data)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		secret, err := serve.AddKey(s.Data, serve.Key{Name: "default"}, r.Now())
		if err != nil {
			return err
		}
		r.log.Result(strings.Join([]string{
			"made a key, which is not shown again: " + secret,
			"try it on a page: " + base + "/#key=" + secret,
			"or in a terminal:",
			`  curl -H "Authorization: Bearer ` + secret + `" -F file=@photo.jpg -F maxWidth=1200 ` + base + "/api/v1/convert",
		}, "\n"))
	}
	r.log.Line("listening on %s%s", base, besides)
	return nil
}

// reachedAt is the address by which programs on this machine reach what listens at an address,
// and what is to be said besides.
func reachedAt(at net.Addr) (base, besides string) {
	tcp, ok := at.(*net.TCPAddr)
	switch {
	case !ok || tcp.IP.IsLoopback():
		return "http://" + at.String(), ""
	case tcp.IP.IsUnspecified():
		return fmt.Sprintf("http://127.0.0.1:%d", tcp.Port), ", and on all other addresses of this machine, without TLS"
	}
	return "http://" + at.String(), ", without TLS"
}

// key adds, lists or removes keys of the conversion API.
func (r *run) key() (verdict, error) {
	s := r.settings
	switch s.KeyAction {
	case "add":
		k := serve.Key{Name: s.KeyName, Rate: s.Serving.Rate, Concurrency: s.Serving.Concurrency, Quota: s.Serving.Quota, Options: s.Serving.Options}
		secret, err := serve.AddKey(s.Serving.Data, k, r.Now())
		if err == nil {
			r.log.Result(fmt.Sprintf("added key %q, which is not shown again: %s", s.KeyName, secret))
		}
		return verdict{}, err
	case "remove":
		err := serve.RemoveKey(s.Serving.Data, s.KeyName)
		if err == nil {
			r.log.Line("removed key %q", s.KeyName)
		}
		return verdict{}, err
	}
	keys, err := serve.ListKeys(s.Serving.Data)
	if err != nil {
		return verdict{}, err
	}
	if len(keys) == 0 {
		words := []string{"webpress", "key", "add", "NAME"}
		if s.Serving.DataSet {
			words = append(words, "--data="+s.Serving.Data)
		}
		r.log.Line("there are no keys; add one by: %s", shell.Line(words...))
	}
	for _, k := range keys {
		r.log.Result(k.String())
	}
	return verdict{}, nil
}
