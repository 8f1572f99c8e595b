//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// newShop serves images by address, each with its entity tag.
func newShop(t *testing.T, images int) (address string) {
	t.Helper()
	dir := t.TempDir()
	for i := range images {
		if err := writePicture("photo", filepath.Join(dir, fmt.Sprintf("%d.jpg", i)), 160, 120); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := os.ReadFile(filepath.Join(dir, path.Base(r.URL.Path)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(data)))
		http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// products is a folder with a list of what a shop has, whose results go to a bucket.
func products(t *testing.T, shop, to string, images int) string {
	t.Helper()
	if strings.HasPrefix(to, "gs:") {
		to, _, _ = strings.Cut(to, "?") // the emulator's address is in the environment
	}
	list := "id,url,category\n"
	for i := range images {
		list += fmt.Sprintf("p%d,%s/%d.jpg,c%d\n", i, shop, i, i%3)
	}
	return testfiles.Dir(t, map[string]string{
		"products.csv": list,
		"webpress.yml": `sources: products.csv
allow-private-hosts: [127.0.0.1]
store: ["` + to + `"]
variants:
  main:  { max-width: 120, quality: 80, output: "products/{category}/{id}/{variant}.webp" }
  thumb: { max-width: 30, quality: 70, output: "products/{category}/{id}/{variant}.webp" }
`,
	})
}

func runIn(t *testing.T, dir string, server *buckettest.Server, args ...string) *exec.Cmd {
	t.Helper()
	c := command(t, dir, args...)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_KEY", "STORAGE_EMULATOR_HOST"} {
		if value := server.Env(name); value != "" {
			c.Env = append(c.Env, name+"="+value)
		}
	}
	return c
}

// TestProductsToBucket brings the products of a shop into each kind of bucket: the first run makes and
// writes everything, the second one nothing.
func TestProductsToBucket(t *testing.T) {
	const images = 5
	for _, p := range []bucket.Provider{bucket.S3, bucket.GCS, bucket.Azure} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			server := buckettest.NewServer(t, p)
			dir := products(t, newShop(t, images), server.Address("web"), images)
			out, err := runIn(t, dir, server).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if !strings.Contains(string(out), "10 files delivered") {
				t.Errorf("the first run says\n%s", out)
			}
			keys := server.Keys()
			if len(keys) != 2*images || keys[0] != "web/products/c0/p0/main.webp" {
				t.Errorf("it has written %q", keys)
			}
			writes := server.Requests(http.MethodPut) + server.Requests(http.MethodPost)
			out, err = runIn(t, dir, server).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, line := range []string{"5 sources not modified", "No images converted", "10 objects were there already"} {
				if !strings.Contains(string(out), line) {
					t.Errorf("the second run does not say %q:\n%s", line, out)
				}
			}
			if n := server.Requests(http.MethodPut) + server.Requests(http.MethodPost) - writes; n != 0 {
				t.Errorf("the second run has written %d objects", n)
			}
			for _, secret := range []string{buckettest.Secret, buckettest.SessionToken, buckettest.Bearer, buckettest.AccountKey} {
				if strings.Contains(string(out), secret) {
					t.Errorf("it shows a secret:\n%s", out)
				}
			}
		})
	}
}

// TestKilledDelivery kills runs at random moments. What is in the bucket then is whole, and at last each
// object is there.
func TestKilledDelivery(t *testing.T) {
	t.Parallel()
	const images = 12
	server := buckettest.NewServer(t, bucket.S3)
	dir := products(t, newShop(t, images), server.Address("web"), images)
	began := time.Now()
	calm := products(t, newShop(t, images), server.Address("calm"), images)
	if out, err := runIn(t, calm, server, "--jobs=1").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	takes, kills := time.Since(began), 0
	for range 30 {
		c := runIn(t, dir, server, "--jobs=1")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("a run that was not killed: %v", err)
			}
		case <-time.After(rand.N(takes)):
			_ = c.Process.Kill()
			if err := <-ended; err != nil {
				kills++
			}
		}
	}
	if out, err := runIn(t, dir, server).CombinedOutput(); err != nil {
		t.Fatalf("after %d kills: %v\n%s", kills, err, out)
	}
	if keys := server.Keys(); len(keys) != 4*images {
		t.Errorf("after %d kills there are %d objects, want %d", kills, len(keys), 4*images)
	}
	b := server.Open(t, "web/", bucket.Options{})
	for i := range images {
		for _, variant := range []string{"main", "thumb"} {
			name := fmt.Sprintf("products/c%d/p%d/%s.webp", i%3, i, variant)
			want, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := buckettest.Get(t, b, name); got != string(want) {
				t.Errorf("%s has %d bytes, want %d", name, len(got), len(want))
			}
		}
	}
}

// TestCheckWithBucket checks what has results in a bucket alone: no commit has to have these.
func TestCheckWithBucket(t *testing.T) {
	t.Parallel()
	server := buckettest.NewServer(t, bucket.S3)
	dir := testgit.Init(t)
	if err := writePicture("photo", filepath.Join(dir, "a.jpg"), 160, 120); err != nil {
		t.Fatal(err)
	}
	testfiles.Write(t, dir, "budgets.yml", "budgets: [{max-bytes: 1kB}]\n")
	testgit.CommitAll(t, dir, "Add a photo")
	for _, tt := range []struct {
		args []string
		ok   bool
		want string
	}{
		{[]string{"--store=" + server.Address("web/")}, true, "results go to a bucket"},
		{[]string{"--store=" + server.Address("web/"), "--checks=outputs"}, false, "a.jpg"},
		{[]string{"--store=" + server.Address("web/"), "--store=commit"}, false, "a.jpg"},
		{[]string{"--store=" + server.Address("web/"), "--config=budgets.yml"}, false, "limit 1 kB"},
	} {
		out, err := runIn(t, dir, server, append([]string{"check"}, tt.args...)...).CombinedOutput()
		if (err == nil) != tt.ok || !strings.Contains(string(out), tt.want) {
			t.Errorf("check %q: %v, want %t and %q\n%s", tt.args, err, tt.ok, tt.want, out)
		}
	}
}

// TestBucketToBucket converts what is in one bucket to another place there, without a tree of files: what
// is new or has changed, and nothing twice. The lock is an object; runs at the same time lose none of its
// lines.
func TestBucketToBucket(t *testing.T) {
	t.Parallel()
	server := buckettest.NewServer(t, bucket.S3)
	put := func(name string) {
		file := filepath.Join(t.TempDir(), filepath.Base(name))
		if err := writePicture("photo", file, 160, 120); err != nil {
			t.Fatal(err)
		}
		server.Put("raw/"+name, read(t, file))
	}
	for i := range 6 {
		put(fmt.Sprintf("2026/%d.jpg", i))
	}
	server.Put("raw/notes.txt", "x")
	dir := t.TempDir()
	args := []string{server.Address("raw/"), "--store=" + server.Address("web/"), "--report=report.json"}
	run := func(more ...string) string {
		t.Helper()
		out, err := runIn(t, dir, server, append(args, more...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	says := func(out string, lines ...string) {
		t.Helper()
		for _, line := range lines {
			if !strings.Contains(out, line) {
				t.Errorf("no %q in\n%s", line, out)
			}
		}
	}
	b := server.Open(t, "web/", bucket.Options{})
	has := func(want ...string) {
		t.Helper()
		var got []string
		for _, key := range server.Keys() {
			if name, ok := strings.CutPrefix(key, "web/"); ok {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("there are %q, want %q", got, want)
		}
	}

	says(run(), "6 images converted", "6 files delivered")
	has("2026/0.webp", "2026/1.webp", "2026/2.webp", "2026/3.webp", "2026/4.webp", "2026/5.webp", "webpress.lock")
	if lock, _ := buckettest.Get(t, b, "webpress.lock"); strings.Count(lock, "# fetched\t2026/") != 6 {
		t.Errorf("the lock is\n%s", lock)
	}
	if files := testfiles.List(t, dir); strings.Join(files, " ") != "report.json" {
		t.Errorf("in the working directory there are %q", files)
	}
	reads := server.Requests(http.MethodGet)
	says(run(), "No images converted")
	if n := server.Requests(http.MethodGet) - reads; n > 4 { // two lists, the lock, and where the bucket is
		t.Errorf("a run with nothing to do reads %d objects", n)
	}

	put("2026/3.jpg")
	put("new.jpg")
	says(run(), "2 images converted", "2 files delivered")

	server.Delete("raw/2026/0.jpg")
	says(run(), `"2026/0.webp" is an orphan`)
	says(run("--prune"), `"2026/0.webp" removed`)
	has("2026/1.webp", "2026/2.webp", "2026/3.webp", "2026/4.webp", "2026/5.webp", "new.webp", "webpress.lock")

	// Results that go to another place take those before them away, and only once they are there.
	says(run("-o", "m/{name}.webp"), "6 files delivered, 6 files removed", `"new.webp" removed: the result of "new.jpg" is "m/new.webp" now`)
	has("m/1.webp", "m/2.webp", "m/3.webp", "m/4.webp", "m/5.webp", "m/new.webp", "webpress.lock")
	says(run(), "6 files delivered, 6 files removed")
	has("2026/1.webp", "2026/2.webp", "2026/3.webp", "2026/4.webp", "2026/5.webp", "new.webp", "webpress.lock")

	// What is another's is left alone, and all others are recorded.
	server.Put("web/foreign.webp", "another's")
	put("foreign.jpg")
	put("photo.jpg")
	server.Put("raw/phone.heic", read(t, "testdata/pictures/heic/card.heic"))
	out, err := runIn(t, dir, server, args...).CombinedOutput()
	if err == nil {
		t.Error("a foreign object was replaced")
	}
	says(string(out), "which webpress did not write", "3 images converted")
	out, _ = runIn(t, dir, server, args...).CombinedOutput()
	says(string(out), "1 image converted")
	server.Delete("raw/foreign.jpg")
	run()

	// Shards one after the other do not leave any image out.
	for i := range 9 {
		put(fmt.Sprintf("turns/%d.jpg", i))
	}
	for i := range 3 {
		run(fmt.Sprintf("--shard=%d/3", i+1))
	}
	says(run(), "No images converted")

	// A lock that is damaged stops the run, and the printed fix works.
	server.Put("web/webpress.lock", "damaged")
	out, err = runIn(t, dir, server, args...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "delete this object") {
		t.Errorf("with a damaged lock: %v\n%s", err, out)
	}
	server.Delete("web/webpress.lock")
	says(run(), "objects were there already")

	// Two shards at the same time.
	for i := range 8 {
		put(fmt.Sprintf("shards/%d.jpg", i))
	}
	var runs [2]*exec.Cmd
	var outs [2]bytes.Buffer
	for i := range runs {
		runs[i] = runIn(t, dir, server, append(args[:2:2], fmt.Sprintf("--shard=%d/2", i+1))...)
		runs[i].Stdout, runs[i].Stderr = &outs[i], &outs[i]
		if err := runs[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range runs {
		if err := runs[i].Wait(); err != nil {
			t.Errorf("shard %d: %v\n%s", i+1, err, &outs[i])
		}
	}
	says(run(), "No images converted")
}
