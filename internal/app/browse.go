package app

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

// errNoBrowser is for a machine on which no browser can be opened.
var errNoBrowser = errors.New("there is no browser here")

// browse opens a file in the browser, and prints its path where that cannot be done.
func (r *run) browse(ctx context.Context, file string) error {
	open := r.Browse
	if open == nil {
		open = r.systemBrowse
	}
	err := errNoBrowser
	if r.ci.Name() == "" {
		err = open(ctx, file)
	}
	if err == nil {
		r.log.Line("opened %q", file)
		return nil
	}
	if !errors.Is(err, errNoBrowser) {
		r.log.Warn("the browser was not opened: %s", err)
	}
	_, err = fmt.Fprintln(r.Stdout, file)
	return err
}

// browseTime is how long the program that opens a browser may take to fail. One that does not
// end may be the browser itself.
const browseTime = 3 * time.Second

// systemBrowse opens a file the way the system opens those of its kind.
func (r *run) systemBrowse(_ context.Context, file string) error {
	args := r.opener()
	if args == nil {
		return errNoBrowser
	}
	cmd := exec.Command(args[0], append(args[1:], file)...) //nolint:noctx // the browser stays when webpress ends
	cmd.Env = r.Environ
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
	case <-time.After(browseTime):
	}
	return nil
}

// opener is the command that opens a file, nil if there is none. Without a display, xdg-open
// would open a browser in the terminal.
func (r *run) opener() []string {
	var all [][]string
	switch {
	case runtime.GOOS == "darwin":
		all = [][]string{{"open"}}
	case runtime.GOOS == "windows":
		all = [][]string{{"rundll32", "url.dll,FileProtocolHandler"}}
	case r.Getenv("WSL_DISTRO_NAME") != "":
		all = [][]string{{"wslview"}, {"xdg-open"}}
	case r.Getenv("DISPLAY") != "" || r.Getenv("WAYLAND_DISPLAY") != "":
		all = [][]string{{"xdg-open"}}
	}
	for _, args := range all {
		if _, err := exec.LookPath(args[0]); err == nil {
			return args
		}
	}
	return nil
}
