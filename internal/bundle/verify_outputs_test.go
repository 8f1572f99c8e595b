package bundle

import (
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/testfiles"
)

// A source is removed for all of its outputs, and for no part of them.
func TestVerifyRemovesForAllOutputs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		outputs []string
		fault   string
	}{
		{[]string{"a.webp"}, ""},
		{[]string{"a.webp", "a-thumb.webp"}, `"a.webp": its source "a.png" is to be removed, and "a-thumb.webp" was not made of it`},
		{[]string{"a.webp", "b/c.webp"}, `"a.webp": its source "a.png" is to be removed, and "b/c.webp" was not made of it`},
	} {
		u := newUpload(t)
		u.Files[0].Removed = true
		_, err := u.verify(t, VerifyOptions{
			Head: head, Allowed: allowAll, Remove: allSources, Outputs: func(string) []string { return tt.outputs },
		})
		if tt.fault == "" && err != nil || tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)) {
			t.Errorf("%q: got %v, want %q", tt.outputs, err, tt.fault)
		}
	}
}

// With digests in the names of outputs, a source has each of them once all the same: in one
// upload, and in several together.
func TestVerifyOneContent(t *testing.T) {
	t.Parallel()
	const one, two = "a-11111111.webp", "a-22222222.webp"
	o := VerifyOptions{Head: head, Allowed: allowAll, Outputs: func(source string) []string {
		return []string{strings.TrimSuffix(source, ".png") + "-{hash}.webp", "thumb/" + strings.TrimSuffix(source, ".png") + "-{hash}.webp"}
	}}
	upload := func(outputs ...string) *uploaded {
		u := &uploaded{Manifest{Schema: 1, Head: head}, t.TempDir()}
		for i, output := range outputs {
			u.add(t, "a.png", output, testfiles.Image(t, []string{"webp/lossy.webp", "webp/lossless.webp"}[i%2]))
		}
		return u
	}
	const fault = `"` + two + `": "` + one + `" is the same output of its source, with another content`
	for name, tt := range map[string]struct {
		u     *uploaded
		fault bool
	}{
		"one of each": {upload(one, "thumb/"+two), false},
		"two of one":  {upload(one, two), true},
	} {
		if _, err := tt.u.verify(t, o); (err != nil) != tt.fault || tt.fault && !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	parts := []string{}
	for i, u := range []*uploaded{upload(one), upload("thumb/"+one, two)} {
		u.Schema, u.Shard = ShardVersion, []string{"1/2", "2/2"}[i]
		if _, err := u.verify(t, o); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, u.dir)
	}
	if _, err := VerifyAll(t.Context(), parts, o); err == nil || !strings.Contains(err.Error(), fault) {
		t.Errorf("together: got %v", err)
	}
}
