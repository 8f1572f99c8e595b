//go:build cgo

package app

import (
	"time"

	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/worker"
)

// hasCodecs reports whether this webpress can convert by itself.
const hasCodecs = true

// workers are the processes that decode.
type workers = worker.Pool

// newWorkers returns workers that spend at most timeout on an image, or what its size justifies
// where that is 0. logf, where not nil, takes what libraries say.
func newWorkers(timeout time.Duration, logf func(format string, args ...any)) *workers {
	return &workers{Timeout: timeout, Logf: logf}
}

// queueSmall lets each worker have several small images at a time.
func queueSmall(o *convert.Options) { o.SmallSize, o.Small = worker.SmallSize, worker.Depth }

// Worker is the whole program where args, without its name, say that it decodes for another
// process; code is what it then exits with.
func Worker(args []string) (code int, is bool) {
	if !worker.Is(args) {
		return 0, false
	}
	return worker.Main(engine.Local{}.Open), true
}
