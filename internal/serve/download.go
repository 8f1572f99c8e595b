package serve

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
)

// getDownload sends a result to who has its link, or the key of the job.
func (s *Server) getDownload(w http.ResponseWriter, r *http.Request) error {
	id, output := r.PathValue("id"), r.PathValue("output")
	j, _ := s.store.get(id)
	if r.URL.Query().Has("signature") {
		if p := s.signer.check(r.URL.Query(), id, output, s.now()); p != nil {
			return p
		}
	} else {
		k, err := s.authenticate(r)
		if err != nil {
			return err
		}
		if p := s.rates.of(k).take(w.Header(), false, s.now()); p != nil {
			return p
		}
		if j != nil && j.Key != k.ID {
			j = nil
		}
	}
	switch {
	case j == nil:
		return newProblem(notFound, "there is no such job")
	case !j.Status.Done():
		p := newProblem(notReady, "the job is %s: ask for its status, or try again later", j.Status)
		p.JobID, p.retryAfter = j.ID, s.estimate()
		return p
	case j.Status == Failed:
		return failedProblem(j)
	case j.Status != Completed, !s.now().Before(j.Expires):
		p := newProblem(gone, "the job has been deleted, or has expired")
		p.JobID = j.ID
		return p
	}
	results := j.results()
	if output == "" && len(results) > 1 {
		return s.serveArchive(w, r, j, results)
	}
	for _, o := range results {
		if output == "" || o.ID == output {
			return s.serveOutput(w, r, j, o)
		}
	}
	return newProblem(notFound, "the job has no such output")
}

// serveOutput sends one result, or a part of it.
func (s *Server) serveOutput(w http.ResponseWriter, r *http.Request, j *Job, o Output) error {
	f, err := s.open(j, o)
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", o.Recipe.Format.MIME())
	h.Set("Content-Disposition", disposition("inline", o.Name))
	h.Set("ETag", `"`+o.SHA256+`"`)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Last-Modified", j.Finished.Format(http.TimeFormat))
	if r.Method == http.MethodPost { // it has no ranges and no conditions
		h.Set("Content-Length", fmt.Sprint(o.Bytes))
		w.WriteHeader(http.StatusOK)
		_, _ = io.Copy(w, f)
		return nil
	}
	http.ServeContent(w, r, "", j.Finished, f)
	return nil
}

// open opens a result.
func (s *Server) open(j *Job, o Output) (*os.File, error) {
	f, err := os.Open(outFile(s.store.folder(j.ID), o.ID))
	if errors.Is(err, fs.ErrNotExist) { // it expires at this moment
		return nil, newProblem(gone, "the job has expired")
	}
	return f, err
}

// serveArchive sends all results as a ZIP file. They do not become smaller by compression.
func (s *Server) serveArchive(w http.ResponseWriter, r *http.Request, j *Job, results []Output) error {
	tag := `"` + j.Fingerprint + `"`
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, no-cache")
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", disposition("attachment", j.ID+".zip"))
	if r.Method == http.MethodHead {
		return nil
	}
	z := zip.NewWriter(w)
	for n, o := range results {
		f, err := s.open(j, o)
		if err != nil {
			if n == 0 {
				return err
			}
			panic(http.ErrAbortHandler) // half an archive must not look like a whole one
		}
		to, err := z.CreateHeader(&zip.FileHeader{Name: o.Name, Method: zip.Store, Modified: j.Finished})
		if err == nil {
			_, err = io.Copy(to, f)
		}
		_ = f.Close()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if err := z.Close(); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// disposition is the field Content-Disposition for a name, which may have any letters.
func disposition(kind, name string) string {
	if text := mime.FormatMediaType(kind, map[string]string{"filename": name}); text != "" {
		return text
	}
	return kind
}
