package bucket

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// gcs is the driver of Google Cloud Storage, by its JSON API. An ETag is a generation.
type gcs struct {
	address Address
	o       Options
	base    string // scheme and host
	token   *renewable[string]
	web     web
}

const googleStorage = "https://storage.googleapis.com"

func openGCS(ctx context.Context, a Address, o Options, hide *secrets) (driver, error) {
	g := &gcs{address: a, o: o, base: cmp.Or(a.Endpoint, googleStorage)}
	emulator := o.Getenv("STORAGE_EMULATOR_HOST")
	if emulator != "" && a.Endpoint == "" {
		if !strings.Contains(emulator, "://") {
			emulator = "http://" + emulator
		}
		// The clients of Google take it with a path as well.
		u, err := url.Parse(emulator)
		if err != nil || u.Host == "" {
			return nil, &Error{Kind: ErrInvalid, Err: errors.New("STORAGE_EMULATOR_HOST is not a host"), Hint: "write it as localhost:9023"}
		}
		g.base = u.Scheme + "://" + u.Host
	} else {
		var err error
		if g.token, err = googleToken(ctx, o, hide); err != nil {
			return nil, err
		}
		if err := onlySafely(g.base); err != nil {
			return nil, err
		}
	}
	// As it is stored, where it is stored in compressed form.
	g.web = newWeb(o, "gzip", g.authorize)
	return g, nil
}

// onlySafely refuses to send a token where others could read it.
func onlySafely(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" && !isLoopback(u.Hostname()) {
		return &Error{Kind: ErrInvalid, Err: errors.New("a token must not be sent without encryption"), Hint: "use an endpoint with https"}
	}
	return nil
}

func (g *gcs) authorize(ctx context.Context, req *http.Request) error {
	if g.token == nil {
		return nil
	}
	token, err := g.token.current(ctx)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return nil
}

func (g *gcs) renew() bool {
	if g.token != nil {
		g.token.drop()
	}
	return g.token != nil
}

func (g *gcs) move(string) bool { return false }

// objects is the address of the bucket's objects, or of one of them.
func (g *gcs) objects(key string, query url.Values) string {
	s := g.base + "/storage/v1/b/" + url.PathEscape(g.address.Bucket) + "/o"
	if key != "" {
		s += "/" + url.PathEscape(key)
	}
	if len(query) > 0 {
		s += "?" + query.Encode()
	}
	return s
}

// googleObject is an object as the API has it.
type googleObject struct {
	Name         string            `json:"name,omitempty"`
	Size         string            `json:"size,omitempty"`
	Generation   string            `json:"generation,omitempty"`
	Updated      time.Time         `json:"updated,omitzero"`
	ContentType  string            `json:"contentType,omitempty"`
	CacheControl string            `json:"cacheControl,omitempty"`
	MD5Hash      string            `json:"md5Hash,omitempty"`
	Metadata     map[string]string `json:"metadata,omitempty"`
}

// fields are those of googleObject that are asked for.
const fields = "name,size,generation,updated,contentType,metadata"

func (o googleObject) object() Object {
	size, err := strconv.ParseInt(o.Size, 10, 64)
	if err != nil {
		size = -1
	}
	return Object{
		Key: o.Name, Size: size, ETag: o.Generation, Modified: o.Updated, ContentType: o.ContentType, SHA256: storedDigest(o.Metadata[digestName]),
	}
}

func (g *gcs) json(ctx context.Context, address string, out any) error {
	resp, err := g.web.send(ctx, http.MethodGet, address, nil, nil, 0)
	if err != nil {
		return err
	}
	return decodeGoogle(resp, out)
}

// decodeGoogle reads an answer, and closes it.
func decodeGoogle(resp *http.Response, out any) error {
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		syntax, kind := (*json.SyntaxError)(nil), (*json.UnmarshalTypeError)(nil)
		if errors.As(err, &syntax) || errors.As(err, &kind) {
			return &Error{Kind: ErrUnsupported, Err: errors.New("the answer is not one of Google Cloud Storage"), Hint: "check the endpoint"}
		}
		return err
	}
	return nil
}

func (g *gcs) list(ctx context.Context, prefix, after string) ([]Object, string, error) {
	query := url.Values{"prefix": {prefix}, "maxResults": {strconv.Itoa(pageSize)}, "fields": {"nextPageToken,items(" + fields + ")"}}
	if after != "" {
		query.Set("pageToken", after)
	}
	var answer struct {
		NextPageToken string         `json:"nextPageToken"`
		Items         []googleObject `json:"items"`
	}
	if err := g.json(ctx, g.objects("", query), &answer); err != nil {
		return nil, "", err
	}
	page := make([]Object, len(answer.Items))
	for i, o := range answer.Items {
		page[i] = o.object()
	}
	return page, answer.NextPageToken, nil
}

func (g *gcs) stat(ctx context.Context, key string) (Object, error) {
	var o googleObject
	if err := g.json(ctx, g.objects(key, url.Values{"fields": {fields}}), &o); err != nil {
		return Object{}, err
	}
	return o.object(), nil
}

// generation refuses as an ETag what is none, which the API would refuse in words that
// help nobody.
func generation(etag string) (string, error) {
	if _, err := strconv.ParseInt(etag, 10, 64); err != nil {
		return "", &Error{Kind: ErrInvalid, Err: fmt.Errorf("%q is not a generation", etag), Hint: "an ETag of Google Cloud Storage is the object's generation here"}
	}
	return etag, nil
}

func (g *gcs) read(ctx context.Context, key string, r readRequest) (io.ReadCloser, int64, Object, error) {
	query := url.Values{"alt": {"media"}}
	for name, etag := range map[string]string{"ifGenerationMatch": r.ifMatch, "ifGenerationNotMatch": r.ifNoneMatch} {
		if etag == "" {
			continue
		}
		number, err := generation(etag)
		if err != nil && name == "ifGenerationNotMatch" {
			continue // it is another one then
		} else if err != nil {
			return nil, 0, Object{}, err
		}
		query.Set(name, number)
	}
	header := http.Header{}
	if r.offset > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", r.offset))
	}
	resp, err := g.web.send(ctx, http.MethodGet, g.objects(key, query), header, nil, 0)
	if err != nil {
		return nil, 0, Object{}, err
	}
	h := resp.Header
	o := Object{Key: key, Size: resp.ContentLength, ETag: h.Get("X-Goog-Generation"), ContentType: h.Get("Content-Type"), SHA256: storedDigest(h.Get("X-Goog-Meta-" + digestName))}
	o.Modified, _ = http.ParseTime(h.Get("Last-Modified"))
	from, size := contentRange(h, resp.ContentLength)
	o.Size = size
	return resp.Body, from, o, nil
}

func (g *gcs) write(ctx context.Context, key string, w writeRequest) (Object, error) {
	query := url.Values{"uploadType": {"multipart"}, "fields": {fields}}
	switch {
	case w.IfAbsent:
		query.Set("ifGenerationMatch", "0")
	case w.IfMatch != "":
		number, err := generation(w.IfMatch)
		if err != nil {
			return Object{}, err
		}
		query.Set("ifGenerationMatch", number)
	}
	body, contentType, size, err := multipartBody(googleObject{
		Name: key, ContentType: cmp.Or(w.ContentType, "application/octet-stream"), CacheControl: w.CacheControl,
		MD5Hash: base64.StdEncoding.EncodeToString(w.md5), Metadata: map[string]string{digestName: w.SHA256},
	}, w)
	if err != nil {
		return Object{}, err
	}
	address := g.base + "/upload/storage/v1/b/" + url.PathEscape(g.address.Bucket) + "/o?" + query.Encode()
	resp, err := g.web.send(ctx, http.MethodPost, address, http.Header{"Content-Type": {contentType}}, body, size)
	if err != nil {
		return Object{}, err
	}
	var o googleObject
	if err := decodeGoogle(resp, &o); err != nil {
		return Object{}, err
	}
	return o.object(), nil
}

// multipartBody is what an object is with its content in one request: the server checks
// the digest, and has both or neither.
func multipartBody(o googleObject, w writeRequest) (body io.Reader, contentType string, size int64, err error) {
	var head bytes.Buffer
	parts := multipart.NewWriter(&head)
	meta, err := json.Marshal(o)
	if err != nil {
		return nil, "", 0, err
	}
	part, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/json; charset=UTF-8"}})
	if err != nil {
		return nil, "", 0, err
	}
	if _, err := part.Write(meta); err != nil {
		return nil, "", 0, err
	}
	if _, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {o.ContentType}}); err != nil {
		return nil, "", 0, err
	}
	tail := "\r\n--" + parts.Boundary() + "--\r\n"
	size = int64(head.Len()) + w.size + int64(len(tail))
	return io.MultiReader(&head, w.body, strings.NewReader(tail)), "multipart/related; boundary=" + parts.Boundary(), size, nil
}

func (g *gcs) delete(ctx context.Context, key, ifMatch string) error {
	query := url.Values{}
	if ifMatch != "" {
		number, err := generation(ifMatch)
		if err != nil {
			return err
		}
		query.Set("ifGenerationMatch", number)
	}
	resp, err := g.web.send(ctx, http.MethodDelete, g.objects(key, query), nil, nil, 0)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// googleRights are what an operation needs, in the words of IAM.
var googleRights = map[string]string{
	"list": "storage.objects.list", "stat": "storage.objects.get", "read": "storage.objects.get", "write": "storage.objects.create", "delete": "storage.objects.delete",
}

// missingRight matches the right in Google's words.
var missingRight = pattern(`\bstorage\.[a-z]+\.[a-zA-Z]+\b`)

// classify implements driver.
func (g *gcs) classify(op operation, a *answer) *Error {
	e := general(op, a)
	words := strings.ToLower(a.message)
	bucket := strings.Contains(words, "bucket") && strings.Contains(words, "not exist")
	switch {
	case a.status == http.StatusNotFound && (bucket || op.verb == "list" || op.verb == "write"):
		*e = Error{Kind: ErrNoBucket, Hint: fmt.Sprintf("create bucket %s, or check its name", g.address.Bucket)}
	case a.status == http.StatusUnauthorized:
		*e = Error{Kind: ErrExpired, Hint: hintRenew}
	case a.status == http.StatusForbidden && strings.Contains(strings.ToLower(a.code), "ratelimitexceeded"):
		*e = Error{Kind: ErrThrottled, Hint: hintFewer, retry: true}
	case a.status == http.StatusForbidden:
		right := cmp.Or(missingRight().FindString(a.message), googleRights[op.verb])
		e.Err = fmt.Errorf("%s is missing", right)
		e.Hint = fmt.Sprintf("allow %s on bucket %s to these credentials, such as by the role Storage Object User", right, g.address.Bucket)
	case a.status == http.StatusBadRequest && (strings.Contains(words, "md5") || strings.Contains(words, "hash") || strings.Contains(words, "crc32c")):
		*e = Error{Kind: ErrDigest, Hint: hintDamaged, retry: true}
	case a.status == http.StatusBadRequest && strings.Contains(words, "user project"):
		*e = Error{Kind: ErrUnsupported, Hint: "the bucket has the requester pay, which webpress does not do"}
	}
	return e
}
