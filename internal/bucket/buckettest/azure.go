package buckettest

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// AzureError answers as Azure does where it does not do what it was asked to.
func AzureError(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	w.Header().Set("X-Ms-Error-Code", code)
	w.Header().Set("X-Ms-Request-Id", "REQ2")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		fmt.Fprintf(w, "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>%s</Code><Message>%s\nRequestId:x</Message></Error>", code, message)
	}
}

// goodAzure says whether a request proves who asks: by key, SAS token or bearer token.
func (s *Server) goodAzure(r *http.Request) bool {
	auth := r.Header.Get("Authorization")
	if signature, ok := strings.CutPrefix(auth, "SharedKey "+Account+":"); ok {
		sum, err := base64.StdEncoding.DecodeString(signature)
		return err == nil && len(sum) == 32
	}
	if token, ok := strings.CutPrefix(auth, "Bearer "); ok {
		return s.goodToken(token, Bearer)
	}
	return auth == "" && r.URL.Query().Get("sig") == SessionToken
}

func (s *Server) azure(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Header.Get("X-Ms-Version") == "" || r.Header.Get("X-Ms-Date") == "" {
		s.t.Error("a request without version or date")
	}
	if !s.goodAzure(r) {
		AzureError(w, r, http.StatusUnauthorized, "InvalidAuthenticationInfo", "Server failed to authenticate the request.")
		return
	}
	path, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"+Account+"/"))
	name, key, _ := strings.Cut(path, "/")
	if err != nil || name != Name {
		AzureError(w, r, http.StatusNotFound, "ContainerNotFound", "The specified container does not exist.")
		return
	}
	if key == "" {
		s.listAzure(w, r)
		return
	}
	o := s.objects[key]
	status := conditions(r, o)
	if s.IgnoreConditions && r.Method == http.MethodPut {
		status = 0
	}
	switch {
	case r.Method == http.MethodPut && status != 0 && r.Header.Get("If-None-Match") == "*":
		AzureError(w, r, http.StatusConflict, "BlobAlreadyExists", "The specified blob already exists.")
	case r.Method != http.MethodPut && o == nil && r.Header.Get("If-Match") == "":
		AzureError(w, r, http.StatusNotFound, "BlobNotFound", "The specified blob does not exist.")
	case status != 0:
		AzureError(w, r, status, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
	case r.Method == http.MethodPut:
		data, ok := s.body(r)
		if !ok {
			return
		}
		if r.Header.Get("X-Ms-Blob-Type") != "BlockBlob" {
			s.t.Error("not a block blob")
		}
		o = &object{data: data, contentType: r.Header.Get("X-Ms-Blob-Content-Type"), cacheControl: r.Header.Get("X-Ms-Blob-Cache-Control"), sha256: r.Header.Get("X-Ms-Meta-Webpresssha256")}
		s.put(key, o)
		w.Header().Set("Etag", `"`+o.etag+`"`)
		w.Header().Set("Last-Modified", o.modified.Format(http.TimeFormat))
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodDelete:
		delete(s.objects, key)
		w.WriteHeader(http.StatusAccepted)
	default:
		w.Header().Set("Etag", `"`+o.etag+`"`)
		w.Header().Set("X-Ms-Meta-Webpresssha256", o.sha256)
		sendObject(w, r, o, "X-Ms-Range")
	}
}

func (s *Server) listAzure(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	keys, more := s.page(query.Get("prefix"), query.Get("marker"), 1000)
	type blob struct {
		Name       string
		Properties struct {
			Length   int    `xml:"Content-Length"`
			Type     string `xml:"Content-Type"`
			Modified string `xml:"Last-Modified"`
			Etag     string
		}
		Metadata struct {
			Sha256 string `xml:"sha256,omitempty"`
		}
	}
	answer := struct {
		XMLName    xml.Name `xml:"EnumerationResults"`
		Blobs      []blob   `xml:"Blobs>Blob"`
		NextMarker string
	}{}
	for _, key := range keys {
		o := s.objects[key]
		b := blob{Name: key}
		b.Properties.Length, b.Properties.Type, b.Properties.Etag = len(o.data), o.contentType, o.etag
		b.Properties.Modified = o.modified.Format(http.TimeFormat)
		b.Metadata.Sha256 = o.sha256
		answer.Blobs = append(answer.Blobs, b)
	}
	if more {
		answer.NextMarker = keys[len(keys)-1]
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write([]byte("\xef\xbb\xbf" + xml.Header))
	_ = xml.NewEncoder(w).Encode(answer)
}
