package buckettest

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// GCSError answers as Google does where it does not do what it was asked to.
func GCSError(w http.ResponseWriter, status int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": status, "message": message, "errors": []any{map[string]any{"reason": reason, "message": message}}}})
}

func (s *Server) gcs(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !(token == "" && s.Tokens == nil) && !s.goodToken(token, Bearer) {
		GCSError(w, http.StatusUnauthorized, "authError", "Invalid Credentials")
		return
	}
	path, upload := strings.CutPrefix(r.URL.EscapedPath(), "/upload")
	rest, ok := strings.CutPrefix(path, "/storage/v1/b/"+Name+"/o")
	if !ok {
		GCSError(w, http.StatusNotFound, "notFound", "The specified bucket does not exist.")
		return
	}
	key, err := url.PathUnescape(strings.TrimPrefix(rest, "/"))
	if err != nil {
		GCSError(w, http.StatusBadRequest, "invalid", "Invalid key")
		return
	}
	switch {
	case upload:
		s.uploadGCS(w, r)
		return
	case key == "":
		s.listGCS(w, r)
		return
	}
	o, query := s.objects[key], r.URL.Query()
	switch {
	case o == nil:
		GCSError(w, http.StatusNotFound, "notFound", "No such object: "+Name+"/"+key)
	case query.Get("ifGenerationNotMatch") == strconv.FormatInt(o.generation, 10):
		w.WriteHeader(http.StatusNotModified)
	case query.Has("ifGenerationMatch") && query.Get("ifGenerationMatch") != strconv.FormatInt(o.generation, 10):
		GCSError(w, http.StatusPreconditionFailed, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
	case r.Method == http.MethodDelete:
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case query.Get("alt") == "media":
		w.Header().Set("X-Goog-Generation", strconv.FormatInt(o.generation, 10))
		sendObject(w, r, o, "Range")
	default:
		_ = json.NewEncoder(w).Encode(gcsObject(key, o))
	}
}

func gcsObject(key string, o *object) map[string]any {
	return map[string]any{
		"name": key, "size": strconv.Itoa(len(o.data)), "generation": strconv.FormatInt(o.generation, 10), "updated": o.modified,
		"contentType": o.contentType, "metadata": map[string]string{"webpresssha256": o.sha256},
	}
}

func (s *Server) listGCS(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	keys, more := s.page(query.Get("prefix"), query.Get("pageToken"), 1000)
	items := []any{}
	for _, key := range keys {
		items = append(items, gcsObject(key, s.objects[key]))
	}
	answer := map[string]any{"items": items}
	if more {
		answer["nextPageToken"] = keys[len(keys)-1]
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *Server) uploadGCS(w http.ResponseWriter, r *http.Request) {
	meta, data, err := gcsParts(r)
	if err != nil {
		return
	}
	sum := md5.Sum(data)
	if meta.MD5Hash != base64.StdEncoding.EncodeToString(sum[:]) {
		s.t.Errorf("md5Hash is %q", meta.MD5Hash)
	}
	there, match := int64(0), r.URL.Query().Get("ifGenerationMatch")
	if o := s.objects[meta.Name]; o != nil {
		there = o.generation
	}
	if match != "" && match != strconv.FormatInt(there, 10) {
		GCSError(w, http.StatusPreconditionFailed, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
		return
	}
	o := &object{data: data, contentType: meta.ContentType, cacheControl: meta.CacheControl, sha256: meta.Metadata["webpresssha256"]}
	s.put(meta.Name, o)
	_ = json.NewEncoder(w).Encode(gcsObject(meta.Name, o))
}

type gcsMeta struct {
	Name, ContentType, CacheControl, MD5Hash string
	Metadata                                 map[string]string
}

// gcsParts reads the two parts of an upload.
func gcsParts(r *http.Request) (meta gcsMeta, data []byte, err error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/related" {
		return meta, nil, fmt.Errorf("type %q", kind)
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	part, err := parts.NextPart()
	if err != nil {
		return meta, nil, err
	}
	if err := json.NewDecoder(part).Decode(&meta); err != nil {
		return meta, nil, err
	}
	if part, err = parts.NextPart(); err != nil {
		return meta, nil, err
	}
	data, err = io.ReadAll(part)
	return meta, data, err
}
