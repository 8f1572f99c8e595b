package notify

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"webpress/internal/asset"
	"webpress/internal/ci"
	"webpress/internal/wire"
)

// The headers of a delivery, beside Content-Type and User-Agent.
const (
	// EventHeader is always "report".
	EventHeader = "X-Webpress-Event"
	// DeliveryHeader is a random UUID, the same for all attempts of one delivery.
	DeliveryHeader = "X-Webpress-Delivery"
	// SignatureHeader is what Sign returns. It is left out where there is no secret.
	SignatureHeader = "X-Webpress-Signature-256"
	// KeyHeader tells deliveries apart: the same report of the same run, be it by
	// another attempt or by a rerun, has the same key.
	KeyHeader = "Idempotency-Key"
)

// deadline is how long a delivery may take as a whole: nothing waits for it but the
// end of the job.
const deadline = 2 * time.Minute

// A Webhook receives the JSON report of a run.
type Webhook struct {
	// URL is where the report is posted to. Path and query are never shown, as
	// those of most webhooks are passwords.
	URL string
	// Secret signs the report; empty is no signature. It is never sent or shown.
	Secret string
	// Facts are those of the run. They tell its reports from those of others.
	Facts ci.Facts
	// Client sends.
	Client *wire.Client
}

// Check finds what can be known to be wrong before anything is sent. Its notes
// are remarks on what works but should not stay so.
func (w Webhook) Check() (notes []string, err error) {
	u, err := url.Parse(w.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		// The parser's own words would quote parts of the URL.
		return nil, &asset.Fault{
			Message: "webhook: not an absolute http or https URL",
			Hint:    "set webhook-url to a full address, such as https://example.com/hooks/webpress",
		}
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		notes = append(notes, fmt.Sprintf("the webhook at %s is not encrypted: anyone on the way can read the report; use https", u.Host))
	}
	return notes, nil
}

// loopback says that host is this machine by every reading of it.
func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// Send posts report, the JSON form of a report.Report, and returns the notes of
// Check. Attempts that fail are repeated as Client does; the receiver can tell
// by the key that it has a report already. An error is an *asset.Fault, or the
// context's.
func (w Webhook) Send(ctx context.Context, report []byte) (notes []string, err error) {
	notes, err = w.Check()
	if err != nil {
		return nil, err
	}
	header := http.Header{
		"Content-Type": {"application/json"},
		EventHeader:    {"report"},
		DeliveryHeader: {newID()},
		KeyHeader:      {w.key(report)},
	}
	if w.Secret != "" {
		header.Set(SignatureHeader, Sign(w.Secret, report))
	}
	_, err = w.Client.Do(ctx, wire.Request{
		Method: http.MethodPost, URL: w.URL, PrivatePath: true, Header: header,
		Body: wire.Bytes(report), Length: int64(len(report)), Deadline: deadline,
	})
	if err == nil {
		return notes, nil
	}
	if ctx.Err() != nil {
		return notes, fmt.Errorf("send report to webhook: %w", context.Cause(ctx))
	}
	fault := &asset.Fault{Message: "send report to webhook: " + err.Error()}
	if e, ok := errors.AsType[*wire.Error](err); ok {
		fault.Hint = hint(e, w.Secret != "")
	}
	return notes, fault
}

// hint says what to do about an answer.
func hint(e *wire.Error, signed bool) string {
	switch {
	case e.Limited:
		return "the receiver takes no more requests for now; run the job again later"
	case e.Status/100 == 3:
		return "set webhook-url to the address that it has moved to"
	case (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) && signed:
		return "the receiver refuses the delivery: its secret has to be the same as webhook-secret, and it has to check " +
			SignatureHeader + " over the body as it came"
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return "the receiver refuses the delivery: set webhook-secret if it expects a signature, and check webhook-url"
	case e.Status == http.StatusNotFound || e.Status == http.StatusGone || e.Status == http.StatusMethodNotAllowed:
		return "nothing takes deliveries at this address: check webhook-url"
	case e.Status == http.StatusRequestEntityTooLarge:
		return "the report is too long for the receiver: raise its limit on the length of requests"
	case e.Status >= 500:
		return "the receiver has a fault of its own: look into its log"
	case e.Status == 0:
		return "check that webhook-url can be reached from where the job runs"
	}
	return "the receiver refuses the report: look into its log"
}

// Sign returns the value of SignatureHeader: "sha256=" and, in lower-case hex,
// the HMAC-SHA256 of body under secret. It is made as GitHub makes its
// X-Hub-Signature-256, so that what checks that one checks this one too.
//
// The receiver computes the same over the bytes of the body as they came, before
// anything decodes them, and compares the two in constant time, as hmac.Equal,
// crypto.timingSafeEqual and hmac.compare_digest do.
//
// For the secret "It's a Secret to Everybody" and the body "Hello, World!" it is
//
//	sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// key is the value of KeyHeader: the digest of what makes the run and its
// report what they are. Times that were measured are left out, as those alone
// are new when a run is repeated. So are the secret and the URL, which may be
// changed between the two.
func (w Webhook) key(report []byte) string {
	f := w.Facts
	h := sha256.New()
	// As JSON, so that no value can pass for the end of another.
	_ = json.NewEncoder(h).Encode([]string{"webpress report 1", f.ServerURL, f.Repository, f.RunID, f.Branch, f.HeadSHA})
	h.Write(timeless(report))
	return hex.EncodeToString(h.Sum(nil))
}

// timeless is report without the members named duration, wherever they are, in
// a form that is the same for the same content.
func timeless(report []byte) []byte {
	var v any
	if json.Unmarshal(report, &v) != nil {
		return report
	}
	data, err := json.Marshal(prune(v))
	if err != nil {
		return report
	}
	return data
}

func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "duration")
		for name := range v {
			v[name] = prune(v[name])
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	}
	return v
}

// newID is a random UUID, version 4 of RFC 9562.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
