package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/git"
)

// mostNames is how many files a message names.
const mostNames = 50

// message is the message for a commit of files.
func (c Commit) message(files []file) string {
	if c.Message != "" {
		return c.Message
	}
	return defaultMessage(files, harmless)
}

// defaultMessage is a message in the form of Conventional Commits 1.0.0, with what
// is saved and the files in its body. Name makes a name harmless where the message
// is shown.
func defaultMessage(files []file, name func(string) string) string {
	var b strings.Builder
	var before, after int64
	removed, outdated, edit := 0, 0, ""
	made, formats := map[string]bool{}, map[string]bool{} // sources, and the names of formats
	named := make([]file, 0, len(files))
	for _, f := range files {
		switch {
		case f.edited != nil:
			edit = cmp.Or(edit, f.edited.headline(name(f.output)))
			continue
		case f.outdated:
			outdated++
		case f.add:
			formats[cmp.Or(asset.FormatByName(f.output), asset.WebP).Name()] = true // any other name is somebody's own
			// Of several outputs of a source the largest counts, which takes its place.
			if !made[f.origin] && f.before > 0 { // or else it is not known
				before, after = before+f.before, after+largest(files, f)
			}
			made[f.origin] = true
		default:
			removed++
		}
		named = append(named, f)
	}
	switch {
	case len(made) > 0:
		fmt.Fprintf(&b, "perf(images): convert %s to %s\n\n", english.Plural(len(made), "image", ""), english.WordSeries(slices.Sorted(maps.Keys(formats)), "and"))
	case removed > 0:
		fmt.Fprintf(&b, "perf(images): remove %s that others have taken the place of\n\n", english.Plural(removed, "image", ""))
	case outdated > 0:
		fmt.Fprintf(&b, "chore(images): remove %s\n\n", english.Plural(outdated, "outdated result", ""))
	default:
		return edit + "\n"
	}
	if before > after && after > 0 {
		fmt.Fprintf(&b, "%s -> %s, %.1f %% saved\n\n", humanize.Bytes(uint64(before)), humanize.Bytes(uint64(after)),
			asset.PercentSaved(before, after))
	}
	for i, f := range named {
		if i == mostNames {
			fmt.Fprintf(&b, "and %d more\n", len(named)-i)
			break
		}
		line := name(f.output)
		switch {
		case f.outdated && f.output != "":
			line = name(f.origin) + " removed (" + line + " takes its place)"
		case f.outdated:
			line = name(f.origin) + " removed"
		case f.remove && f.add:
			line += " instead of " + name(f.origin)
		case f.remove:
			line = name(f.origin) + " (" + line + " is there)"
		}
		fmt.Fprintf(&b, "* %s\n", line)
	}
	return b.String()
}

// largest is the size of the largest output that is made of the source of f.
func largest(files []file, f file) int64 {
	size := f.after
	for _, other := range files {
		if other.origin == f.origin && other.add && other.edited == nil && !other.outdated {
			size = max(size, other.after)
		}
	}
	return size
}

// refers finds what platforms take for a reference without a sign of its own: GH-1 of
// GitHub, and the beginnings of addresses.
var refers = regexp.MustCompile(`(?i)\bGH-[0-9]|www\.`)

// harmless is a name that does nothing in the message of a commit: it cannot end the
// line, be HTML or an address, call people, refer to issues and close them, or keep
// the CI from running. Signs that could are as %XX.
func harmless(name string) string {
	name = strings.ToValidUTF8(name, "?")
	low := strings.ToLower(name)
	skips := strings.Contains(low, "skip") || strings.Contains(low, "no ci") || strings.Contains(low, "no_ci")
	escape := map[int]bool{}
	for _, at := range refers.FindAllStringIndex(name, -1) {
		escape[at[0]+2], escape[at[0]+3] = true, true // - or w, and . or the digit
	}
	var b strings.Builder
	last := ' '
	for i, r := range name {
		switch {
		case !unicode.IsPrint(r):
			b.WriteByte('?')
		// The signs of references at GitHub and GitLab, and of HTML and addresses.
		case escape[i], strings.ContainsRune("#:<>&!~$^%`\\", r), skips && (r == '[' || r == '*'),
			r == '[' && strings.Contains(name[i:], ":"),
			// To GitHub, é is not part of a word.
			r == '@' && (last >= unicode.MaxASCII || !unicode.IsLetter(last) && !unicode.IsDigit(last)):
			fmt.Fprintf(&b, "%%%02X", r)
		default:
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

// A Pull is a pull request, or a merge request of GitLab's.
type Pull struct {
	// Base is the branch it is to be merged into.
	Base string
	// Title is its title; empty is the first line of the commit's message.
	Title  string
	Labels []string
	// Code sets a name as code in Markdown, which is what the text is.
	Code func(string) string
	// Forge opens it.
	Forge forge.Client
}

// pull opens the pull request that is wanted, where there is something to merge.
func (c Commit) pull(ctx context.Context, all []file, stored asset.Receipt) (asset.Receipt, error) {
	p := c.Pull
	if p == nil || p.Base == c.Branch {
		return stored, nil
	}
	all = slices.Clone(all)
	for i := range all {
		all[i].add = !all[i].outdated // by this run or by one before
	}
	text := c.Message
	if text == "" {
		name := harmless
		if p.Code != nil {
			name = p.Code
		}
		text = defaultMessage(all, name)
	}
	title, body, _ := strings.Cut(text, "\n")
	if p.Title != "" {
		title = p.Title
	}
	pull, err := p.Forge.CreatePullRequest(ctx, forge.NewPullRequest{Head: c.Branch, Base: p.Base, Title: title, Body: strings.TrimSpace(body)})
	if errors.Is(err, forge.ErrConflict) { // such as a branch that has been merged meanwhile
		stored.Notes = append(stored.Notes, fmt.Sprintf("no pull request for %s: %s", quote(c.Branch), err))
		return stored, nil
	}
	if err == nil && len(p.Labels) > 0 {
		err = p.Forge.AddLabels(ctx, pull.Number, p.Labels)
	}
	if err != nil {
		if ctx.Err() != nil {
			return stored, context.Cause(ctx)
		}
		return stored, &asset.HintError{What: fmt.Sprintf("open a pull request for %s", quote(c.Branch)), Why: err, Hint: hint(err)}
	}
	stored.PullRequest = pull.URL
	return stored, nil
}

// error is an *asset.HintError of this store.
func (c Commit) error(why error, hint string) *asset.HintError {
	what := "commit the results"
	if c.Branch != "" {
		what = "commit to " + quote(c.Branch)
	}
	return &asset.HintError{What: what, Why: why, Hint: hint}
}

// explain returns err with what it means for the run and how to fix it.
func (c Commit) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return c.error(err, hint(err))
}

// hint says what to change.
func hint(err error) string {
	if fault := (*asset.Fault)(nil); errors.As(err, &fault) && fault.Hint != "" {
		return fault.Hint
	}
	for _, one := range []struct {
		err  error
		hint string
	}{
		{git.ErrProtected, "let `commit-branch` be another branch with `open-pull-request: true`, or use a `token` that may bypass the rules"},
		{git.ErrForbidden, "on GitHub, add `permissions: contents: write` to the job (the token of a fork's pull request, or of Dependabot's, can only read whatever it says); " +
			"on GitLab, allow the job token to push (Settings, CI/CD, Job token permissions); or set `token` to one that may write to the repository"},
		{git.ErrUnauthorized, "set `token` to one that may write to the repository, and has not expired"},
		{git.ErrNotFound, "check the address of the remote origin, and that the token may see the repository: servers hide it from those that may not"},
		{git.ErrNoLFS, "install git-lfs before webpress runs, or take the outputs out of Git LFS in .gitattributes"},
		{git.ErrMoved, "others push to this branch all the time; run it again, or let `commit-branch` be a branch of its own"},
		{git.ErrTimeout, "check the way to the server from where the job runs: it sends next to nothing, or its hooks do not end"},
		{git.ErrUnreachable, "check that the server can be reached from where the job runs, and run it again"},
	} {
		if errors.Is(err, one.err) {
			return one.hint
		}
	}
	return ""
}
