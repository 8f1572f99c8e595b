package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdShop serves the files of a directory as an image server does, with an entity tag for each
// content, and writes down every request: its path and the status of its answer. Of what is in private
// it wants to see a token, /moved/x leads to /x, and /broken/x breaks off in the middle the first time.
func cmdShop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: shop VARIABLE DIR LOG")
	}
	dir := ts.MkAbs(args[1])
	log, err := os.Create(ts.MkAbs(args[2]))
	ts.Check(err)
	var mu sync.Mutex
	broken := map[string]bool{}
	serve := func(w http.ResponseWriter, r *http.Request) int {
		name := path.Clean(r.URL.Path)
		switch kind, base := path.Split(name); kind {
		case "/moved/":
			http.Redirect(w, r, "/"+base, http.StatusFound)
			return http.StatusFound
		case "/private/":
			if r.Header.Get("Authorization") != "Bearer hush" {
				http.Error(w, "no", http.StatusUnauthorized)
				return http.StatusUnauthorized
			}
		case "/broken/":
			name = "/" + base
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			http.NotFound(w, r)
			return http.StatusNotFound
		}
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(data)))
		mu.Lock()
		first := path.Dir(r.URL.Path) == "/broken" && !broken[name]
		broken[name] = true
		mu.Unlock()
		if first {
			w.Header().Set("Accept-Ranges", "bytes")
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			_, _ = w.Write(data[:len(data)/2])
			return 0
		}
		status := http.StatusOK
		if r.Header.Get("Range") != "" {
			status = http.StatusPartialContent
		}
		if r.Header.Get("If-None-Match") == w.Header().Get("ETag") {
			status = http.StatusNotModified
		}
		file, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return 0
		}
		defer file.Close()
		http.ServeContent(w, r, name, time.Time{}, file)
		return status
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := serve(w, r)
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(log, "%s %d\n", r.URL.Path, status)
	}))
	ts.Defer(func() { server.Close(); _ = log.Close() })
	ts.Setenv(args[0], server.URL)
}
