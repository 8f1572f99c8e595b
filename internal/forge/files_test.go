package forge

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGitHubChangedFiles(t *testing.T) {
	t.Parallel()
	const files = "GET " + repo + "/pulls/7/files?per_page=100"
	counted := func(n int) exchange {
		return exchange{ask: "GET " + repo + "/pulls/7", answer: fmt.Sprintf(`{"number":7,"changed_files":%d}`, n)}
	}
	one := `[{"filename":"a.png","status":"added","sha":"s1"}]`
	// Thirty pages, which are as much as GitHub lists.
	page := "[" + strings.TrimSuffix(strings.Repeat(`{"filename":"a.png","status":"added","sha":"s1"},`, 100), ",") + "]"
	most := []exchange{counted(MaxFiles)}
	for i := range 30 {
		e := exchange{ask: files, answer: page}
		if i > 0 {
			e.ask += fmt.Sprintf("&page=%d", i+1)
		}
		if i < 29 {
			e.header = []string{"Link", fmt.Sprintf(`<SERVER/x?per_page=100&page=%d>; rel="next"`, i+2)}
		}
		most = append(most, e)
	}
	tests := map[string]struct {
		steps    []exchange
		want     []ChangedFile // nil is not compared
		number   int
		complete bool
	}{
		"all kinds": {
			[]exchange{
				counted(4),
				{ask: files, header: []string{"Link", `<https://elsewhere.example.com/repositories/1/pulls/7/files?per_page=100&page=2>; rel="next", <https://elsewhere.example.com/x?page=2>; rel="last"`},
					answer: `[{"filename":"a.png","status":"added","sha":"s1"},{"filename":"n.png","previous_filename":"o.png","status":"renamed","sha":"s2"}]`},
				{ask: files + "&page=2", header: []string{"Link", `<SERVER/x?page=1>; rel="prev"`}, answer: `[{"filename":"m.png","status":"modified","sha":"s3"},{"filename":"sub","status":"removed","sha":null}]`},
			},
			[]ChangedFile{
				{Path: "a.png", Status: "added", SHA: "s1"}, {Path: "n.png", Previous: "o.png", Status: "renamed", SHA: "s2"},
				{Path: "m.png", Status: "modified", SHA: "s3"}, {Path: "sub", Status: "removed"},
			}, 4, true,
		},
		"none":               {[]exchange{counted(0), {ask: files, answer: "[]"}}, nil, 0, true},
		"fewer than counted": {[]exchange{counted(2), {ask: files, answer: one}}, nil, 1, false},
		"more than counted":  {[]exchange{counted(0), {ask: files, answer: one}}, nil, 1, true},
		"more than it lists": {[]exchange{counted(MaxFiles + 1)}, nil, 0, false},
		"as many as it does": {most, nil, MaxFiles, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, complete, err := serve(t, tt.steps...).github().ChangedFiles(t.Context(), 7)
			if err != nil || complete != tt.complete || len(got) != tt.number {
				t.Errorf("%d files, complete %v, %v; want %d, %v", len(got), complete, err, tt.number, tt.complete)
			}
			if diff := cmp.Diff(tt.want, got); tt.want != nil && diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// Gitea has its own word for a removed file. What else resembles GitHub may not
// tell a number.
func TestGiteaChangedFiles(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"/repos/octo/pics/pulls/7":       `{"number":7}`,
		"/repos/octo/pics/pulls/7/files": `[{"filename":"a.png","status":"deleted"},{"filename":"b.png","status":"changed"}]`,
	}
	s := serve(t)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, answers[r.URL.Path])
	})
	gitea := s.github()
	gitea.GraphQLURL = ""
	got, complete, err := gitea.ChangedFiles(t.Context(), 7)
	want := []ChangedFile{{Path: "a.png", Status: "removed"}, {Path: "b.png", Status: "changed"}}
	if diff := cmp.Diff(want, got); diff != "" || !complete || err != nil {
		t.Errorf("complete %v, %v (-want +got):\n%s", complete, err, diff)
	}
}

func TestGitLabChangedFiles(t *testing.T) {
	t.Parallel()
	const merge = "GET /api/v4/projects/group%2Fsub%2Fpics/merge_requests/7"
	counted := func(count string) exchange {
		return exchange{ask: merge, answer: `{"id":1,"iid":7,"sha":"h1","changes_count":` + count + `}`}
	}
	one := exchange{ask: merge + "/diffs?per_page=100", answer: `[{"old_path":"a","new_path":"a","new_file":true}]`}
	tests := map[string]struct {
		steps    []exchange
		want     []ChangedFile
		complete bool
	}{
		"all kinds": {
			[]exchange{counted(`"5"`),
				{ask: merge + "/diffs?per_page=100", header: []string{"Link", `<https://gitlab.com/api/v4/projects/3/merge_requests/7/diffs?page=2&per_page=100>; rel="next"`}, answer: `[
				{"old_path":"a","new_path":"a","new_file":true,"renamed_file":false,"deleted_file":false},
				{"old_path":"b","new_path":"b"},
				{"old_path":"c","new_path":"d","renamed_file":true},
				{"old_path":"e","new_path":"e","deleted_file":true}]`},
				{ask: merge + "/diffs?page=2&per_page=100", answer: `[{"old_path":"f","new_path":"f","collapsed":true,"too_large":true,"diff":""}]`},
			},
			[]ChangedFile{
				{Path: "a", Status: "added"}, {Path: "b", Status: "modified"}, {Path: "d", Previous: "c", Status: "renamed"},
				{Path: "e", Status: "removed"}, {Path: "f", Status: "modified"},
			}, true,
		},
		"none":               {[]exchange{counted(`"0"`), {ask: merge + "/diffs?per_page=100", answer: "[]"}}, nil, true},
		"fewer than counted": {[]exchange{counted(`"2"`), one}, []ChangedFile{{Path: "a", Status: "added"}}, false},
		"too many":           {[]exchange{counted(`"1000+"`)}, nil, false},
		"not counted yet":    {[]exchange{counted("null")}, nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, g := serveGitLab(t, tt.steps...)
			got, complete, err := g.ChangedFiles(t.Context(), 7)
			if diff := cmp.Diff(tt.want, got); err != nil || complete != tt.complete || diff != "" {
				t.Errorf("complete %v, error %v (-want +got):\n%s", complete, err, diff)
			}
		})
	}
}

// Neither says complete where it says nothing.
func TestChangedFilesFails(t *testing.T) {
	t.Parallel()
	_, lab := serveGitLab(t, exchange{ask: "GET /api/v4/projects/group%2Fsub%2Fpics/merge_requests/7", status: 404, answer: `{"message":"404 Not Found"}`})
	if files, complete, err := lab.ChangedFiles(t.Context(), 7); files != nil || complete || err == nil {
		t.Errorf("%v, %v, %v", files, complete, err)
	} else {
		expect(t, err, ErrNotFound, "404")
	}
	hub := serve(t,
		exchange{ask: "GET " + repo + "/pulls/7", answer: `{"number":7,"changed_files":1}`},
		exchange{ask: "GET " + repo + "/pulls/7/files?per_page=100", status: 403, answer: `{"message":"Resource not accessible by integration"}`})
	if files, complete, err := hub.github().ChangedFiles(t.Context(), 7); files != nil || complete || err == nil {
		t.Errorf("%v, %v, %v", files, complete, err)
	} else {
		expect(t, err, ErrForbidden, "pull-requests: read")
	}
}
