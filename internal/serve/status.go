package serve

import (
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/webpress/webpress/internal/asset"
)

// maxWait is the longest that a request for the status of a job may wait.
const maxWait = time.Minute

// maxListed is how many jobs are listed at most.
const maxListed = 100

// A jobView is what clients see of a job.
type jobView struct {
	JobID       string       `json:"jobId"`
	Status      Status       `json:"status"`
	Progress    int          `json:"progress"`
	CreatedAt   time.Time    `json:"createdAt"`
	FinishedAt  *time.Time   `json:"finishedAt,omitempty"`
	ExpiresAt   time.Time    `json:"expiresAt"`
	StatusURL   string       `json:"statusUrl"`
	DownloadURL string       `json:"downloadUrl,omitempty"`
	CreditsUsed int64        `json:"creditsUsed"`
	BytesIn     int64        `json:"bytesIn"`
	BytesOut    int64        `json:"bytesOut,omitempty"`
	Error       string       `json:"error,omitempty"`
	Outputs     []outputView `json:"outputs"`
}

// An outputView is what clients see of an output.
type outputView struct {
	ID     string       `json:"id"`
	Status Status       `json:"status"`
	Source string       `json:"source"`
	Name   string       `json:"name"`
	Format asset.Format `json:"format"`
	Type   string       `json:"type"`
	// Variant is its name, if the request has variants.
	Variant      string   `json:"variant,omitempty"`
	Width        int      `json:"width,omitempty"`
	Height       int      `json:"height,omitempty"`
	BytesIn      int64    `json:"bytesIn"`
	Bytes        int64    `json:"bytes,omitempty"`
	SavedPercent *float64 `json:"savedPercent,omitempty"`
	Lossless     bool     `json:"lossless,omitempty"`
	asset.Rating
	SHA256      string   `json:"sha256,omitempty"`
	DownloadURL string   `json:"downloadUrl,omitempty"`
	Reason      string   `json:"reason,omitempty"`
	Error       string   `json:"error,omitempty"`
	Notes       []string `json:"notes,omitempty"`
}

// view is a job with links that begin with base.
func (s *Server) view(j *Job, base string) jobView {
	v := jobView{
		JobID: j.ID, Status: j.Status, Progress: j.progress(), CreatedAt: j.Created, ExpiresAt: j.Expires, StatusURL: base + statusPath + j.ID,
		CreditsUsed: j.credits(), BytesIn: j.bytesIn(), Error: j.Error, Outputs: []outputView{},
	}
	if !j.Finished.IsZero() {
		v.FinishedAt = &j.Finished
	}
	link := func(output string) string {
		return base + path.Join(downloadPath, j.ID, output) + "?" + s.signer.query(j.ID, output, j.Expires)
	}
	for _, o := range j.Outputs {
		f := j.Files[o.File]
		one := outputView{
			ID: o.ID, Status: o.Status, Source: f.Name, Name: o.Name, Format: o.Recipe.Format, Type: o.Recipe.Format.MIME(), Variant: o.Recipe.Name,
			Width: o.Width, Height: o.Height, BytesIn: f.Size, Bytes: o.Bytes, Lossless: o.Lossless, Rating: o.Rating, SHA256: o.SHA256,
			Reason: o.Reason, Error: o.Error, Notes: o.Notes,
		}
		if o.Status == Completed {
			saved := asset.PercentSaved(f.Size, o.Bytes)
			one.SavedPercent = &saved
			v.BytesOut += o.Bytes
			if j.Status == Completed {
				one.DownloadURL = link(o.ID)
			}
		}
		v.Outputs = append(v.Outputs, one)
	}
	if j.Status == Completed {
		v.DownloadURL = link("")
	}
	return v
}

// own returns a job of a key. That of another key is not there, as one that never was.
func (s *Server) own(r *http.Request, k *Key) (*Job, error) {
	j, _ := s.store.get(r.PathValue("id"))
	if j == nil || j.Key != k.ID {
		return nil, newProblem(notFound, "the key has no such job")
	}
	return j, nil
}

// getStatus says how far a job is. With ?wait=20 it waits until the job is done, but not for
// more than so many seconds.
func (s *Server) getStatus(w http.ResponseWriter, r *http.Request, k *Key) error {
	j, err := s.own(r, k)
	if err != nil {
		return err
	}
	if text := r.URL.Query().Get("wait"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return withOption(newProblem(badRequest, "it is a number of seconds, such as 20"), "wait")
		}
		j = s.await(r.Context(), j, min(time.Duration(min(n, 3600))*time.Second, maxWait))
	}
	if !j.Status.Done() {
		w.Header().Set("Retry-After", seconds(s.estimate()))
	}
	return answer(w, r, http.StatusOK, s.view(j, s.base(r)))
}

// deleteJob cancels a job, and deletes what there is of it.
func (s *Server) deleteJob(w http.ResponseWriter, r *http.Request, k *Key) error {
	j, err := s.own(r, k)
	if err != nil {
		return err
	}
	before := j.Status
	j, err = s.store.update(j.ID, func(j *Job) bool {
		before = j.Status
		switch {
		case !j.Status.Done():
			j.Status, j.Finished = Canceled, s.now().UTC()
		case j.Status == Completed:
			j.Status = Expired
		default:
			return false
		}
		j.Webhook = nil
		return true
	})
	if err != nil {
		return err
	}
	s.queue.remove(j.ID)
	s.mu.Lock()
	cancel := s.cancels[j.ID]
	s.mu.Unlock()
	if cancel != nil {
		cancel() // its files are deleted by who works on it
	}
	if before != Processing || cancel == nil {
		s.store.removeFiles(j.ID)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// getJobs lists the jobs of a key, the newest first.
func (s *Server) getJobs(w http.ResponseWriter, r *http.Request, k *Key) error {
	limit := maxListed
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxListed {
			return withOption(newProblem(badRequest, "it is a number from 1 to %d", maxListed), "limit")
		}
		limit = n
	}
	status := Status(r.URL.Query().Get("status"))
	views := []jobView{}
	for _, j := range s.store.list(k.ID, limit, status) {
		views = append(views, s.view(j, s.base(r)))
	}
	return answer(w, r, http.StatusOK, map[string]any{"jobs": views})
}

// A usageView is what a key has used.
type usageView struct {
	Key    string `json:"key"`
	Period string `json:"period"`
	Usage
	// Quota is in credits a period; it is left out where there is none.
	Quota         int64  `json:"quota,omitempty"`
	RatePerMinute int    `json:"ratePerMinute"`
	ResetsAt      string `json:"resetsAt"`
	// WebhookSecret checks the signatures of webhooks. It is left out if the server has been
	// given one.
	WebhookSecret string `json:"webhookSecret,omitempty"`
}

// getUsage says what a key has used this month.
func (s *Server) getUsage(w http.ResponseWriter, r *http.Request, k *Key) error {
	now := s.now()
	v := usageView{
		Key: k.Name, Period: month(now), Usage: s.account.of(k.ID, now), Quota: k.Quota, RatePerMinute: k.rate(),
		ResetsAt: nextMonth(now).Format(time.RFC3339),
	}
	if s.settings.WebhookSecret == "" {
		v.WebhookSecret = s.signer.webhookSecret(k.ID)
	}
	return answer(w, r, http.StatusOK, v)
}
