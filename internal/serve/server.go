// Package serve is the conversion API of webpress: an HTTP server that takes images, converts
// them by the same engine and settings as a run does, and keeps the results for some time.
//
// A request becomes a job, which is on the disk before it is accepted, and so outlives the
// process. Files are written to the disk as they come in, and are opened in confined workers
// only. All limits are by key.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/fetch"
	"github.com/webpress/webpress/internal/httpclient"
	"github.com/webpress/webpress/internal/notify"
	"github.com/webpress/webpress/internal/tree"
)

const (
	// syncWait is how long a request waits for its job before it is told where to ask, and
	// syncSize the size up to which it waits at all.
	syncWait = 10 * time.Second
	syncSize = 16 << 20
	// quick is the longest that a request waits for jobs before its own.
	quick = 2 * time.Second
	// firstPace is a guess of how long a job takes, before there was any.
	firstPace = 250 * time.Millisecond
	// patience is how long a client may send nothing.
	patience = 30 * time.Second
	// lingerTime is how long a client may go on to send what is not read.
	lingerTime = 2 * time.Second
	// downloadTime is how long a source may take to download.
	downloadTime = time.Minute
	// drainTime is how long jobs in work may take when the server ends. Later they are begun
	// again by the next one.
	drainTime = 20 * time.Second
	// tidyEvery is how often it is looked for jobs that have expired.
	tidyEvery = time.Minute
)

// Options are what a Server is made of.
type Options struct {
	// Settings are the defaults of the options of requests, and the limits and addresses of
	// the server. Settings.Serving has its flags.
	Settings config.Config
	// Codec opens images.
	Codec engine.Codec
	// Version is that of webpress.
	Version string
	// Getenv has the proxy settings; nil is no proxy.
	Getenv func(string) string
	// Log takes what happens; nil is nowhere. It has neither names of files nor keys.
	Log *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time

	// SyncWait, Patience are the constants of those names where they are 0.
	SyncWait, Patience time.Duration
	// Resolver resolves the names of webhooks; nil is that of the system.
	Resolver *net.Resolver
}

// A Server is the conversion API. It has its folder to itself from New to Close.
type Server struct {
	settings config.Config
	serving  config.Serving
	codec    engine.Codec
	version  string
	log      *slog.Logger
	now      func() time.Time
	syncWait time.Duration
	patience time.Duration

	lock    *flock.Flock
	store   *store
	queue   *queue
	keys    *keyring
	rates   rates
	account *account
	signer  signer
	// fetch downloads sources, nil if that is not allowed.
	fetch *fetch.Client
	guard fetch.Guard
	hooks *httpclient.Client
	// uploads are the requests whose bodies are being read.
	uploads uploads
	// hookDue wakes up who delivers webhooks.
	hookDue chan struct{}
	metrics *metrics
	memory  *convert.SharedMemory
	// settling is the work to flush results to the disk, by as many as settlers has room for.
	settling sync.WaitGroup
	settlers chan struct{}
	workers  int
	// converting has room for as many jobs as are converted at a time.
	converting chan struct{}
	// pace is how long a job takes, on the average of the last ones.
	pace atomic.Int64

	// cancels end the jobs that are in work.
	mu      sync.Mutex
	cancels map[string]context.CancelFunc

	// draining is closed, and ending set, once the server is about to end.
	draining chan struct{}
	ending   atomic.Bool
	openapi  func() []byte
}

// New opens the folder of jobs and keys, and makes it if it is not there. Jobs that were not
// finished wait for Run.
func New(o Options) (_ *Server, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		settings: o.Settings, serving: o.Settings.Serving, codec: o.Codec, version: o.Version, log: o.Log, now: o.Now,
		syncWait: orDefault(o.SyncWait, syncWait), patience: orDefault(o.Patience, patience),
		workers: o.Settings.Jobs, cancels: map[string]context.CancelFunc{}, draining: make(chan struct{}), hookDue: make(chan struct{}, 1),
		settlers: make(chan struct{}, ioWorkers), uploads: uploads{slowAfter: slowAfter},
		metrics: newMetrics(o.Now()),
		memory:  convert.NewSharedMemory(o.Settings.MemoryLimit),
	}
	if s.workers == 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	s.converting = make(chan struct{}, s.workers)
	s.pace.Store(int64(firstPace))
	s.settings = s.settings.ForOptions()
	s.openapi = sync.OnceValue(s.makeOpenAPI)
	dir := s.serving.Data
	if err := makeData(dir); err != nil {
		return nil, err
	}
	if s.lock, err = lockData(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.Close()
			if asset.HintOf(err) == "" {
				err = fmt.Errorf("open %q: %w", dir, tree.Cause(err))
			}
		}
	}()
	if s.account, err = openAccount(dir, o.Log); err != nil {
		return nil, err
	}
	if err := s.openStore(dir); err != nil {
		return nil, err
	}
	if s.signer, err = openSigner(dir); err != nil {
		return nil, err
	}
	if s.keys, err = openKeyring(dir, func(err error) { s.log.Error("the keys cannot be read again", "error", err.Error()) }); err != nil {
		return nil, err
	}
	if err := s.openNetwork(o); err != nil {
		return nil, err
	}
	s.queue = newQueue(max(s.serving.Queue, 1), s.keys.limit)
	s.resume()
	return s, nil
}

func orDefault(d, other time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return other
}

// lockData keeps other servers out of the folder.
func lockData(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, "serve.lock"))
	locked, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("lock %q: %w", dir, tree.Cause(err))
	case !locked:
		return nil, &asset.Fault{Message: fmt.Sprintf("another server has its jobs in %q", dir), Hint: "name another directory by --data, or end that server"}
	}
	return lock, nil
}

// openNetwork makes the clients for what others name.
func (s *Server) openNetwork(o Options) (err error) {
	fo := fetch.Options{
		PerHost: s.settings.ConcurrencyPerHost, Retries: 1, MaxSize: s.settings.MaxFileSize, AllowPrivate: s.settings.AllowPrivateHosts,
		UserAgent: "webpress/" + s.version, Getenv: o.Getenv, Resolver: o.Resolver,
	}
	if s.guard, err = fetch.NewGuard(fo); err != nil {
		return err
	}
	if s.serving.AllowDownloads {
		if s.fetch, err = fetch.New(fo); err != nil {
			return err
		}
	}
	s.hooks = httpclient.New(httpclient.Options{Timeout: hookTimeout, Deadline: hookTimeout, UserAgent: fo.UserAgent, Transport: s.guard})
	if s.settings.WebhookURL != "" || s.settings.WebhookSecret != "" {
		w := notify.Webhook{URL: s.settings.WebhookURL, Secret: s.settings.WebhookSecret}
		if w.URL == "" {
			w.URL = "https://example.com/" // the secret alone is checked
		}
		_, err = w.Check()
	}
	return err
}

// openStore reads the jobs on the disk, and counts those that the account does not know of.
func (s *Server) openStore(dir string) (err error) {
	count, counted := s.account.recovery()
	var unsettled []*Job
	s.store, err = openStore(dir, s.log, func(j *Job) {
		count(j)
		if j.Status.Done() && j.Status != Expired {
			if _, err := os.Lstat(inFile(filepath.Join(dir, jobsDir, j.ID), 0)); err == nil {
				unsettled = append(unsettled, j)
			}
		}
	})
	counted()
	for _, j := range unsettled {
		s.settling.Add(1)
		go s.settle(j)
	}
	return err
}

// resume queues the jobs that were accepted and not finished.
func (s *Server) resume() {
	for _, j := range s.store.unfinished() {
		s.store.advance(j.ID, func(j *Job) bool { j.Status = Queued; return true })
		s.queue.restore(j.ID, j.Key)
	}
}

// Close gives the folder free.
func (s *Server) Close() {
	s.settling.Wait()
	if s.account != nil {
		s.account.flush()
	}
	if s.lock != nil {
		_ = s.lock.Unlock()
	}
}

// Run answers requests at l until ctx ends. Then it takes no more, gives requests and jobs that
// are in work some time, and returns. Its error says why l failed.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var background sync.WaitGroup
	wait := s.start(work, &background)
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	s.drain()
	drained, cancel := context.WithTimeout(work, drainTime)
	defer cancel()
	go s.uploads.endSlow(drained)
	if shutdown := server.Shutdown(drained); shutdown != nil {
		_ = server.Close()
	}
	wait(drained)
	stop()
	background.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// start begins to convert, to deliver webhooks and to tidy up, until ctx ends. wait waits for
// the jobs in work, or until its context ends; then they are given up.
func (s *Server) start(ctx context.Context, background *sync.WaitGroup) (wait func(context.Context)) {
	var working sync.WaitGroup
	for range 2 * s.workers {
		working.Go(func() { s.workOn(ctx) })
	}
	background.Go(func() { s.deliverHooks(ctx) })
	background.Go(func() {
		for tick := time.NewTicker(tidyEvery); ; {
			s.store.saveAgain()
			// What is forgotten is in the file of the account.
			s.store.expire(s.now(), s.account.flush())
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	})
	return func(limit context.Context) {
		all := make(chan struct{})
		go func() { working.Wait(); close(all) }()
		select {
		case <-all:
		case <-limit.Done():
			s.cancelAll()
			<-all
		}
	}
}

// drain lets the server take no more jobs.
func (s *Server) drain() {
	if s.ending.CompareAndSwap(false, true) {
		close(s.draining)
		s.queue.close()
	}
}

// cancelAll gives up the jobs that are in work.
func (s *Server) cancelAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cancel := range s.cancels {
		cancel()
	}
}
