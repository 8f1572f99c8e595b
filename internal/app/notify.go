package app

import (
	"context"
	"fmt"

	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/notify"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/target"
)

// webhook is the receiver of the report.
func (r *run) webhook() notify.Webhook {
	return notify.Webhook{
		URL: r.settings.WebhookURL, Secret: r.settings.WebhookSecret, Facts: r.facts, Client: r.client(), Now: r.Now,
	}
}

// checkWebhook finds out before the work that a report could not be posted.
func (r *run) checkWebhook() error {
	if r.settings.WebhookURL == "" {
		return nil
	}
	notes, err := r.webhook().Check()
	for _, note := range notes {
		r.log.Warn("%s", note)
	}
	return err
}

// post sends the JSON report to the webhook. Errors are
// logged and do not fail the run.
func (r *run) post(ctx context.Context, report []byte) {
	switch {
	case r.settings.WebhookURL == "":
	case r.settings.DryRun:
		r.log.Line("a dry run: the report is not posted to the webhook")
	default:
		if _, err := r.webhook().Send(ctx, report); err != nil {
			r.log.Soft(err)
			return
		}
		r.log.Line("report posted to the webhook")
	}
}

// comment keeps the comment on the pull request up to date. Errors are
// logged and do not fail the run.
func (r *run) comment(ctx context.Context, rep report.Report, prefix string) {
	if !r.settings.Comment {
		return
	}
	c, why := r.commenter(prefix)
	if why != "" {
		r.log.Line("no comment: %s", why)
		return
	}
	t := rep.Totals
	news := t.Converted+t.Failed+t.Errors+t.Warnings > 0 || len(rep.Deliveries) > 0 && t.Converted > 0
	result, address, err := c.Send(ctx, news, rep.Markdown)
	switch {
	case err != nil:
		r.log.Soft(err)
	case result == notify.CommentSkipped:
		r.log.Line("no comment: there is nothing to report")
	default:
		r.log.Line("comment %s %s", result, address)
	}
}

// commenter is the comment of this run, or says why there is none.
func (r *run) commenter(prefix string) (c notify.Comment, why string) {
	f, a := r.facts, r.access()
	switch {
	case f.PullRequest == 0:
		return c, "the run is for no pull request"
	case r.settings.DryRun:
		return c, "this is a dry run"
	case f.ReadOnly:
		if a.Forge() == target.GitHub {
			return c, "the run may only read; `webpress apply` in a workflow started by workflow_run can write one"
		}
		return c, "the run may only read"
	}
	switch a.Forge() {
	case target.GitHub:
		if !a.HasToken() {
			return c, "there is no token; set `token`"
		}
		return notify.Comment{Forge: a.GitHub(f.Repository), PullRequest: f.PullRequest, Key: prefix}, ""
	case target.GitLab:
		g := a.GitLab()
		if g.JobToken {
			return c, "the token of a job of GitLab's cannot write one; set `gitlab-token` to a token with the scope api"
		}
		return notify.Comment{Forge: g, PullRequest: f.PullRequest, Key: prefix}, ""
	}
	return c, fmt.Sprintf("%s does not say which forge it is for, or webpress does not know that one", ci.Visible(a.CIName()))
}
