package serve

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/container"
	"github.com/webpress/webpress/internal/testfiles"
)

// pixels parses an image.
func pixels(t *testing.T, format asset.Format, data []byte) (w, h int) {
	t.Helper()
	f, err := container.Parse(format, data)
	if err != nil {
		t.Fatal(err)
	}
	return f.Width, f.Height
}

func TestConvertForm(t *testing.T) {
	b := newBench(t, nil)
	a := b.post(photo(t), []string{"maxWidth", "20", "quality", "60"}).status(t, http.StatusOK)
	j := decode[jobView](t, a)
	if j.Status != Completed || j.Progress != 100 || len(j.Outputs) != 1 || j.CreditsUsed != 1 || a.Header.Get("X-Credits-Used") != "1" {
		t.Fatalf("%+v", j)
	}
	o := j.Outputs[0]
	if o.Source != "photo.jpg" || o.Name != "photo.webp" || o.Type != "image/webp" || o.Width != 20 || o.Bytes == 0 || o.ID != "1.webp" {
		t.Errorf("%+v", o)
	}
	for _, link := range []string{j.DownloadURL, o.DownloadURL} {
		got := b.get(link, "Authorization", "").status(t, http.StatusOK) // no key
		if w, _ := pixels(t, asset.WebP, got.body); w != 20 || int64(len(got.body)) != o.Bytes {
			t.Errorf("%d pixels wide, %d bytes", w, len(got.body))
		}
		if d := got.Header.Get("Content-Disposition"); d != `inline; filename=photo.webp` {
			t.Error(d)
		}
	}
	if n := b.entries(incomingDir); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
	b.settling.Wait()
	if n := b.entries(jobsDir, j.JobID); n != 2 {
		t.Errorf("%d files are left", n)
	}
}

func TestConvertBody(t *testing.T) {
	b := newBench(t, nil)
	png := testfiles.Image(t, "png/rgba.png")
	// The type that curl --data-binary sends says nothing of the content.
	for _, contentType := range []string{"image/png", "application/octet-stream", "application/x-www-form-urlencoded", ""} {
		a := b.do(http.MethodPost, convertPath+"?format=jpeg&background=%23ff0000&filename=a%20b.png", strings.NewReader(png), "Content-Type", contentType)
		if j := decode[jobView](t, a.status(t, http.StatusOK)); j.Outputs[0].Name != "a b.jpg" || j.Outputs[0].Format != asset.JPEG {
			t.Errorf("%+v", j.Outputs[0])
		}
	}
}

func TestAccept(t *testing.T) {
	b := newBench(t, nil)
	jpeg := testfiles.Image(t, "jpeg/420.jpg")
	for _, test := range []struct {
		accept, query string
		status        int
		contentType   string
	}{
		{"", "", 200, "application/json"},
		{"*/*", "", 200, "application/json"},
		{"image/webp", "", 200, "image/webp"},
		{"image/avif", "?effort=0", 200, "image/avif"},
		{"image/avif;q=0.5, image/webp", "", 200, "image/webp"},
		{"image/*", "?format=png", 200, "image/png"},
		{"image/webp;q=0.5, application/json", "", 200, "application/json"},
		{"image/webp", "?format=png", 406, "application/problem+json"},
		{"image/webp", "?format=png,webp", 406, "application/problem+json"},
		{"image/webp;q=2", "", 400, "application/problem+json"},
	} {
		a := b.do(http.MethodPost, convertPath+test.query, strings.NewReader(jpeg), "Accept", test.accept)
		if a.StatusCode != test.status || a.Header.Get("Content-Type") != test.contentType {
			t.Errorf("%q %q: %d %s, want %d %s: %.200q", test.accept, test.query, a.StatusCode, a.Header.Get("Content-Type"), test.status, test.contentType, a.body)
		}
		if format, ok := strings.CutPrefix(test.contentType, "image/"); ok {
			pixels(t, asset.Format(format), a.body)
		}
	}
}

// Options are the settings, with their values in any form that JSON and forms have for them.
func TestOptions(t *testing.T) {
	b := newBench(t, nil, "--quality=70", "--variant=small:max-width=10")
	for _, test := range []struct {
		name    string
		options []string
		want    []string // variant, format and width of the outputs
	}{
		{"the server's own", nil, []string{"small webp 10"}},
		{"formats", []string{"variants", "[]", "format", "webp", "format", "png", "width", "16"}, []string{" webp 16", " png 16"}},
		{"widths", []string{"widths", "8,16"}, []string{" webp 8", " webp 16"}},
		{"object", []string{"variants", `{"a": {"maxWidth": 12, "quality": {"webp": 40}}, "b": {"width": 8, "height": 8, "crop": "center", "format": ["png"]}}`}, []string{"a webp 12", "b png 8"}},
		{"list", []string{"variants", `[{"name": "a", "max-width": "9"}]`}, []string{"a webp 9"}},
		{"as the flag", []string{"variants", "a:max-width=7"}, []string{"a webp 7"}},
		{"empty fields", []string{"variants", "", "maxWidth", "", "format", " "}, []string{"small webp 10"}},
		{"over variants", []string{"maxWidth", "9"}, []string{"small webp 9"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := decode[jobView](t, b.post(photo(t), test.options).status(t, http.StatusOK))
			var got []string
			for _, o := range j.Outputs {
				got = append(got, o.Variant+" "+string(o.Format)+" "+strconv.Itoa(o.Width))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
		})
	}
}

// Two files of one name have two results of two names, and one that is no image fails alone if
// that shows only when it is decoded.
func TestSeveralFiles(t *testing.T) {
	b := newBench(t, nil)
	jpeg := testfiles.Image(t, "jpeg/420.jpg")
	j := decode[jobView](t, b.post([]sent{{"a.jpg", jpeg}, {"x/A.png", testfiles.Image(t, "png/rgba.png")}, {"a.jpg", jpeg[:len(jpeg)/8]}}, nil).status(t, http.StatusOK))
	var names, statuses []string
	for _, o := range j.Outputs {
		names, statuses = append(names, o.Name), append(statuses, string(o.Status))
	}
	if diff := cmp.Diff([]string{"a.webp", "A-2.webp", "a-3.webp"}, names); diff != "" {
		t.Error(diff)
	}
	if statuses[0] != "completed" || statuses[1] != "completed" || j.Status != Completed {
		t.Error(statuses)
	}
	a := b.get(j.DownloadURL).status(t, http.StatusOK)
	z, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range z.File[:2] {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil || f.Name != names[i] {
			t.Errorf("%s: %v", f.Name, err)
		}
		pixels(t, asset.WebP, data)
	}
	if a := b.get(j.DownloadURL, "If-None-Match", a.Header.Get("ETag")); a.StatusCode != http.StatusNotModified {
		t.Error(a.StatusCode)
	}
}

func TestDownloadParts(t *testing.T) {
	b := newBench(t, nil)
	j := decode[jobView](t, b.post(photo(t), nil).status(t, http.StatusOK))
	whole := b.get(j.DownloadURL).status(t, http.StatusOK)
	tag := whole.Header.Get("ETag")
	part := b.get(j.DownloadURL, "Range", "bytes=4-11").status(t, http.StatusPartialContent)
	if !bytes.Equal(part.body, whole.body[4:12]) || part.Header.Get("ETag") != tag {
		t.Errorf("%q", part.body)
	}
	b.get(j.DownloadURL, "If-None-Match", tag).status(t, http.StatusNotModified)
	b.get(j.DownloadURL, "Range", "bytes=4-11", "If-Range", `"x"`).status(t, http.StatusOK)
	if head := b.do(http.MethodHead, j.DownloadURL, nil).status(t, http.StatusOK); len(head.body) != 0 || head.ContentLength != int64(len(whole.body)) {
		t.Error(head.ContentLength)
	}
	b.get(downloadPath+j.JobID+"/2.webp").problem(t, notFound)
	b.get(downloadPath+j.JobID+"/..%2f..%2fjob.json").problem(t, notFound)
}

// Later a job is told of by its status; what is done at once and what is not differ in that
// alone.
func TestAsync(t *testing.T) {
	g := newGate()
	b := newBench(t, func(o *Options) { o.Codec = g })
	a := b.post(photo(t), nil, "Prefer", "respond-async").status(t, http.StatusAccepted)
	j := decode[jobView](t, a)
	if a.Header.Get("Location") != b.http.URL+statusPath+j.JobID || a.Header.Get("Retry-After") == "" || a.Header.Get("Preference-Applied") != "respond-async" {
		t.Error(a.Header)
	}
	b.get(downloadPath+j.JobID).problem(t, notReady)
	<-g.asked
	status := b.get(statusPath+j.JobID).status(t, http.StatusOK)
	if v := decode[jobView](t, status); v.Status != Processing || v.Progress != 0 || v.DownloadURL != "" {
		t.Errorf("%+v", v)
	}
	b.get(statusPath+j.JobID, "If-None-Match", status.Header.Get("ETag")).status(t, http.StatusNotModified)
	if v := decode[jobView](t, b.get(statusPath+j.JobID+"?wait=0")); v.Status != Processing {
		t.Error(v.Status)
	}
	b.get(statusPath+j.JobID+"?wait=x").problem(t, badRequest)
	close(g.open)
	v := decode[jobView](t, b.get(statusPath+j.JobID+"?wait=20").status(t, http.StatusOK))
	if v.Status != Completed || v.DownloadURL == "" {
		t.Errorf("%+v", v)
	}
	list := decode[map[string][]jobView](t, b.get(apiPath+"/jobs"))
	if len(list["jobs"]) != 1 || list["jobs"][0].JobID != j.JobID {
		t.Error(list)
	}
	if list = decode[map[string][]jobView](t, b.get(apiPath+"/jobs?status=failed&limit=1")); len(list["jobs"]) != 0 {
		t.Error(list)
	}
}

// A large file, and many jobs that wait, are reasons not to wait.
func TestNotWaitedFor(t *testing.T) {
	g := newGate()
	defer close(g.open)
	b := newBench(t, func(o *Options) { o.Codec = g })
	b.pace.Store(int64(time.Second))
	large := testfiles.Image(t, "jpeg/420.jpg") + strings.Repeat("x", syncSize)
	b.post([]sent{{"large.jpg", large}}, nil).status(t, http.StatusAccepted)
	b.post(photo(t), nil, "Prefer", "wait=0").status(t, http.StatusAccepted)
	<-g.asked
	<-g.asked // both workers are busy
	for _, q := range []string{"1", "2", "3", "4"} {
		b.post(photo(t), []string{"quality", q}, "Prefer", "respond-async").status(t, http.StatusAccepted)
	}
	b.post(photo(t), []string{"quality", "5"}).status(t, http.StatusAccepted)
	// Jobs that have been quick are waited for, however many there are.
	b.pace.Store(int64(time.Millisecond))
	if wait := b.waitFor(&http.Request{}, &upload{}); wait != time.Minute || b.estimate() != 3*time.Millisecond+time.Millisecond/2 {
		t.Error(wait, b.estimate())
	}
}

func TestSameJob(t *testing.T) {
	b := newBench(t, nil)
	id := func(a answered) string { return decode[jobView](t, a.status(t, http.StatusOK)).JobID }
	first := b.post(photo(t), []string{"quality", "50"})
	again := b.post(photo(t), []string{"quality", "50"})
	if id(first) != id(again) || again.Header.Get("X-Credits-Used") != "0" {
		t.Error("another job, or not for nothing")
	}
	if id(b.post(photo(t), []string{"quality", "51"})) == id(first) {
		t.Error("the same job with other options")
	}
	other, err := AddKey(b.dir, Key{Name: "other"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if id(b.post(photo(t), []string{"quality", "50"}, "Authorization", "Bearer "+other)) == id(first) {
		t.Error("the same job for another key")
	}
	// A key for a request makes it one of its own, whatever its content.
	mine := b.post(photo(t), []string{"quality", "50"}, "Idempotency-Key", "a")
	if id(mine) == id(first) || id(mine) != id(b.post(photo(t), []string{"quality", "50"}, "Idempotency-Key", "a")) {
		t.Error("Idempotency-Key")
	}
	b.post(photo(t), []string{"quality", "52"}, "Idempotency-Key", "a").problem(t, keyReused)
	if u := decode[usageView](t, b.get(apiPath+"/usage")); u.Credits != 3 || u.Jobs != 3 || u.BytesOut == 0 || u.Period != "2026-05" || u.ResetsAt != "2026-06-01T00:00:00Z" {
		t.Errorf("%+v", u)
	}
}

func TestSignatures(t *testing.T) {
	b := newBench(t, nil)
	j := decode[jobView](t, b.post(photo(t), nil).status(t, http.StatusOK))
	none := []string{"Authorization", ""}
	u, err := url.Parse(j.Outputs[0].DownloadURL)
	if err != nil {
		t.Fatal(err)
	}
	later := u.Query()
	later.Set("expires", later.Get("expires")+"0")
	b.get(u.Path+"?"+later.Encode(), none...).problem(t, wrongSignature)
	b.get(downloadPath+j.JobID+"?"+u.RawQuery, none...).problem(t, wrongSignature) // of another address
	b.get(downloadPath+"job_x?"+u.RawQuery, none...).problem(t, wrongSignature)    // there is no such job
	b.get(u.Path+"?signature=%21", none...).problem(t, wrongSignature)
	b.get(u.Path, none...).problem(t, unauthorized)
	b.get(u.Path).status(t, http.StatusOK) // with the key
	b.clock.move(25 * time.Hour)
	b.get(u.String(), none...).problem(t, gone)
	b.get(u.Path).problem(t, gone)
	b.store.expire(b.clock.Now(), true)
	if v := decode[jobView](t, b.get(statusPath+j.JobID)); v.Status != Expired || v.DownloadURL != "" || b.entries(jobsDir, j.JobID) != 1 {
		t.Errorf("%+v", v)
	}
	b.get(u.Path).problem(t, gone)
	// The same request is another job then.
	if v := decode[jobView](t, b.post(photo(t), nil).status(t, http.StatusOK)); v.JobID == j.JobID {
		t.Error("the job that has expired")
	}
	b.clock.move(8 * 24 * time.Hour)
	b.store.expire(b.clock.Now(), true)
	b.get(statusPath+j.JobID).problem(t, notFound)
	if b.entries(jobsDir, j.JobID) != 0 {
		t.Error("the folder is left")
	}
}

func TestAllProblemsAreNamedOnce(t *testing.T) {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Error(names)
	}
}
