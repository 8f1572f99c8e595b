package config

import (
	"fmt"
	"path/filepath"
	"slices"
)

// validate finds settings that are valid each by itself, but not together. It
// does not name their sources, which may differ.
func validate(c Config) Mistakes {
	var all Mistakes
	add := func(where, format string, args ...any) {
		all = append(all, Mistake{Where: where, Message: fmt.Sprintf(format, args...)})
	}
	if len(c.Store) > 1 && slices.Contains(c.Store, StoreNone) {
		add("store", "none cannot be combined with other stores")
	}
	if c.OpenPullRequest && c.CommitBranch == "" {
		add("open-pull-request", "it needs commit-branch: a branch for webpress alone, such as webpress/images")
	}
	if c.WebhookSecret != "" && c.WebhookURL == "" {
		add("webhook-secret", "it signs the report posted to webhook-url, which is not set")
	}
	if c.Verb == Merge && len(c.Merged) == 0 {
		add("merge", "it needs the artifact directories, as arguments or in `uploads`")
	}
	if c.Verb != Merge && len(c.Uploads) > 0 {
		add("uploads", "only merge uses them: set command to merge")
	}
	if c.Verb == Merge && c.Shard != "" {
		add("shard", "merge joins all shards: leave shard out")
	}
	all = append(all, validateReferences(c)...)
	if len(c.Addresses) > 0 && c.Verb != Convert && c.Verb != Check {
		add("path", "%s is an address, which %s does not take", quote(c.Addresses[0]), c.Verb)
	}
	if c.Verb == Check && slices.ContainsFunc(c.Addresses, IsBucket) {
		add("path", "check looks at files and at lists; `webpress --dry-run` with these addresses says what there is to do")
	}
	if c.Quiet && c.Verbose {
		add("quiet", "it cannot be combined with verbose")
	}
	if c.Prune && !c.Lock {
		add("prune", "it needs webpress.lock: lock cannot be off")
	}
	if c.Manifest != "" && !c.Lock {
		add("manifest", "it needs webpress.lock: lock cannot be off")
	}
	if _, err := c.Each(); err != nil && c.Output != "" { // or else nothing was read
		add("", "%s", err)
	}
	at := map[string]string{}
	for _, f := range c.Files() {
		path := filepath.Clean(within(c.WorkingDirectory, f.Path))
		if other := at[path]; other != "" {
			add(f.Setting, "%s is also the file of %s", quote(f.Path), other)
		}
		at[path] = f.Setting
	}
	return all
}

// validateReferences finds flags that cannot be combined: each asks the verb References for another
// thing.
func validateReferences(c Config) (all Mistakes) {
	add := func(where, message string) { all = append(all, Mistake{Where: where, Message: message}) }
	if c.Verb != References {
		for _, f := range []struct {
			name string
			set  bool
		}{{"unused", c.Unused}, {"missing", c.Missing}} {
			if f.set {
				add("--"+f.name, "it belongs to a command: webpress references --"+f.name)
			}
		}
		return all
	}
	switch {
	case c.Unused && c.Missing:
		add("--unused", "it cannot be combined with --missing: one lists images, the other references")
	case c.DryRun && (c.Unused || c.Missing):
		add("dry-run", "it shows what would change as a diff, and cannot be combined with --unused or --missing")
	case c.DryRun && c.JSON:
		add("dry-run", "it shows what would change as a diff, and cannot be combined with json")
	case c.DryRun && c.References == ReferencesOff:
		add("dry-run", "with references: off nothing would change: add --references=update or --references=picture")
	}
	return all
}
