//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
)

// The object stores that the contract of buckets is held against. They are built apart,
// as their modules are none of webpress's.
const (
	versitygw     = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
	fakeGCSServer = "github.com/fsouza/fake-gcs-server@v1.56.1"
	azurite       = "azurite@3.35.0"
)

// build builds a program of another module, once, and returns its path.
func build(t *testing.T, module string) string {
	t.Helper()
	name, version, _ := strings.Cut(module, "@")
	name = name[strings.LastIndex(name, "/")+1:]
	bin := filepath.Join(os.TempDir(), "webpress-"+name+"-"+version)
	if _, err := os.Stat(filepath.Join(bin, name)); err == nil {
		return filepath.Join(bin, name)
	}
	cmd := exec.CommandContext(t.Context(), "go", "install", module)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOBIN="+bin, "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", module, err, out)
	}
	return filepath.Join(bin, name)
}

// freePort is one that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// serve runs a server until the end of the test, and returns when it answers at url.
func serve(t *testing.T, url string, env []string, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	t.Cleanup(func() {
		cancel()
		<-exited
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(name), out.String())
		}
	})
	for range 600 {
		if resp, err := http.Get(url); err == nil {
			resp.Body.Close()
			return
		}
		select {
		case <-exited:
			t.Fatalf("%s ended", filepath.Base(name))
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("%s does not answer", filepath.Base(name))
}

// prefixes opens a prefix of its own for each test.
func prefixes(address, query string, getenv func(string) string) func(t *testing.T) bucket.Bucket {
	var mu sync.Mutex
	n := 0
	return func(t *testing.T) bucket.Bucket {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		n++
		a, err := bucket.Parse(fmt.Sprintf("%s/test %d%s", address, n, query))
		if err != nil {
			t.Fatal(err)
		}
		b, err := bucket.Open(t.Context(), a, bucket.Options{Getenv: getenv, Retries: 2, UserAgent: "webpress/e2e", Logf: t.Logf})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

// TestBucketS3 holds buckets to their contract against versitygw, on a folder.
func TestBucketS3(t *testing.T) {
	gateway := build(t, versitygw)
	store := t.TempDir()
	if err := os.Mkdir(filepath.Join(store, "photos"), 0o755); err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	serve(t, "http://"+address, nil, gateway, "--access", "e2e-access", "--secret", "e2e-s3cret", "--port", address, "--region", "eu-west-1", "posix", "--sidecar", t.TempDir(), store)
	env := environment(map[string]string{"AWS_ACCESS_KEY_ID": "e2e-access", "AWS_SECRET_ACCESS_KEY": "e2e-s3cret", "AWS_ENDPOINT_URL": "http://" + address, "AWS_REGION": "eu-west-1"})
	buckettest.Run(t, prefixes("s3://photos", "", env))
	t.Run("products", func(t *testing.T) { productsToS3(t, address, filepath.Join(store, "photos")) })
	t.Run("another region", func(t *testing.T) {
		buckettest.Put(t, prefixes("s3://photos/region", "?region=us-east-1", env)(t), "a", "a", bucket.WriteOptions{IfAbsent: true})
	})
	t.Run("errors", func(t *testing.T) {
		storeErrors(t, prefixes("s3://nothere", "", env)(t), prefixes("s3://photos", "", environment(map[string]string{
			"AWS_ACCESS_KEY_ID": "e2e-access", "AWS_SECRET_ACCESS_KEY": "wrong", "AWS_ENDPOINT_URL": "http://" + address, "AWS_REGION": "eu-west-1",
		}))(t), bucket.ErrCredentials)
	})
}

// TestBucketGCS holds buckets to their contract against fake-gcs-server.
func TestBucketGCS(t *testing.T) {
	server := build(t, fakeGCSServer)
	port := freePort(t)
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	serve(t, url+"/storage/v1/b", nil, server, "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", fmt.Sprint(port), "-public-host", fmt.Sprintf("127.0.0.1:%d", port))
	resp, err := http.Post(url+"/storage/v1/b?project=e2e", "application/json", strings.NewReader(`{"name": "photos"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	env := environment(map[string]string{"STORAGE_EMULATOR_HOST": url})
	buckettest.Run(t, prefixes("gs://photos", "", env), "delete if match")
	t.Run("errors", func(t *testing.T) { storeErrors(t, prefixes("gs://nothere", "", env)(t), nil, nil) })
}

// TestBucketAzure holds buckets to their contract against azurite, by key.
func TestBucketAzure(t *testing.T) {
	dir := t.TempDir()
	npm(t, dir, azurite)
	port := freePort(t)
	url := fmt.Sprintf("http://127.0.0.1:%d/devstoreaccount1", port)
	serve(t, url, nil, filepath.Join(dir, "node_modules", ".bin", "azurite-blob"), "--inMemoryPersistence", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", fmt.Sprint(port), "--silent", "--disableTelemetry")
	const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	connection := "AccountName=devstoreaccount1;AccountKey=" + key + ";BlobEndpoint=" + url
	env := environment(map[string]string{"AZURE_STORAGE_CONNECTION_STRING": connection})
	createContainer(t, url, key)
	buckettest.Run(t, prefixes("az://devstoreaccount1/photos", "", env))
	t.Run("errors", func(t *testing.T) {
		wrong := strings.Replace(connection, "Eby8", "AAAA", 1)
		storeErrors(t, prefixes("az://devstoreaccount1/nothere", "", env)(t), prefixes("az://devstoreaccount1/photos", "", environment(map[string]string{"AZURE_STORAGE_CONNECTION_STRING": wrong}))(t),
			bucket.ErrForbidden) // Azure itself says AuthenticationFailed
	})
}

// storeErrors has a bucket that is not there, and one with wrong credentials.
func storeErrors(t *testing.T, absent, refused bucket.Bucket, kind error) {
	t.Helper()
	_, err := absent.Write(t.Context(), "a", buckettest.Content([]byte("a")), 1, bucket.WriteOptions{})
	wantIs(t, err, bucket.ErrNoBucket)
	for _, err := range absent.List(t.Context(), "") {
		wantIs(t, err, bucket.ErrNoBucket)
	}
	if refused == nil {
		return
	}
	for _, err := range refused.List(t.Context(), "") {
		wantIs(t, err, kind)
	}
}

func wantIs(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// createContainer makes the container photos with the account's key.
func createContainer(t *testing.T, url, key string) {
	t.Helper()
	secret, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/photos?restype=container", nil)
	if err != nil {
		t.Fatal(err)
	}
	date := time.Now().UTC().Format(http.TimeFormat)
	req.Header.Set("X-Ms-Date", date)
	req.Header.Set("X-Ms-Version", "2021-12-02")
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:%s\nx-ms-version:2021-12-02\n/devstoreaccount1/devstoreaccount1/photos\nrestype:container", date)
	req.Header.Set("Authorization", "SharedKey devstoreaccount1:"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		body, _ := io.ReadAll(resp.Body)
		t.Fatalf("create container: %s\n%s", resp.Status, body)
	}
}

// productsToS3 runs the image on a list of products whose results go to a bucket: once, and again with
// nothing to do. shop serves the images; dir is where the server has its objects.
func productsToS3(t *testing.T, gateway, dir string) {
	shop := t.TempDir()
	put(t, shop, "1.heic", picture(t, "pictures/heic/card.heic"))
	put(t, shop, "2.jpg", picture(t, "demo/photos/dunes.jpg"))
	server := httptest.NewServer(http.FileServer(http.Dir(shop)))
	defer server.Close()
	work := t.TempDir()
	put(t, work, "products.csv", []byte("id,url,category\nchair,"+server.URL+"/1.heic,chairs\ntable,"+server.URL+"/2.jpg,tables\n"))
	put(t, work, "webpress.yml", []byte(`sources: products.csv
allow-private-hosts: [127.0.0.1]
variants:
  main:  { max-width: 1200, quality: 80, output: "products/{category}/{id}/{variant}.webp" }
  thumb: { max-width: 300, quality: 70, output: "products/{category}/{id}/{variant}.webp" }
`))
	flags := []string{"-v", work + ":/work", "-w", "/work", "-e", "AWS_ACCESS_KEY_ID=e2e-access", "-e", "AWS_SECRET_ACCESS_KEY=e2e-s3cret"}
	to := "--store=s3://photos/shop?region=eu-west-1&endpoint=http://" + gateway
	got := docker(t, flags, to, "--sandbox=require")
	if got.code != 0 {
		t.Fatalf("exit code %d:\n%s", got.code, got.out)
	}
	wantText(t, got.out, "2 images converted", "4 files delivered")
	for _, name := range []string{"chairs/chair/main.webp", "chairs/chair/thumb.webp", "tables/table/main.webp", "tables/table/thumb.webp"} {
		wantWebP(t, filepath.Join(dir, "shop", "products", filepath.FromSlash(name)))
	}
	got = docker(t, flags, to)
	if got.code != 0 {
		t.Fatalf("exit code %d:\n%s", got.code, got.out)
	}
	wantText(t, got.out, "2 sources not modified", "No images converted", "4 objects were there already")
	if strings.Contains(got.out, "e2e-s3cret") {
		t.Errorf("it shows the key:\n%s", got.out)
	}
}
