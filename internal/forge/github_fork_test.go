package forge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindPullRequestOf(t *testing.T) {
	t.Parallel()
	const ask = "GET " + repo + "/pulls?head=eve%3Awebp&per_page=100&state=open"
	fork := strings.Replace(pullJS, `"octo/pics"`, `"Eve/pics"`, 1)
	s := serve(t,
		exchange{ask: ask, answer: "[" + pullJS + "," + fork + "]"},
		exchange{ask: ask, answer: "[" + fork + "]"},
	)
	g := s.github()
	got, found, err := g.FindPullRequestOf(t.Context(), "eve/pics", "webp", "h1")
	if err != nil || !found {
		t.Fatalf("found %v, %v", found, err)
	}
	if diff := cmp.Diff(pull, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The pull request has moved on.
	if _, found, err := g.FindPullRequestOf(t.Context(), "eve/pics", "webp", oldHead); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}
