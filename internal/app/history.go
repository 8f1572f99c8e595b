package app

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/tree"
)

// loadHistory reads webpress.lock and the journal. It is nil if the settings want none,
// and outside of a repository if there is none yet and no setting needs one.
func (r *run) loadHistory(ctx context.Context) (*history.History, error) {
	if !r.settings.Lock || r.leadsOut() {
		return nil, nil
	}
	h := r.newHistory()
	h.Elsewhere = r.elsewhere
	if err := h.Read(); err != nil {
		return nil, err
	}
	local := r.settings.Verb == config.Convert || r.settings.Verb == config.Check || r.settings.Verb == config.Accept || r.settings.Verb == config.View
	if local && !h.HasFile() && h.Repo == nil && !r.settings.LockSet && !r.settings.Prune && !r.plan.Hashes() && r.settings.Manifest == "" && r.settings.Sources == "" {
		return nil, nil // nothing would commit it
	}
	unread, err := h.Recall(ctx)
	if unread != nil {
		r.log.Warn("%s", unread)
	}
	if err != nil {
		return nil, err
	}
	r.recorded = h.SourcesHere
	return h, nil
}

// loadOrNewHistory is loadHistory, and an empty one where that has none.
func (r *run) loadOrNewHistory(ctx context.Context) (*history.History, error) {
	h, err := r.loadHistory(ctx)
	if h == nil && err == nil {
		h = r.newHistory()
	}
	return h, err
}

// newHistory is a history of which nothing is known yet.
func (r *run) newHistory() *history.History {
	return history.New(r.repo, r.prefix(r.repo), r.settings.WorkingDirectory)
}

// leadsOut reports whether results were asked for outside of the working directory: nothing of
// them is written down.
func (r *run) leadsOut() bool {
	return r.settings.Target != config.ToTemplate && tree.IsOutside(r.plan.Names().Of(r.settings.Output))
}

// root is the folder of the lock file: the top of the work tree, or the working
// directory if there is none.
func (r *run) root() string {
	if r.repo != nil {
		return r.repo.Top()
	}
	return r.settings.WorkingDirectory
}

// journal writes results into the journal of h as they come. It is nil if the run
// writes no lock file.
func (r *run) journal(h *history.History) func(asset.Job, asset.Result, []byte) error {
	if h == nil || r.settings.DryRun || r.shard.total > 0 {
		return nil
	}
	return h.Journal()
}
