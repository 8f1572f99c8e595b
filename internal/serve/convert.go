package serve

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
)

// webhookOption is the address that is told of the end of a job.
const webhookOption = "webhookUrl"

// postConvert takes images, and answers with what became of them if that does not take long.
func (s *Server) postConvert(w http.ResponseWriter, r *http.Request, k *Key) error {
	wants, err := wantsOf(r)
	if err != nil {
		return err
	}
	if p := s.refuse(k); p != nil {
		w.Header().Set("Connection", "close") // the body is not read
		return p
	}
	u, err := s.receive(w, r, k)
	if err != nil {
		return err
	}
	defer u.remove()
	j, err := s.newJob(r, k, u, wants)
	if err != nil {
		return err
	}
	wait := s.waitFor(r, u)
	older, err := s.accept(k, j, u.dir)
	switch {
	case errors.Is(err, errReused):
		return newProblem(keyReused, "send another Idempotency-Key with other content")
	case err != nil:
		return err
	case older != nil:
		w.Header().Set("X-Credits-Used", "0")
		j = older
	default:
		w.Header().Set("X-Credits-Used", strconv.FormatInt(j.Credits, 10))
		s.queue.push(j.ID, j.Key)
	}
	j = s.await(r.Context(), j, wait)
	return s.answerJob(w, r, j, wants)
}

// accept stores a job, with room in the queue and against credits, unless it is about an older
// one, which is returned.
func (s *Server) accept(k *Key, j *Job, from string) (older *Job, err error) {
	s.account.storing.RLock()
	defer s.account.storing.RUnlock()
	return s.store.add(j, from, func() (undo func(), err error) {
		if !s.queue.reserve() {
			return nil, s.full()
		}
		if p := s.account.charge(k, j); p != nil {
			s.queue.release()
			return nil, p
		}
		return func() {
			s.account.refund(j)
			s.queue.release()
		}, nil
	})
}

// refuse is why no request of a key can be answered, before anything is read. One that is about
// an older job needs neither room nor credits, but that shows only when it has been read.
func (s *Server) refuse(k *Key) *Problem {
	used := s.account.of(k.ID, s.now()).Credits
	switch {
	case s.ending.Load():
		p := newProblem(shuttingDown, "try again in a moment")
		p.retryAfter = 5 * time.Second
		return p
	case s.store.has(k.ID):
	case s.queue.isFull():
		return s.full()
	case k.Quota > 0 && used >= k.Quota:
		return overQuota(k, used, 1, s.now())
	}
	return nil
}

func (s *Server) full() *Problem {
	p := newProblem(queueFull, "%d jobs are waiting", s.queue.length())
	p.retryAfter = s.estimate()
	return p
}

// estimate is a guess of how long the jobs take that wait, and one more.
func (s *Server) estimate() time.Duration {
	return time.Duration(s.pace.Load()) * time.Duration(s.queue.length()+s.workers) / time.Duration(s.workers)
}

// newJob is the job that a request asks for.
func (s *Server) newJob(r *http.Request, k *Key, u *upload, wants wishes) (*Job, error) {
	hook := u.options[webhookOption]
	delete(u.options, webhookOption)
	settings, err := s.apply(u.options, k, wants)
	if err != nil {
		return nil, err
	}
	if hook != "" {
		if err := s.guard.Check(hook); err != nil {
			return nil, withOption(newProblem(wrongOption, "%s", strings.Replace(err.Error(), "download", "post to", 1)), webhookOption)
		}
	}
	hook = cmp.Or(hook, s.settings.WebhookURL)
	idempotency := r.Header.Get("Idempotency-Key")
	if len(idempotency) > 255 {
		return nil, newProblem(badRequest, "Idempotency-Key has more than 255 characters")
	}
	now := s.now().UTC()
	j := &Job{
		ID: newID("job_"), Key: k.ID, IdempotencyKey: idempotency, Status: Queued, Created: now, Expires: now.Add(s.serving.Keep),
		Base: s.base(r), Files: u.files,
	}
	if j.Outputs, err = planOutputs(settings, u.files); err != nil {
		return nil, err
	}
	for _, f := range u.files {
		j.Credits += credits(f.Size)
	}
	if hook != "" {
		j.Webhook = &Delivery{ID: newID("msg_"), URL: hook}
	}
	j.Fingerprint = fingerprint(j, hook)
	return j, nil
}

// apply are the settings with the options of a request. Its error names the option.
func (s *Server) apply(options map[string]string, k *Key, wants wishes) (*config.Config, error) {
	for name := range options {
		if option := config.OptionNamed(name); option != nil && len(k.Options) > 0 && !slices.Contains(k.Options, option.Option()) {
			return nil, withOption(newProblem(optionNotAllowed, "the key may set %s", strings.Join(k.Options, ", ")), option.Option())
		}
	}
	settings, err := s.settings.WithOptions(options)
	if err != nil {
		mistakes, ok := errors.AsType[config.Mistakes](err)
		if !ok {
			return nil, err
		}
		return nil, optionProblem(mistakes)
	}
	if wants.format != "" && options["format"] == "" && options["variants"] == "" {
		settings.Format = []string{string(wants.format)}
	}
	return &settings, nil
}

// optionProblem is what is wrong with the options of a request.
func optionProblem(mistakes config.Mistakes) *Problem {
	k := wrongOption
	if config.OptionNamed(mistakes[0].Where) == nil {
		k = unknownOption
	}
	p := withOption(newProblem(k, "%s", mistakes[0].Message), mistakes[0].Where)
	for _, m := range mistakes {
		p.Errors = append(p.Errors, OptionError{short(m.Where), m.Message})
	}
	return p
}

// fingerprint is a digest of all that decides what a job comes to, and who hears of it.
func fingerprint(j *Job, hook string) string {
	h := sha256.New()
	e := json.NewEncoder(h)
	_ = e.Encode(j.Files)
	_ = e.Encode(j.Outputs)
	_ = e.Encode(hook)
	return hex.EncodeToString(h.Sum(nil))
}

// waitFor is how long a request waits for its job.
func (s *Server) waitFor(r *http.Request, u *upload) time.Duration {
	wait := s.syncWait
	for _, field := range r.Header.Values("Prefer") {
		for one := range strings.SplitSeq(field, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
			switch n, err := strconv.Atoi(strings.TrimSpace(value)); {
			case strings.EqualFold(name, "respond-async"):
				return 0
			case strings.EqualFold(name, "wait") && err == nil && n >= 0 && time.Duration(n)*time.Second < wait:
				wait = time.Duration(n) * time.Second
			}
		}
	}
	if u.size() > syncSize || s.estimate() > quick {
		return 0
	}
	return wait
}

// await waits until a job is done, but not longer than the time, the request, or the server. Without
// any time it is j as it is, even if it was done in the meantime.
func (s *Server) await(ctx context.Context, j *Job, wait time.Duration) *Job {
	if wait <= 0 {
		return j
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		current, changed := s.store.get(j.ID)
		if current == nil {
			return j
		}
		if current.Status.Done() || wait <= 0 {
			return current
		}
		select {
		case <-changed:
		case <-timer.C:
			return current
		case <-ctx.Done():
			return current
		case <-s.draining:
			wait = 0
		}
	}
}

// answerJob answers a request to convert.
func (s *Server) answerJob(w http.ResponseWriter, r *http.Request, j *Job, wants wishes) error {
	status := s.base(r) + statusPath + j.ID
	switch {
	case !j.Status.Done():
		h := w.Header()
		h.Set("Location", status)
		h.Set("Retry-After", seconds(s.estimate()))
		if strings.Contains(strings.ToLower(strings.Join(r.Header.Values("Prefer"), ",")), "respond-async") {
			h.Set("Preference-Applied", "respond-async")
		}
		return answer(w, r, http.StatusAccepted, s.view(j, s.base(r)))
	case j.Status == Failed:
		return failedProblem(j)
	case j.Status != Completed:
		p := newProblem(gone, "the job is %s", j.Status)
		p.JobID = j.ID
		return p
	case wants.image:
		return s.answerImage(w, r, j, wants)
	}
	w.Header().Set("Content-Location", status)
	return answer(w, r, http.StatusOK, s.view(j, s.base(r)))
}

// failedProblem is why a job has no result.
func failedProblem(j *Job) *Problem {
	p := newProblem(notConverted, "%s", j.Error)
	if j.serverFailed() {
		if p = newProblem(internalError, "the log of the server says more"); j.Error == diskFull.title {
			p = problemOf(syscall.ENOSPC)
		}
	}
	p.JobID = j.ID
	return p
}

// answerImage answers a request that accepts an image with the only one that there is.
func (s *Server) answerImage(w http.ResponseWriter, r *http.Request, j *Job, wants wishes) error {
	all := j.results()
	if len(all) != 1 {
		return newProblem(notAcceptable, "there are %d results: accept application/json", len(all))
	}
	if !wants.takes(all[0].Recipe.Format) {
		return newProblem(notAcceptable, "the result is %s: accept that, or set format", all[0].Recipe.Format.MIME())
	}
	w.Header().Set("Content-Location", s.base(r)+downloadPath+j.ID+"/"+all[0].ID)
	return s.serveOutput(w, r, j, all[0])
}

// wishes are what a request wants as an answer, by its field Accept.
type wishes struct {
	// image is set where it prefers an image to JSON.
	image bool
	// types are the types of images that it takes, format is the first that is one of ours.
	types  []string
	format asset.Format
}

func (w wishes) takes(f asset.Format) bool {
	return slices.Contains(w.types, "image/*") || slices.Contains(w.types, f.MIME())
}

// wantsOf reads the field Accept.
func wantsOf(r *http.Request) (wishes, error) {
	var w wishes
	images, others := 0.0, 0.0
	for _, field := range r.Header.Values("Accept") {
		for one := range strings.SplitSeq(field, ",") {
			mediaType, params, err := mime.ParseMediaType(one)
			if err != nil {
				continue
			}
			q := 1.0
			if text, ok := params["q"]; ok {
				if q, err = strconv.ParseFloat(text, 64); err != nil || !(q >= 0 && q <= 1) {
					return w, newProblem(badRequest, "Accept has a weight that is not one")
				}
			}
			switch {
			case q == 0:
			case strings.HasPrefix(mediaType, "image/"):
				if q > images {
					images, w.format = q, ""
				}
				w.types = append(w.types, mediaType)
				for _, f := range []asset.Format{asset.WebP, asset.AVIF, asset.JPEG, asset.PNG} {
					if f.MIME() == mediaType && q == images && w.format == "" {
						w.format = f
					}
				}
			case mediaType == "application/json" || mediaType == "application/*":
				others = max(others, q)
			}
		}
	}
	// */* is what many clients send who do not care: they get JSON.
	w.image = images > others
	if !w.image {
		w.format = ""
	}
	return w, nil
}
