package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/tree"
)

// planOutputs are what settings ask for of files.
func planOutputs(settings *config.Config, files []File) ([]Output, error) {
	all, err := settings.Each()
	if err != nil {
		return nil, err
	}
	if n := len(all) * len(files); n > maxOutputs {
		return nil, newProblem(tooLarge, "a request may ask for %d results, and this one asks for %d", maxOutputs, n)
	}
	names := map[string]bool{}
	var outputs []Output
	for i, f := range files {
		stem := strings.TrimSuffix(f.Name, path.Ext(f.Name))
		for _, e := range all {
			recipe := plan.Recipe(&e.Settings)
			recipe.Name, recipe.Output = e.Name, ""
			label := ""
			switch {
			case e.Name != "":
				label = "-" + e.Name
			case len(settings.Widths) > 0:
				label = "-" + strconv.Itoa(e.Settings.MaxWidth)
			}
			ext := recipe.Format.Ext()
			name := stem + label + ext
			for n := 2; names[strings.ToLower(name)]; n++ { // two files of one name
				name = fmt.Sprintf("%s%s-%d%s", stem, label, n, ext)
			}
			names[strings.ToLower(name)] = true
			outputs = append(outputs, Output{
				ID: strconv.Itoa(i+1) + label + ext, File: i, Name: name, Recipe: recipe, Narrower: e.Narrower, Status: Queued,
			})
		}
	}
	return outputs, nil
}

// workOn converts jobs, one at a time, until the queue is closed. There are more who do so than
// jobs may be in work: while one waits for the disk to take a result, another one converts.
func (s *Server) workOn(ctx context.Context) {
	for {
		s.converting <- struct{}{}
		id, key, ok := s.queue.next()
		if !ok {
			<-s.converting
			return
		}
		s.work(ctx, id, sync.OnceFunc(func() { <-s.converting }))
		s.queue.done(key)
	}
}

// work converts one job. It calls converted when nothing is left to do but to store the result.
func (s *Server) work(ctx context.Context, id string, converted func()) {
	defer converted()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.cancels[id] = cancel
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.cancels, id)
		s.mu.Unlock()
	}()
	began := s.now()
	j := s.store.advance(id, func(j *Job) bool {
		if j.Status == Queued {
			j.Status = Processing
			return true
		}
		return false
	})
	if j == nil || j.Status != Processing { // it was canceled
		return
	}
	err := s.convert(ctx, j)
	converted()
	switch {
	case ctx.Err() != nil: // it was canceled, or another process begins it again
		if j, _ = s.store.get(id); j == nil || j.Status == Canceled {
			s.store.removeFiles(id)
		}
		s.log.Info("job given up", "job", id)
		return
	case err != nil:
		s.log.Error("job failed", "job", id, "key", j.Key, "error", err.Error())
		s.finish(id, problemOf(err).Title, began)
		return
	}
	if j = s.finish(id, "", began); j != nil {
		s.log.Info("job done", "job", id, "key", j.Key, "status", string(j.Status), "files", len(j.Files), "outputs", len(j.Outputs),
			"bytes_in", j.bytesIn(), "ms", s.now().Sub(began).Milliseconds())
	}
}

// convert makes the outputs of a job. Its error is one of the server's.
func (s *Server) convert(ctx context.Context, j *Job) error {
	dir := s.store.folder(j.ID)
	jobs := make([]asset.Job, 0, len(j.Outputs))
	at := map[string]int{}
	for i, o := range j.Outputs {
		f := j.Files[o.File]
		output := outPrefix + o.ID
		at[output] = i
		recipe := o.Recipe
		recipe.Output = output
		jobs = append(jobs, asset.Job{
			Source: asset.Source{Path: filepath.Base(inFile(dir, o.File)), Format: f.Format, Size: f.Size},
			Recipe: recipe, Output: output, Narrower: o.Narrower, Overwrite: true,
		})
	}
	full := false
	convert.Run(ctx, jobs, convert.Options{
		Codec: s.codec, Dir: dir, Jobs: 1, Memory: s.settings.MemoryLimit, Shared: s.memory, KeepLarger: true, Now: s.now,
		Progress: func(r asset.Result) {
			full = full || r.Status == asset.Failed && strings.Contains(r.Err.Message, syscall.ENOSPC.Error())
			s.store.advance(j.ID, func(j *Job) bool {
				if j.Status != Processing {
					return false
				}
				o := &j.Outputs[at[r.Target]]
				o.take(r, j.Files[o.File].Name)
				return true
			})
		},
	})
	if full { // which says nothing of the image
		return syscall.ENOSPC
	}
	return nil
}

// take notes what became of an output. name is what the client calls its source.
func (o *Output) take(r asset.Result, name string) {
	// The name in messages is that of a file of ours.
	ours := func(text string) string {
		return strings.ReplaceAll(text, strconv.Quote(r.Source.Path), strconv.Quote(name))
	}
	switch r.Status {
	case asset.Failed:
		o.Status, o.Error = Failed, ours(r.Err.Message)
	case asset.Skipped:
		if r.Reason == asset.UpToDate { // it was made before a restart
			o.Status, o.Bytes = Completed, r.After
			break
		}
		o.Status, o.Reason = skipped, string(r.Reason)
		return
	default:
		o.Status = Completed
	}
	o.Bytes, o.Width, o.Height, o.Lossless, o.Rating, o.SHA256 = r.After, r.Width, r.Height, r.Lossless, r.Rating, r.SHA256
	for _, n := range r.Notes {
		o.Notes = append(o.Notes, ours(n))
	}
}

// finish ends a job that is in work since began. failure is why, where not by what became of its outputs.
func (s *Server) finish(id, failure string, began time.Time) *Job {
	now := s.now().UTC()
	finished := false
	s.settling.Add(1)
	s.account.storing.RLock()
	j, _ := s.store.update(id, func(j *Job) bool {
		if j.Status != Processing && j.Status != Queued {
			return false
		}
		j.Status, j.Error, j.Finished = Completed, failure, now
		j.Expires = now.Add(s.serving.Keep)
		if len(j.results()) == 0 {
			j.Status = Failed
			for _, o := range j.Outputs {
				if j.Error == "" {
					j.Error = o.Error
				}
			}
		}
		if j.Webhook != nil {
			j.Webhook.Next = now
		}
		s.account.end(j)
		s.metrics.job(j, now.Sub(began))
		before := s.pace.Load()
		s.pace.CompareAndSwap(before, before+(int64(now.Sub(began))-before)/8)
		finished = true
		return true
	})
	s.account.storing.RUnlock()
	if j == nil || !finished {
		s.settling.Done()
		return j
	}
	go s.settle(j)
	if j.Webhook != nil {
		s.wakeHooks()
	}
	return j
}

// settle lets the result of a job outlive a power cut, behind the back of the client: until the
// disk has it, the next process can make it again. The caller has added it to settling.
func (s *Server) settle(j *Job) {
	defer s.settling.Done()
	s.settlers <- struct{}{}
	defer func() { <-s.settlers }()
	if err := s.store.settle(j); err != nil && !errors.Is(err, fs.ErrNotExist) { // or it was deleted
		s.log.Error("a result cannot be flushed to the disk", "job", j.ID, "error", tree.Cause(err).Error())
	}
}
