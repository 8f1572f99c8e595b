package forge

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestRenew(t *testing.T) {
	t.Parallel()
	first := NewPullRequest{Title: "convert 1 image", Body: "saves 1 MB"}
	next := NewPullRequest{Title: "convert 2 images", Body: "saves 2 MB"}
	for name, test := range map[string]struct{ title, body, newTitle, newBody string }{
		"as it was made":            {first.Title, first.marked(), next.Title, next.marked()},
		"from a browser":            {first.Title, strings.ReplaceAll(first.marked(), "\n", "\r\n"), next.Title, next.marked()},
		"up to date":                {next.Title, next.marked(), "", ""},
		"up to date, cut":           {next.Title + " ", strings.ReplaceAll(next.marked(), "\n", "\r\n") + "\r\n", "", ""},
		"a title of somebody's":     {"Smaller pictures", first.marked(), "", next.marked()},
		"a text of somebody's":      {first.Title, "mine", "", ""},
		"no text":                   {first.Title, "", "", ""},
		"quoted":                    {first.Title, "> " + strings.ReplaceAll(first.marked(), "\n", "\n> "), "", ""},
		"a text below":              {first.Title, first.marked() + "\n\n- [x] seen", next.Title, next.marked() + "\n\n- [x] seen"},
		"a text below, up to date":  {next.Title, next.marked() + "\n\n- [x] seen", "", ""},
		"a text above is not known": {first.Title, "see\n" + first.marked(), next.Title, next.marked()},
	} {
		if title, body := next.renew(test.title, test.body); title != test.newTitle || body != test.newBody {
			t.Errorf("%s: title %q, body %q", name, title, body)
		}
	}
	// Without a message's body there is the mark alone.
	if got := (NewPullRequest{Title: "T"}).marked(); !pullMark.MatchString(got) || got[0] != '<' {
		t.Errorf("%q", got)
	}
}

// TestPullRequestIsRenewed has a pull request of an earlier run.
func TestPullRequestIsRenewed(t *testing.T) {
	t.Parallel()
	first := NewPullRequest{Head: "webp", Base: "main", Title: "T", Body: "saves 1 MB"}
	next := first
	next.Title, next.Body = "T2", "saves 2 MB"
	quoted := func(s string) string { q, _ := json.Marshal(s); return string(q) }
	is := func(js, member, body string) string {
		return strings.NewReplacer(`"body":"B"`, `"body":`+quoted(body), `"title":"T"`, `"title":"T","`+member+`":`+quoted(body)).Replace(js)
	}
	exists := exchange{ask: "POST " + repo + "/pulls", status: 422, answer: fmt.Sprintf(validation, "A pull request already exists for octo:webp.")}
	found := exchange{ask: findPull, answer: "[" + is(pullJS, "x", first.marked()) + "]"}
	sent := fmt.Sprintf(`{"title":"T2","body":%s}`, quoted(next.marked()))
	patch := exchange{ask: "PATCH " + repo + "/pulls/7", sent: sent, answer: strings.Replace(pullJS, `"title":"T"`, `"title":"T2"`, 1)}
	got, err := serve(t, exists, found, patch).github().CreatePullRequest(t.Context(), next)
	if err != nil || got.Number != 7 || got.Title != "T2" {
		t.Errorf("got %+v, error %v", got, err)
	}
	if _, err := serve(t, exists, found).github().CreatePullRequest(t.Context(), first); err != nil {
		t.Errorf("nothing new: error %v", err)
	}
	patch.status, patch.answer = 403, `{"message":"Resource not accessible by integration","documentation_url":"https://docs.github.com","status":"403"}`
	_, err = serve(t, exists, found, patch).github().CreatePullRequest(t.Context(), next)
	if expect(t, err, ErrForbidden, "`pull-requests: write`"); !strings.Contains(err.Error(), "update pull request #7") {
		t.Error(err)
	}

	const project = "/api/v4/projects/group%2Fsub%2Fpics"
	merge := `{"id":1,"iid":7,"web_url":"https://gitlab.com/x","title":"T","sha":"h1","source_branch":"webp","target_branch":"main","source_project_id":3,"target_project_id":3}`
	_, g := serveGitLab(t,
		exchange{ask: "POST " + project + "/merge_requests", status: 409, answer: `{"message":["Another open merge request already exists for this source branch: !7"]}`},
		exchange{ask: "GET " + project + "/merge_requests?per_page=100&source_branch=webp&state=opened&target_branch=main", answer: "[" + is(merge, "description", first.marked()) + "]"},
		exchange{ask: "PUT " + project + "/merge_requests/7", sent: strings.Replace(sent, `"body"`, `"description"`, 1), answer: merge})
	if got, err := g.CreatePullRequest(t.Context(), next); err != nil || got.Number != 7 {
		t.Errorf("got %+v, error %v", got, err)
	}
}
