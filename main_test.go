package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/worker"
)

var update = flag.Bool("update", false, "write what the scripts got into their golden files")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"webpress": func() {
		if worker.Is(os.Args[1:]) {
			os.Exit(worker.Main(openOrCrash))
		}
		main()
	}})
}

// openOrCrash opens images, and crashes on those whose last line asks for it.
func openOrCrash(ctx context.Context, data []byte) (engine.Image, error) {
	if bytes.HasSuffix(data, []byte("\ncrash the decoder\n")) {
		*(*int)(unsafe.Add(nil, 0xdead0000beef)) = 1 // not nil, which Go would recover from
	}
	return engine.Local{}.Open(ctx, data)
}

// raceOptions returns the options of the race detector for each webpress that a test
// starts: it does not sleep for a second when it ends, and its reports, which would be
// lost with the output of libraries, fail the test.
func raceOptions(t *testing.T) string {
	dir := t.TempDir()
	t.Cleanup(func() {
		reports, _ := filepath.Glob(filepath.Join(dir, "race.*"))
		for _, report := range reports {
			text, err := os.ReadFile(report)
			t.Errorf("%s %v", text, err)
		}
	})
	return fmt.Sprintf("GORACE=atexit_sleep_ms=0 log_path=%q", filepath.Join(dir, "race"))
}

// TestScripts runs the stories in testdata/script. Besides testscript's own
// commands they have:
//
//	repo DIR [BARE …]                 makes a repository and changes into it; see cmdRepo
//	commit MESSAGE                    commits everything
//	json FILE PATH [PATTERN]          checks a value in a JSON file; see cmdJSON
//	picture KIND FILE [WIDTH HEIGHT]  makes a PNG, JPEG or GIF; see kinds
//	code N COMMAND …                  runs a command that must exit with N
//	until FILE                        waits for a file
//	tree FILE …                       checks that these files are there and no others
//	weird FILE                        makes an image whose name is a Go string
//	cut FILE BYTES                    shortens a file
//	bomb KIND FILE                    makes a decompression bomb; see cmdBomb
//	fixes [lost]                      writes what check has printed as fixes to fix.sh
//	forge SOURCE CONTENT [OUTPUT]     writes a line into webpress.lock by hand
//	listen VARIABLE FILE              puts the address of an HTTP server into VARIABLE; see listen
//
// $PICTURES is the folder of the images that the project has generated.
func TestScripts(t *testing.T) {
	pictures, err := filepath.Abs("testdata/pictures")
	if err != nil {
		t.Fatal(err)
	}
	race := raceOptions(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PICTURES", pictures)
			env.Vars = append(env.Vars, race)
			// Hide the CI that runs the tests.
			env.Setenv("CI", "")
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root":
				return os.Geteuid() == 0, nil
			case "mounts":
				return mounts(), nil
			}
			return false, fmt.Errorf("no condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"picture": cmdPicture, "weird": cmdWeird, "code": cmdCode, "until": cmdUntil, "tree": cmdTree, "cut": cmdCut, "listen": cmdListen, "shop": cmdShop,
			"repo": cmdRepo, "commit": cmdCommit, "json": cmdJSON, "again": cmdAgain, "bomb": cmdBomb, "fixes": cmdFixes, "forge": cmdForge,
		},
	})
}

// mounts reports whether a story may mount disks, in a namespace of its own.
var mounts = sync.OnceValue(func() bool {
	return exec.Command("unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt").Run() == nil
})

// kinds are the images that stories are about.
var kinds = map[string]func(x, y, w, h int) color.NRGBA{
	// photo is smooth and slightly noisy: smaller lossy.
	"photo": func(x, y, w, h int) color.NRGBA {
		n := uint8(rand.N(8))
		return color.NRGBA{uint8(x*200/w) + n, uint8(y*200/h) + n, uint8((x+y)*100/(w+h)) + n, 255}
	},
	// flat has few colours: smaller without loss.
	"flat": func(x, y, w, h int) color.NRGBA {
		if (x/16+y/16)%2 == 0 {
			return color.NRGBA{20, 90, 160, 255}
		}
		return color.NRGBA{250, 240, 220, 255}
	},
	// noise cannot be made small.
	"noise": func(x, y, w, h int) color.NRGBA {
		return color.NRGBA{uint8(rand.N(256)), uint8(rand.N(256)), uint8(rand.N(256)), 255}
	},
	// glass is half transparent.
	"glass": func(x, y, w, h int) color.NRGBA {
		return color.NRGBA{uint8(x * 255 / w), 128, uint8(y * 255 / h), uint8(x * 255 / w)}
	},
}

func writePicture(kind, path string, w, h int) error {
	at := kinds[kind]
	if at == nil {
		return fmt.Errorf("no kind %q", kind)
	}
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, at(x, y, w, h))
		}
	}
	encode := func(out io.Writer) error { return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(out, m) }
	switch strings.ToLower(filepath.Ext(path)) {
	case ".jpg", ".jpeg":
		encode = func(out io.Writer) error { return jpeg.Encode(out, m, &jpeg.Options{Quality: 98}) }
	case ".gif":
		encode = func(out io.Writer) error { return gif.Encode(out, m, nil) }
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func cmdPicture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 4 {
		ts.Fatalf("usage: picture KIND FILE [WIDTH HEIGHT]")
	}
	w, h := 96, 64
	if len(args) == 4 {
		var err [2]error
		w, err[0] = strconv.Atoi(args[2])
		h, err[1] = strconv.Atoi(args[3])
		ts.Check(errors.Join(err[:]...))
	}
	ts.Check(writePicture(args[0], ts.MkAbs(args[1]), w, h))
}

func cmdWeird(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: weird FILE")
	}
	name, err := strconv.Unquote(`"` + args[0] + `"`)
	ts.Check(err)
	ts.Check(writePicture("photo", ts.MkAbs(name), 96, 64))
}

func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND …")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: until FILE")
	}
	for range 3000 {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("want %s, which was not written within 30 seconds", args[0])
}

func cmdTree(ts *testscript.TestScript, neg bool, args []string) {
	want := map[string]bool{}
	for _, name := range args {
		unquoted, err := strconv.Unquote(`"` + name + `"`)
		ts.Check(err)
		want[unquoted] = true
	}
	dir := ts.MkAbs(".")
	ts.Check(filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		name = filepath.ToSlash(name)
		// .tmp is testscript's own.
		if d.IsDir() && (name == ".tmp" || name == ".git") {
			return filepath.SkipDir
		}
		// Nearly every run writes a lock file: it need not be named.
		if !d.IsDir() && !want[name] && d.Name() != "webpress.lock" {
			ts.Fatalf("%q exists, want only %q", name, args)
		}
		delete(want, name)
		return nil
	}))
	for name := range want {
		ts.Fatalf("want %q, which does not exist", name)
	}
}

func cmdCut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut FILE BYTES")
	}
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

func TestVersion(t *testing.T) {
	if got := versionOf(nil, false); got != "(devel)" {
		t.Errorf("version %q without any", got)
	}
	version = "1.2.3"
	defer func() { version = "" }()
	if got := versionOf(nil, false); got != "1.2.3" {
		t.Errorf("version %q, want the linker's", got)
	}
}

func TestCommitted(t *testing.T) {
	info := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.time", Value: "2026-03-09T23:00:00Z"}}}
	if got := committed(info); !got.Equal(time.Date(2026, 3, 9, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("committed %v", got)
	}
	for _, info := range []*debug.BuildInfo{nil, {}, {Settings: []debug.BuildSetting{{Key: "vcs.time", Value: "today"}}}} {
		if got := committed(info); !got.IsZero() {
			t.Errorf("committed %v", got)
		}
	}
}

// cmdListen starts a server that records every request: the method and the
// path on a line, the signature of a webhook, the body. To a GET it answers with
// an empty list, to others with a comment, as a forge would.
func cmdListen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: listen VARIABLE FILE [ANSWERS]")
	}
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	// One a line: the path that is asked for, a space, what is answered.
	answers := map[string]string{}
	if len(args) == 3 {
		for line := range strings.Lines(ts.ReadFile(args[2])) {
			path, answer, _ := strings.Cut(line, " ")
			answers[path] = answer
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(f, "%s %s\n", r.Method, r.URL.Path)
		if s := r.Header.Get("X-Webpress-Signature-256"); s != "" {
			mac := hmac.New(sha256.New, []byte("hush"))
			mac.Write(body)
			fmt.Fprintf(f, "signature %v\n", s == "sha256="+hex.EncodeToString(mac.Sum(nil)))
		}
		fmt.Fprintf(f, "%s\n", body)
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, cmp.Or(answers[r.URL.Path], "[]"))
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id": 7, "html_url": "https://forge.example/7"}`)
	}))
	ts.Defer(func() { server.Close(); _ = f.Close() })
	ts.Setenv(args[0], server.URL)
}

// cmdFixes takes the commands that a check has printed as fixes from stdout, shows them,
// and writes them to fix.sh. With lost they are the ones that lose something, and what
// goes with them.
func cmdFixes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 || len(args) == 1 && args[0] != "lost" {
		ts.Fatalf("usage: fixes [lost]")
	}
	_, after, _ := strings.Cut("\n"+ts.ReadFile("stdout"), "\nTo fix:\n")
	commands, _, _ := strings.Cut(after, "\n\n")
	var lines []string
	for line := range strings.Lines(commands) {
		line = strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "  ")
		if len(args) == 1 {
			if strings.Contains(line, " accept ") {
				continue
			}
			line = strings.TrimPrefix(line, "#   ")
		}
		lines = append(lines, line)
	}
	script := strings.Join(lines, "\n") + "\n"
	ts.Check(os.WriteFile(ts.MkAbs("fix.sh"), []byte(script), 0o644))
	ts.Check(ts.Exec("cat", "fix.sh"))
	if top := ts.MkAbs(".git/info/exclude"); len(lines) > 0 { // not to be added
		_ = os.WriteFile(top, []byte("fix.sh\n"), 0o644)
	}
}

// cmdForge writes a line into webpress.lock as if by hand: that OUTPUT was
// made of SOURCE, by the settings of today, or that no output would be smaller. CONTENT is
// the file whose content the source is said to have, or - for some other.
func cmdForge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: forge SOURCE CONTENT [OUTPUT]")
	}
	id := func(name string) (blob string, size int) {
		if name == "-" {
			return strings.Repeat("1", 40), 1
		}
		data := ts.ReadFile(name)
		ts.Check(ts.Exec("git", "hash-object", "--no-filters", "--", name))
		return strings.TrimSpace(ts.ReadFile("stdout")), len(data)
	}
	var lines []string
	recipe := ""
	for line := range strings.Lines(ts.ReadFile("webpress.lock")) {
		if field := strings.Split(line, "\t"); len(field) > 5 {
			recipe = field[4]
			if field[0] == args[0] && (len(args) == 2 || len(field) < 7 || field[6] == args[2]) {
				continue
			}
		}
		lines = append(lines, line)
	}
	blob, size := id(args[1])
	line := fmt.Sprintf("%s\t%s\t%d\tjpeg\t%s\tnot-smaller", args[0], blob, size, recipe)
	if len(args) == 3 {
		output, length := id(args[2])
		line = strings.TrimSuffix(line, "not-smaller") + fmt.Sprintf("made\t%s\t%d\t%s", args[2], length, output)
	}
	ts.Check(os.WriteFile(ts.MkAbs("webpress.lock"), []byte(strings.Join(lines, "")+line+"\n"), 0o644))
}
