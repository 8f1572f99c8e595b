// Command webpress finds images and converts them to WebP.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"webpress/internal/app"
)

// version is set by the linker (-X main.version=1.2.3) in releases.
var version string

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "webpress: find the working directory:", err)
		return app.WrongSettings
	}
	return app.Command{
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Environ: os.Environ(),
		Getenv:  os.Getenv,
		Dir:     dir,
		Version: versionOf(debug.ReadBuildInfo()),
	}.Main(ctx, os.Args[1:])
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
