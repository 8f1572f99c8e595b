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
	// maxHooks is how many attempts are made at a time, and maxHooksOfKey how many of those for
	// one key: receivers that hang do not keep those of others waiting.
	maxHooks      = 32
	maxHooksOfKey = 4
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
	h := hookRun{s: s, inWork: map[string]bool{}, ofKey: map[string]int{}}
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

	mu     sync.Mutex
	inWork map[string]bool // by the ID of the job
	ofKey  map[string]int  // how many of them belong to a key
}

// take reports whether an attempt for a job may begin, which leave ends.
func (h *hookRun) take(j *Job) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.inWork[j.ID] || len(h.inWork) >= maxHooks || h.ofKey[j.Key] >= maxHooksOfKey {
		return false
	}
	h.inWork[j.ID] = true
	h.ofKey[j.Key]++
	return true
}

func (h *hookRun) leave(j *Job) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.inWork, j.ID)
	if h.ofKey[j.Key]--; h.ofKey[j.Key] == 0 {
		delete(h.ofKey, j.Key)
	}
}

// begin starts to deliver what is due, and returns the time until the next is.
func (h *hookRun) begin(ctx context.Context) time.Duration {
	now, next := h.s.now(), tidyEvery
	for _, j := range h.s.store.hooks() {
		if wait := j.Webhook.Next.Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		if h.take(j) { // or else the end of another attempt wakes us up
			h.running.Go(func() {
				h.s.deliver(ctx, j)
				h.leave(j)
				h.s.wakeHooks()
			})
		}
	}
	return next
}

// deliver makes one attempt to deliver the webhook of a job.
func (s *Server) deliver(ctx context.Context, j *Job) {
	// Another attempt may have ended since it was seen that this one is due.
	if j, _ = s.store.get(j.ID); j == nil || !j.Webhook.waits() || j.Webhook.Next.After(s.now()) {
		return
	}
	err := s.post(ctx, j)
	if ctx.Err() != nil {
		return
	}
	s.metrics.hook(err == nil)
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
