package plan

import (
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/lockfile"
)

// With other digests for the same settings, every repository would be converted again. Of
// JPEG, the quality on its own scale has the digest of what a plain number was before: it
// makes the same bytes.
func TestDigestsStay(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "fed9ea5f17f4003b164e7c6bada06533"},
		{[]string{"--quality=70"}, "556d26597728b17ce696db1fa1b9e06b"},
		{[]string{"--format=avif"}, "d8b98e468ab247aadb60c91794427f89"},
		{[]string{"--format=jpeg", "--quality=jpeg=80"}, "1ceb4e806dedf739550415088028bd12"},
		{[]string{"--format=jpeg"}, "e2dd244507786345f672940eb07f3d5f"},
		{[]string{"--quality=webp=70"}, "556d26597728b17ce696db1fa1b9e06b"},
		{[]string{"--format=avif", "--quality=webp=70"}, "d8b98e468ab247aadb60c91794427f89"},
		{[]string{"--no-quality-cap"}, "650e17e612c792e6b6f1c510910a7128"},
		{[]string{"--format=png", "--no-quality-cap"}, "62c913f025781d3f1343ef97b071b903"},
		{[]string{"--format=png"}, "62c913f025781d3f1343ef97b071b903"},
		{[]string{"--quality=85", "--lossless=never", "--effort=6", "--max-width=1200", "--metadata=copyright"}, "3954377c156869df3c2b93d660a02fe8"},
	} {
		c, err := config.Load(append(tc.args, "x.png"), config.Env{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if got := lockfile.Digest(Recipe(&c), "libwebp 1, webpress 2"); got != tc.want {
			t.Errorf("%q: %s, want %s", tc.args, got, tc.want)
		}
	}
}

// Of what decides how an output looks, a change converts again what it changes, and nothing
// else.
func TestDigestsOfLooks(t *testing.T) {
	digest := func(args ...string) string {
		c, err := config.Load(append(args, "x.png"), config.Env{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		return lockfile.Digest(Recipe(&c), "test")
	}
	seen := map[string]string{digest(): "none"}
	for _, args := range [][]string{
		{"--quality=auto"}, {"--quality=auto", "--look=good"}, {"--quality=auto", "--look=81"}, {"--quality=auto", "--min-quality=40"},
		{"--quality=auto", "--max-quality=95"}, {"--quality=auto", "--max-bytes=10kB"}, {"--max-bytes=10kB"}, {"--max-bytes=20kB"},
		{"--max-bytes=10kB", "--min-quality=40"}, {"--max-bytes=10kB", "--shrink"}, {"--score"},
	} {
		text := strings.Join(args, " ")
		d := digest(args...)
		if other, twice := seen[d]; twice {
			t.Errorf("%s has the digest of %s", text, other)
		}
		seen[d] = text
	}
	for _, same := range [][2][]string{
		// These are for the variant alone.
		{{"--variant=a:quality=auto"}, {"--variant=a:quality=auto", "--look=best"}},
		{{"--variant=a:quality=auto"}, {"--variant=a:quality=auto", "--min-quality=40", "--max-quality=50"}},
		{{"--quality=auto"}, {"--quality=AUTO", "--look=80", "--score"}},
		{{"--quality=auto"}, {"--quality=auto", "--max-quality=100", "--no-quality-cap"}},
		{{"--format=png"}, {"--format=png", "--quality=auto", "--look=good", "--max-quality=50"}},
		{{"--max-bytes=10kB"}, {"--max-bytes=10kB", "--variant=a:quality=auto", "--max-quality=90"}},
	} {
		if digest(same[0]...) != digest(same[1]...) {
			t.Errorf("%q and %q have other digests", same[0], same[1])
		}
	}
}
