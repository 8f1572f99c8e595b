package config

import (
	"fmt"
	"path/filepath"
	"slices"
)

// contradictions finds settings that are right each by itself, and cannot be
// together. Where they are from is not told: they may be from several sources.
func contradictions(c Config) Mistakes {
	var all Mistakes
	add := func(where, format string, args ...any) {
		all = append(all, Mistake{Where: where, Message: fmt.Sprintf(format, args...)})
	}
	if len(c.Store) > 1 && slices.Contains(c.Store, StoreNone) {
		add("store", "none stands alone: leave it out, or leave the others out")
	}
	if c.OpenPullRequest && c.CommitBranch == "" {
		add("open-pull-request", "it needs commit-branch: the name of a branch for webpress alone, such as webpress/pictures")
	}
	if c.WebhookSecret != "" && c.WebhookURL == "" {
		add("webhook-secret", "it signs what is posted to webhook-url, which is not set")
	}
	if c.Verb == Merge && len(c.Merged) == 0 {
		add("merge", "it needs the folders of the artifacts, typed behind it or as uploads")
	}
	if c.Verb != Merge && len(c.Uploads) > 0 {
		add("uploads", "only merge takes them: set command to merge")
	}
	if c.Verb == Merge && c.Shard != "" {
		add("shard", "merge joins all parts: leave it out")
	}
	if c.Prune && !c.Lock {
		add("prune", "webpress.lock knows whose results are left over: lock cannot be off")
	}
	at := map[string]string{}
	for _, f := range []struct{ name, path string }{
		{"report", c.Report}, {"dotenv", c.Dotenv}, {"code-quality", c.CodeQuality}, {"sarif", c.Sarif},
	} {
		if f.path == "" {
			continue
		}
		path := filepath.Clean(within(c.WorkingDirectory, f.path))
		if other := at[path]; other != "" {
			add(f.name, "%s is the file of %s too", quote(f.path), other)
		}
		at[path] = f.name
	}
	return all
}
