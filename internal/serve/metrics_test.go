package serve

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/testfiles"
)

var sampleLine = regexp.MustCompile(`^([a-z_]+?)(_bucket|_sum|_count)?(\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? (\S+)$`)

// scrape reads /metrics as Prometheus does: every sample is of a family that was announced
// before, and is there once.
func (b *bench) scrape() map[string]float64 {
	b.t.Helper()
	a := b.get("/metrics", "Authorization", "").status(b.t, http.StatusOK)
	if got := a.Header.Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		b.t.Error(got)
	}
	samples, families := map[string]float64{}, map[string]string{}
	help := ""
	for line := range strings.Lines(string(a.body)) {
		line = strings.TrimSuffix(line, "\n")
		words := strings.SplitN(line, " ", 4)
		switch {
		case strings.HasPrefix(line, "# HELP "):
			help = words[2]
		case strings.HasPrefix(line, "# TYPE "):
			if families[words[2]] != "" || words[2] != help {
				b.t.Errorf("%q: %s comes again, or without help", line, words[2])
			}
			families[words[2]] = words[3]
		default:
			m := sampleLine.FindStringSubmatch(line)
			if m == nil {
				b.t.Errorf("%q is not a sample", line)
				continue
			}
			if family := m[1]; families[family] == "" && families[family+m[2]] == "" || family != help && family+m[2] != help {
				b.t.Errorf("%q has no type", line)
			}
			name := m[1] + m[2] + m[3]
			if _, ok := samples[name]; ok {
				b.t.Errorf("%s is there twice", name)
			}
			value, err := strconv.ParseFloat(m[4], 64)
			if err != nil {
				b.t.Error(err)
			}
			samples[name] = value
		}
	}
	return samples
}

func TestMetrics(t *testing.T) {
	r := newReceiver(t, http.StatusOK)
	b := newBench(t, nil, "--allow-private-hosts=127.0.0.1")
	b.scrape()
	jpeg := testfiles.Image(t, "jpeg/420.jpg")
	j := decode[jobView](t, b.do(http.MethodPost, convertPath+"?webhookUrl="+r.URL, strings.NewReader(jpeg)).status(t, http.StatusOK))
	b.settled(j.JobID, 1)
	b.do(http.MethodPost, convertPath, strings.NewReader(jpeg[:300])).problem(t, notConverted)
	b.get(downloadPath+j.JobID).status(t, http.StatusOK)
	b.get("/a/b").problem(t, notFound)
	b.do("BREW", statusPath+j.JobID+`"x`, nil).problem(t, methodNotAllowed)
	b.do(http.MethodDelete, statusPath+j.JobID, nil).status(t, http.StatusNoContent)
	got := b.scrape()
	for name, want := range map[string]float64{
		`webpress_http_requests_total{method="POST",route="/api/v1/convert",status="200"}`:      1,
		`webpress_http_requests_total{method="POST",route="/api/v1/convert",status="422"}`:      1,
		`webpress_http_requests_total{method="GET",route="/api/v1/download/{id}",status="200"}`: 1,
		`webpress_http_requests_total{method="other",route="/api/v1/status/{id}",status="405"}`: 1,
		`webpress_http_requests_total{method="GET",route="/",status="404"}`:                     1,
		`webpress_http_received_bytes_total`:                                                    float64(len(jpeg) + 300),
		`webpress_images_read_bytes_total`:                                                      float64(len(jpeg) + 300),
		`webpress_images_written_bytes_total`:                                                   float64(j.Outputs[0].Bytes),
		`webpress_jobs{status="completed"}`:                                                     0,
		`webpress_jobs{status="expired"}`:                                                       1,
		`webpress_jobs{status="failed"}`:                                                        1,
		`webpress_jobs_ended_total{status="completed"}`:                                         1,
		`webpress_jobs_ended_total{status="failed"}`:                                            1,
		`webpress_conversion_seconds_count`:                                                     2,
		`webpress_conversion_seconds_bucket{le="0.01"}`:                                         2, // the clock stands still
		`webpress_conversion_seconds_bucket{le="+Inf"}`:                                         2,
		`webpress_webhook_attempts_total{result="delivered"}`:                                   1,
		`webpress_queue_length`:                                                                 0,
		`webpress_queue_limit`:                                                                  256,
		`webpress_workers`:                                                                      2,
		`webpress_build_info{version="1.2.3"}`:                                                  1,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s: %v, want %v", name, value, want)
		}
	}
	if got["webpress_http_sent_bytes_total"] <= float64(j.Outputs[0].Bytes) {
		t.Error(got["webpress_http_sent_bytes_total"])
	}
	b.stop()
	b.open(nil)
	if after := b.scrape(); after[`webpress_jobs{status="failed"}`] != 1 || after[`webpress_jobs{status="expired"}`] != 1 {
		t.Error(after)
	}
	var e exposition
	if e.sample("a", 1, "b", "c\"\\\n"); e.String() != `a{b="c\"\\\n"} 1`+"\n" {
		t.Error(e.String())
	}
}
