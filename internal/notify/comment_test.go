package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/forge"
)

// A thread is the comments of pull request 7, behind the APIs of GitHub and of
// GitLab, with three to a page.
type thread struct {
	*httptest.Server
	mu       sync.Mutex
	comments []*post
	writes   []string
	// readOnly refuses all writes. breakCreate makes the comment and then breaks
	// off; loseCreate breaks off before.
	readOnly, breakCreate, loseCreate bool
	// self is who GitLab's token belongs to; empty is unknown.
	self string
}

type post struct {
	ID      int               `json:"id"`
	Body    string            `json:"body"`
	HTMLURL string            `json:"html_url"`
	User    map[string]string `json:"user"`
	Author  map[string]string `json:"author"`
	foreign bool              // the token may not change it
}

func talk(t *testing.T, bodies ...string) *thread {
	t.Helper()
	th := &thread{}
	for _, body := range bodies {
		th.add(body)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /repos/octo/pics/issues/7/comments", th.list)
	mux.HandleFunc("POST /repos/octo/pics/issues/7/comments", th.create)
	mux.HandleFunc("PATCH /repos/octo/pics/issues/comments/{id}", th.update)
	mux.HandleFunc("GET /projects/{project}/merge_requests/7/notes", th.list)
	mux.HandleFunc("POST /projects/{project}/merge_requests/7/notes", th.create)
	mux.HandleFunc("GET /user", func(w http.ResponseWriter, _ *http.Request) {
		if th.self == "" {
			answer(w, 403, map[string]string{"message": "403 Forbidden"})
			return
		}
		answer(w, 200, map[string]string{"username": th.self})
	})
	mux.HandleFunc("PUT /projects/{project}/merge_requests/7/notes/{id}", th.update)
	th.Server = httptest.NewServer(mux)
	t.Cleanup(th.Close)
	return th
}

func (th *thread) add(body string) *post {
	id := len(th.comments) + 1
	// Forges end lines as the web does.
	p := &post{ID: id, Body: strings.ReplaceAll(body, "\n", "\r\n"), HTMLURL: fmt.Sprintf("https://github.com/c%d", id)}
	th.comments = append(th.comments, p)
	return p
}

func (th *thread) list(w http.ResponseWriter, r *http.Request) {
	th.mu.Lock()
	defer th.mu.Unlock()
	page, _ := strconv.Atoi(r.FormValue("page"))
	page = max(page, 1)
	from, to := min(3*(page-1), len(th.comments)), min(3*page, len(th.comments))
	if to < len(th.comments) {
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=%d>; rel="next"`, th.URL, r.URL.Path, page+1))
	}
	answer(w, 200, append([]*post{}, th.comments[from:to]...))
}

func (th *thread) create(w http.ResponseWriter, r *http.Request) {
	th.mu.Lock()
	defer th.mu.Unlock()
	switch {
	case th.readOnly:
		refuse(w)
		return
	case th.loseCreate:
		panic(http.ErrAbortHandler)
	}
	th.writes = append(th.writes, "create")
	made := th.add(written(r))
	if th.breakCreate {
		panic(http.ErrAbortHandler)
	}
	answer(w, 201, made)
}

func (th *thread) update(w http.ResponseWriter, r *http.Request) {
	th.mu.Lock()
	defer th.mu.Unlock()
	id, _ := strconv.Atoi(r.PathValue("id"))
	if th.readOnly || th.comments[id-1].foreign {
		refuse(w)
		return
	}
	th.writes = append(th.writes, fmt.Sprintf("update %d", id))
	th.comments[id-1].Body = written(r)
	answer(w, 200, th.comments[id-1])
}

func refuse(w http.ResponseWriter) {
	answer(w, 403, map[string]string{"message": "Resource not accessible by integration"})
}

func written(r *http.Request) string {
	var in struct{ Body string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	return in.Body
}

func answer(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (th *thread) comment(key string) Comment {
	var log strings.Builder
	return Comment{forge.GitHub{Client: client(&log), APIURL: th.URL, Token: "t0k3n-t0k3n", Repository: "octo/pics"}, 7, key}
}

func (th *thread) note(key string) Comment {
	var log strings.Builder
	return Comment{forge.GitLab{Client: client(&log), APIURL: th.URL, Token: "t0k3n-t0k3n", Project: "octo/pics"}, 7, key}
}

func says(text string) func(int) string { return func(int) string { return text } }

func TestComment(t *testing.T) {
	mine := Marker("") + "\nsaved 1 MB"
	other := Marker("docs") + "\nsaved 1 MB"
	quoted := "> " + Marker("") + "\nsee above"
	inside := "look:\n" + Marker("") + "\nx"
	tests := map[string]struct {
		before  []string
		foreign []int
		news    bool
		text    string
		result  CommentResult
		writes  []string
	}{
		"first":                      {nil, nil, true, "saved 2 MB", Created, []string{"create"}},
		"first, among others":        {[]string{"nice", quoted, inside, other, ""}, nil, true, "saved 2 MB", Created, []string{"create"}},
		"nothing to report":          {[]string{"nice"}, nil, false, "nothing", CommentSkipped, nil},
		"earlier one":                {[]string{"nice", mine}, nil, true, "saved 2 MB", Updated, []string{"update 2"}},
		"earlier one, on page 3":     {[]string{"1", "2", "3", "4", "5", "6", mine, "8"}, nil, true, "saved 2 MB", Updated, []string{"update 7"}},
		"nothing to report any more": {[]string{mine}, nil, false, "nothing", Updated, []string{"update 1"}},
		"the same":                   {[]string{mine + "\n"}, nil, true, "saved 1 MB\n", Unchanged, nil},
		"somebody else's":            {[]string{mine}, []int{1}, true, "saved 2 MB", Created, []string{"create"}},
		"somebody else's, and mine":  {[]string{mine, mine}, []int{1}, true, "saved 2 MB", Updated, []string{"update 2"}},
		"two by mistake":             {[]string{mine, mine}, nil, true, "saved 2 MB", Updated, []string{"update 1"}},
		"somebody else's, no news":   {[]string{mine}, []int{1}, false, "nothing", CommentSkipped, nil},
	}
	forges := map[string]func(*thread) Comment{
		"GitHub": func(th *thread) Comment { return th.comment("") },
		"GitLab": func(th *thread) Comment { return th.note("") },
	}
	for name, test := range tests {
		for at, make := range forges {
			t.Run(name+", "+at, func(t *testing.T) {
				th := talk(t, test.before...)
				for _, id := range test.foreign {
					th.comments[id-1].foreign = true
				}
				result, url, err := make(th).Send(t.Context(), test.news, says(test.text))
				if err != nil || result != test.result {
					t.Fatalf("result %q, %v", result, err)
				}
				if diff := cmp.Diff(test.writes, th.writes); diff != "" {
					t.Errorf("writes (-want +got):\n%s", diff)
				}
				if result != CommentSkipped && at == "GitHub" && !strings.HasPrefix(url, "https://github.com/c") {
					t.Errorf("url %q", url)
				}
				// Again: nothing is to be done any more.
				th.writes = nil
				if again, _, err := make(th).Send(t.Context(), test.news, says(test.text)); err != nil || len(th.writes) > 0 || again == Created {
					t.Errorf("again: result %q, writes %q, %v", again, th.writes, err)
				}
			})
		}
	}
}

// Whoever may write to the repository may change the comments of others. One
// that is made to look like webpress's own is not taken for it.
func TestCommentAuthor(t *testing.T) {
	fake := Marker("") + "\nall is well"
	user, bot := map[string]string{"login": "mallory", "type": "User"}, map[string]string{"login": "github-actions[bot]", "type": "Bot"}
	for prefix, want := range map[string]string{
		"ghs_": "update 2", "ghp_": "update 1", "github_pat_": "update 1", "": "update 1",
	} {
		th := talk(t, fake, fake)
		th.comments[0].User, th.comments[1].User = user, bot
		var log strings.Builder
		g := forge.GitHub{Client: client(&log), APIURL: th.URL, Token: prefix + "t0k3nt0k3n", Repository: "octo/pics"}
		if _, _, err := (Comment{g, 7, ""}).Send(t.Context(), true, says("x")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{want}, th.writes); diff != "" {
			t.Errorf("token %q (-want +got):\n%s", prefix, diff)
		}
	}

	th := talk(t, fake, fake)
	th.self = "project_1_bot"
	th.comments[0].Author, th.comments[1].Author = map[string]string{"username": "mallory"}, map[string]string{"username": th.self}
	if _, _, err := th.note("").Send(t.Context(), true, says("x")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"update 2"}, th.writes); diff != "" {
		t.Errorf("GitLab (-want +got):\n%s", diff)
	}
}

func TestCommentLimit(t *testing.T) {
	th := talk(t)
	c := th.comment("a")
	long := func(limit int) string { return strings.Repeat("x", limit) }
	if result, _, err := c.Send(t.Context(), true, long); err != nil || result != Created {
		t.Fatalf("result %q, %v", result, err)
	}
	if got := len(th.comments[0].Body) - 1; got != 65536 { // a CR was added
		t.Errorf("%d bytes", got)
	}
	if n := th.note("").Forge.CommentLimit(); n != 1_000_000 {
		t.Errorf("limit %d", n)
	}
}

func TestCommentForbidden(t *testing.T) {
	for _, before := range [][]string{nil, {Marker("") + "\nold"}} {
		th := talk(t, before...)
		th.readOnly = true
		_, _, err := th.comment("").Send(t.Context(), true, says("new"))
		f, ok := errors.AsType[*asset.Fault](err)
		if !errors.Is(err, forge.ErrForbidden) || !ok || !strings.Contains(f.Hint, "pull-requests: write") {
			t.Errorf("error %v, %#v", err, f)
		}
	}
}

// The comment exists although the answer was lost: it is not made again.
func TestCommentUnanswered(t *testing.T) {
	th := talk(t)
	th.breakCreate = true
	result, url, err := th.comment("").Send(t.Context(), true, says("new"))
	if err != nil || result != Created || url == "" || len(th.comments) != 1 {
		t.Errorf("result %q, %q, %v; %d comments", result, url, err, len(th.comments))
	}
	th = talk(t)
	th.loseCreate = true
	if result, _, err := th.comment("").Send(t.Context(), true, says("new")); err == nil || result != CommentSkipped || len(th.comments) > 0 {
		t.Errorf("result %q, %v", result, err)
	}
}

func TestCommentCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := talk(t).comment("").Send(ctx, true, says("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestMarker(t *testing.T) {
	tests := map[string]string{
		"":            "<!-- webpress:report -->",
		"docs/Images": "<!-- webpress:docs/Images -->",
		"a-b":         "<!-- webpress:a_b.",
		"a--> b":      "<!-- webpress:a____b.",
		"a\nb":        "<!-- webpress:a_b.",
	}
	seen := map[string]string{}
	for key, want := range tests {
		got := Marker(key)
		if !strings.HasPrefix(got, want) || strings.Count(got, "--") != 2 || strings.Contains(got, "\n") || !strings.HasSuffix(got, " -->") {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
		if seen[got] != "" {
			t.Errorf("%q and %q have the same marker", key, seen[got])
		}
		seen[got] = key
	}
}
