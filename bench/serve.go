package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// posters is how many clients post the files that the command line converts, beside it, and
	// posted how many files that are.
	posters = 8
	posted  = 200
)

// A server is a `webpress serve` that runs.
type server struct {
	cmd      *exec.Cmd
	url, key string
	client   *http.Client
}

// startServer runs `webpress serve` with its jobs in dir.
func startServer(ctx context.Context, webpress, dir string, flags ...string) (*server, error) {
	out, err := exec.CommandContext(ctx, webpress, "key", "add", "bench", "--rate=1000000", "--data="+dir).Output()
	if err != nil {
		return nil, fmt.Errorf("add a key: %w", err)
	}
	words := strings.Fields(string(out))
	s := &server{
		cmd: exec.CommandContext(ctx, webpress, append([]string{"serve", "--listen=127.0.0.1:0", "--data=" + dir}, flags...)...), key: words[len(words)-1],
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}, Timeout: 5 * time.Minute},
	}
	pipe, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	for lines := bufio.NewReader(pipe); s.url == ""; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, errors.Join(fmt.Errorf("webpress serve: %w", err), s.cmd.Wait())
		}
		if url, ok := strings.CutPrefix(line, "listening on "); ok {
			s.url = strings.TrimSpace(url)
		}
	}
	return s, nil
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// do sends a request and reads its answer.
func (s *server) do(ctx context.Context, method, path string, body io.Reader, header ...string) (resp *http.Response, data []byte, err error) {
	if !strings.HasPrefix(path, "http") {
		path = s.url + path
	}
	r, err := http.NewRequestWithContext(ctx, method, path, body)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if resp, err = s.client.Do(r); err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	data, err = io.ReadAll(resp.Body)
	return resp, data, err
}

// A servedJob is what is read of a job.
type servedJob struct {
	Status, StatusURL string
}

// convert posts an image, and waits for the end of its job.
func (s *server) convert(ctx context.Context, query string, body io.Reader, header ...string) (status int, retryAfter time.Duration, err error) {
	resp, data, err := s.do(ctx, http.MethodPost, "/api/v1/convert?"+query, body, header...)
	if err != nil {
		return 0, 0, err
	}
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusAccepted {
		return resp.StatusCode, time.Duration(seconds) * time.Second, nil
	}
	var job servedJob
	if err := json.Unmarshal(data, &job); err != nil {
		return 0, 0, err
	}
	for job.Status == "queued" || job.Status == "processing" {
		resp, data, err = s.do(ctx, http.MethodGet, job.StatusURL+"?wait=20", nil)
		if err == nil && resp.StatusCode == http.StatusOK {
			err = json.Unmarshal(data, &job)
		}
		if err != nil {
			return 0, 0, err
		}
	}
	if job.Status != "completed" {
		return 0, 0, fmt.Errorf("a job is %s", job.Status)
	}
	return http.StatusOK, 0, nil
}

// postAll posts files by several clients, and returns the time that took.
func (s *server) postAll(ctx context.Context, files []string, query, run string) (time.Duration, error) {
	next := make(chan string)
	var posting sync.WaitGroup
	var mu sync.Mutex
	var failed error
	began := time.Now()
	for range posters {
		posting.Go(func() {
			for path := range next {
				f, err := os.Open(path)
				if err == nil {
					var status int
					// A run is not the repetition of another.
					status, _, err = s.convert(ctx, query, f, "Idempotency-Key", run+filepath.Base(path))
					if err == nil && status != http.StatusOK {
						err = fmt.Errorf("the answer is %d", status)
					}
					_ = f.Close()
				}
				if err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	for _, path := range files {
		next <- path
	}
	close(next)
	posting.Wait()
	return time.Since(began), failed
}

// serve measures the conversion API: under more load than it can take, and beside the command line.
func (b bench) serve(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "webpress-bench-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if _, err := layProducts(filepath.Join(dir, "in"), posted); err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(dir, "in", "*.jpg"))
	if err != nil {
		return "", err
	}
	loaded, err := b.overload(ctx, files[0])
	if err != nil {
		return "", err
	}
	var t strings.Builder
	t.WriteString(loaded)
	fmt.Fprintf(&t, "\n### The conversion API beside the command line\n\n%d JPEGs of about 70 kB, posted by %d clients on the same machine; images a second.\n\n", len(files), posters)
	t.WriteString("| | command line | `webpress serve` | of the command line |\n|---|--:|--:|--:|\n")
	for _, disk := range []struct{ name, at string }{{"disk", os.TempDir()}, {"memory", "/dev/shm"}} {
		if _, err := os.Stat(disk.at); err != nil {
			continue
		}
		for _, width := range []int{300, b.size} {
			alone, served, err := b.beside(ctx, disk.at, filepath.Join(dir, "in"), files, width)
			if err != nil {
				return "", err
			}
			perSecond := func(d time.Duration) float64 { return float64(len(files)) / d.Seconds() }
			fmt.Fprintf(&t, "| %d pixels wide, on %s | %.0f | %.0f | %.2f |\n", width, disk.name, perSecond(alone), perSecond(served), ratio(alone, served))
		}
	}
	return t.String(), nil
}

// beside measures runs of the command line and the same by the server, in turns, and returns the
// medians.
func (b bench) beside(ctx context.Context, at, in string, files []string, width int) (alone, served time.Duration, err error) {
	dir, err := os.MkdirTemp(at, "webpress-bench-")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir)
	s, err := startServer(ctx, b.webpress, filepath.Join(dir, "data"), "--quality="+strconv.Itoa(quality), "--effort="+strconv.Itoa(effort))
	if err != nil {
		return 0, 0, err
	}
	defer s.stop()
	var alones, serveds []time.Duration
	for i := range b.runs + 1 {
		fmt.Fprintf(os.Stderr, "\r%-12s run %d of %d: %-40s", "serve", i, b.runs, at)
		out := filepath.Join(dir, "out")
		if err := os.RemoveAll(out); err != nil {
			return 0, 0, err
		}
		one, err := measured(ctx, dir, []string{
			b.webpress, "--quiet", "--no-lock", "--quality=" + strconv.Itoa(quality), "--effort=" + strconv.Itoa(effort),
			"--max-width=" + strconv.Itoa(width), "--output=" + out + "/{name}.webp", in,
		})
		if err != nil {
			return 0, 0, err
		}
		other, err := s.postAll(ctx, files, "maxWidth="+strconv.Itoa(width), fmt.Sprint(width, i, "-"))
		if err != nil {
			return 0, 0, err
		}
		if i > 0 { // the first is for the caches
			alones, serveds = append(alones, one.wall), append(serveds, other)
		}
	}
	fmt.Fprintf(os.Stderr, "\r%-70s\r", "")
	slices.Sort(alones)
	slices.Sort(serveds)
	return median(alones), median(serveds), nil
}
