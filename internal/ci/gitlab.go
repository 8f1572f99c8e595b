package ci

import (
	"fmt"
	"strconv"
)

// GitLab is GitLab CI/CD. It has no page for a job's summary and no verb for
// annotations: the log carries both.
// https://docs.gitlab.com/ci/variables/predefined_variables/
type GitLab struct {
	getenv   func(string) string
	o        Options
	sections int
}

var _ CI = (*GitLab)(nil)

// Name is GitLab.
func (g *GitLab) Name() string { return "GitLab" }

// Facts reads the predefined variables.
func (g *GitLab) Facts() Facts {
	f := Facts{
		EventName:     g.getenv("CI_PIPELINE_SOURCE"),
		Repository:    g.getenv("CI_PROJECT_PATH"),
		RepositoryID:  g.getenv("CI_PROJECT_ID"),
		Branch:        g.getenv("CI_COMMIT_BRANCH"),
		DefaultBranch: g.getenv("CI_DEFAULT_BRANCH"),
		Public:        g.getenv("CI_PROJECT_VISIBILITY") == "public",
		Tag:           g.getenv("CI_COMMIT_TAG"),
		SHA:           g.getenv("CI_COMMIT_SHA"),
		HeadSHA:       g.getenv("CI_COMMIT_SHA"),
		BaseSHA:       commit(g.getenv("CI_COMMIT_BEFORE_SHA")),
		Actor:         g.getenv("GITLAB_USER_LOGIN"),
		ServerURL:     origin(g.getenv("CI_SERVER_URL")),
		APIURL:        origin(g.getenv("CI_API_V4_URL")),
		GraphQLURL:    origin(g.getenv("CI_API_GRAPHQL_URL")),
		CloneURLs:     cloneURLs(g.getenv("CI_REPOSITORY_URL"), g.getenv("CI_PROJECT_URL")),
		Workspace:     g.getenv("CI_PROJECT_DIR"),
		RunID:         g.getenv("CI_PIPELINE_ID"),
		Forge:         "gitlab",
		RunURL:        first(g.getenv("CI_JOB_URL"), g.getenv("CI_PIPELINE_URL")),
	}
	switch f.EventName {
	case "push":
		f.Event = Push
	case "merge_request_event":
		f.Event = PullRequest
	case "schedule":
		f.Event = Schedule
	case "web":
		f.Event = Manual
	default:
		f.Event = Other
	}
	// A child pipeline of a merge request's has another source, and these too.
	if iid := g.getenv("CI_MERGE_REQUEST_IID"); iid != "" {
		g.mergeRequest(&f, iid)
	}
	f.shard(g.getenv, gitlabCounter)
	return f
}

func (g *GitLab) mergeRequest(f *Facts, iid string) {
	f.Event = PullRequest
	f.PullRequest, _ = strconv.Atoi(iid)
	f.Branch = g.getenv("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")
	f.BaseBranch = g.getenv("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
	f.BaseSHA = commit(g.getenv("CI_MERGE_REQUEST_DIFF_BASE_SHA"))
	// In a pipeline for merged results, or of a merge train, CI_COMMIT_SHA is a
	// merge commit that exists on no branch; only there is the variable for the head
	// set. If a project wants no merge commits a train may have the head itself.
	f.HeadSHA = first(g.getenv("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"), f.SHA)
	switch g.getenv("CI_MERGE_REQUEST_EVENT_TYPE") {
	case "merged_result", "merge_train":
		f.MergeCommit = f.HeadSHA != f.SHA
	}

	// A pipeline for a fork's merge request runs in the fork, unless a member
	// of the parent project started it. The merge request is the parent's.
	f.Repository = first(g.getenv("CI_MERGE_REQUEST_PROJECT_PATH"), f.Repository)
	f.RepositoryID = first(g.getenv("CI_MERGE_REQUEST_PROJECT_ID"), f.RepositoryID)
	f.HeadRepository = g.getenv("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH")
	// Without its id, the source project is gone or hidden from us: a fork.
	f.Fork = g.getenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") != f.RepositoryID
	f.ReadOnly = f.Fork
}

// Secrets is the job's token. It may push where the project allows it.
func (g *GitLab) Secrets() Secrets {
	return Secrets{Token: g.getenv("CI_JOB_TOKEN"), User: "gitlab-ci-token", IDToken: g.getenv("GITLAB_OIDC_TOKEN")}
}

// Summary does nothing: the text at the end of the log is the summary.
func (g *GitLab) Summary(func(int) string) error { return nil }

// SetOutputs writes them to Options.Dotenv, within GitLab's limits.
func (g *GitLab) SetOutputs(outputs []Output) error {
	return dotenv(g.o, outputs, dotenvLimit, g.o.Dotenv)
}

// Annotate does nothing: the log names the files.
func (g *GitLab) Annotate([]Annotation) {}

// Group prints the marks of a collapsed section.
// https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
func (g *GitLab) Group(title string) func() {
	g.sections++
	name := fmt.Sprintf("webpress_%d", g.sections)
	_, _ = fmt.Fprintf(g.o.Out, "\x1b[0Ksection_start:%d:%s[collapsed=true]\r\x1b[0K%s\n",
		g.o.Now().Unix(), name, Line(title))
	return func() {
		_, _ = fmt.Fprintf(g.o.Out, "\x1b[0Ksection_end:%d:%s\r\x1b[0K\n", g.o.Now().Unix(), name)
	}
}

// Mask does nothing: GitLab masks the variables that its settings say, and has
// no verb for others.
func (g *GitLab) Mask(string) {}
