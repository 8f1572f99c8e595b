// Command webpress finds images and converts them to WebP.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/webpress/webpress/internal/app"
)

// version is set by the linker (-X main.version=1.2.3) in releases.
var version string

func main() {
	if code, is := app.Worker(os.Args[1:]); is {
		os.Exit(code)
	}
	os.Exit(run())
}

func run() int {
	noCoreDump() // there are tokens in memory
	ctx, stop := interruptible(context.Background(), time.Now, os.Exit)
	defer stop()

	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "webpress: find the working directory:", err)
		return app.ExitUsage
	}
	if gone := os.TempDir(); !isFolder(gone) && isFolder(fallbackTemp) {
		fmt.Fprintf(os.Stderr, "webpress: warning: TMPDIR is %q, which is not a directory: using %s\n", gone, fallbackTemp)
		os.Setenv("TMPDIR", fallbackTemp)
	}
	stderr, mute := ownStderr()
	info, ok := debug.ReadBuildInfo()
	return app.Command{
		Stdin:     os.Stdin,
		Stdout:    os.Stdout,
		Stderr:    stderr,
		Mute:      mute,
		Environ:   os.Environ(),
		Getenv:    os.Getenv,
		Dir:       dir,
		Version:   versionOf(info, ok),
		Committed: committed(info),
		Isolate:   true,
	}.Main(ctx, os.Args[1:])
}

// fallbackTemp is where temporary files go if TMPDIR is no place for them.
const fallbackTemp = "/tmp"

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// versionOf is the version of a release, or else what the Go tool noted of the
// module or the commit it built.
func versionOf(info *debug.BuildInfo, ok bool) string {
	switch {
	case version != "":
		return version
	case ok && info.Main.Version != "":
		return info.Main.Version
	}
	return "(devel)"
}

// committed is when the commit was made that the Go tool built, zero if it has not noted
// that.
func committed(info *debug.BuildInfo) time.Time {
	if info == nil {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			at, _ := time.Parse(time.RFC3339, s.Value)
			return at
		}
	}
	return time.Time{}
}
