package ci

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/tree"
)

// event is what is read of the event file. Its shapes are documented at
// https://docs.github.com/webhooks/webhook-events-and-payloads; Gitea and
// Forgejo send the same names.
type event struct {
	Before     string      `json:"before"`
	Repository *repository `json:"repository"`

	PullRequest *struct {
		Number int    `json:"number"`
		Head   branch `json:"head"`
		Base   branch `json:"base"`
	} `json:"pull_request"`

	WorkflowRun *struct {
		ID             int64       `json:"id"`
		HeadBranch     string      `json:"head_branch"`
		HeadSHA        string      `json:"head_sha"`
		HeadRepository *repository `json:"head_repository"`
		// PullRequests is empty if they come from forks.
		PullRequests []struct {
			Number int    `json:"number"`
			Head   branch `json:"head"`
			Base   branch `json:"base"`
		} `json:"pull_requests"`
	} `json:"workflow_run"`
}

type branch struct {
	Ref string `json:"ref"`
	SHA string `json:"sha"`
	// Repo is null where the repository was deleted.
	Repo *repository `json:"repo"`
}

type repository struct {
	ID            int64  `json:"id"`
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
	Private       *bool  `json:"private"`
}

// same reports whether r and other are one repository. Names may differ in case, and
// ids stay when a repository is renamed.
func (r *repository) same(other *repository) bool {
	if r == nil || other == nil {
		return false
	}
	if r.ID != 0 && other.ID != 0 {
		return r.ID == other.ID
	}
	return r.FullName != "" && strings.EqualFold(r.FullName, other.FullName)
}

func (r *repository) name() string {
	if r == nil {
		return ""
	}
	return r.FullName
}

// Facts reads the variables and the event file.
func (g *GitHub) Facts() Facts {
	f := Facts{
		EventName:  g.getenv("GITHUB_EVENT_NAME"),
		Repository: g.getenv("GITHUB_REPOSITORY"),
		SHA:        g.getenv("GITHUB_SHA"),
		HeadSHA:    g.getenv("GITHUB_SHA"),
		Actor:      g.getenv("GITHUB_ACTOR"),
		ServerURL:  origin(g.getenv("GITHUB_SERVER_URL")),
		APIURL:     origin(g.getenv("GITHUB_API_URL")),
		Workspace:  g.getenv("GITHUB_WORKSPACE"),
		RunID:      g.getenv("GITHUB_RUN_ID"),
		Forge:      strings.ToLower(g.Name()),
	}
	if days, err := strconv.Atoi(g.getenv("GITHUB_RETENTION_DAYS")); err == nil && days > 0 {
		f.RetentionDays = days
	}
	run := f.RunID
	if g.Name() == "GitHub" {
		f.GraphQLURL = origin(g.getenv("GITHUB_GRAPHQL_URL"))
	} else {
		// Their pages go by the run's number, and they have no GraphQL.
		run = first(g.getenv("GITHUB_RUN_NUMBER"), run)
	}
	if f.ServerURL != "" && f.Repository != "" && run != "" {
		f.RunURL = f.ServerURL + "/" + f.Repository + "/actions/runs/" + run
	}

	ref := g.getenv("GITHUB_REF")
	if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		f.Branch = name
	} else if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
		f.Tag = name
	}

	e, err := readEvent(g.getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		f.Notices = append(f.Notices, err.Error())
	}
	if e.Repository != nil {
		f.DefaultBranch = e.Repository.DefaultBranch
		f.Public = e.Repository.Private != nil && !*e.Repository.Private
	}
	switch f.EventName {
	case "push":
		f.Event = Push
		f.BaseSHA = commit(e.Before)
	case "schedule":
		f.Event = Schedule
	case "workflow_dispatch", "repository_dispatch":
		f.Event = Manual
	case "workflow_run":
		f.Event = WorkflowRun
		workflowRun(&f, e)
	case "merge_group":
		// The queue's own branch is gone when it is merged.
		f.Event, f.Branch = Other, ""
	case "pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment":
		f.Event = PullRequest
		g.pullRequest(&f, e, ref)
	default:
		f.Event = Other
	}
	// A run of pull_request_target has the base repository's token and secrets.
	fork := f.Event == PullRequest && f.Fork && f.EventName != "pull_request_target"
	f.ReadOnly = fork || f.Actor == "dependabot[bot]" && slices.Contains(dependabotReads, f.EventName)
	f.shard(g.getenv)
	return f
}

// dependabotReads are the events whose runs may only read where Dependabot started
// them: GitHub's documentation, "Dependabot on GitHub Actions". A workflow_run that
// follows such a run is not among them.
var dependabotReads = []string{
	"pull_request", "pull_request_review", "pull_request_review_comment", "push", "create", "deployment", "deployment_status",
}

// Secrets reads what an action is given. GITHUB_TOKEN is set only if a
// workflow says so: the action takes its token as an input.
func (g *GitHub) Secrets() Secrets {
	return Secrets{
		Token: g.getenv("GITHUB_TOKEN"), User: "x-access-token",
		ResultsURL: g.getenv("ACTIONS_RESULTS_URL"), RuntimeToken: g.getenv("ACTIONS_RUNTIME_TOKEN"),
		IDTokenURL: g.getenv("ACTIONS_ID_TOKEN_REQUEST_URL"), IDTokenBearer: g.getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
	}
}

// pullRef is what GITHUB_REF is on a pull request: of the commit that it would be
// merged as, or at Gitea and Forgejo of its head.
var pullRef = regexp.MustCompile(`^refs/pull/([0-9]+)/(merge$)?`)

func (g *GitHub) pullRequest(f *Facts, e event, ref string) {
	// GITHUB_REF is the merge ref here, or for pull_request_target the base
	// branch, and GITHUB_SHA its commit: neither is the pull request's own.
	f.HeadSHA = ""
	f.Branch = g.getenv("GITHUB_HEAD_REF")
	f.BaseBranch = g.getenv("GITHUB_BASE_REF")
	if m := pullRef.FindStringSubmatch(ref); m != nil {
		f.PullRequest, _ = strconv.Atoi(m[1])
		f.MergeCommit = m[2] != "" && f.SHA != ""
	}
	p := e.PullRequest
	if p == nil {
		if len(f.Notices) == 0 {
			f.Notices = append(f.Notices, "the event file says nothing about the pull request")
		}
		return
	}
	if p.Number != 0 {
		f.PullRequest = p.Number
	}
	f.Branch = first(f.Branch, p.Head.Ref)
	f.BaseBranch = first(f.BaseBranch, p.Base.Ref)
	f.HeadSHA = p.Head.SHA
	f.BaseSHA = commit(p.Base.SHA)
	f.HeadRepository = p.Head.Repo.name()
	base := p.Base.Repo
	if base == nil {
		base = e.Repository
	}
	// Not head.repo.fork: that is also true in a repository that is itself a
	// fork of another.
	f.Fork = !p.Head.Repo.same(base)
}

// workflowRun reads what the run before this one was for. Its pull request is
// known only if it comes from this repository.
func workflowRun(f *Facts, e event) {
	w := e.WorkflowRun
	f.Branch, f.HeadSHA = "", ""
	if w == nil {
		if len(f.Notices) == 0 {
			f.Notices = append(f.Notices, "the event file says nothing about the workflow run")
		}
		return
	}
	f.Branch = w.HeadBranch
	f.HeadSHA = w.HeadSHA
	f.HeadRepository = w.HeadRepository.name()
	f.Fork = !w.HeadRepository.same(e.Repository)
	f.SourceRunID = strconv.FormatInt(w.ID, 10)
	// The list also names pull requests of other repositories that the branch
	// was proposed to, and those that moved on since.
	for _, p := range w.PullRequests {
		if p.Head.SHA == w.HeadSHA && p.Base.Repo.same(e.Repository) {
			f.PullRequest = p.Number
			f.BaseBranch = p.Base.Ref
			f.BaseSHA = commit(p.Base.SHA)
		}
	}
}

// maxEvent is the length in bytes of the largest event: GitHub caps payloads at 25 MB.
const maxEvent = 32 << 20

func readEvent(path string) (event, error) {
	var e event
	if path == "" {
		return e, fmt.Errorf("read event: GITHUB_EVENT_PATH is not set")
	}
	data, err := tree.Read(path, maxEvent)
	if err != nil {
		return e, fmt.Errorf("read event %q: %w", path, tree.Cause(err))
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return event{}, fmt.Errorf("read event %q: %w", path, err)
	}
	return e, nil
}
