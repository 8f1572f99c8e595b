package serve

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/webpress/webpress/internal/httpclient"
	"github.com/webpress/webpress/internal/notify"
)

const (
	// hookTimeout is how long one attempt to deliver a webhook may take.
	hookTimeout = 15 * time.Second
	// maxHooks is how many attempts are made at a time.
	maxHooks = 16
)

// hookWaits are the waits after attempts that failed: a day together. They are those that
// Standard Webhooks proposes, but for the last.
var hookWaits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 6 * time.Hour,
}

// A Delivery is a webhook that tells of the end of a job.
type Delivery struct {
	// ID is the same in all attempts, by which the receiver knows a repetition.
	ID  string `json:"id"`
	URL string `json:"url"`
	// Attempts is how many there were, Next when the next one is due. It is zero until the
	// job is done.
	Attempts int       `json:"attempts,omitempty"`
	Next     time.Time `json:"next,omitzero"`
	// Ended is when the last attempt was made, and Delivered reports whether that succeeded.
	Ended     time.Time `json:"ended,omitzero"`
	Delivered bool      `json:"delivered,omitempty"`
}

// waits reports whether another attempt is to be made.
func (d *Delivery) waits() bool { return d != nil && d.Ended.IsZero() && !d.Next.IsZero() }

// An event is the body of a webhook, as Standard Webhooks has it.
type event struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      jobView   `json:"data"`
}

// wakeHooks says that a webhook may be due.
func (s *Server) wakeHooks() {
	select {
	case s.hookDue <- struct{}{}:
	default:
	}
}

// deliverHooks delivers webhooks as they become due, until ctx ends.
func (s *Server) deliverHooks(ctx context.Context) {
	h := hookRun{s: s, inWork: map[string]bool{}, slots: make(chan struct{}, maxHooks)}
	defer h.running.Wait()
	for {
		timer := time.NewTimer(min(max(h.begin(ctx), 10*time.Millisecond), tidyEvery))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-s.hookDue:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// A hookRun knows which webhooks are on their way.
type hookRun struct {
	s       *Server
	running sync.WaitGroup
	slots   chan struct{}

	mu     sync.Mutex
	inWork map[string]bool // by the ID of the job
}

// begin starts to deliver what is due, and returns the time until the next is.
func (h *hookRun) begin(ctx context.Context) time.Duration {
	now, next := h.s.now(), tidyEvery
	for _, j := range h.s.store.hooks() {
		if wait := j.Webhook.Next.Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		h.mu.Lock()
		busy := h.inWork[j.ID]
		h.inWork[j.ID] = true
		h.mu.Unlock()
		if busy {
			continue
		}
		h.running.Go(func() {
			h.slots <- struct{}{}
			h.s.deliver(ctx, j)
			<-h.slots
			h.mu.Lock()
			delete(h.inWork, j.ID)
			h.mu.Unlock()
			h.s.wakeHooks()
		})
	}
	return next
}

// deliver makes one attempt to deliver the webhook of a job.
func (s *Server) deliver(ctx context.Context, j *Job) {
	err := s.post(ctx, j)
	if ctx.Err() != nil {
		return
	}
	now := s.now().UTC()
	j, _ = s.store.update(j.ID, func(j *Job) bool {
		d := j.Webhook
		if !d.waits() {
			return false
		}
		d.Attempts++
		failed, isAnswer := errors.AsType[*httpclient.Error](err)
		switch {
		case err == nil:
			d.Ended, d.Delivered = now, true
		case isAnswer && failed.Status == http.StatusGone, d.Attempts > len(hookWaits), httpclient.IsPermanent(err):
			d.Ended = now
		default:
			d.Next = now.Add(hookWaits[d.Attempts-1])
		}
		return true
	})
	if j == nil || j.Webhook == nil {
		return
	}
	s.log.Info("webhook", "job", j.ID, "key", j.Key, "delivered", j.Webhook.Delivered, "attempts", j.Webhook.Attempts, "ended", !j.Webhook.Ended.IsZero())
}

// post sends the webhook of a job once.
func (s *Server) post(ctx context.Context, j *Job) error {
	body, err := json.Marshal(event{"job." + string(j.Status), j.Finished, s.view(j, j.Base)})
	if err != nil {
		return err
	}
	secrets := notify.Secrets(s.settings.WebhookSecret)
	if len(secrets) == 0 {
		secrets = []string{s.signer.webhookSecret(j.Key)}
	}
	at := s.now()
	_, err = s.hooks.Do(ctx, httpclient.Request{
		Method: http.MethodPost, URL: j.Webhook.URL, PrivatePath: true, Body: httpclient.Bytes(body), Length: int64(len(body)),
		Header: http.Header{
			"Content-Type":                 {"application/json"},
			notify.IDHeader:                {j.Webhook.ID},
			notify.TimestampHeader:         {strconv.FormatInt(at.Unix(), 10)},
			notify.StandardSignatureHeader: {notify.StandardSign(secrets, j.Webhook.ID, at, body)},
		},
	})
	return err
}
