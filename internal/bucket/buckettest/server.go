package buckettest

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/bucket"
)

// What the servers take as credentials. They are secrets as far as logs are concerned.
const (
	KeyID        = "AKIAWEBPRESSTEST"
	Secret       = "s3cret-s3cret-s3cret-s3cret"
	SessionToken = "session-t0ken-session-t0ken"
	Bearer       = "bearer-t0ken-bearer-t0ken"
	AccountKey   = "YWNjb3VudC1rZXktYWNjb3VudC1rZXk="
)

// Account and Name are Azure's account, and the bucket that every server has.
const (
	Account = "testaccount"
	Name    = "photos"
	Region  = "eu-west-1"
)

// A Server is a small object store that speaks a provider's protocol.
type Server struct {
	*httptest.Server
	Provider bucket.Provider
	// Fault, where not nil, is called ahead of every request, and says whether it has
	// answered that.
	Fault func(w http.ResponseWriter, r *http.Request) bool
	// IgnoreConditions makes it one that writes whatever the condition says.
	IgnoreConditions bool
	// Tokens says whether a bearer or session token is good. nil takes those above.
	Tokens func(token string) bool

	t       *testing.T
	mu      sync.Mutex
	objects map[string]*object
	writes  int64
	count   map[string]int
}

type object struct {
	data                      []byte
	etag                      string
	generation                int64
	contentType, cacheControl string
	sha256                    string
	modified                  time.Time
}

// NewServer starts a server that speaks what p does.
func NewServer(t *testing.T, p bucket.Provider) *Server {
	t.Helper()
	s := &Server{Provider: p, t: t, objects: map[string]*object{}, count: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.count[r.Method]++
		fault := s.Fault
		s.mu.Unlock()
		if fault != nil && fault(w, r) {
			return
		}
		if ua := r.Header.Get("User-Agent"); !strings.HasPrefix(ua, "webpress") {
			t.Errorf("User-Agent is %q", ua)
		}
		s.Serve(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// Serve does a request, past Fault.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request) {
	map[bucket.Provider]http.HandlerFunc{bucket.S3: s.s3, bucket.GCS: s.gcs, bucket.Azure: s.azure}[s.Provider](w, r)
}

// SetFault sets Fault while requests may be on their way.
func (s *Server) SetFault(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Fault = f
}

// Requests is how many requests of a method there were.
func (s *Server) Requests(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[method]
}

// Address is that of a prefix in the server's bucket.
func (s *Server) Address(prefix string) string {
	switch s.Provider {
	case bucket.S3:
		return fmt.Sprintf("s3://%s/%s?region=%s&endpoint=%s", Name, prefix, Region, s.URL)
	case bucket.GCS:
		return fmt.Sprintf("gs://%s/%s?endpoint=%s", Name, prefix, s.URL)
	}
	return fmt.Sprintf("az://%s/%s/%s?endpoint=%s/%s", Account, Name, prefix, s.URL, Account)
}

// Env is an environment with credentials for S3 and Azure.
func Env(name string) string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": KeyID, "AWS_SECRET_ACCESS_KEY": Secret, "AWS_SESSION_TOKEN": SessionToken, "AZURE_STORAGE_KEY": AccountKey,
	}[name]
}

// Env is the environment for this server: Google's has no credentials, but an emulator.
func (s *Server) Env(name string) string {
	if s.Provider == bucket.GCS && name == "STORAGE_EMULATOR_HOST" {
		return s.URL
	}
	return Env(name)
}

// Open opens a prefix in the server's bucket.
func (s *Server) Open(t *testing.T, prefix string, o bucket.Options) bucket.Bucket {
	t.Helper()
	a, err := bucket.Parse(s.Address(prefix))
	if err != nil {
		t.Fatal(err)
	}
	if o.Getenv == nil {
		o.Getenv = s.Env
		if s.Provider == bucket.GCS {
			a.Endpoint = "" // the emulator's
		}
	}
	b, err := bucket.Open(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Put puts an object into the store past its protocol.
func (s *Server) Put(key, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(key, &object{data: []byte(data)})
}

// Delete removes an object by its whole key.
func (s *Server) Delete(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, key)
}

// Keys are those of all objects.
func (s *Server) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys("")
}

func (s *Server) keys(prefix string) []string {
	var keys []string
	for key := range s.objects {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// page is a page of keys after one, and whether there are more.
func (s *Server) page(prefix, after string, limit int) (page []string, more bool) {
	for _, key := range s.keys(prefix) {
		if key <= after {
			continue
		}
		if len(page) == limit {
			return page, true
		}
		page = append(page, key)
	}
	return page, false
}

func (s *Server) put(key string, o *object) {
	s.writes++
	o.generation = 1700000000000000 + s.writes
	sum := md5.Sum(append(fmt.Append(nil, s.writes), o.data...))
	o.etag = hex.EncodeToString(sum[:])
	o.modified = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(s.writes) * time.Second)
	s.objects[key] = o
}

// goodToken says whether a token that is not the usual one may pass.
func (s *Server) goodToken(token, usual string) bool {
	if s.Tokens != nil {
		return s.Tokens(token)
	}
	return token == usual
}

// sendObject answers with an object, or a part of it.
func sendObject(w http.ResponseWriter, r *http.Request, o *object, rangeHeader string) {
	w.Header().Set("Content-Type", o.contentType)
	w.Header().Set("Last-Modified", o.modified.Format(http.TimeFormat))
	from, status := 0, http.StatusOK
	if first, ok := strings.CutPrefix(r.Header.Get(rangeHeader), "bytes="); ok {
		from, _ = strconv.Atoi(strings.TrimSuffix(first, "-"))
		status = http.StatusPartialContent
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(o.data)-1, len(o.data)))
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(o.data)-from))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(o.data[from:])
	}
}

// body reads a request's, and checks its Content-MD5 and the digest that is signed.
func (s *Server) body(r *http.Request) ([]byte, bool) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, false
	}
	sum := md5.Sum(data)
	if got := r.Header.Get("Content-Md5"); got != base64.StdEncoding.EncodeToString(sum[:]) {
		s.t.Errorf("Content-MD5 is %q", got)
	}
	strong := sha256.Sum256(data)
	if got := r.Header.Get("X-Amz-Content-Sha256"); s.Provider == bucket.S3 && got != hex.EncodeToString(strong[:]) {
		s.t.Errorf("X-Amz-Content-Sha256 is %q", got)
	}
	return bytes.Clone(data), true
}

// conditions says whether those of a request by ETag hold.
func conditions(r *http.Request, o *object) (status int) {
	match, none := strings.Trim(r.Header.Get("If-Match"), `"`), strings.Trim(r.Header.Get("If-None-Match"), `"`)
	switch {
	case match != "" && (o == nil || o.etag != match):
		return http.StatusPreconditionFailed
	case none == "*" && o != nil:
		return http.StatusPreconditionFailed
	case none != "" && o != nil && o.etag == none:
		return http.StatusNotModified
	}
	return 0
}
