package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/httpclient"
)

const (
	// creditBytes is what a credit is for: one for each file, and one more for each further
	// started 10 MB of it.
	creditBytes = 10_000_000
	// basicRate is what is assumed of an API that does not say how many conversions a minute it
	// takes.
	basicRate = 60
)

// Limits are what a server lets the key do.
type Limits struct {
	// Basic is set for an API that has only the basic calls: convert, status and download.
	Basic bool
	// PerMinute is how many conversions it takes a minute.
	PerMinute int
	// Quota is how many credits the key has a month, 0 for no bound; Left is how many are left.
	Quota, Left int64
}

// Limits asks the server for them, once. The error says why the server cannot be used: it cannot
// be reached, is no API, or does not know the key.
func (c *Codec) Limits(ctx context.Context) (Limits, error) {
	c.learning.Lock()
	defer c.learning.Unlock()
	if c.limits != nil {
		return *c.limits, nil
	}
	if err := c.isBroken(); err != nil {
		return Limits{}, err
	}
	l := Limits{Basic: true, PerMinute: basicRate}
	resp, err := c.send(ctx, c.http, httpclient.Request{URL: c.url("usage"), Header: c.header()})
	var refused *refusedError
	switch {
	case err == nil:
		var usage struct {
			RatePerMinute *int  `json:"ratePerMinute"`
			Quota         int64 `json:"quota"`
			Credits       int64 `json:"credits"`
		}
		// Whatever else is there, it is not the API of webpress.
		if json.Unmarshal(resp.Body, &usage) == nil && usage.RatePerMinute != nil {
			l = Limits{PerMinute: max(*usage.RatePerMinute, 1), Quota: usage.Quota, Left: max(usage.Quota-usage.Credits, 0)}
		}
	case errors.As(err, &refused) && (refused.status == http.StatusNotFound || refused.status == http.StatusMethodNotAllowed):
	default:
		return Limits{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limits = &l
	return l, nil
}

// known are the limits once Limits was called.
func (c *Codec) known() Limits {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limits == nil {
		return Limits{Basic: true}
	}
	return *c.limits
}

// A Forecast says what the conversion of some files takes.
type Forecast struct {
	Files   int
	Bytes   int64
	Credits int64

	requests int
}

// Add counts a file of size bytes of which outputs are to be made.
func (f *Forecast) Add(size int64, outputs int, l Limits) {
	requests := 1
	if l.Basic {
		requests = outputs
	}
	f.Files++
	f.Bytes += size * int64(requests)
	f.Credits += int64(requests) * max(1, (size+creditBytes-1)/creditBytes)
	f.requests += requests
}

// Describe is the forecast as a line, such as: 214 files, 1.9 GB, 231 credits, about 4 minutes at 60
// a minute. It knows nothing of how long the server takes for an image.
func (f Forecast) Describe(l Limits) string {
	parts := []string{english.Plural(f.Files, "file", ""), humanize.Bytes(uint64(f.Bytes)), english.Plural(int(f.Credits), "credit", "")}
	// A minute's worth may be sent at once.
	minutes := math.Ceil(float64(f.requests) / float64(max(l.PerMinute, 1)))
	parts = append(parts, fmt.Sprintf("about %s at %d a minute", english.Plural(int(max(minutes, 1)), "minute", ""), l.PerMinute))
	if l.Quota > 0 {
		parts = append(parts, fmt.Sprintf("%s of %d left this month", english.Plural(int(l.Left), "credit", ""), l.Quota))
	}
	return strings.Join(parts, ", ")
}

// Host is the host of the API, with its port if it has one.
func (c *Codec) Host() string { return c.base.Host }
