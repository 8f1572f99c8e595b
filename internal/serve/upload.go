package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"strings"
	"unicode"

	"github.com/dustin/go-humanize"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/fetch"
	"github.com/webpress/webpress/internal/scan"
)

const (
	// maxFiles is how many files a request may have, maxParts how many parts, and maxField
	// how many bytes one of those that is not a file.
	maxFiles = 100
	maxParts = 300
	maxField = 64 << 10
	// maxOutputs is how many results a request may ask for.
	maxOutputs = 1000
	// maxJSON is the size of a request that is JSON, and maxFraming what a multipart request
	// has besides its files.
	maxJSON    = 1 << 20
	maxFraming = 1 << 20
	// maxName is how many bytes of the name of a file are kept.
	maxName = 200
	// filenameOption names a file that is sent as it is.
	filenameOption = "filename"
)

// An upload is what a request brings.
type upload struct {
	// dir has the files, by inFile.
	dir   string
	files []File
	// options are those that were set, by the names that the client uses.
	options map[string]string
}

func (u *upload) remove() { _ = os.RemoveAll(u.dir) }

// size is that of all files together.
func (u *upload) size() (n int64) {
	for _, f := range u.files {
		n += f.Size
	}
	return n
}

// set notes an option. What is set several times is a list; what is empty, as a field of a form
// may be, is not set.
func (u *upload) set(name, value string) {
	switch before, again := u.options[name]; {
	case strings.TrimSpace(value) == "":
	case again:
		u.options[name] = before + "," + value
	default:
		u.options[name] = value
	}
}

// receive reads a request to convert. The caller removes what is returned without an error.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, k *Key) (_ *upload, err error) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		mediaType = ""
	}
	limit := s.settings.MaxFileSize
	switch mediaType {
	case "multipart/form-data":
		limit += maxFraming
	case "application/json":
		limit = maxJSON
	}
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close") // the rest is not read
		return nil, tooLargeFor(limit)
	}
	body := s.patient(w, r.Body)
	if p := s.uploads.enter(k.ID, body); p != nil {
		w.Header().Set("Connection", "close")
		return nil, p
	}
	defer s.uploads.leave(body)
	dir, err := s.store.incoming()
	if err != nil {
		return nil, err
	}
	u := &upload{dir: dir, options: map[string]string{}}
	defer func() {
		if err != nil {
			u.remove()
			w.Header().Set("Connection", "close")
			err = uploadProblem(err, limit)
		}
	}()
	for name, values := range r.URL.Query() {
		for _, value := range values {
			u.set(name, value)
		}
	}
	defer func() {
		if err == nil {
			body.end()
		}
	}()
	r.Body = http.MaxBytesReader(w, body, limit)
	switch mediaType {
	case "multipart/form-data":
		return u, u.multipart(multipart.NewReader(r.Body, params["boundary"]))
	case "application/json":
		return u, s.receiveJSON(r.Context(), u, r.Body)
	}
	// Clients call images many things: what counts is how they begin.
	name := u.options[filenameOption]
	delete(u.options, filenameOption)
	return u, u.file(r.Body, name)
}

// uploadProblem is what a client is told of a failure to read its request.
func uploadProblem(err error, limit int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLargeFor(limit)
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return newProblem(slowUpload, "send at least %s a second", humanize.Bytes(minRate))
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, http.ErrMissingBoundary):
		return newProblem(badRequest, "the body ends too early, or is not what its Content-Type says")
	case strings.HasPrefix(err.Error(), "multipart: "), strings.HasPrefix(err.Error(), "malformed MIME"):
		return newProblem(badRequest, "the body is not multipart/form-data")
	}
	return err
}

func tooLargeFor(limit int64) *Problem {
	return newProblem(tooLarge, "the limit is %s", humanize.Bytes(uint64(limit)))
}

// multipart reads files and options in any order.
func (u *upload) multipart(m *multipart.Reader) error {
	for n := 0; ; n++ {
		part, err := m.NextRawPart()
		switch {
		case errors.Is(err, io.EOF) && n > 0:
			return u.check()
		case err != nil:
			return err
		case n == maxParts:
			return newProblem(tooLarge, "a request may have %d parts", maxParts)
		}
		name := strings.TrimSuffix(part.FormName(), "[]")
		if _, isFile := params(part)["filename"]; isFile || name == "file" {
			if name != "file" {
				return withOption(newProblem(unknownOption, "a file is in the field %q, and has to be in file", short(name)), name)
			}
			if err := u.file(part, params(part)["filename"]); err != nil {
				return err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, maxField+1))
		switch {
		case err != nil:
			return err
		case len(value) > maxField:
			return withOption(newProblem(tooLarge, "the option has more than %s", humanize.Bytes(maxField)), name)
		}
		u.set(name, string(value))
	}
}

// params are those of the field Content-Disposition.
func params(part *multipart.Part) map[string]string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return nil
	}
	return params
}

// check finds a request without a file.
func (u *upload) check() error {
	if len(u.files) == 0 {
		return newProblem(badRequest, "there is no file: send it in the field file")
	}
	return nil
}

// file writes one file to the disk, unless it does not begin as an image.
func (u *upload) file(body io.Reader, name string) (err error) {
	if len(u.files) == maxFiles {
		return newProblem(tooLarge, "a request may have %d files", maxFiles)
	}
	name = cleanName(name)
	head, err := io.ReadAll(io.LimitReader(body, asset.SniffLen))
	switch {
	case err != nil:
		return err
	case len(head) == 0:
		return newProblem(badRequest, "%q is empty", name)
	}
	source, fault := scan.Stream(name, head)
	if fault != nil {
		return newProblem(unsupportedImage, "%s", strings.Join(strings.Fields(fault.Message), " "))
	}
	f, err := os.OpenFile(inFile(u.dir, len(u.files)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	digest := sha256.New()
	to := io.MultiWriter(f, digest)
	size, err := io.Copy(to, io.MultiReader(bytes.NewReader(head), body))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	u.files = append(u.files, File{Name: name, Format: source.Format, Size: size, SHA256: hex.EncodeToString(digest.Sum(nil))})
	return nil
}

// receiveJSON reads a request that names the address of an image, and downloads that.
func (s *Server) receiveJSON(ctx context.Context, u *upload, body io.Reader) error {
	if s.fetch == nil {
		return newProblem(notAllowed, "this server downloads nothing: send the image itself, as multipart/form-data or as it is")
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var request map[string]json.RawMessage
	if err := json.Unmarshal(data, &request); err != nil {
		return newProblem(badRequest, "the body is not a JSON object")
	}
	var source struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(request["source"], &source); err != nil || source.URL == "" {
		return withOption(newProblem(wrongOption, `it has to be an object with the address of an image: {"url": "https://shop.example/a.jpg"}`), "source")
	}
	delete(request, "source")
	rest, err := json.Marshal(request)
	if err != nil {
		return err
	}
	options, err := config.OptionsFromJSON(rest)
	if err != nil {
		return newProblem(badRequest, "%s", err)
	}
	for name, value := range options {
		u.set(name, value)
	}
	return s.download(ctx, u, source.URL)
}

// download makes what is at an address the file of u.
func (s *Server) download(ctx context.Context, u *upload, address string) error {
	temp, err := os.CreateTemp(u.dir, "download-*")
	if err != nil {
		return err
	}
	defer func() {
		_ = temp.Close()
		_ = os.Remove(temp.Name())
	}()
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	got, err := s.fetch.Get(ctx, address, fetch.Known{}, temp)
	switch {
	case ctx.Err() != nil:
		return newProblem(notDownloaded, "the download has taken longer than %s", downloadTime)
	case err != nil:
		return withOption(newProblem(notDownloaded, "%s", err), "source")
	}
	if _, err := temp.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return u.file(temp, got.Name)
}

// cleanName is the name of a file as a client gives it, without folders and without characters
// that mean something to a header or a terminal.
func cleanName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "_"), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`"<>|:*?/`, r) {
			return '_'
		}
		return r
	}, name)
	ext := path.Ext(name)
	if len(ext) > 10 {
		ext = ""
	}
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName-len(ext)], "") + ext
	}
	if strings.Trim(name, "._ ") == "" {
		return "image"
	}
	return name
}

// short is a name of the client's for a message.
func short(name string) string {
	if len(name) > 100 {
		name = name[:100]
	}
	return name
}

func withOption(p *Problem, name string) *Problem {
	p.Option = short(name)
	if p.Detail != "" {
		p.Detail = fmt.Sprintf("%s: %s", p.Option, p.Detail)
	}
	return p
}
