package engine

import (
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/webpress/webpress/internal/codec"
)

// Bug is the error for a panic with the value v. It is called by the deferred function that
// recovers, as PanicSite is.
func Bug(v any) *codec.Error {
	return &codec.Error{
		Op: "internal error", Detail: fmt.Sprint(v),
		Hint: "this is a bug in webpress: please report it, with this line and the image (" + PanicSite() + ")",
	}
}

// PanicSite is the place in the code that the panic being recovered came from.
func PanicSite() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for panicking := false; ; {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, "runtime.") {
			panicking = true // between what recovers and what has panicked
		} else if panicking {
			return fmt.Sprintf("%s, line %d of %s", frame.Function, frame.Line, path.Base(frame.File))
		}
		if !more {
			return "unknown place"
		}
	}
}
