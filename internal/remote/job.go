package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/httpclient"
)

const (
	// statusWait is how long the server is asked to wait with the status of a job.
	statusWait = 20 * time.Second
	// firstPoll and lastPoll bound the time between two questions for the status where the
	// server names none.
	firstPoll, lastPoll = 500 * time.Millisecond, 10 * time.Second
	// maxNotes is how many remarks of the server about a result are passed on.
	maxNotes = 20
)

// A job is what the server has of a conversion.
type job struct {
	ID          string      `json:"jobId"`
	OtherID     string      `json:"id"`
	Status      string      `json:"status"`
	DownloadURL string      `json:"downloadUrl"`
	Error       jobError    `json:"error"`
	Outputs     []jobOutput `json:"outputs"`
}

// A jobOutput is a result in the API of webpress.
type jobOutput struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Variant  string `json:"variant"`
	Lossless bool   `json:"lossless"`
	asset.Rating
	SHA256 string   `json:"sha256"`
	Reason string   `json:"reason"`
	Error  jobError `json:"error"`
	Notes  []string `json:"notes"`
}

// A jobError is a text, or an object with a message.
type jobError string

// UnmarshalJSON implements json.Unmarshaler.
func (e *jobError) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		var object struct{ Message string }
		_ = json.Unmarshal(data, &object) // or else it says nothing
		text = object.Message
	}
	*e = jobError(text)
	return nil
}

// The states of a job, by the words that APIs have for them.
func (j job) done() bool {
	return contains(j.Status, "completed", "complete", "done", "finished", "success", "succeeded")
}

func (j job) failed() bool {
	return contains(j.Status, "failed", "failure", "error", "canceled", "cancelled")
}

// gone reports whether the server had the results once.
func (j job) gone() bool { return contains(j.Status, "expired", "deleted") }

func contains(status string, words ...string) bool {
	for _, w := range words {
		if strings.EqualFold(status, w) {
			return true
		}
	}
	return false
}

// errGone is for a job that the server has no more.
var errGone = errors.New("the server has deleted the job before its results were there")

// convert has the server make an output for each variant. Equal requests at the same time are one.
func (c *Codec) convert(ctx context.Context, i *image, variants []asset.Variant) ([]engine.Output, error) {
	limits, err := c.Limits(ctx)
	if err != nil {
		return nil, err
	}
	if limits.Basic {
		return c.convertBasic(ctx, i, variants)
	}
	wanted := variants
	if c.Placeholders && len(variants) < maxVariants && variants[0] != engine.PlaceholderVariant {
		wanted = append(variants[:len(variants):len(variants)], engine.PlaceholderVariant)
	}
	outputs, err := c.once(ctx, i, variantFields(wanted), func(j job) ([]engine.Output, error) { return c.results(ctx, i, j, wanted) })
	if err != nil {
		return nil, err
	}
	if len(wanted) > len(variants) {
		// Without it the image is asked for again, when the placeholder is needed.
		if p, err := c.placeholder(ctx, outputs[len(variants)].Data, 0); err == nil {
			c.mu.Lock()
			c.placeholders[sha256.Sum256(i.data)] = p
			c.mu.Unlock()
		}
	}
	return outputs[:len(variants):len(variants)], nil
}

// maxVariants is how many variants a request may have.
const maxVariants = 64

// convertBasic is convert by an API that makes one output at a time.
func (c *Codec) convertBasic(ctx context.Context, i *image, variants []asset.Variant) ([]engine.Output, error) {
	outputs := make([]engine.Output, len(variants))
	for n, v := range variants {
		if v.Auto || v.MaxBytes > 0 {
			return nil, c.fault(errors.New("this API knows neither quality: auto nor max-bytes"), "set `quality` to a number, and leave `max-bytes` out")
		}
		made, err := c.once(ctx, i, basicFields(v), func(j job) ([]engine.Output, error) {
			data, err := c.downloadBasic(ctx, j)
			if err != nil {
				return nil, err
			}
			out, err := c.verifyBasic(ctx, i.info, v, data)
			return []engine.Output{out}, err
		})
		if err != nil {
			return nil, err
		}
		outputs[n] = made[0]
	}
	return outputs, nil
}

// once has a job done for what is sent, and take its results. What was sent before is not sent
// again, as long as the server has its results.
func (c *Codec) once(ctx context.Context, i *image, fields []field, take func(job) ([]engine.Output, error)) ([]engine.Output, error) {
	sum := sha256.New()
	sum.Write(i.data)
	for _, f := range fields {
		fmt.Fprintf(sum, "\n%s=%s", f.name, f.value)
	}
	id := [sha256.Size]byte(sum.Sum(nil))
	v, err, _ := c.flights.Do(string(id[:]), func() (any, error) {
		c.mu.Lock()
		j, known := c.jobs[id]
		c.mu.Unlock()
		if known {
			if made, err := take(j); !errors.Is(err, errGone) {
				return made, err
			}
		}
		key := hex.EncodeToString(id[:])
		for attempt := 1; ; attempt++ {
			j, err := c.post(ctx, i, fields, key)
			if err == nil {
				var made []engine.Output
				if made, err = take(j); err == nil {
					c.mu.Lock()
					c.jobs[id] = j
					c.mu.Unlock()
					return made, nil
				}
			}
			if !errors.Is(err, errGone) {
				return nil, err
			}
			if attempt == 2 {
				return nil, c.fault(err, "run this again later")
			}
			key += "-2" // the job of that key is gone, or has failed
		}
	})
	if err != nil {
		return nil, err
	}
	return v.([]engine.Output), nil
}

// post sends an image, and waits until its job is done. The error is errGone where the answer is
// about an older job that has no results.
func (c *Codec) post(ctx context.Context, i *image, fields []field, key string) (job, error) {
	body, contentType := form(i.data, "image"+i.info.Format.Ext(), fields)
	r := httpclient.Request{
		Method: http.MethodPost, URL: c.url("convert"), Header: c.header(), Length: body.length(), Body: body.reader,
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Idempotency-Key", key)
	if r.Length >= expectSize {
		r.Header.Set("Expect", "100-continue")
	}
	var j job
	resp, err := c.answer(ctx, r, &j)
	if failed, ok := errors.AsType[*refusedError](err); ok && (failed.older || failed.kind == "idempotency-key-reused") && !strings.HasSuffix(key, "-2") {
		return job{}, errGone
	}
	if err != nil {
		return job{}, err
	}
	if j.ID == "" {
		j.ID = j.OtherID
	}
	if j.ID == "" && j.DownloadURL == "" {
		return job{}, c.breaks(c.fault(errors.New("its answer has no jobId"), "there is no conversion API at "+c.base.String()+": check `engine`"))
	}
	return c.await(ctx, j, resp)
}

// await asks for the status of a job until it is done.
func (c *Codec) await(ctx context.Context, j job, resp *httpclient.Response) (job, error) {
	id := j.ID
	began, poll := c.Clock.Now(), firstPoll
	for {
		switch {
		case j.done(), j.Status == "" && j.DownloadURL != "":
			j.ID = id
			return j, nil
		case j.gone():
			return job{}, errGone
		case j.failed():
			why := httpclient.RedactText(string(j.Error), c.Key)
			if why == "" {
				why = "the job has failed there"
			}
			return job{}, c.fault(errors.New(why), "")
		case id == "":
			return job{}, c.fault(errors.New("the job is not done, and has no jobId"), "")
		}
		if c.Clock.Now().Sub(began) > c.Timeout {
			return job{}, c.fault(fmt.Errorf("the job is not done after %s", roughly(c.Timeout)), "raise `timeout`, or run this again later: what is done there until then is not converted again")
		}
		asked := c.Clock.Now()
		r := httpclient.Request{URL: c.url("status", id), Header: c.header()}
		if limits := c.known(); !limits.Basic {
			r.URL += "?wait=" + strconv.Itoa(int(statusWait.Seconds()))
		} else {
			wait, ok := httpclient.RetryAfter(resp.Header.Get("Retry-After"), asked)
			if !ok || wait > time.Minute {
				wait = poll
				poll = min(poll*2, lastPoll)
			}
			if err := c.Clock.Sleep(ctx, wait); err != nil {
				return job{}, err
			}
		}
		j = job{}
		var err error
		resp, err = c.answer(ctx, r, &j)
		switch {
		case isGone(err):
			return job{}, errGone
		case err != nil:
			return job{}, err
		}
		// A server that does not wait is not asked without a pause.
		if took := c.Clock.Now().Sub(asked); !j.done() && !c.known().Basic && took < time.Second {
			if err := c.Clock.Sleep(ctx, poll); err != nil {
				return job{}, err
			}
			poll = min(poll*2, lastPoll)
		}
	}
}

// results downloads the outputs of a job, one for each variant.
func (c *Codec) results(ctx context.Context, i *image, j job, variants []asset.Variant) ([]engine.Output, error) {
	outputs := make([]engine.Output, len(variants))
	for n, v := range variants {
		var o *jobOutput
		for k := range j.Outputs {
			if j.Outputs[k].Variant == variantName(n) {
				o = &j.Outputs[k]
			}
		}
		switch {
		case o == nil:
			return nil, c.fault(errors.New("its answer does not have all outputs"), "update webpress there")
		case !contains(o.Status, "completed"):
			why := httpclient.RedactText(string(o.Error), c.Key)
			if why == "" {
				why = fmt.Sprintf("an output is %s there: %s", httpclient.RedactText(o.Status), httpclient.RedactText(o.Reason))
			}
			outputs[n].Err = c.fault(errors.New(why), "")
			continue
		}
		data, err := c.download(ctx, c.http, c.url("download", j.ID, o.ID), c.header(), o.SHA256)
		if err != nil {
			return nil, err
		}
		if outputs[n], err = c.verify(ctx, i.info, v, data); err != nil {
			return nil, err
		}
		if outputs[n].Lossless = o.Lossless; o.Plausible() {
			outputs[n].Rating = o.Rating
		}
		for _, note := range o.Notes[:min(len(o.Notes), maxNotes)] {
			outputs[n].Notes = append(outputs[n].Notes, httpclient.RedactText(note, c.Key))
		}
	}
	return outputs, nil
}

// A formBody is multipart/form-data with one file.
type formBody struct{ head, file, tail []byte }

func (b formBody) length() int64 { return int64(len(b.head) + len(b.file) + len(b.tail)) }

func (b formBody) reader() (io.Reader, error) {
	return io.MultiReader(bytes.NewReader(b.head), bytes.NewReader(b.file), bytes.NewReader(b.tail)), nil
}

// form is a form with options and a file. Its name is neutral: names of files say more than a
// server has to know.
func form(data []byte, name string, fields []field) (formBody, string) {
	var head bytes.Buffer
	w := multipart.NewWriter(&head)
	for _, f := range fields {
		_ = w.WriteField(f.name, f.value) // a buffer takes everything
	}
	_, _ = w.CreateFormFile("file", name)
	n := head.Len()
	_ = w.Close()
	return formBody{head.Bytes()[:n:n], data, head.Bytes()[n:]}, w.FormDataContentType()
}
