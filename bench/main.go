// Command bench measures webpress beside its peers: whole processes, started
// as a user starts them, on the same images, in turns. Run it at the root of
// the project, where `make build` has put the binary:
//
//	go run ./bench                              # everything, five runs each
//	go run ./bench -cases resize -runs 3
//	go run ./bench -peers webpress,sharp -out table.md
//
// What is missing of the peers and the images is installed first: Debian
// packages by apt-get, as root or by sudo, and sharp by npm. Images, HEICs
// made of them and sharp are kept in a cache folder outside the project.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// options are the command line's.
type options struct {
	cases, peers []string
	runs, size   int
	out          string
	cache        string
	webpress     string
	load         time.Duration
	// images is a folder with unpacked Debian packages, for looks; lookFormat is its format.
	images, lookFormat string
	install            bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o, err := parse(os.Args[1:])
	if err == nil {
		err = adopt()
	}
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	var o options
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	cases := f.String("cases", "", "comma-separated cases, of "+strings.Join(caseNames(), ", ")+" (default all)")
	peers := f.String("peers", "", "comma-separated beginnings of the names of peers (default all)")
	f.IntVar(&o.runs, "runs", 5, "number of runs of each program")
	f.IntVar(&o.size, "size", 1200, "width that the resizing cases shrink to, in pixels")
	f.StringVar(&o.out, "out", "", "also write the tables to this `file`")
	f.StringVar(&o.cache, "cache", filepath.Join(cache, "webpress-bench"), "where images and peers are kept")
	f.StringVar(&o.webpress, "webpress", "webpress", "the binary to measure")
	f.DurationVar(&o.load, "load", time.Minute, "how long the case serve is under load")
	f.StringVar(&o.images, "images", "", "folder with unpacked packages of images, a `folder` each, for looks")
	f.StringVar(&o.lookFormat, "format", "", "webp, jpeg or avif, for looks (default webp)")
	f.BoolVar(&o.install, "install", true, "install what is missing")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.cases, o.peers = list(*cases), list(*peers)
	for _, name := range o.cases {
		if !contains(caseNames(), name) {
			return o, fmt.Errorf("no case %q; there are %s", name, strings.Join(caseNames(), ", "))
		}
	}
	if o.runs < 1 {
		return o, fmt.Errorf("-runs %d: at least 1", o.runs)
	}
	if o.webpress, err = filepath.Abs(o.webpress); err != nil {
		return o, err
	}
	o.cache, err = filepath.Abs(o.cache)
	return o, err
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// run prepares, measures every case and prints the tables.
func run(ctx context.Context, o options) error {
	if o.install {
		if err := install(ctx, o.cache); err != nil {
			return err
		}
	}
	b := bench{options: o, procs: runtime.GOMAXPROCS(0)}
	text := b.head(ctx)
	for _, c := range cases {
		if len(o.cases) > 0 && !contains(o.cases, c.name) {
			continue
		}
		part, err := b.measure(ctx, c)
		if err != nil {
			return fmt.Errorf("case %s: %w", c.name, err)
		}
		text += "\n" + part
	}
	fmt.Print(text)
	if o.out == "" {
		return nil
	}
	return os.WriteFile(o.out, []byte(text), 0o644)
}
