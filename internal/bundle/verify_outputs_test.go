package bundle

import (
	"strings"
	"testing"
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
