package notify

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/httpclient"
)

// The headers of a delivery, beside Content-Type and User-Agent.
const (
	// EventHeader is always "report".
	EventHeader = "X-Webpress-Event"
	// DeliveryHeader is a random UUID, the same for all attempts of one delivery.
	DeliveryHeader = "X-Webpress-Delivery"
	// SignatureHeader is what Sign returns. It is left out where there is no secret.
	SignatureHeader = "X-Webpress-Signature-256"
	// KeyHeader identifies a delivery: the same report of the same run, by another
	// attempt or by a rerun, has the same key.
	KeyHeader = "Idempotency-Key"
)

// deadline is how long a delivery may take as a whole: nothing waits for it but the
// end of the job.
const deadline = 2 * time.Minute

// The headers of Standard Webhooks 1.0, beside those above: see
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
const (
	// IDHeader has the same value as KeyHeader.
	IDHeader = "Webhook-Id"
	// TimestampHeader is when the attempt was made, in seconds since 1970: the
	// receiver refuses what is older than some minutes, and so a replay.
	TimestampHeader = "Webhook-Timestamp"
	// StandardSignatureHeader is what StandardSign returns. It is left out where there
	// is no secret.
	StandardSignatureHeader = "Webhook-Signature"
)

// A Webhook receives the JSON report of a run.
type Webhook struct {
	// URL is where the report is posted to. Path and query are never shown, as
	// those of most webhooks are passwords.
	URL string
	// Secret signs the report; empty means no signature. It is never sent or shown.
	// While it is being replaced it may be several of Standard Webhooks, see Secrets.
	Secret string
	// Facts are those of the run. They distinguish its reports from those of others.
	Facts ci.Facts
	// Client sends.
	Client *httpclient.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
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
	for _, secret := range Secrets(w.Secret) {
		if _, err := standardKey(secret); err != nil {
			return nil, &asset.Fault{
				Message: "webhook-secret: what follows " + secretPrefix + " is not base64",
				Hint:    "set webhook-secret to the secret as the receiver shows it, such as " + secretPrefix + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
			}
		}
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		notes = append(notes, fmt.Sprintf("the webhook at %s is not encrypted: anyone on the way can read the report; use https", u.Host))
	}
	return notes, nil
}

// loopback reports whether host is this machine by every reading of it.
func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// Send posts report, the JSON form of a report.Report, and returns the notes of
// Check. Failed attempts are repeated as Client does; by the key
// the receiver knows that it has a report already. An error is an *asset.Fault, or the
// context's.
func (w Webhook) Send(ctx context.Context, report []byte) (notes []string, err error) {
	notes, err = w.Check()
	if err != nil {
		return nil, err
	}
	id := w.key(report)
	header := http.Header{
		"Content-Type": {"application/json"},
		EventHeader:    {"report"},
		DeliveryHeader: {newID()},
		KeyHeader:      {id},
		IDHeader:       {id},
	}
	secrets := Secrets(w.Secret)
	if len(secrets) > 0 {
		header.Set(SignatureHeader, Sign(secrets[0], report))
	}
	now := w.Now
	if now == nil {
		now = time.Now
	}
	_, err = w.Client.Do(ctx, httpclient.Request{
		Method: http.MethodPost, URL: w.URL, PrivatePath: true, Header: header,
		Body: httpclient.Bytes(report), Length: int64(len(report)), Deadline: deadline,
		// A receiver refuses old times: each attempt has its own.
		Attempt: func(h http.Header) {
			at := now()
			h.Set(TimestampHeader, strconv.FormatInt(at.Unix(), 10))
			if len(secrets) > 0 {
				h.Set(StandardSignatureHeader, StandardSign(secrets, id, at, report))
			}
		},
	})
	if err == nil {
		return notes, nil
	}
	if ctx.Err() != nil {
		return notes, fmt.Errorf("send report to webhook: %w", context.Cause(ctx))
	}
	fault := &asset.Fault{Message: "send report to webhook: " + err.Error()}
	if e, ok := errors.AsType[*httpclient.Error](err); ok {
		fault.Hint = hint(e, w.Secret != "")
	}
	return notes, fault
}

// hint says what to do about an answer.
func hint(e *httpclient.Error, signed bool) string {
	_, unknown := errors.AsType[*tls.CertificateVerificationError](e)
	switch {
	case unknown:
		return "give the receiver a certificate of an authority that is known, or make known the one that signed it, by SSL_CERT_FILE"
	case e.Limited:
		return "the receiver takes no more requests for now; run the job again later"
	case e.Status/100 == 3:
		return "set webhook-url to the address that it has moved to"
	case (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) && signed:
		return "the receiver refuses the delivery: its secret has to be the same as webhook-secret, and it has to check " +
			SignatureHeader + " or " + strings.ToLower(StandardSignatureHeader) + " over the body as it came"
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return "the receiver refuses the delivery: set webhook-secret if it expects a signature, and check webhook-url"
	case e.Status == http.StatusGone:
		return "the receiver wants no more deliveries at this address: remove webhook-url, or set it to the new one"
	case e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed:
		return "nothing takes deliveries at this address: check webhook-url"
	case e.Status == http.StatusRequestEntityTooLarge:
		return "the report is too long for the receiver: raise its limit on the length of requests"
	case e.Status >= 500:
		return "the receiver has a fault of its own: look into its log"
	case e.Status == 0:
		return "check that webhook-url is that of a webhook, and can be reached from where the job runs"
	}
	return "the receiver refuses the report: look into its log"
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
