package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// products is how many images the case addresses downloads, from so many hosts that each take
	// latency to answer.
	products     = 1000
	productHosts = 16
	latency      = 50 * time.Millisecond
	// objects is how many a bucket lists.
	objects = 100_000
)

const productSettings = `allow-private-hosts: [127.0.0.0/8]
variants:
  main: { max-width: 1200, quality: 80, output: "out/{name}-main.webp" }
  thumb: { max-width: 300, quality: 70, output: "out/{name}-thumb.webp" }
`

// addresses measures products that are downloaded, made in two sizes, and delivered to a bucket, beside
// the same from disk to disk, in turns; a second run with nothing to do; and a bucket that is listed.
func (b bench) addresses(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "webpress-bench-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	shop, err := layProducts(filepath.Join(dir, "disk", "in"), products)
	if err != nil {
		return "", err
	}
	hosts, stop, err := serveProducts(shop)
	if err != nil {
		return "", err
	}
	defer stop()
	store, stopStore, err := serveHTTP("127.0.0.1:0", &objectStore{objects: map[string]stored{}})
	if err != nil {
		return "", err
	}
	defer stopStore()
	env := []string{"AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench-secret"}
	var list strings.Builder
	list.WriteString("url,id\n")
	for i := range products {
		fmt.Fprintf(&list, "http://%s/%04d.jpg,%04d\n", hosts[i%len(hosts)], i, i)
	}
	var far, near, again, asleep row
	for i := range b.runs {
		fmt.Fprintf(os.Stderr, "\r%-12s run %d of %d%40s", "addresses", i+1, b.runs, "")
		at := filepath.Join(dir, fmt.Sprintf("far-%d", i))
		to := fmt.Sprintf("store: [\"s3://photos/%d?region=eu-west-1&endpoint=http://%s\"]\n", i, store)
		for name, text := range map[string]string{"products.csv": list.String(), "webpress.yml": "sources: products.csv\n" + to + productSettings} {
			if err := writeInto(at, name, text); err != nil {
				return "", err
			}
		}
		if err := writeInto(filepath.Join(dir, "disk"), "webpress.yml", productSettings); err != nil {
			return "", err
		}
		if err := os.RemoveAll(filepath.Join(dir, "disk", "out")); err != nil {
			return "", err
		}
		for _, run := range []struct {
			row *row
			dir string
			set []string
		}{
			{&near, filepath.Join(dir, "disk"), []string{"--no-lock", "in/"}}, {&far, at, nil}, {&again, at, nil},
			{nil, at, []string{"--max-age=1h"}}, {&asleep, at, []string{"--max-age=1h"}},
		} {
			s, err := measured(ctx, run.dir, append([]string{b.webpress, "--quiet"}, run.set...), env...)
			if err != nil {
				return "", err
			}
			if run.row != nil {
				run.row.samples = append(run.row.samples, s)
			}
		}
	}
	big := &objectStore{objects: map[string]stored{}}
	for i := range objects {
		big.objects[fmt.Sprintf("raw/%03d/%06d.jpg", i/1000, i)] = stored{size: 100_000, etag: "x"}
	}
	bucket, stopBucket, err := serveHTTP("127.0.0.1:0", big)
	if err != nil {
		return "", err
	}
	defer stopBucket()
	query := "?region=eu-west-1&endpoint=http://" + bucket
	listed, err := measured(ctx, dir, []string{b.webpress, "--quiet", "--dry-run", "s3://photos/raw/" + query, "--store=s3://photos/web/" + query}, env...)
	if err != nil {
		return "", err
	}
	var t strings.Builder
	fmt.Fprintf(&t, "### Sources by address, results to a bucket\n\n%d JPEGs of 100 kB to 1200 and 300 pixels; %d hosts, 4 downloads each, that answer after %v.\n\n", products, len(hosts), latency)
	t.WriteString("| | wall | CPU | peak memory | of disk to disk |\n|---|--:|--:|--:|--:|\n")
	line := func(title string, r row, beside string) {
		fmt.Fprintf(&t, "| %s | %s | %s | %s | %s |\n", title, span(median(of(r, wall))), span(median(of(r, cpu))), bytesOf(median(of(r, memory))), beside)
	}
	line("from disk to disk", near, "")
	line("from addresses to a bucket", far, fmt.Sprintf("%.2f", ratio(median(of(far, wall)), median(of(near, wall)))))
	line("again: all are asked for, nothing has changed", again, "")
	line("again within `max-age`", asleep, "")
	line(fmt.Sprintf("a bucket of %d objects, listed and compared", objects), row{samples: []sample{listed}}, "")
	return t.String(), nil
}

func writeInto(dir, name, text string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
}

// layProducts writes n JPEGs of about 100 kB. They differ in a comment, as no two photos are the same.
func layProducts(dir string, n int) (map[string][]byte, error) {
	m := image.NewRGBA(image.Rect(0, 0, 1400, 1050))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range 1050 {
		for x := range 1400 {
			n := uint8(random.IntN(10))
			m.SetRGBA(x, y, color.RGBA{uint8(x*200/1400) + n, uint8(y*200/1050) + n, uint8((x+y)/12) + n, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 70}); err != nil {
		return nil, err
	}
	all := make(map[string][]byte, n)
	for i := range n {
		comment := binary.BigEndian.AppendUint32([]byte{0xff, 0xfe, 0, 6}, uint32(i))
		name := fmt.Sprintf("%04d.jpg", i)
		all[name] = slices.Concat(b.Bytes()[:2], comment, b.Bytes()[2:])
		if err := writeInto(dir, name, string(all[name])); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// serveProducts serves them by several addresses of this machine.
func serveProducts(all map[string][]byte) (hosts []string, stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, one := range stops {
			one()
		}
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency)
		name := path.Base(r.URL.Path)
		w.Header().Set("ETag", `"`+name+`"`)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(all[name]))
	})
	for i := range productHosts {
		host, end, err := serveHTTP(fmt.Sprintf("127.0.1.%d:0", i+1), handler)
		if err != nil {
			stop()
			return nil, nil, err
		}
		hosts, stops = append(hosts, host), append(stops, end)
	}
	return hosts, stop, nil
}

func serveHTTP(address string, h http.Handler) (host string, stop func(), err error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	return l.Addr().String(), func() { _ = server.Close() }, nil
}

// An objectStore speaks as much of S3's protocol as a delivery needs, and forgets what is in an object.
type objectStore struct {
	mu      sync.Mutex
	objects map[string]stored
	keys    []string // sorted, of objects, when they are listed
}

// stored is what is left of an object.
type stored struct {
	size         int64
	etag, sha256 string
}

func (s *objectStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.objects[key]
	switch {
	case r.Method == http.MethodGet && key == "":
		s.list(w, r.URL.Query())
	case r.Method == http.MethodPut && ok && r.Header.Get("If-None-Match") == "*":
		w.WriteHeader(http.StatusPreconditionFailed)
	case r.Method == http.MethodPut:
		sum := md5.New()
		n, _ := io.Copy(sum, r.Body)
		s.objects[key] = stored{n, hex.EncodeToString(sum.Sum(nil)), r.Header.Get("X-Amz-Meta-Webpresssha256")}
		s.keys = nil
		w.Header().Set("ETag", `"`+s.objects[key].etag+`"`)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Header().Set("X-Amz-Meta-Webpresssha256", o.sha256)
		w.Header().Set("ETag", `"`+o.etag+`"`)
		w.Header().Set("Last-Modified", "Fri, 27 Nov 2026 09:00:00 GMT")
		w.Header().Set("Content-Length", fmt.Sprint(o.size))
	}
}

// list answers with a page of 1000 keys.
func (s *objectStore) list(w http.ResponseWriter, query url.Values) {
	if s.keys == nil {
		for key := range s.objects {
			s.keys = append(s.keys, key)
		}
		slices.Sort(s.keys)
	}
	prefix := query.Get("prefix")
	from, _ := slices.BinarySearch(s.keys, max(prefix, query.Get("continuation-token")+"\x00", query.Get("start-after")+"\x00"))
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>`)
	n, last := 0, ""
	for _, key := range s.keys[from:] {
		if !strings.HasPrefix(key, prefix) {
			break
		}
		if n++; n > 1000 {
			break
		}
		last = key
		fmt.Fprintf(w, `<Contents><Key>%s</Key><LastModified>2026-11-27T09:00:00.000Z</LastModified><ETag>"%s"</ETag><Size>%d</Size></Contents>`, url.PathEscape(key), s.objects[key].etag, s.objects[key].size)
	}
	fmt.Fprintf(w, `<IsTruncated>%v</IsTruncated>`, n > 1000)
	if n > 1000 {
		fmt.Fprintf(w, `<NextContinuationToken>%s</NextContinuationToken>`, last)
	}
	fmt.Fprint(w, `</ListBucketResult>`)
}
