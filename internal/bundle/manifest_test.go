package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testfiles"
)

func TestManifestRoundTrip(t *testing.T) {
	t.Parallel()
	files := []Entry{
		{Source: "ä <b>.png", Blob: head, Removed: true, Output: "ä <b>.webp", Size: 3, SHA256: "ab", Recipe: "cd"},
		{Source: "c.png", Output: "c.webp"},
	}
	for _, want := range []Manifest{
		{Schema: ManifestVersion, Head: head, Files: files},
		{Schema: ShardVersion, Head: head, Shard: "2/4", Files: files},
		{Schema: ShardVersion, Head: head, Shard: "1/1", Files: []Entry{}},
	} {
		data, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		// What knows nothing of shards is not to be surprised by a new member.
		if strings.Contains(string(data), "shard") != (want.Shard != "") {
			t.Errorf("%s", data)
		}
		got, err := ParseManifest(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestManifestRefused(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		``:                              "unexpected end",
		`null`:                          "no schema version",
		`{}`:                            "no schema version",
		`[]`:                            "cannot unmarshal",
		`{"schema": 0}`:                 "version is 0",
		`{"schema": 3, "new": 1}`:       "version is 3",
		`{"schema": 1, "new": 1}`:       `unknown field "new"`,
		`{"schema": 1, "shard": "1/2"}`: `version is 1, and its shard "1/2"`,
		`{"schema": 2}`:                 `version is 2, and its shard ""`,
		`{"schema": 2, "shard": "3/2"}`: `version is 2, and its shard "3/2"`,
		`{"schema": 2, "shard": 1}`:     "cannot unmarshal",
		`{"schema": 1} {}`:              "after top-level value",
		`{"schema": 1, "files": [{"size": 1e99}]}`:     "cannot unmarshal",
		`{"schema": 1, "files": [{"mode": "120000"}]}`: `unknown field "mode"`,
	} {
		if _, err := ParseManifest([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("of %s: %v, want %s", text, err, why)
		}
	}
}

func TestRecipeDigest(t *testing.T) {
	t.Parallel()
	a := RecipeDigest(asset.Recipe{Variant: asset.Variant{Quality: 80}})
	if a == RecipeDigest(asset.Recipe{Variant: asset.Variant{Quality: 81}}) || a != RecipeDigest(asset.Recipe{Variant: asset.Variant{Quality: 80}}) || !digest.MatchString(a) {
		t.Errorf("digest is %q", a)
	}
}

// FuzzManifest hands any bytes for the manifest of an upload that has links to
// the outside: what passes has only paths that are safe on every system.
func FuzzManifest(f *testing.F) {
	dir, outside := f.TempDir(), f.TempDir()
	lossy := testfiles.Image(f, "webp/lossy.webp")
	u := &uploaded{Manifest{Schema: 1, Head: head}, dir}
	u.add(f, "a.png", "a.webp", lossy)
	if data, err := u.Encode(); err == nil {
		f.Add(data)
		f.Add([]byte(strings.ReplaceAll(string(data), "a.webp", "../a.webp")))
		f.Add([]byte(strings.ReplaceAll(string(data), "a.webp", "link/a.webp")))
		f.Add([]byte(strings.ReplaceAll(string(data), "a.png", `.GIT\\x`)))
		f.Add([]byte(strings.Replace(string(data), `"schema": 1`, `"schema": 2, "shard": "2/3"`, 1)))
	}
	if err := errors.Join(
		os.WriteFile(filepath.Join(outside, "a.webp"), []byte(lossy), 0o644),
		os.Symlink(outside, filepath.Join(dir, "link")),
	); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// Once with the link, which no manifest can make good, and once without.
		testfiles.Write(t, dir, ManifestName, data)
		o := VerifyOptions{Head: head, Allowed: allowAll, Remove: allSources, MaxFiles: 100}
		if got, err := Verify(t.Context(), dir, o); err == nil {
			t.Fatalf("a folder with a link passes: %+v", got)
		}
		clean := t.TempDir()
		if err := errors.Join(
			os.WriteFile(filepath.Join(clean, ManifestName), data, 0o644),
			os.WriteFile(filepath.Join(clean, "a.webp"), []byte(lossy), 0o644),
		); err != nil {
			t.Fatal(err)
		}
		got, err := Verify(t.Context(), clean, o)
		if err != nil {
			return
		}
		m := got.Manifest
		if i, n, ok := parseShard(m.Shard); ok != (m.Schema == ShardVersion) || ok && (i < 1 || i > n || n > maxShards) {
			t.Errorf("passes: shard %q of version %d", m.Shard, m.Schema)
		}
		for _, r := range got.Results {
			if r.Output != "a.webp" || BadPath(r.Source.Path) != "" || fold(r.Source.Path) == "a.webp" && got.Removes(r.Source.Path) {
				t.Errorf("passes: %+v", r)
			}
		}
	})
}
