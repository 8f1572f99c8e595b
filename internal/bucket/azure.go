package bucket

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// azure is the driver of Azure Blob Storage, by its REST API. Its own library costs
// 1.3 MB in the compressed binary and a dozen modules, Apache Arrow among them, for five
// requests.
type azure struct {
	address Address
	o       Options
	base    string // scheme, host and path of the container
	access  *azureAccess
	web     web
}

// azureVersion is the API's: the first that takes an object of 5000 MiB at once is older.
const azureVersion = "2021-12-02"

func openAzure(a Address, o Options, hide *secrets) (driver, error) {
	z := &azure{address: a, o: o}
	var err error
	if z.access, err = azureCredentials(a, o, hide); err != nil {
		return nil, err
	}
	endpoint := cmp.Or(a.Endpoint, z.access.endpoint, "https://"+a.Account+".blob.core.windows.net")
	if endpoint, err = parseEndpoint(endpoint, true); err != nil {
		return nil, &Error{Kind: ErrInvalid, Err: err, Hint: "check AZURE_STORAGE_CONNECTION_STRING"}
	}
	if z.access.token != nil || z.access.sas != "" {
		if err := onlySafely(endpoint); err != nil {
			return nil, err
		}
	}
	z.base = endpoint + "/" + a.Bucket
	z.web = newWeb(o, "identity", z.authorize)
	return z, nil
}

func (z *azure) renew() bool {
	if z.access.token != nil {
		z.access.token.drop()
	}
	return z.access.token != nil
}

func (z *azure) move(string) bool { return false }

// blob is the address of an object.
func (z *azure) blob(key string) string {
	parts := strings.Split(key, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return z.base + "/" + strings.Join(parts, "/")
}

// authorize implements web.authorize.
func (z *azure) authorize(ctx context.Context, req *http.Request) error {
	req.Header.Set("X-Ms-Version", azureVersion)
	req.Header.Set("X-Ms-Date", z.o.Clock.Now().UTC().Format(http.TimeFormat))
	return z.access.authorize(ctx, req)
}

// azureName is a blob's name, which is encoded where XML cannot hold it.
type azureName struct {
	Encoded bool   `xml:"Encoded,attr"`
	Value   string `xml:",chardata"`
}

func (n azureName) String() string {
	if n.Encoded {
		if s, err := url.PathUnescape(n.Value); err == nil {
			return s
		}
	}
	return n.Value
}

func (z *azure) list(ctx context.Context, prefix, after string) ([]Object, string, error) {
	query := url.Values{"restype": {"container"}, "comp": {"list"}, "prefix": {prefix}, "maxresults": {strconv.Itoa(pageSize)}, "include": {"metadata"}}
	if after != "" {
		query.Set("marker", after)
	}
	resp, err := z.web.send(ctx, http.MethodGet, z.base+"?"+query.Encode(), nil, nil, 0)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	var answer struct {
		XMLName xml.Name `xml:"EnumerationResults"`
		Blobs   []struct {
			Name       azureName
			Properties struct {
				Etag          string
				ContentLength int64  `xml:"Content-Length"`
				ContentType   string `xml:"Content-Type"`
				LastModified  string `xml:"Last-Modified"`
			}
			Metadata struct {
				List []struct {
					XMLName xml.Name
					Value   string `xml:",chardata"`
				} `xml:",any"`
			}
		} `xml:"Blobs>Blob"`
		NextMarker string
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, "", err
	}
	if err := xml.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &answer); err != nil {
		return nil, "", &Error{Kind: ErrUnsupported, Err: errors.New("the answer is not one of Azure Blob Storage"), Hint: "check the endpoint"}
	}
	var page []Object
	for _, b := range answer.Blobs {
		o := Object{Key: b.Name.String(), Size: b.Properties.ContentLength, ETag: strings.Trim(b.Properties.Etag, `"`), ContentType: b.Properties.ContentType}
		o.Modified, _ = http.ParseTime(b.Properties.LastModified)
		folder := false
		for _, m := range b.Metadata.List {
			switch strings.ToLower(m.XMLName.Local) {
			case digestName:
				o.SHA256 = storedDigest(m.Value)
			case "hdi_isfolder":
				folder = m.Value == "true"
			}
		}
		if !folder {
			page = append(page, o)
		}
	}
	return page, answer.NextMarker, nil
}

func azureObject(key string, h http.Header) Object {
	o := Object{Key: key, Size: -1, ETag: strings.Trim(h.Get("Etag"), `"`), ContentType: h.Get("Content-Type"), SHA256: storedDigest(h.Get("X-Ms-Meta-" + digestName))}
	o.Modified, _ = http.ParseTime(h.Get("Last-Modified"))
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil {
		o.Size = n
	}
	return o
}

func (z *azure) stat(ctx context.Context, key string) (Object, error) {
	resp, err := z.web.send(ctx, http.MethodHead, z.blob(key), nil, nil, 0)
	if err != nil {
		return Object{}, err
	}
	resp.Body.Close()
	return azureObject(key, resp.Header), nil
}

func (z *azure) read(ctx context.Context, key string, r readRequest) (io.ReadCloser, int64, Object, error) {
	h := http.Header{}
	if r.offset > 0 {
		h.Set("X-Ms-Range", fmt.Sprintf("bytes=%d-", r.offset))
	}
	if r.ifMatch != "" {
		h.Set("If-Match", `"`+r.ifMatch+`"`)
	}
	if r.ifNoneMatch != "" {
		h.Set("If-None-Match", `"`+r.ifNoneMatch+`"`)
	}
	resp, err := z.web.send(ctx, http.MethodGet, z.blob(key), h, nil, 0)
	if err != nil {
		return nil, 0, Object{}, err
	}
	o := azureObject(key, resp.Header)
	from, size := contentRange(resp.Header, resp.ContentLength)
	o.Size = size
	return resp.Body, from, o, nil
}

func (z *azure) write(ctx context.Context, key string, w writeRequest) (Object, error) {
	h := http.Header{
		"X-Ms-Blob-Type": {"BlockBlob"}, "Content-Md5": {base64.StdEncoding.EncodeToString(w.md5)}, "X-Ms-Meta-Webpresssha256": {w.SHA256},
		// Azure checks and keeps the digest of an upload, but takes the type for its own
		// request's where only that is given.
		"X-Ms-Blob-Content-Type": {cmp.Or(w.ContentType, "application/octet-stream")},
	}
	if w.CacheControl != "" {
		h.Set("X-Ms-Blob-Cache-Control", w.CacheControl)
	}
	if w.IfAbsent {
		h.Set("If-None-Match", "*")
	}
	if w.IfMatch != "" {
		h.Set("If-Match", `"`+w.IfMatch+`"`)
	}
	resp, err := z.web.send(ctx, http.MethodPut, z.blob(key), h, w.body, w.size)
	if err != nil {
		return Object{}, err
	}
	resp.Body.Close()
	o := Object{ETag: strings.Trim(resp.Header.Get("Etag"), `"`)}
	o.Modified, _ = http.ParseTime(resp.Header.Get("Last-Modified"))
	return o, nil
}

func (z *azure) delete(ctx context.Context, key, ifMatch string) error {
	h := http.Header{}
	if ifMatch != "" {
		h.Set("If-Match", `"`+ifMatch+`"`)
	}
	resp, err := z.web.send(ctx, http.MethodDelete, z.blob(key), h, nil, 0)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// azureRights are what an operation needs: the action of a role, and the letter of a SAS.
var azureRights = map[string][2]string{
	"list": {"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "l"}, "stat": {"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "r"},
	"read": {"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "r"}, "write": {"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", "c and w"},
	"delete": {"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete", "d"},
}

// classify implements driver.
func (z *azure) classify(op operation, a *answer) *Error {
	e := general(op, a)
	words := strings.ToLower(a.message)
	switch a.code {
	case "ContainerNotFound", "ResourceNotFound", "ContainerDisabled", "InvalidUri":
		*e = Error{Kind: ErrNoBucket, Hint: fmt.Sprintf("create container %s in storage account %s, or check its name", z.address.Bucket, z.address.Account)}
	case "BlobNotFound":
		*e = Error{Kind: ErrNotExist}
	case "BlobAlreadyExists":
		*e = Error{Kind: ErrExist}
	case "InvalidAuthenticationInfo", "ExpiredAuthenticationToken":
		*e = Error{Kind: ErrExpired, Hint: hintRenew}
	case "AuthenticationFailed":
		d, known := skew(z.o, a)
		switch {
		case known && d.Abs() > 15*time.Minute:
			e = wrongClock(z.o, a)
		case strings.Contains(words, "expired"), strings.Contains(words, "time frame"), z.access.token != nil && a.status == http.StatusUnauthorized:
			*e = Error{Kind: ErrExpired, Hint: hintRenew}
		default:
			*e = Error{Kind: ErrCredentials, Hint: "check the account's key, or that the SAS token is one of this account, copied as a whole"}
		}
	case "AuthorizationFailure", "AuthorizationPermissionMismatch", "AuthorizationResourceTypeMismatch", "AuthorizationServiceMismatch",
		"AuthorizationProtocolMismatch", "AuthorizationSourceIPMismatch", "InsufficientAccountPermissions", "PublicAccessNotPermitted", "KeyBasedAuthenticationNotPermitted":
		*e = Error{Kind: ErrForbidden}
	case "ServerBusy":
		*e = Error{Kind: ErrThrottled, Hint: hintFewer, retry: true}
	case "OperationTimedOut", "InternalError":
		*e = Error{Kind: ErrUnavailable, Hint: hintLater, retry: true}
	case "ContainerBeingDeleted", "AccountBeingCreated":
		*e = Error{Kind: ErrNoBucket, Hint: "it is being deleted or created: run the job again in a minute", retry: true}
	case "Md5Mismatch", "InvalidMd5":
		*e = Error{Kind: ErrDigest, Hint: hintDamaged, retry: true}
	case "LeaseIdMissing", "BlobImmutableDueToPolicy", "BlobIsArchived", "BlobArchived":
		*e = Error{Kind: ErrUnsupported, Hint: "the object is leased, archived or immutable: release it, or write to another prefix"}
	}
	if e.Kind == ErrForbidden {
		right := azureRights[op.verb]
		e.Err = fmt.Errorf("%s is missing", right[0])
		e.Hint = fmt.Sprintf("give these credentials the role Storage Blob Data Contributor on container %s, or the SAS token the right %s; and check the network rules of the account", z.address.Bucket, right[1])
		if a.code == "KeyBasedAuthenticationNotPermitted" {
			e.Err, e.Hint = errors.New("the account takes no keys"), hintAzure
		}
	}
	return e
}
