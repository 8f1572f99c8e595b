//go:build !cgo

package app

import (
	"context"
	"errors"
	"time"

	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/engine"
)

// hasCodecs reports whether this webpress can convert by itself.
const hasCodecs = false

// workers are the processes that decode: a build without codecs never has any.
type workers struct {
	engine.Local
	Jobs int
}

func newWorkers(time.Duration, func(format string, args ...any)) *workers { return nil }

// Warm does nothing.
func (*workers) Warm(context.Context, int) {}

// Close does nothing.
func (*workers) Close() {}

// Confinement has nothing to confine.
func (*workers) Confinement(context.Context) (confinement, error) {
	return confinement{}, errors.New("this build has no decoders")
}

// A confinement is what keeps workers from everything but their work.
type confinement struct{}

// Whole says that no part is missing.
func (confinement) Whole() bool { return true }

func (confinement) String() string { return "" }

func queueSmall(*convert.Options) {}

// Worker reports that no process of a build without codecs decodes for another.
func Worker([]string) (code int, is bool) { return 0, false }
