package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/testfiles"
)

func TestWrongOptions(t *testing.T) {
	b := newBench(t, nil)
	for _, test := range []struct {
		options []string
		kind    kind
		option  string
		detail  string // a part of it
	}{
		{[]string{"maxWith", "3"}, unknownOption, "maxWith", "did you mean maxWidth?"},
		{[]string{"qualty", "3"}, unknownOption, "qualty", "did you mean quality?"},
		{[]string{"output", "x.webp"}, unknownOption, "output", "no such option"},
		{[]string{"token", "x"}, unknownOption, "token", "no such option"},
		{[]string{"quality", "300"}, wrongOption, "quality", "from 0 to 100"},
		{[]string{"format", "exe"}, wrongOption, "format", "webp, avif, jpeg, png"},
		{[]string{"max-width", "1", "maxWidth", "2"}, wrongOption, "maxWidth", "also set as max-width"},
		{[]string{"crop", "center"}, wrongOption, "crop", "needs a width and a height"},
		{[]string{"format", "webp,webp"}, wrongOption, "format", "would be the same"},
		{[]string{"variants", `{"a": {"maxWith": 1}}`}, wrongOption, "variants", "did you mean maxWidth?"},
		{[]string{"variants", `{"../a": {}}`}, wrongOption, "variants", "letters, digits"},
		{[]string{"variants", `{"a": {"output": "x.webp"}}`}, wrongOption, "variants", "no such option"},
		{[]string{"variants", `{"a": `}, wrongOption, "variants", "not JSON"},
		{[]string{"variants", `{"a": {}, "a": {}}`}, wrongOption, "variants", "twice"},
		{[]string{"variants", `[1]`}, wrongOption, "variants", "not an object"},
		{[]string{"webhookUrl", "ftp://x"}, wrongOption, "webhookUrl", "https://"},
		{[]string{"webhookUrl", "http://169.254.169.254/latest"}, wrongOption, "webhookUrl", "link-local"},
		{[]string{"webhookUrl", "http://localhost:9000"}, wrongOption, "webhookUrl", "machine itself"},
		{[]string{"webhookUrl", "http://0x7f.1/"}, wrongOption, "webhookUrl", "loopback"},
		{[]string{"quality", strings.Repeat("9", maxField+1)}, tooLarge, "quality", "66 kB"},
	} {
		p := b.post(photo(t), test.options).problem(t, test.kind)
		if p.Option != test.option || !strings.Contains(p.Detail, test.detail) {
			t.Errorf("%.100q: %+v", test.options, p)
		}
	}
	// All that is wrong is named at once.
	if p := b.post(photo(t), []string{"quality", "x", "effort", "9", "foo", "1"}).problem(t, wrongOption); len(p.Errors) != 3 {
		t.Errorf("%+v", p)
	}
	if n := b.entries(jobsDir) + b.entries(incomingDir); n != 0 {
		t.Errorf("%d folders are left", n)
	}
}

func TestWrongRequests(t *testing.T) {
	b := newBench(t, nil, "--max-file-size=100kB")
	jpeg := testfiles.Image(t, "jpeg/420.jpg")
	part := func(header string, n int) string {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		_ = w.SetBoundary("b")
		for range n {
			p, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {header}})
			_, _ = io.WriteString(p, "1")
		}
		_ = w.Close()
		return body.String()
	}
	const multi = "multipart/form-data; boundary=b"
	for _, test := range []struct {
		name, method, path, contentType, body string
		kind                                  kind
	}{
		{"no body", "POST", convertPath, "", "", badRequest},
		{"a text", "POST", convertPath, "image/png", "hello, world, this is not an image", unsupportedImage},
		{"a PDF", "POST", convertPath, "image/png", "%PDF-1.7 and so on", unsupportedImage},
		{"a cut image", "POST", convertPath, "image/jpeg", jpeg[:300], notConverted},
		{"no boundary", "POST", convertPath, "multipart/form-data", "x", badRequest},
		{"no parts", "POST", convertPath, multi, "--b--\r\n", badRequest},
		{"cut parts", "POST", convertPath, multi, part(`form-data; name="quality"`, 2)[:40], badRequest},
		{"no file", "POST", convertPath, multi, part(`form-data; name="quality"`, 1), badRequest},
		{"empty file", "POST", convertPath, multi, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n\r\n--b--\r\n", badRequest},
		{"a file in another field", "POST", convertPath, multi, part(`form-data; name="image"; filename="x"`, 1), unknownOption},
		{"10,000 parts", "POST", convertPath, multi, part(`form-data; name="x"`, 10000)[:90<<10], tooLarge},
		{"too large", "POST", convertPath, "image/jpeg", jpeg + strings.Repeat("x", 100<<10), tooLarge},
		{"JSON that is not asked for", "POST", convertPath, "application/json", `{"source":{"url":"https://example.com/a.jpg"}}`, notAllowed},
		{"JSON of 100 MB", "POST", convertPath, "application/json", strings.Repeat(" ", maxJSON+1), tooLarge},
		{"wrong method", "GET", convertPath, "", "", methodNotAllowed},
		{"wrong method", "PUT", "/openapi.json", "", "", methodNotAllowed},
		{"nothing", "GET", "/api/v2/x", "", "", notFound},
		{"no job", "GET", statusPath + "job_x", "", "", notFound},
		{"no job", "DELETE", statusPath + "..%2f..", "", "", notFound},
		{"no number", "GET", apiPath + "/jobs?limit=0", "", "", badRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			b.do(test.method, test.path, strings.NewReader(test.body), "Content-Type", test.contentType).problem(t, test.kind)
			if n := b.entries(incomingDir); n != 0 {
				t.Errorf("%d uploads are left", n)
			}
		})
	}
	t.Run("too large, and nobody knew", func(t *testing.T) {
		body := io.MultiReader(strings.NewReader(jpeg), io.LimitReader(endless{}, 1<<30))
		b.do("POST", convertPath, body).problem(t, tooLarge)
	})
	for _, header := range []string{"", "Bearer", "Bearer wpk_x", "Basic eA==", b.key} {
		b.get(apiPath+"/jobs", "Authorization", header).problem(t, unauthorized)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A name of a file reaches no header, no path and no log.
func TestHostileNames(t *testing.T) {
	b := newBench(t, nil)
	for name, want := range map[string]string{
		"../../etc/passwd": "passwd.webp", `C:\x\photo.png`: "photo.webp", "a\r\nSet-Cookie: x=1.png": "", "bücher 東京.png": "bücher 東京.webp",
		`a"; filename="b.exe`: "", ".": "image.webp", "": "image.webp", strings.Repeat("ä", 300) + ".png": "", "\xff\xfe.png": "",
	} {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		p, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=\"file\"; filename=%q", name)}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(p, testfiles.Image(t, "png/rgba.png"))
		_ = w.Close()
		j := decode[jobView](t, b.do(http.MethodPost, convertPath, &body, "Content-Type", w.FormDataContentType()).status(t, http.StatusOK))
		got := j.Outputs[0].Name
		if want != "" && got != want || strings.ContainsAny(got, "/\\\r\n\"") || len(got) > maxName+10 {
			t.Errorf("%q: %q", name, got)
		}
		a := b.get(j.DownloadURL).status(t, http.StatusOK)
		if a.Header.Get("Set-Cookie") != "" || len(a.Header.Values("Content-Disposition")) != 1 {
			t.Errorf("%q: %v", name, a.Header)
		}
	}
	if log := b.log.text(); strings.Contains(log, "passwd") || strings.Contains(log, "bücher") || strings.Contains(log, b.key) || strings.Contains(log, "shop") || !strings.Contains(log, "job done") {
		t.Error("the log has names:", log)
	}
}

// An image bomb costs no memory: its header is enough to refuse it.
func TestBomb(t *testing.T) {
	b := newBench(t, nil, "--max-pixels=1000")
	p := b.post(photo(t), nil).problem(t, notConverted)
	if !strings.Contains(p.Detail, `"photo.jpg"`) || !strings.Contains(p.Detail, "limit of 1000") || p.JobID == "" {
		t.Errorf("%+v", p)
	}
	if v := decode[jobView](t, b.get(statusPath+p.JobID)); v.Status != Failed || v.Error == "" {
		t.Errorf("%+v", v)
	}
	b.get(downloadPath+p.JobID).problem(t, notConverted)
}

func TestForeignJob(t *testing.T) {
	b := newBench(t, nil)
	j := decode[jobView](t, b.post(photo(t), nil).status(t, http.StatusOK))
	other, err := AddKey(b.dir, Key{Name: "other"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	as := []string{"Authorization", "Bearer " + other}
	for _, id := range []string{j.JobID, "job_none"} { // no difference to a job that never was
		b.get(statusPath+id, as...).problem(t, notFound)
		b.get(downloadPath+id, as...).problem(t, notFound)
		b.do(http.MethodDelete, statusPath+id, nil, as...).problem(t, notFound)
	}
	if list := decode[map[string][]jobView](t, b.get(apiPath+"/jobs", as...)); len(list["jobs"]) != 0 {
		t.Error(list)
	}
	b.get(statusPath+j.JobID).status(t, http.StatusOK)
	// A key that is removed is none at once.
	if err := RemoveKey(b.dir, "shop"); err != nil {
		t.Fatal(err)
	}
	b.get(statusPath+j.JobID).problem(t, unauthorized)
}

func TestRate(t *testing.T) {
	b := newBench(t, nil)
	key, err := AddKey(b.dir, Key{Name: "slow", Rate: 2}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	as := []string{"Authorization", "Bearer " + key}
	for _, left := range []string{`"convert";r=1;t=30`, `"convert";r=0;t=60`} {
		a := b.post(photo(t), nil, as...).status(t, http.StatusOK)
		if a.Header.Get("RateLimit") != left || a.Header.Get("RateLimit-Policy") != `"convert";q=2;w=60` {
			t.Error(a.Header)
		}
	}
	a := b.post(photo(t), nil, as...)
	if a.problem(t, rateLimited); a.Header.Get("Retry-After") != "30" {
		t.Error(a.Header)
	}
	b.get(apiPath+"/jobs", as...).status(t, http.StatusOK) // reading has a rate of its own
	b.post(photo(t), nil).status(t, http.StatusOK)         // and so has each key
	b.clock.move(30 * time.Second)
	b.post(photo(t), nil, as...).status(t, http.StatusOK)
}

func TestLimitsOfKeys(t *testing.T) {
	b := newBench(t, nil)
	key, err := AddKey(b.dir, Key{Name: "small", Quota: 2, Options: []string{"format", "max-width"}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	as := []string{"Authorization", "Bearer " + key}
	if p := b.post(photo(t), []string{"quality", "3"}, as...).problem(t, optionNotAllowed); p.Option != "quality" {
		t.Errorf("%+v", p)
	}
	b.post(photo(t), []string{"maxWidth", "3"}, as...).status(t, http.StatusOK)
	two := append(photo(t), sent{"b.png", testfiles.Image(t, "png/rgba.png")})
	a := b.post(two, nil, as...)
	if p := a.problem(t, quotaExceeded); !strings.Contains(p.Detail, "1 of 2") || a.Header.Get("Retry-After") != strconv.Itoa(int((27*24*time.Hour+12*time.Hour).Seconds())) {
		t.Errorf("%+v %v", p, a.Header)
	}
	b.post(photo(t), []string{"max-width", "4"}, as...).status(t, http.StatusOK)
	b.post(photo(t), []string{"max-width", "5"}, as...).problem(t, quotaExceeded)
	b.clock.move(28 * 24 * time.Hour)
	b.post(photo(t), []string{"max-width", "6"}, as...).status(t, http.StatusOK)
	if n := credits(0) + credits(creditBytes) + credits(creditBytes+1); n != 4 {
		t.Error(n)
	}
}

// Somebody edits the file of keys, and errs: the keys of before stay, and the log says why.
func TestWrongKeyFile(t *testing.T) {
	b := newBench(t, nil)
	path := filepath.Join(b.dir, keysFile)
	for text, want := range map[string]string{
		"{": "unexpected end", `{"keys":[{"id":"a","name":"a","hash":"x"}]}`: "SHA-256",
		`{"keys":[{"id":"a","name":"a","hash":"` + strings.Repeat("a", 64) + `","options":["widht"]}]}`: "did you mean width?",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b.get(apiPath+"/jobs").status(t, http.StatusOK)
		if log := b.log.text(); !strings.Contains(log, want) {
			t.Errorf("%s: %s", text, log)
		}
		if _, err := ListKeys(b.dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
}

func TestQueueFull(t *testing.T) {
	g := newGate()
	b := newBench(t, func(o *Options) { o.Codec = g }, "--queue=2")
	var last jobView
	for q := range 4 { // two in work, two that wait
		last = decode[jobView](t, b.post(photo(t), []string{"quality", strconv.Itoa(q)}, "Prefer", "respond-async").status(t, http.StatusAccepted))
		if q < 2 {
			<-g.asked
		}
	}
	a := b.post(photo(t), []string{"quality", "9"})
	if a.problem(t, queueFull); a.Header.Get("Retry-After") == "" {
		t.Error(a.Header)
	}
	// One that is canceled makes room.
	b.do(http.MethodDelete, statusPath+last.JobID, nil).status(t, http.StatusNoContent)
	b.post(photo(t), []string{"quality", "9"}, "Prefer", "respond-async").status(t, http.StatusAccepted)
	close(g.open)
	b.get(downloadPath+last.JobID).problem(t, gone)
}

func TestSlowClient(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Patience = 20 * time.Millisecond })
	for key, want := range map[string]string{b.key: "408", "wpk_x": "401"} {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.http.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 1000\r\n\r\n\x89PNG", convertPath, key)
		data, err := io.ReadAll(c) // the server closes the connection
		if c.Close(); err != nil || !strings.HasPrefix(string(data), "HTTP/1.1 "+want) {
			t.Errorf("%v: %s", err, data)
		}
	}
	if n := b.entries(incomingDir); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
}

func TestDiskFull(t *testing.T) {
	p := problemOf(fmt.Errorf("write: %w", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}))
	if p.Status != http.StatusInsufficientStorage || strings.Contains(p.Detail, "x") {
		t.Errorf("%+v", p)
	}
	if p := problemOf(context.Canceled); p.Status != http.StatusInternalServerError || strings.Contains(p.Detail, "canceled") {
		t.Errorf("%+v", p)
	}
}

// The description of the API has all options of the table, and every problem is in the
// documentation.
func TestOpenAPI(t *testing.T) {
	b := newBench(t, nil)
	var doc struct {
		OpenAPI    string
		Paths      map[string]map[string]struct{ Parameters []struct{ Name string } }
		Components struct {
			Schemas struct {
				Options struct {
					Properties map[string]struct{ Description string }
				}
			}
		}
	}
	a := b.get("/openapi.json", "Authorization", "").status(t, http.StatusOK)
	if err := json.Unmarshal(a.body, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || len(doc.Paths) != 6 {
		t.Error(doc.OpenAPI, len(doc.Paths))
	}
	for _, o := range config.Options() {
		if doc.Components.Schemas.Options.Properties[o.Option()].Description == "" {
			t.Errorf("%s is missing", o.Option())
		}
	}
	docs, err := os.ReadFile("../../docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds() {
		if !strings.Contains(string(docs), "\n### "+k.name+"\n") {
			t.Errorf("docs/serve.md does not explain %s", k.name)
		}
	}
}

// Pages of other origins reach the API only where that is set, and can read its answers then.
func TestCORS(t *testing.T) {
	const shop = "https://shop.example"
	preflight := []string{"Origin", shop, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,idempotency-key,prefer"}
	off := newBench(t, nil)
	if a := off.do(http.MethodOptions, convertPath, nil, preflight...); a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error(a.Status, a.Header)
	}
	if a := off.get(apiPath+"/jobs", "Origin", shop).status(t, http.StatusOK); a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error(a.Header)
	}
	b := newBench(t, nil, "--cors-origins="+shop+",https://*.other.example")
	for origin, want := range map[string]string{shop: shop, "https://a.other.example": "https://a.other.example", "https://evil.example": "", "http://shop.example": "", "null": ""} {
		preflight[1] = origin
		a := b.do(http.MethodOptions, convertPath, nil, append(preflight, "Authorization", "")...)
		h := a.Header
		if a.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != want || (h.Get("Access-Control-Allow-Headers") != "") != (want != "") || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Error(origin, a.Status, h)
		}
		a = b.post(photo(t), nil, "Origin", origin).status(t, http.StatusOK)
		if a.Header.Get("Access-Control-Allow-Origin") != want || strings.Contains(a.Header.Get("Access-Control-Expose-Headers"), "Retry-After") != (want != "") {
			t.Error(origin, a.Header)
		}
		a = b.get(apiPath+"/jobs", "Origin", origin, "Authorization", "") // why it failed can be read, too
		if a.problem(t, unauthorized); a.Header.Get("Access-Control-Allow-Origin") != want {
			t.Error(origin, a.Header)
		}
	}
}

func TestPage(t *testing.T) {
	b := newBench(t, nil)
	for path, contentType := range map[string]string{"/": "text/html", "/page.js": "text/javascript", "/page.css": "text/css"} {
		a := b.get(path, "Authorization", "").status(t, http.StatusOK)
		if !strings.HasPrefix(a.Header.Get("Content-Type"), contentType) || !strings.Contains(a.Header.Get("Content-Security-Policy"), "script-src 'self'") {
			t.Error(path, a.Header)
		}
		if strings.Contains(string(a.body), "https://") { // nothing from elsewhere
			t.Errorf("%s has the address of another site", path)
		}
	}
}

func FuzzOptions(f *testing.F) {
	settings, err := config.Load([]string{"serve"}, config.Env{Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	settings = settings.ForOptions()
	for _, seed := range []string{
		`{"variants":{"a":{"maxWidth":3}}}`, `{"variants":[{"name":"a"}],"format":["webp","png"]}`, `{"quality":{"webp":80}}`,
		`{"widths":[1,2]}`, `{"crop":"center","width":3,"height":"4"}`, `{"max-width":null}`, `{"variants":"a:width=3"}`, `{"background":"#fff"}`,
	} {
		f.Add(seed)
	}
	files := []File{{Name: "a.png", Format: "png", Size: 1}, {Name: "a.png", Format: "png", Size: 1}}
	f.Fuzz(func(t *testing.T, text string) {
		options, err := config.OptionsFromJSON([]byte(text))
		if err != nil {
			return
		}
		with, err := settings.WithOptions(options)
		if err != nil {
			if p := optionProblem(err.(config.Mistakes)); p.Detail == "" {
				t.Errorf("%q: no detail", text)
			}
			return
		}
		outputs, err := planOutputs(&with, files)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		ids, names := map[string]bool{}, map[string]bool{}
		for _, o := range outputs {
			if ids[o.ID] || names[strings.ToLower(o.Name)] || !filepath.IsLocal(o.ID) || strings.ContainsAny(o.ID, `/\`) {
				t.Errorf("%q: %+v", text, o)
			}
			ids[o.ID], names[strings.ToLower(o.Name)] = true, true
		}
	})
}
