package store

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/testgit"
)

// gitData serves the Git Data API and pull requests on top of the bare repository
// of the stage.
func (s *stage) gitData(mux *http.ServeMux, answer func(http.ResponseWriter, int, any)) {
	type object = map[string]any
	git := func(stdin string, args ...string) (string, error) {
		cmd := testgit.Command(s.bare, args...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	must := func(w http.ResponseWriter, status int, out string, err error) {
		if err != nil {
			answer(w, 422, object{"message": err.Error()})
			return
		}
		answer(w, status, object{"sha": out, "html_url": "https://example.org/" + out})
	}
	mux.HandleFunc("GET /repos/o/r/git/commits/{id}", func(w http.ResponseWriter, r *http.Request) {
		tree, err := git("", "rev-parse", r.PathValue("id")+"^{tree}")
		if err != nil {
			answer(w, 404, object{"message": "Not Found"})
			return
		}
		message, _ := git("", "log", "-1", "--format=%B", r.PathValue("id"))
		list, _ := git("", "log", "-1", "--format=%P", r.PathValue("id"))
		parents := []object{}
		for _, p := range strings.Fields(list) {
			parents = append(parents, object{"sha": p})
		}
		answer(w, 200, object{
			"sha": r.PathValue("id"), "html_url": "https://example.org/" + r.PathValue("id"),
			"tree": object{"sha": tree}, "parents": parents, "message": message,
		})
	})
	mux.HandleFunc("POST /repos/o/r/git/commits", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Message, Tree string
			Parents       []string
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		args := []string{"commit-tree", in.Tree, "-F", "-"}
		for _, p := range in.Parents {
			args = append(args, "-p", p)
		}
		out, err := git(in.Message, args...)
		must(w, 201, out, err)
	})
	mux.HandleFunc("PATCH /repos/o/r/git/refs/heads/{branch...}", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ SHA string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		ref := "refs/heads/" + r.PathValue("branch")
		if _, err := git("", "merge-base", "--is-ancestor", ref, in.SHA); err != nil {
			answer(w, 422, object{"message": "Update is not a fast forward"})
			return
		}
		_, err := git("", "update-ref", ref, in.SHA)
		must(w, 200, in.SHA, err)
	})

	var open []object
	mux.HandleFunc("GET /repos/o/r/pulls", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, open) })
	mux.HandleFunc("POST /repos/o/r/pulls", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Title, Head, Base, Body string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		if len(open) > 0 {
			answer(w, 422, object{"message": "Validation Failed", "errors": []object{{"message": "A pull request already exists for o:" + in.Head + "."}}})
			return
		}
		repo := object{"full_name": "o/r"}
		open = append(open, object{
			"number": 7, "html_url": "https://example.org/pull/7", "title": in.Title,
			"head": object{"ref": in.Head, "repo": repo}, "base": object{"ref": in.Base, "repo": repo},
		})
		body, _, _ := strings.Cut(in.Body, "<!-- webpress:pull ")
		s.pulls = append(s.pulls, in.Title+"\n"+strings.TrimSuffix(body, "\n\n"))
		answer(w, 201, open[0])
	})
	mux.HandleFunc("POST /repos/o/r/issues/7/labels", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Labels []string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		s.labels = in.Labels
		answer(w, 200, []object{})
	})
}

// TestAuthor commits as whom the settings name, and says why by another way.
func TestAuthor(t *testing.T) {
	t.Parallel()
	const bot = "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>"
	for _, tt := range []struct {
		name, author, method string
		chosen, noAPI        bool
		want, log            string
	}{
		{name: "of the run", author: "bot <bot@example.org>", want: "Ada"}, // GraphQL: whom the token is of
		{name: "chosen", author: "Ann Lee <ann@example.org>", chosen: true, want: "Ann Lee", log: "GraphQL cannot set the author: pushing by git"},
		{name: "chosen, the bot", author: bot, chosen: true, want: "Ada"},
		{name: "chosen, by GraphQL", author: "Ann Lee <ann@example.org>", chosen: true, method: MethodGraphQL, want: "Ada"},
		{name: "no API", author: "Ann Lee <ann@example.org>", chosen: true, noAPI: true, want: "Ann Lee", log: "pushing by git, which is the one way here"},
		{name: "push", author: "Ann Lee <ann@example.org>", chosen: true, method: MethodPush, want: "Ann Lee"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t)
			c := s.store()
			c.Author, c.AuthorSet, c.Method = tt.author, tt.chosen, tt.method
			if !tt.noAPI {
				s.gitHub(&c, nil)
			}
			if _, err := s.put2(c, s.delivery("a.png")); err != nil {
				t.Fatal(err)
			}
			if got := testgit.Run(t, s.bare, "log", "-1", "--format=%an", "main"); got != tt.want {
				t.Errorf("the author is %q, want %q", got, tt.want)
			}
			log := s.log.String()
			if !strings.Contains(log, tt.log) || tt.log == "" && (strings.Contains(log, "by git")) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// TestPullRequest makes a branch for it, and brings the branch up to what it is to
// be merged into where that has moved on.
func TestPullRequest(t *testing.T) {
	t.Parallel()
	for _, method := range []string{MethodGraphQL, MethodPush} {
		t.Run(method, func(t *testing.T) {
			s := newStage(t)
			c := s.store()
			s.gitHub(&c, nil)
			c.Method, c.Branch = method, "webpress/weekly"
			c.Pull = &Pull{Base: "main", Labels: []string{"images"}, Forge: c.GitHub}
			stored, err := s.put2(c, s.delivery("a.png"))
			if err != nil || stored.PullRequest != "https://example.org/pull/7" {
				t.Fatalf("%+v, %v", stored, err)
			}
			if len(s.pulls) != 1 || !strings.HasPrefix(s.pulls[0], "perf(images): convert 1 image to WebP\n") || len(s.labels) != 1 {
				t.Errorf("%q %q", s.pulls, s.labels)
			}
			first := testgit.Run(t, s.bare, "rev-parse", c.Branch)

			// A week later: another image, and another version of the first.
			s.put("a.png", "another a")
			s.put("d.png", "d")
			s.remove("a.webp")
			s.publish("Later")
			d := s.delivery("a.png", "b.png", "d.png")
			stored, err = s.put2(c, d)
			if err != nil || len(stored.Left) > 0 || len(stored.Paths) != 3 || stored.PullRequest == "" {
				t.Fatalf("%+v, %v", stored, err)
			}
			if got := testgit.Run(t, s.bare, "diff", "--name-status", "main", c.Branch); got != "A\ta.webp\nA\tb.webp\nA\td.webp" {
				t.Error(got)
			}
			for _, part := range []string{first, "main"} {
				testgit.Run(t, s.bare, "merge-base", "--is-ancestor", part, c.Branch)
			}
			if len(s.pulls) != 1 {
				t.Errorf("%d pull requests", len(s.pulls))
			}
			if again, err := s.put2(c, d); err != nil || again.Ref != "" || again.PullRequest == "" {
				t.Errorf("again: %+v, %v", again, err)
			}
		})
	}
}

// TestGraphQLSplits commits more than one call takes, and pushes a file that none
// takes.
func TestGraphQLSplits(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.store()
	s.gitHub(&c, nil)
	d := s.delivery("a.png", "b.png")
	s.put("a.webp", half("a"))
	s.put("b.webp", half("b"))
	stored, err := s.put2(c, d)
	if err != nil || len(stored.Paths) != 2 || stored.Ref != testgit.Run(t, s.bare, "rev-parse", "main") {
		t.Fatalf("%+v, %v", stored, err)
	}
	if n := testgit.Run(t, s.bare, "rev-list", "--count", "main"); n != "3" {
		t.Errorf("%s commits", n)
	}
	s.put("a.webp", half("c")+half("c"))
	stored, err = s.put2(c, d)
	if err != nil || len(stored.Paths) != 1 || !strings.Contains(s.log.String(), "pushing by git") {
		t.Fatalf("%+v, %v, log: %s", stored, err, s.log.String())
	}
}

// TestGraphQLAnswerLost makes the commit, and breaks off.
func TestGraphQLAnswerLost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.store()
	s.gitHub(&c, nil)
	s.lose = true
	stored, err := s.put2(c, s.delivery("a.png"))
	head := testgit.Run(t, s.bare, "rev-parse", "main")
	if err != nil || stored.Ref != head || stored.URL != "https://example.org/"+head || len(stored.Paths) != 1 || len(stored.Notes) != 0 {
		t.Errorf("%+v, %v", stored, err)
	}
	if n := testgit.Run(t, s.bare, "rev-list", "--count", "main"); n != "2" {
		t.Errorf("%s commits", n)
	}
}

// TestFilters lets git do what the API passes by, and nothing that would damage a
// image.
func TestFilters(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.put(".gitattributes", "a.webp filter=rot13\nb.webp text\n")
	s.publish("Attributes")
	testgit.Run(t, s.dir, "config", "--file", s.user(), "filter.rot13.clean", "tr a-z n-za-m")
	c := s.store()
	s.gitHub(&c, func(int) { t.Error("GraphQL was used") })
	d := s.delivery("a.png", "b.png")
	s.put("b.webp", "picture\r\n")
	for range 2 {
		stored, err := s.put2(c, d)
		if err != nil || len(stored.Left) != 1 || !strings.Contains(stored.Left[0].Reason, "*.webp binary") {
			t.Fatalf("%+v, %v", stored, err)
		}
	}
	if got := testgit.Run(t, s.bare, "cat-file", "blob", "main:a.webp"); got != "jroc bs n.cat" {
		t.Errorf("a.webp is %q", got)
	}
	if n := testgit.Run(t, s.bare, "rev-list", "--count", "main"); n != "3" {
		t.Errorf("%s commits", n)
	}
}

// TestMethodLeavesLFS keeps content that Git LFS should have out of the repository.
func TestMethodLeavesLFS(t *testing.T) {
	t.Parallel()
	testgit.NeedLFS(t)
	s := newStage(t)
	s.put(".gitattributes", "b.webp filter=lfs\n")
	s.publish("LFS")
	c := s.store()
	s.gitHub(&c, nil)
	c.Method = MethodGraphQL
	stored, err := s.put2(c, s.delivery("a.png", "b.png"))
	if err != nil || len(stored.Left) != 1 || stored.Left[0].Path != "b.webp" {
		t.Fatalf("%+v, %v", stored, err)
	}
	if got := s.changed("main"); got != "A\ta.webp" {
		t.Error(got)
	}
}
