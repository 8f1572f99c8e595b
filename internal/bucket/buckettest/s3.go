package buckettest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// S3Error answers as S3 does where it does not do what it was asked to.
func S3Error(w http.ResponseWriter, r *http.Request, status int, code, message, more string) {
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("X-Amz-Request-Id", "REQ1")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message>%s</Error>`, code, message, more)
	}
}

func (s *Server) s3(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	auth := r.Header.Get("Authorization")
	scope := "/" + Region + "/s3/aws4_request,"
	switch {
	case !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential="):
		S3Error(w, r, http.StatusForbidden, "AccessDenied", "Access Denied", "")
		return
	case !strings.Contains(auth, scope):
		S3Error(w, r, http.StatusBadRequest, "AuthorizationHeaderMalformed", "the region is wrong; expecting '"+Region+"'", "<Region>"+Region+"</Region>")
		return
	case !s.goodToken(r.Header.Get("X-Amz-Security-Token"), SessionToken):
		S3Error(w, r, http.StatusBadRequest, "ExpiredToken", "The provided token has expired.", "")
		return
	}
	path, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
	name, key, _ := strings.Cut(path, "/")
	if err != nil || name != Name {
		S3Error(w, r, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist", "")
		return
	}
	if key == "" {
		s.listS3(w, r)
		return
	}
	o := s.objects[key]
	status := conditions(r, o)
	if s.IgnoreConditions && r.Method == http.MethodPut {
		status = 0
	}
	switch {
	case r.Method == http.MethodPut:
		if status != 0 {
			if o == nil {
				S3Error(w, r, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", "")
				return
			}
			S3Error(w, r, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", "")
			return
		}
		data, ok := s.body(r)
		if !ok {
			return
		}
		o = &object{data: data, contentType: r.Header.Get("Content-Type"), cacheControl: r.Header.Get("Cache-Control"), sha256: r.Header.Get("X-Amz-Meta-Webpresssha256")}
		s.put(key, o)
		w.Header().Set("ETag", `"`+o.etag+`"`)
	case r.Method == http.MethodDelete && status == 0:
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case o == nil:
		S3Error(w, r, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", "")
	case status == http.StatusNotModified:
		w.WriteHeader(status)
	case status != 0:
		S3Error(w, r, status, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", "")
	default:
		w.Header().Set("ETag", `"`+o.etag+`"`)
		w.Header().Set("X-Amz-Meta-Webpresssha256", o.sha256)
		sendObject(w, r, o, "Range")
	}
}

func (s *Server) listS3(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	after := query.Get("start-after")
	if token := query.Get("continuation-token"); token != "" {
		after = token
	}
	keys, more := s.page(query.Get("prefix"), after, 1000)
	type contents struct {
		Key, LastModified, ETag string
		Size                    int
	}
	answer := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		EncodingType          string
		NextContinuationToken string `xml:",omitempty"`
		Contents              []contents
	}{IsTruncated: more, EncodingType: "url"}
	for _, key := range keys {
		o := s.objects[key]
		answer.Contents = append(answer.Contents, contents{url.QueryEscape(key), o.modified.Format(time.RFC3339), `"` + o.etag + `"`, len(o.data)})
	}
	if more {
		answer.NextContinuationToken = keys[len(keys)-1]
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(answer)
}
