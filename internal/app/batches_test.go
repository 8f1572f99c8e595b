package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
	"github.com/webpress/webpress/internal/report"
)

// TestBatches converts from a bucket to a bucket in parts: each is delivered and recorded before the next
// begins, what fails is tried once, and the report has all.
func TestBatches(t *testing.T) {
	whole := batchSize
	batchSize = 3
	defer func() { batchSize = whole }()
	server := buckettest.NewServer(t, bucket.S3)
	for i := range 8 {
		m := image.NewRGBA(image.Rect(0, 0, 20, 20))
		for n := range 400 {
			m.SetRGBA(n%20, n/20, color.RGBA{uint8(n), uint8(n * i), uint8(i * 30), 255})
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		server.Put(fmt.Sprintf("raw/%d.png", i), b.String())
	}
	server.Put("raw/0-damaged.png", "no image")
	run := func() (report.Report, string, int) {
		t.Helper()
		var out, log bytes.Buffer
		code := Command{Stdout: &out, Stderr: &log, Getenv: server.Env, Dir: t.TempDir()}.Main(t.Context(), []string{
			server.Address("raw/"), "--store=" + server.Address("web/"), "--json", "--jobs=2", "--retries=0",
		})
		var r report.Report
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatalf("%v\n%s\n%s", err, &out, &log)
		}
		return r, log.String(), code
	}
	r, log, code := run()
	if code != ExitFailed || r.Totals.Converted != 8 || r.Totals.Failed != 1 || len(r.Deliveries) != 1 || len(r.Deliveries[0].Paths) != 8 {
		t.Errorf("exit code %d, %+v, %d deliveries\n%s", code, r.Totals, len(r.Deliveries), log)
	}
	if n := strings.Count(log, "images so far"); n != 2 {
		t.Errorf("%d batches before the last one\n%s", n, log)
	}
	if keys := server.Keys(); len(keys) != 8+1+8+1 {
		t.Errorf("the bucket has %q", keys)
	}
	r, _, _ = run()
	if r.Totals.Converted != 0 || r.Totals.Skipped != 8 || r.Totals.Failed != 1 {
		t.Errorf("a second time: %+v", r.Totals)
	}

	// A store that fails in the middle: what was delivered before is recorded.
	server.Delete("web/webpress.lock")
	for i := range 8 {
		server.Delete(fmt.Sprintf("web/%d.webp", i))
	}
	var writes atomic.Int64
	server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			if writes.Add(1) > 5 {
				buckettest.S3Error(w, r, http.StatusForbidden, "AccessDenied", "no", "")
				return true
			}
		}
		return false
	})
	if _, log, code = run(); code != ExitDelivery {
		t.Errorf("exit code %d\n%s", code, log)
	}
	server.SetFault(nil)
	r, log, _ = run()
	if r.Totals.Converted == 0 || r.Totals.Converted >= 8 || len(server.Keys()) != 8+1+8+1 {
		t.Errorf("then %+v and %q\n%s", r.Totals, server.Keys(), log)
	}
}
