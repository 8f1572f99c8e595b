package plan

import (
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
