package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/cors"
)

// The paths of the API.
const (
	apiPath      = "/api/v1"
	convertPath  = apiPath + "/convert"
	statusPath   = apiPath + "/status/"
	downloadPath = apiPath + "/download/"
)

// A handler answers a request, or returns why it does not: nothing has been written then.
type handler func(w http.ResponseWriter, r *http.Request) error

// keyHandler is a handler for who has a key.
type keyHandler func(w http.ResponseWriter, r *http.Request, k *Key) error

// Handler returns the handler of all requests.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for path, methods := range map[string]map[string]handler{
		convertPath:                    {http.MethodPost: s.withKey(true, s.postConvert)},
		statusPath + "{id}":            {http.MethodGet: s.withKey(false, s.getStatus), http.MethodDelete: s.withKey(false, s.deleteJob)},
		apiPath + "/jobs":              {http.MethodGet: s.withKey(false, s.getJobs)},
		apiPath + "/jobs/{id}":         {http.MethodGet: s.withKey(false, s.getStatus), http.MethodDelete: s.withKey(false, s.deleteJob)},
		apiPath + "/usage":             {http.MethodGet: s.withKey(false, s.getUsage)},
		downloadPath + "{id}":          {http.MethodGet: s.getDownload},
		downloadPath + "{id}/{output}": {http.MethodGet: s.getDownload},
		"/openapi.json":                {http.MethodGet: s.getOpenAPI},
		"/metrics":                     {http.MethodGet: s.getMetrics},
		"/livez":                       {http.MethodGet: s.getLive},
		"/readyz":                      {http.MethodGet: s.getReady},
		"/{$}":                         {http.MethodGet: page("index.html")},
		"/page.js":                     {http.MethodGet: page("page.js")},
		"/page.css":                    {http.MethodGet: page("page.css")},
		"/":                            {},
	} {
		mux.Handle(path, s.route(methods))
	}
	return s.logged(s.cors(mux))
}

// cors lets pages of other origins call the API, if there are any that may. No cookie and no
// password of a browser is taken: a page needs a key.
func (s *Server) cors(next http.Handler) http.Handler {
	if len(s.serving.CORSOrigins) == 0 {
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: s.serving.CORSOrigins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete},
		AllowedHeaders: []string{"Authorization", "Content-Type", "Accept", "Prefer", "Idempotency-Key", "If-None-Match", "If-Range", "Range"},
		ExposedHeaders: []string{
			"Location", "Content-Location", "Content-Disposition", "ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Credits-Used",
			"Preference-Applied",
		},
		MaxAge: int(time.Hour.Seconds()),
	}).Handler(next)
}

// route chooses the handler by the method.
func (s *Server) route(methods map[string]handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		err := error(newProblem(notFound, "nothing has this address"))
		if handle := methods[method]; handle != nil {
			err = handle(w, r)
		} else if len(methods) > 0 {
			var allowed []string
			for name := range methods {
				allowed = append(allowed, name)
			}
			slices.Sort(allowed)
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			err = newProblem(methodNotAllowed, "use %s", strings.Join(allowed, " or "))
		}
		if err == nil {
			return
		}
		p := problemOf(err)
		if p.cause != nil && !errors.Is(p.cause, context.Canceled) {
			s.log.Error("request failed", "route", r.Pattern, "error", p.cause.Error())
		}
		p.write(w)
	})
}

// withKey lets in who has a key, within its rate.
func (s *Server) withKey(converts bool, handle keyHandler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		k, err := s.authenticate(r)
		if err != nil {
			if converts {
				w.Header().Set("Connection", "close") // the body is not read
			}
			return err
		}
		if p := s.rates.of(k).take(w.Header(), converts, s.now()); p != nil {
			if converts {
				w.Header().Set("Connection", "close") // the body is not read
			}
			return p
		}
		return handle(w, r, k)
	}
}

// authenticate returns the key of a request.
func (s *Server) authenticate(r *http.Request) (*Key, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(secret) == "" {
		return nil, newProblem(unauthorized, "send the field Authorization: Bearer KEY")
	}
	k := s.keys.find(strings.TrimSpace(secret))
	if k == nil {
		return nil, newProblem(unauthorized, "the key is not one of this server")
	}
	if note, ok := r.Context().Value(noteKey{}).(*note); ok {
		note.key = k.ID
	}
	return k, nil
}

// A note is what the log has of a request besides what the middleware sees.
type note struct {
	key string
	// received is how many bytes of the body were read.
	received atomic.Int64
}

// A countedBody counts what is read of it.
type countedBody struct {
	io.ReadCloser
	n *atomic.Int64
}

// Read reads.
func (c countedBody) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.n.Add(int64(n))
	return n, err
}

type noteKey struct{}

// logged logs each request: its route and not its address, which may have a signature.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		n := &note{}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'")
		if r.ContentLength != 0 {
			// Also for those whose body is not read: see patientReader.end.
			_ = http.NewResponseController(w).SetReadDeadline(began.Add(s.patience))
		}
		seen := &recorder{ResponseWriter: w, control: http.NewResponseController(w), patience: s.patience, status: http.StatusOK}
		if r.ProtoMajor == 1 { // it may be that of the answer before, on the same connection
			_ = seen.control.SetWriteDeadline(time.Time{})
		}
		with := r.WithContext(context.WithValue(r.Context(), noteKey{}, n))
		if r.ContentLength != 0 { // not that of r, which net/http looks at to end the connection gently
			with.Body = countedBody{r.Body, &n.received}
		}
		next.ServeHTTP(seen, with)
		seen.extend() // for what is not flushed
		if h.Get("Connection") == "close" && r.ProtoMajor == 1 {
			// net/http reads some more, so that the client sees the answer.
			_ = seen.control.SetReadDeadline(time.Now().Add(min(s.patience, lingerTime)))
		}
		level := slog.LevelInfo
		switch with.Pattern {
		case "/livez", "/readyz", "/metrics":
			level = slog.LevelDebug
		}
		s.metrics.request(r.Method, with.Pattern, seen.status, n.received.Load(), seen.bytes)
		s.log.Log(r.Context(), level, "request", "method", r.Method, "route", with.Pattern, "status", seen.status, "bytes", seen.bytes,
			"ms", time.Since(began).Milliseconds(), "key", n.key)
	})
}

// A recorder notes what was answered. It gives up on a client that takes nothing for some time,
// or hardly anything for long.
type recorder struct {
	http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	began    time.Time
	status   int
	bytes    int64
}

// extend gives the client more time, by what it has taken.
func (r *recorder) extend() {
	if r.began.IsZero() {
		r.began = time.Now()
	}
	// Twice, for net/http may first wait for the rest of the request.
	_ = r.control.SetWriteDeadline(allowance(r.began, r.bytes, 2*r.patience))
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	if status >= 200 {
		r.status = status
	}
	r.extend()
	r.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (r *recorder) Write(b []byte) (int, error) {
	r.extend()
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// answer sends JSON with an ETag, or 304 where the client has it.
func answer(w http.ResponseWriter, r *http.Request, status int, body any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // links are copied from terminals
	if err := e.Encode(body); err != nil {
		return err
	}
	data := text.Bytes()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache, private")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		sum := sha256.Sum256(data)
		tag := `"` + hex.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", tag)
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(data)
	return nil
}

// matches reports whether a field If-None-Match has the tag.
func matches(field, tag string) bool {
	for one := range strings.SplitSeq(field, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
			return true
		}
	}
	return false
}

// getLive says that the process answers.
func (s *Server) getLive(w http.ResponseWriter, r *http.Request) error {
	return answer(w, r, http.StatusOK, map[string]string{"status": "live"})
}

// getReady says that jobs are taken.
func (s *Server) getReady(w http.ResponseWriter, r *http.Request) error {
	if s.ending.Load() {
		return newProblem(shuttingDown, "ask another one")
	}
	return answer(w, r, http.StatusOK, map[string]any{"status": "ready", "waiting": s.queue.length()})
}

// getOpenAPI describes the API.
func (s *Server) getOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.openapi())
	return nil
}

// base is the address that a request reached the server at.
func (s *Server) base(r *http.Request) string {
	if s.serving.PublicURL != "" {
		return s.serving.PublicURL
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
