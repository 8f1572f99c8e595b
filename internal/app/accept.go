package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/tree"
)

// accept is the verb of that name: it takes files that are in the place of results for
// those, as they are, whether they were edited by hand or made with
// another tool. webpress.lock holds them until their source or its settings change.
func (r *run) accept(ctx context.Context) (verdict, error) {
	r.openRepo(ctx)
	if err := r.readRules(); err != nil {
		return verdict{}, err
	}
	names := r.settings.Paths
	r.settings.Paths, r.settings.ChangedOnly = nil, config.Never
	p, v, release, err := r.lockAndDiscover(ctx)
	if err != nil {
		return verdict{}, err
	}
	defer release()
	if p == nil {
		return verdict{}, &asset.Fault{Message: "accept: there is no webpress.lock to hold what is accepted", Hint: "leave `lock: false` out; outside of a git repository, add --lock"}
	}
	todo := map[string][]lockfile.Todo{}
	for _, t := range v.todo {
		todo[t.Output] = append(todo[t.Output], t)
		if t.Source.Path != t.Output {
			todo[t.Source.Path] = append(todo[t.Source.Path], t)
		}
	}
	done := map[string]bool{}
	for _, one := range v.settled {
		if one.Reason == asset.UpToDate {
			done[one.Output], done[one.Source.Path] = true, true
		}
	}
	var faults []error
	var accepted []lockfile.Todo
	for _, name := range names {
		all, ok := todo[path.Clean(name)]
		if !ok && done[path.Clean(name)] {
			r.log.Line("%q is already up to date: nothing to accept", name)
			continue
		}
		if !ok {
			all = []lockfile.Todo{{Job: asset.Job{Output: name}}}
		}
		// Of a source that is named, those of its outputs count that can be accepted.
		n := len(accepted)
		var why error
		for _, t := range all {
			if err := acceptable(r.settings, t, ok); err != nil {
				why = err
			} else {
				accepted = append(accepted, t)
			}
		}
		if len(accepted) == n {
			faults = append(faults, fmt.Errorf("accept %q: %w", name, why))
		}
	}
	if len(faults) > 0 {
		return verdict{}, errors.Join(faults...)
	}
	outputs := make([]string, len(accepted))
	for i, t := range accepted {
		outputs[i] = path.Join(p.Prefix, t.Output)
	}
	blobs, err := p.Hash(ctx, outputs)
	if err != nil {
		return verdict{}, err
	}
	for i, t := range accepted {
		info, err := os.Stat(r.settings.At(t.Output))
		if err != nil || !p.Accept(t.Job, p.Prefix, p.Codecs, info.Size(), blobs[outputs[i]]) {
			return verdict{}, &asset.Fault{
				Message: fmt.Sprintf("accept %q: nothing is written down about its source %q, which git ignores", t.Output, t.Source.Path),
				Hint:    "add the source to git first",
			}
		}
	}
	if r.settings.DryRun {
		r.log.Line("a dry run: %s would be accepted", english.Plural(len(accepted), "result", ""))
		return verdict{}, nil
	}
	if _, err := p.Save(); err != nil {
		r.log.Fault(err)
		return verdict{undelivered: true}, nil
	}
	if _, _, _, err := r.writeManifest(ctx, p, nil); err != nil {
		r.log.Fault(err)
		return verdict{undelivered: true}, nil
	}
	for _, t := range accepted {
		r.log.Line("%q accepted as the result of %q", t.Output, t.Source.Path)
	}
	if r.repo != nil && len(accepted) > 0 {
		names, err := r.addable(ctx, append(outputsOf(accepted), r.records(p)...), nil)
		if err != nil {
			r.log.Fault(err)
			return verdict{undelivered: true}, nil
		}
		f := fixes{run: r}
		for _, line := range f.git(names, "add") {
			r.log.Line("add what has changed: %s", line)
		}
	}
	return verdict{}, nil
}

func outputsOf(all []lockfile.Todo) []string {
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Output
	}
	return names
}

// acceptable says why the file in the place of a job's output cannot be accepted. found
// says that there is such a job.
func acceptable(s config.Config, t lockfile.Todo, found bool) error {
	if t.Hashed() {
		return errors.New("its name says what is in it, and is not that of another file")
	}
	root, err := os.OpenRoot(s.WorkingDirectory)
	if err != nil {
		return tree.Cause(err)
	}
	defer root.Close()
	data, err := tree.ReadPlain(root, filepath.FromSlash(t.Output), s.MaxFileSize)
	if err != nil {
		return tree.Cause(err)
	}
	switch format, _ := asset.Sniff(data); {
	case !found:
		return &asset.Fault{Message: "it is not in the place of a result that is missing or out of date", Hint: "`webpress check` lists those"}
	case t.Output == t.Source.Path:
		return errors.New("it is its own source")
	case format != t.Recipe.Format:
		return fmt.Errorf("it is not %s", t.Recipe.Format.Article())
	}
	_, err = codec.ReadHeader(bytes.NewReader(data), int64(len(data)), false)
	return err
}
