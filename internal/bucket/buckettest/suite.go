// Package buckettest has what every bucket has to do, as tests, and small servers that
// speak what the providers do.
package buckettest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/bucket"
)

// Run holds a bucket to its contract. Each call of open returns an empty one, or an empty
// prefix. Tests that are named in lacks are left out: those of what a server in place of the
// real one does not do.
func Run(t *testing.T, open func(t *testing.T) bucket.Bucket, lacks ...string) {
	for name, test := range map[string]func(t *testing.T, b bucket.Bucket){
		"write and read":    testRoundTrip,
		"keys":              testKeys,
		"list":              testList,
		"pages":             testPages,
		"absent":            testAbsent,
		"if absent":         testIfAbsent,
		"if match":          testIfMatch,
		"not modified":      testNotModified,
		"delete":            testDelete,
		"delete if match":   testDeleteIfMatch,
		"race":              testRace,
		"content":           testContent,
		"large":             testLarge,
		"invalid":           testInvalid,
		"context cancelled": testCancelled,
	} {
		t.Run(name, func(t *testing.T) {
			if slices.Contains(lacks, name) {
				t.Skip("this server does not do it")
			}
			test(t, open(t))
		})
	}
}

// Content is a way to open data as often as it takes.
func Content(data []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
}

// Put writes an object, and fails the test where that does not succeed.
func Put(t *testing.T, b bucket.Bucket, key, data string, o bucket.WriteOptions) bucket.Object {
	t.Helper()
	written, err := b.Write(t.Context(), key, Content([]byte(data)), int64(len(data)), o)
	if err != nil {
		t.Fatalf("write %q: %v", key, err)
	}
	return written
}

// Get reads an object, and fails the test where that does not succeed.
func Get(t *testing.T, b bucket.Bucket, key string) (string, bucket.Object) {
	t.Helper()
	r, o, err := b.Read(t.Context(), key, "")
	if err != nil {
		t.Fatalf("read %q: %v", key, err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read %q: %v", key, err)
	}
	return string(data), o
}

// Keys lists the keys of objects.
func Keys(t *testing.T, b bucket.Bucket, under string) []string {
	t.Helper()
	keys := []string{}
	for o, err := range b.List(t.Context(), under) {
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

func digest(data string) string {
	sum := sha256.Sum256([]byte(data))
	return hex.EncodeToString(sum[:])
}

func testRoundTrip(t *testing.T, b bucket.Bucket) {
	const data = "RIFF, not really"
	written := Put(t, b, "a/b.webp", data, bucket.WriteOptions{ContentType: "image/webp", CacheControl: "public, max-age=60", SHA256: strings.ToUpper(digest(data))})
	if written.Key != "a/b.webp" || written.ETag == "" || written.Size != int64(len(data)) || written.SHA256 != digest(data) {
		t.Errorf("written as %+v", written)
	}
	got, o := Get(t, b, "a/b.webp")
	if got != data {
		t.Errorf("read %q", got)
	}
	stat, err := b.Stat(t.Context(), "a/b.webp")
	if err != nil {
		t.Fatal(err)
	}
	for how, o := range map[string]bucket.Object{"read": o, "stat": stat} {
		if o.Key != "a/b.webp" || o.Size != int64(len(data)) || o.ETag != written.ETag || o.ContentType != "image/webp" || o.Modified.IsZero() {
			t.Errorf("%s: %+v, written as %+v", how, o, written)
		}
	}
	if stat.SHA256 != digest(data) {
		t.Errorf("digest %q", stat.SHA256)
	}
	for o, err := range b.List(t.Context(), "") {
		if err != nil || o.Key != "a/b.webp" || o.Size != int64(len(data)) || o.ETag != written.ETag || o.Modified.IsZero() {
			t.Errorf("list: %+v, %v", o, err)
		}
	}
	again := Put(t, b, "a/b.webp", "other", bucket.WriteOptions{ContentType: "image/webp"})
	if again.ETag == written.ETag {
		t.Error("the ETag has not changed")
	}
	if got, _ := Get(t, b, "a/b.webp"); got != "other" {
		t.Errorf("read %q", got)
	}
}

// hard are keys that clients and servers get wrong.
var hard = []string{
	"a b.png", "a+b.png", "a%20b.png", "a%2Fb.png", "ä/ö.png", "日本/画像.png", "a&b=c?d#e.png", "a;b,c.png", "(a)[b]{c}.png", "a'b\"c.png", "a~b!c@d$e*f.png",
	"a//b"[:2] + "c.png", "deep/er/and/deep/er.png", "a:b|c<d>e^f`g.png", "~a.png", "-.png", "...png", "a\\b.png",
}

func testKeys(t *testing.T, b bucket.Bucket) {
	keys := slices.DeleteFunc(slices.Clone(hard), func(k string) bool {
		return !bucket.ValidKey(k) || b.Address().Provider == bucket.Azure && strings.Contains(k, "\\")
	})
	for _, key := range keys {
		Put(t, b, key, "data of "+key, bucket.WriteOptions{IfAbsent: true})
	}
	slices.Sort(keys)
	if diff := cmp.Diff(keys, Keys(t, b, "")); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	for _, key := range keys {
		if got, _ := Get(t, b, key); got != "data of "+key {
			t.Errorf("%q holds %q", key, got)
		}
		if o, err := b.Stat(t.Context(), key); err != nil || o.Key != key {
			t.Errorf("stat %q: %+v, %v", key, o, err)
		}
		if err := b.Delete(t.Context(), key, ""); err != nil {
			t.Errorf("delete %q: %v", key, err)
		}
	}
	if left := Keys(t, b, ""); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func testList(t *testing.T, b bucket.Bucket) {
	for _, key := range []string{"b", "a/2", "a/1", "a-1", "a/10", "B", "ab"} {
		Put(t, b, key, key, bucket.WriteOptions{})
	}
	for under, want := range map[string][]string{
		"":    {"B", "a-1", "a/1", "a/10", "a/2", "ab", "b"},
		"a/":  {"a/1", "a/10", "a/2"},
		"a/1": {"a/1", "a/10"},
		"no/": {},
	} {
		if diff := cmp.Diff(want, Keys(t, b, under)); diff != "" {
			t.Errorf("under %q (-want +got):\n%s", under, diff)
		}
	}
	for o, err := range b.List(t.Context(), "") {
		if err != nil || o.Key != "B" {
			t.Errorf("first: %+v, %v", o, err)
		}
		break // must not yield again
	}
}

// testPages has more objects than a page holds.
func testPages(t *testing.T, b bucket.Bucket) {
	if testing.Short() {
		t.Skip("many requests")
	}
	const n = 2005
	var want []string
	var next atomic.Int64
	var wg sync.WaitGroup
	for i := range n {
		want = append(want, fmt.Sprintf("many/%05d", i))
	}
	for range 8 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < n; i = next.Add(1) - 1 {
				if _, err := b.Write(t.Context(), want[i], Content([]byte("x")), 1, bucket.WriteOptions{}); err != nil {
					t.Errorf("write %q: %v", want[i], err)
					return
				}
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(want, Keys(t, b, "")); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
}

func testAbsent(t *testing.T, b bucket.Bucket) {
	if _, err := b.Stat(t.Context(), "no.png"); !errors.Is(err, bucket.ErrNotExist) {
		t.Errorf("stat: %v", err)
	}
	if _, _, err := b.Read(t.Context(), "no.png", ""); !errors.Is(err, bucket.ErrNotExist) {
		t.Errorf("read: %v", err)
	}
	if err := b.Delete(t.Context(), "no.png", ""); err != nil {
		t.Errorf("delete: %v", err)
	}
	if keys := Keys(t, b, ""); len(keys) > 0 {
		t.Errorf("list: %q", keys)
	}
}

func testIfAbsent(t *testing.T, b bucket.Bucket) {
	first := Put(t, b, "a.webp", "first", bucket.WriteOptions{IfAbsent: true})
	for range 2 {
		if _, err := b.Write(t.Context(), "a.webp", Content([]byte("second")), 6, bucket.WriteOptions{IfAbsent: true}); !errors.Is(err, bucket.ErrExist) {
			t.Errorf("second: %v", err)
		}
	}
	if got, o := Get(t, b, "a.webp"); got != "first" || o.ETag != first.ETag {
		t.Errorf("holds %q, %+v", got, o)
	}
	// Another one, when what the server can is known.
	Put(t, b, "b.webp", "first", bucket.WriteOptions{IfAbsent: true})
	if _, err := b.Write(t.Context(), "b.webp", Content([]byte("first")), 5, bucket.WriteOptions{IfAbsent: true}); !errors.Is(err, bucket.ErrExist) {
		t.Errorf("the same content: %v", err)
	}
}

func testIfMatch(t *testing.T, b bucket.Bucket) {
	one := Put(t, b, "lock", "one", bucket.WriteOptions{})
	two := Put(t, b, "lock", "two", bucket.WriteOptions{IfMatch: one.ETag})
	if _, err := b.Write(t.Context(), "lock", Content([]byte("three")), 5, bucket.WriteOptions{IfMatch: one.ETag}); !errors.Is(err, bucket.ErrChanged) {
		t.Errorf("with an old ETag: %v", err)
	}
	if _, err := b.Write(t.Context(), "none", Content([]byte("three")), 5, bucket.WriteOptions{IfMatch: two.ETag}); !errors.Is(err, bucket.ErrChanged) {
		t.Errorf("where there is none: %v", err)
	}
	if got, _ := Get(t, b, "lock"); got != "two" {
		t.Errorf("holds %q", got)
	}
}

func testNotModified(t *testing.T, b bucket.Bucket) {
	o := Put(t, b, "a.png", "a", bucket.WriteOptions{})
	if _, _, err := b.Read(t.Context(), "a.png", o.ETag); !errors.Is(err, bucket.ErrNotModified) {
		t.Errorf("the same: %v", err)
	}
	Put(t, b, "a.png", "b", bucket.WriteOptions{})
	r, _, err := b.Read(t.Context(), "a.png", o.ETag)
	if err != nil {
		t.Fatalf("another: %v", err)
	}
	defer r.Close()
	if data, err := io.ReadAll(r); err != nil || string(data) != "b" {
		t.Errorf("another: %q, %v", data, err)
	}
}

func testDelete(t *testing.T, b bucket.Bucket) {
	Put(t, b, "a", "one", bucket.WriteOptions{})
	Put(t, b, "ab", "one", bucket.WriteOptions{})
	for range 2 {
		if err := b.Delete(t.Context(), "a", ""); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"ab"}, Keys(t, b, "")); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func testDeleteIfMatch(t *testing.T, b bucket.Bucket) {
	one := Put(t, b, "a", "one", bucket.WriteOptions{})
	two := Put(t, b, "a", "two", bucket.WriteOptions{})
	if err := b.Delete(t.Context(), "a", one.ETag); !errors.Is(err, bucket.ErrChanged) {
		t.Errorf("with an old ETag: %v", err)
	}
	if err := b.Delete(t.Context(), "a", two.ETag); err != nil {
		t.Errorf("with its ETag: %v", err)
	}
	if err := b.Delete(t.Context(), "a", two.ETag); err != nil {
		t.Errorf("again: %v", err)
	}
	if keys := Keys(t, b, ""); len(keys) > 0 {
		t.Errorf("left: %q", keys)
	}
}

// testRace has several writers of one key, of which one may succeed.
func testRace(t *testing.T, b bucket.Bucket) {
	Put(t, b, "first", "first", bucket.WriteOptions{IfAbsent: true})
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			data := fmt.Sprint("writer ", i)
			_, err := b.Write(t.Context(), "one", Content([]byte(data)), int64(len(data)), bucket.WriteOptions{IfAbsent: true})
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, bucket.ErrExist):
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d writers have written", won.Load())
	}
}

// testContent has content that is not what it is said to be.
func testContent(t *testing.T, b bucket.Bucket) {
	broken := errors.New("the disk is broken")
	for name, test := range map[string]struct {
		open func() (io.ReadCloser, error)
		size int64
		o    bucket.WriteOptions
	}{
		"shorter":          {Content([]byte("abc")), 4, bucket.WriteOptions{}},
		"longer":           {Content([]byte("abc")), 2, bucket.WriteOptions{}},
		"another digest":   {Content([]byte("abc")), 3, bucket.WriteOptions{SHA256: digest("abd")}},
		"cannot be opened": {func() (io.ReadCloser, error) { return nil, broken }, 3, bucket.WriteOptions{}},
	} {
		_, err := b.Write(t.Context(), "a", test.open, test.size, test.o)
		if !errors.Is(err, bucket.ErrSource) || name == "cannot be opened" && !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	opened := 0
	changing := func() (io.ReadCloser, error) {
		opened++
		return io.NopCloser(strings.NewReader(strings.Repeat("a", 4-opened))), nil
	}
	if _, err := b.Write(t.Context(), "a", changing, 3, bucket.WriteOptions{}); !errors.Is(err, bucket.ErrSource) {
		t.Errorf("shorter on its way: %v", err)
	}
	if keys := Keys(t, b, ""); len(keys) > 0 {
		t.Errorf("written all the same: %q", keys)
	}
	Put(t, b, "empty", "", bucket.WriteOptions{IfAbsent: true})
	if got, o := Get(t, b, "empty"); got != "" || o.Size != 0 {
		t.Errorf("empty: %q, %+v", got, o)
	}
}

func testLarge(t *testing.T, b bucket.Bucket) {
	data := make([]byte, 17<<20)
	rnd := rand.NewChaCha8([32]byte{1})
	_, _ = rnd.Read(data)
	Put(t, b, "large", string(data), bucket.WriteOptions{})
	got, _ := Get(t, b, "large")
	if got != string(data) {
		t.Error("read something else")
	}
}

func testInvalid(t *testing.T, b bucket.Bucket) {
	for _, key := range []string{"", ".", "..", "/a", "a/", "a//b", "a/../b", "./a", "a\x00b", "a\nb", "\xff", strings.Repeat("a", 1025)} {
		if _, err := b.Stat(t.Context(), key); !errors.Is(err, bucket.ErrInvalid) {
			t.Errorf("stat %q: %v", key, err)
		}
		if _, err := b.Write(t.Context(), key, Content(nil), 0, bucket.WriteOptions{}); !errors.Is(err, bucket.ErrInvalid) {
			t.Errorf("write %q: %v", key, err)
		}
	}
	for _, o := range []bucket.WriteOptions{{IfAbsent: true, IfMatch: "a"}, {ContentType: "a\nb"}, {CacheControl: "a\r\nb"}, {IfMatch: `a"b`}} {
		if _, err := b.Write(t.Context(), "a", Content(nil), 0, o); !errors.Is(err, bucket.ErrInvalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func testCancelled(t *testing.T, b bucket.Bucket) {
	if b.Address().Provider != bucket.S3 && b.Address().Provider != bucket.GCS && b.Address().Provider != bucket.Azure {
		t.Skip("memory does not wait")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Stat(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("stat: %v", err)
	}
	for _, err := range b.List(ctx, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list: %v", err)
		}
	}
	if _, err := b.Write(ctx, "a", Content(nil), 0, bucket.WriteOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("write: %v", err)
	}
}
