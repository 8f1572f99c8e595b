package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/testfiles"
)

// TestEngine has images converted by a server, by a webpress with codecs and by one without: what
// it leaves in the tree is what a run on this machine leaves.
func TestEngine(t *testing.T) {
	images := map[string]string{}
	for _, name := range []string{"jpeg/orientation-6.jpg", "png/rgba.png", "heic/card.heic", "gif/animated.gif", "tiff/rgb.tif"} {
		images["pictures/"+filepath.Base(name)] = testfiles.Image(t, name)
	}
	images["pictures/again.png"] = images["pictures/rgba.png"]
	images["webpress.yml"] = "manifest: images.json\nvariants:\n  main: {}\n  thumb: { max-width: 40, format: [avif, jpeg, png] }\n"
	api := serve(t, t.TempDir())
	key := servedKey.FindString(api.said)
	run := func(dir, program string, args ...string) (string, error) {
		t.Helper()
		c := command(t, dir, args...)
		if program != "" {
			c.Path, c.Args[0] = program, program
		}
		c.Env = append(c.Env, "WEBPRESS_ENGINE_KEY="+key)
		out, err := c.CombinedOutput()
		if bytes.Contains(out, []byte(key)) {
			t.Errorf("%v shows the key:\n%s", args, out)
		}
		return string(out), err
	}
	tree := func(dir string) map[string]string {
		all := map[string]string{}
		for _, name := range testfiles.List(t, dir) {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			all[name] = string(data)
		}
		return all
	}
	local := testfiles.Dir(t, images)
	if out, err := run(local, ""); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := tree(local)
	if len(want) < 20 {
		t.Errorf("only %d files", len(want))
	}
	remote := buildRemote(t)
	for name, program := range map[string]string{"with codecs": "", "without codecs": remote} {
		t.Run(name, func(t *testing.T) {
			dir := testfiles.Dir(t, images)
			engine := "--engine=" + api.url
			out, err := run(dir, program, engine, "--dry-run")
			if err != nil || !strings.Contains(out, "6 files, ") || !strings.Contains(out, ", 6 credits, about 1 minute at 60 a minute") || len(tree(dir)) != len(images) {
				t.Errorf("%v\n%s", err, out)
			}
			if out, err = run(dir, program, engine); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if diff := cmp.Diff(want, tree(dir)); diff != "" {
				t.Error(diff)
			}
			out, err = run(dir, program, engine, "--engine-key=wpk_of-another")
			if err != nil || !strings.Contains(out, "all are up to date") {
				t.Errorf("%v\n%s", err, out)
			}
			testfiles.Write(t, dir, "new.png", testfiles.Image(t, "png/photo.png"))
			out, err = run(dir, program, engine, "--engine-key=wpk_of-another")
			if err == nil || strings.Count(out, "401") != 1 || !strings.Contains(out, "`engine-key`") {
				t.Errorf("%v\n%s", err, out)
			}
			// What is checked is good enough to take the place of its source.
			out, err = run(dir, program, engine, "--originals=remove-always")
			if after := tree(dir); err != nil || after["new.png"] != "" || after["pictures/card.heic"] != "" || after["new-thumb.avif"] == "" {
				t.Errorf("%v\n%s", err, out)
			}
			testfiles.Write(t, dir, "one.png", testfiles.Image(t, "png/photo.png"))
			if out, err = run(dir, program, engine, "--no-config", "one.png", "-o", "-"); err != nil || !strings.HasPrefix(out, "RIFF") {
				t.Errorf("%v\n%.200s", err, out)
			}
		})
	}
	fromFile := testfiles.Dir(t, map[string]string{"webpress.yml": "engine: " + api.url + "\n", "a.png": testfiles.Image(t, "png/rgba.png")})
	if out, err := run(fromFile, "", "."); err == nil || !strings.Contains(out, "would get the key") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := run(fromFile, "", ".", "--engine-key="+strings.TrimPrefix(api.url, "http://")+" "+key); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, program := range []string{"", remote} {
		out, err := run(t.TempDir(), program, "check", "--engine=http://convert.example")
		if err == nil || !strings.Contains(out, "without encryption") {
			t.Errorf("%v\n%s", err, out)
		}
	}
	api.end(t)
}

// TestEngineKilled kills runs at random moments: the next one goes on, and in the end the server has
// converted each image once.
func TestEngineKilled(t *testing.T) {
	api := serve(t, t.TempDir())
	key, dir := servedKey.FindString(api.said), t.TempDir()
	const images = 12
	for i := range images {
		if err := writePicture("photo", filepath.Join(dir, fmt.Sprintf("%d.png", i)), 300+i, 200); err != nil {
			t.Fatal(err)
		}
	}
	start := func() *exec.Cmd {
		c := command(t, dir, "--engine="+api.url, "--jobs=2")
		c.Env = append(c.Env, "WEBPRESS_ENGINE_KEY="+key)
		c.Stdout = &bytes.Buffer{}
		c.Stderr = c.Stdout
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for n := range 4 { // as soon as so many results are there
		c := start()
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		for waiting := true; waiting && len(results(t, dir)) < 2*n+1; {
			select {
			case <-ended:
				waiting = false
			default:
			}
		}
		_ = c.Process.Kill()
	}
	c := start()
	if err := c.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, c.Stdout)
	}
	if n := len(results(t, dir)); n != images {
		t.Errorf("%d results", n)
	}
	api.end(t)
	jobs := 0
	for line := range strings.Lines(api.log.String()) {
		if strings.Contains(line, `"msg":"job done"`) {
			jobs++
		}
	}
	if jobs != images {
		t.Errorf("%d jobs for %d images", jobs, images)
	}
	names := slices.DeleteFunc(testfiles.List(t, dir), func(name string) bool {
		return strings.HasSuffix(name, ".png") || strings.HasSuffix(name, ".webp") || name == "webpress.lock"
	})
	if len(names) > 0 {
		t.Errorf("left behind: %q", names)
	}
}
