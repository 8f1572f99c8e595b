package store

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
	"github.com/webpress/webpress/internal/testfiles"
)

// inDir is a delivery of files that are in a folder, all up to date: another run has made them.
func inDir(t *testing.T, files map[string]string) Delivery {
	t.Helper()
	d := Delivery{Dir: testfiles.Dir(t, files), Committed: func(string) bool { return true }}
	for name := range files {
		d.Results = append(d.Results, asset.Result{
			Source: asset.Source{Path: name + ".jpg"}, Status: asset.Skipped, Reason: asset.UpToDate, Output: name, Target: name,
		})
	}
	return d
}

func content(t *testing.T, b bucket.Bucket, key string) string {
	t.Helper()
	r, _, err := b.Read(t.Context(), key, "")
	if err != nil {
		t.Fatalf("read %s: %v", key, err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestBucket delivers to each kind of bucket: what is there is not written again, what webpress wrote is
// replaced, and what is another's is left alone.
func TestBucket(t *testing.T) {
	for _, p := range []bucket.Provider{bucket.S3, bucket.GCS, bucket.Azure} {
		for _, many := range []int{0, 2 * fewKeys} {
			t.Run(fmt.Sprintf("%s %d", p, many), func(t *testing.T) {
				server := buckettest.NewServer(t, p)
				b := server.Open(t, "web/", bucket.Options{})
				s := Bucket{To: b}
				files := map[string]string{"img/a.webp": "one", "img/b.avif": "two", "img/foreign.webp": "three"}
				for i := range many {
					files[fmt.Sprintf("img/many/%03d.webp", i)] = fmt.Sprint(i)
				}
				d := inDir(t, files)
				if _, err := b.Write(t.Context(), "img/c.txt", buckettest.Content([]byte("x")), 1, bucket.WriteOptions{}); err != nil {
					t.Fatal(err)
				}
				server.Put("web/img/foreign.webp", "another")
				got, err := s.Deliver(t.Context(), d)
				if err != nil || len(got.Paths) != len(files)-1 || len(got.Left) != 1 || got.Left[0].Path != "img/foreign.webp" {
					t.Fatalf("delivered %d, left %v: %v", len(got.Paths), got.Left, err)
				}
				if o, err := b.Stat(t.Context(), "img/b.avif"); err != nil || o.ContentType != "image/avif" {
					t.Errorf("stored %+v: %v", o, err)
				}
				writes := server.Requests(http.MethodPut) + server.Requests(http.MethodPost)
				got, err = s.Deliver(t.Context(), d)
				if err != nil || len(got.Paths) != 0 {
					t.Errorf("a second time it wrote %v: %v", got.Paths, err)
				}
				if n := server.Requests(http.MethodPut) + server.Requests(http.MethodPost) - writes; n != 0 {
					t.Errorf("a second time there were %d writes", n)
				}

				testfiles.Write(t, d.Dir, "img/a.webp", "changed")
				d.Deleted = []string{"img/b.avif", "img/never.webp"}
				d.Results = append(d.Results[:0:0], d.Results...)
				for i := range d.Results {
					if d.Results[i].Output == "img/b.avif" {
						d.Results[i].Output = ""
					}
				}
				s.Overwrite = true
				got, err = s.Deliver(t.Context(), d)
				if err != nil || strings.Join(got.Paths, " ") != "img/a.webp img/foreign.webp" || strings.Join(got.Removed, " ") != "img/b.avif" {
					t.Errorf("then it wrote %v and removed %v: %v", got.Paths, got.Removed, err)
				}
				if text := content(t, b, "img/a.webp"); text != "changed" {
					t.Errorf("img/a.webp is %q", text)
				}
				if text := content(t, b, "img/c.txt"); text != "x" {
					t.Errorf("img/c.txt is %q", text)
				}
			})
		}
	}
}

// TestBucketStopped stops deliveries after some requests: no object is half-written, and the next one
// writes each that is missing, once.
func TestBucketStopped(t *testing.T) {
	files := map[string]string{}
	for i := range 40 {
		files[fmt.Sprintf("%02d.webp", i)] = strings.Repeat(fmt.Sprint(i), 1000)
	}
	d := inDir(t, files)
	for after := range int64(30) {
		server := buckettest.NewServer(t, bucket.S3)
		var requests atomic.Int64
		ctx, cancel := context.WithCancel(t.Context())
		server.SetFault(func(http.ResponseWriter, *http.Request) bool {
			if requests.Add(1) == after {
				cancel()
			}
			return false
		})
		s := Bucket{To: server.Open(t, "web/", bucket.Options{Retries: 3})}
		first, err := s.Deliver(ctx, d)
		if after > 0 && err == nil && requests.Load() > after+maxWrites {
			t.Errorf("after %d: it went on", after)
		}
		cancel()
		second, err := s.Deliver(t.Context(), d)
		if err != nil || len(second.Left) > 0 || len(first.Paths)+len(second.Paths) > len(files) || len(server.Keys()) != len(files) {
			t.Errorf("after %d: %d were written, then %d of %d, and %v left: %v", after, len(first.Paths), len(second.Paths), len(files), second.Left, err)
		}
		for name, want := range files {
			if got := content(t, s.To, name); got != want {
				t.Errorf("after %d: %s has %d bytes, want %d", after, name, len(got), len(want))
			}
		}
	}
}

// Objects whose names change with their content are cached for ever.
func TestBucketCacheControl(t *testing.T) {
	hashed := func(asset.Source, string) asset.Recipe { return asset.Recipe{Output: "{name}-{hash}.webp"} }
	for _, c := range []struct {
		set    string
		recipe func(asset.Source, string) asset.Recipe
		want   string
	}{
		{"", nil, ""}, {"no-cache", nil, "no-cache"}, {"", hashed, immutable}, {"no-cache", hashed, "no-cache"},
		{"", func(asset.Source, string) asset.Recipe { return asset.Recipe{Output: "{name}.webp"} }, ""},
	} {
		p := putting{Bucket: Bucket{CacheControl: c.set}, d: Delivery{Recipe: c.recipe}}
		if got := p.cacheControl(File{}); got != c.want {
			t.Errorf("%+v has %q", c, got)
		}
	}
}

func TestBucketErrors(t *testing.T) {
	server := buckettest.NewServer(t, bucket.S3)
	server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			buckettest.S3Error(w, r, http.StatusForbidden, "AccessDenied", "no", "")
			return true
		}
		return false
	})
	_, err := Bucket{To: server.Open(t, "web/", bucket.Options{})}.Deliver(t.Context(), inDir(t, map[string]string{"a.webp": "x"}))
	if err == nil || !strings.Contains(cmp.Or(asset.HintOf(err), "none"), "s3:PutObject") {
		t.Errorf("%v, hint %q", err, asset.HintOf(err))
	}
}

func TestCommonDir(t *testing.T) {
	for want, keys := range map[string][]string{
		"":     {"a.webp", "b/c.webp"},
		"a/":   {"a/x.webp", "a/b/y.webp"},
		"a/b/": {"a/b/x.webp", "a/b/xy.webp"},
	} {
		if got := commonDir(keys); got != want {
			t.Errorf("%q have %q, want %q", keys, got, want)
		}
	}
}
