package app

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/notify"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/target"
)

// A notifier sends the report of a run to the webhook and the pull request.
type notifier struct {
	settings config.Config
	access   target.Access
	log      *console.Log
	now      func() time.Time
}

func (r *run) notifier() notifier { return notifier{r.settings, r.access(), r.log, r.Now} }

// webhook is the receiver of the report.
func (n notifier) webhook() notify.Webhook {
	return notify.Webhook{
		URL: n.settings.WebhookURL, Secret: n.settings.WebhookSecret, Facts: n.access.Facts, Client: n.access.HTTP, Now: n.now,
	}
}

// checkWebhook finds out before the work that a report could not be posted.
func (n notifier) checkWebhook() error {
	if n.settings.WebhookURL == "" {
		return nil
	}
	notes, err := n.webhook().Check()
	for _, note := range notes {
		n.log.Warn("%s", note)
	}
	return err
}

// post sends the JSON report to the webhook. Errors are logged and do not fail the run.
func (n notifier) post(ctx context.Context, report []byte) {
	switch {
	case n.settings.WebhookURL == "":
	case n.settings.DryRun:
		n.log.Line("a dry run: the report is not posted to the webhook")
	default:
		if _, err := n.webhook().Send(ctx, report); err != nil {
			n.log.Soft(err)
			return
		}
		n.log.Line("report posted to the webhook")
	}
}

// comment keeps the comment on the pull request up to date. Errors are logged and do not
// fail the run.
func (n notifier) comment(ctx context.Context, rep report.Report, prefix string) {
	if !n.settings.Comment {
		return
	}
	c, why := n.commenter(prefix)
	if why != "" {
		n.log.Line("no comment: %s", why)
		return
	}
	t := rep.Totals
	news := t.Converted+t.Failed+t.Errors+t.Warnings > 0 || len(rep.Deliveries) > 0 && t.Converted > 0
	if n.access.Facts.Public {
		rep = rep.WithPictures(func(commit, name string) string {
			return n.access.RawURL(commit, report.EscapePath(path.Join(prefix, name)))
		})
	}
	result, address, err := c.Send(ctx, news, rep.Markdown)
	switch {
	case err != nil:
		n.log.Soft(err)
	case result == notify.CommentSkipped:
		n.log.Line("no comment: there is nothing to report")
	default:
		n.log.Line("comment %s %s", result, address)
	}
}

// commenter is the comment of this run, or says why there is none.
func (n notifier) commenter(prefix string) (c notify.Comment, why string) {
	f, a := n.access.Facts, n.access
	switch {
	case f.PullRequest == 0:
		return c, "the run is for no pull request"
	case n.settings.DryRun:
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
			return c, "GitLab's job token cannot write one; set `gitlab-token` to a token with the scope api"
		}
		return notify.Comment{Forge: g, PullRequest: f.PullRequest, Key: prefix}, ""
	}
	return c, fmt.Sprintf("%s does not say which forge it is for, or webpress does not know that one", ci.Visible(a.CIName()))
}
