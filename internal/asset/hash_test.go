package asset

import "testing"

func TestHashedJob(t *testing.T) {
	const sum = "0123abcdef5647382910aabbccddeeff0123abcdef5647382910aabbccddeeff"
	hashed := Job{Output: "img/a-{hash}.webp", Recipe: Recipe{Output: "{dir}/{name}-{hash}.webp"}}
	// The name of the source has it, and not the template.
	named := Job{Output: "img/a-{hash}.webp", Recipe: Recipe{Output: "{dir}/{name}.webp"}}
	for _, tt := range []struct {
		j     Job
		sum   string
		want  string
		makes map[string]bool
	}{
		{hashed, sum, "img/a-0123abcd.webp", map[string]bool{
			"img/a-0123abcd.webp": true, "img/a-ffffffff.webp": true, "img/a-{hash}.webp": true, "img/a-0123abcD.webp": false,
			"img/a-0123abc.webp": false, "img/a-0123abcde.webp": false, "img/a-0123abcg.webp": false, "img/b-0123abcd.webp": false,
			"img/a-0123abcd.avif": false, "a-0123abcd.webp": false, "": false,
		}},
		{hashed, "", "img/a-{hash}.webp", nil},
		{named, sum, "img/a-{hash}.webp", map[string]bool{"img/a-{hash}.webp": true, "img/a-0123abcd.webp": false}},
		{Job{Output: "a.webp", Recipe: Recipe{Output: "{name}.webp"}}, sum, "a.webp", map[string]bool{"a.webp": true, "b.webp": false}},
	} {
		if got := tt.j.PathOf(tt.sum); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.j.Output, got, tt.want)
		}
		for name, want := range tt.makes {
			if tt.j.Makes(name) != want {
				t.Errorf("%q makes %q: %v", tt.j.Output, name, !want)
			}
		}
	}
}
