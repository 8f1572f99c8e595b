package serve

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
)

// A Status says how far a job is.
type Status string

// A job is queued, then processing, and then ends in one of the others. A completed job
// expires once its results are deleted.
const (
	Queued     Status = "queued"
	Processing Status = "processing"
	Completed  Status = "completed"
	Failed     Status = "failed"
	Canceled   Status = "canceled"
	Expired    Status = "expired"
)

// Done reports whether a job does not change by itself any more, except that it expires.
func (s Status) Done() bool { return s != Queued && s != Processing }

// skipped is the status of an output that is not wanted by the request's own options.
const skipped Status = "skipped"

// A Job is a request to convert files. It is stored as JSON. A *Job that others can see is
// never changed: see store.update.
type Job struct {
	ID string `json:"id"`
	// Key is the ID of the key that the job belongs to.
	Key string `json:"key"`
	// Fingerprint is a digest of all that decides the results: the same is the same job.
	Fingerprint string `json:"fingerprint"`
	// IdempotencyKey is that of the request, empty for none.
	IdempotencyKey string    `json:"idempotency-key,omitempty"`
	Status         Status    `json:"status"`
	Created        time.Time `json:"created"`
	Finished       time.Time `json:"finished,omitzero"`
	// Expires is when the results are deleted.
	Expires time.Time `json:"expires"`
	// Base is the address that the server was reached at, for links in webhooks.
	Base    string `json:"base"`
	Credits int64  `json:"credits"`
	// Charged and Ended are the numbers by which the account knows whether it has counted what
	// the job costs, and what it has come to.
	Charged int64    `json:"charged,omitempty"`
	Ended   int64    `json:"ended,omitempty"`
	Files   []File   `json:"files"`
	Outputs []Output `json:"outputs"`
	// Error is why no output could be made, one line.
	Error   string    `json:"error,omitempty"`
	Webhook *Delivery `json:"webhook,omitempty"`
}

// A File is an image that was uploaded. The n-th, from 1, is in the file in/n of the job.
type File struct {
	// Name is what the client calls it, without folders.
	Name   string       `json:"name"`
	Format asset.Format `json:"format"`
	Size   int64        `json:"size"`
	SHA256 string       `json:"sha256"`
}

// An Output is what a job makes of one of its files.
type Output struct {
	// ID is unique in its job, and the name of a file in out: it says nothing of the names
	// of the client's files.
	ID string `json:"id"`
	// File is the index of its source, Name what the result is called when it is saved.
	File     int          `json:"file"`
	Name     string       `json:"name"`
	Recipe   asset.Recipe `json:"recipe"`
	Narrower int          `json:"narrower,omitempty"`

	// Status is Queued until the output is Completed, skipped or Failed.
	Status Status `json:"status"`
	// Reason is why it was skipped, Error why it failed: one line each.
	Reason   string `json:"reason,omitempty"`
	Error    string `json:"error,omitempty"`
	Bytes    int64  `json:"bytes,omitempty"`
	Width    int    `json:"width,omitempty"`
	Height   int    `json:"height,omitempty"`
	Lossless bool   `json:"lossless,omitempty"`
	asset.Rating
	SHA256 string   `json:"sha256,omitempty"`
	Notes  []string `json:"notes,omitempty"`
}

// serverFailed reports whether a job has failed by no fault of its files.
func (j *Job) serverFailed() bool {
	return j.Status == Failed && (j.Error == diskFull.title || j.Error == internalError.title)
}

// credits is what a job has cost. What the server itself has failed at costs nothing.
func (j *Job) credits() int64 {
	if j.serverFailed() {
		return 0
	}
	return j.Credits
}

// progress is how much of the job is done, in percent.
func (j *Job) progress() int {
	if j.Status.Done() {
		return 100
	}
	done := 0
	for _, o := range j.Outputs {
		if o.Status.Done() {
			done++
		}
	}
	return 100 * done / max(len(j.Outputs), 1)
}

// results are the outputs that can be downloaded.
func (j *Job) results() []Output {
	var all []Output
	for _, o := range j.Outputs {
		if o.Status == Completed {
			all = append(all, o)
		}
	}
	return all
}

// bytesIn is the size of all files together.
func (j *Job) bytesIn() (n int64) {
	for _, f := range j.Files {
		n += f.Size
	}
	return n
}

// newID is a random name with 130 bits.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }
