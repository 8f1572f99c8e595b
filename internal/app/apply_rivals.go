package app

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/tree"
)

// rivals says why a run in the commit would not make an output of its source, although
// the settings would of that source alone: another image there has the same output, or
// is in its place. An upload may have left that one out.
func (h *headTree) rivals(ctx context.Context, e bundle.Entry) error {
	if err := h.gather(); err != nil {
		return err
	}
	near := h.near[tree.Fold(e.Output)]
	// Before it was made, it had no digest of its content in its name.
	if j, ok := h.plan.Job(asset.Source{Path: h.fromTop(e.Source)}, h.fromTop(e.Output)); ok && j.Hashed() {
		near = append(slices.Clone(near), h.near[tree.Fold(path.Join(h.prefix(h.run.repo), j.Output))]...)
	}
	var all []asset.Source
	for _, name := range near {
		format, ok, err := h.format(ctx, name)
		if err != nil {
			return err
		}
		if ok || name == e.Source {
			all = append(all, asset.Source{Path: h.fromTop(name), Format: format})
		}
	}
	jobs, settled := h.plan.Jobs(all)
	from := h.fromTop(e.Source)
	output := h.fromTop(e.Output)
	if slices.ContainsFunc(jobs, func(j asset.Job) bool { return j.Source.Path == from && j.Makes(output) }) {
		return nil
	}
	for _, one := range settled {
		if one.Source.Path == from && one.Err != nil {
			return errors.New("a run in the commit that it is for makes nothing of its source: " + one.Err.Error())
		}
	}
	return fmt.Errorf("its source %q is the output of another one", e.Source)
}

// gather finds the sources of the commit by their outputs, and by their own paths, as
// file systems see them that ignore case and Unicode forms.
func (h *headTree) gather() error {
	if h.near != nil {
		return nil
	}
	wants, err := h.wants()
	if err != nil {
		return err
	}
	under := ""
	if prefix := h.prefix(h.run.repo); prefix != "" {
		under = prefix + "/"
	}
	h.near = map[string][]string{}
	for name := range h.Files() {
		from, ok := strings.CutPrefix(name, under)
		if !ok || !wants(from) {
			continue
		}
		at := tree.Fold(name)
		h.near[at] = append(h.near[at], name)
		jobs, _ := h.plan.Jobs([]asset.Source{{Path: from}})
		for _, j := range jobs {
			if to := tree.Fold(path.Join(under, j.Output)); to != at {
				h.near[to] = append(h.near[to], name)
			}
		}
	}
	return nil
}

// format is that of a file of the commit, by its content, or by its name where that is
// kept elsewhere. ok is false if it is not an image.
func (h *headTree) format(ctx context.Context, name string) (format asset.Format, ok bool, err error) {
	head, err := h.repo.BlobHead(ctx, h.remote, h.Blob(name), asset.SniffLen)
	if err != nil {
		return "", false, err
	}
	if pointed(head, -1) >= 0 {
		if strings.EqualFold(path.Ext(name), ".webp") {
			return asset.WebP, true, nil
		}
		return "", true, nil
	}
	format, ok = asset.Sniff(head)
	return format, ok, nil
}
