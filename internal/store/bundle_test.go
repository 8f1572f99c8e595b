package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/testfiles"
)

const head = "0123456789abcdef0123456789abcdef01234567"

// TestVerifyArtifact verifies what Artifact has uploaded, unpacked.
func TestVerifyArtifact(t *testing.T) {
	t.Parallel()
	lossy := testfiles.Image(t, "webp/lossy.webp")
	recipe := func(asset.Source, string) asset.Recipe {
		return asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 75}, MaxPixels: 1 << 20}
	}
	g := newGitHub(t)
	_, err := g.artifact().Deliver(t.Context(), Delivery{
		Dir: testfiles.Dir(t, map[string]string{"x/ä.webp": lossy}), Prefix: "site", Head: head, Remove: always, Recipe: recipe, Report: []byte("{}"),
		Results: []asset.Result{{
			Source: asset.Source{Path: "x/ä.png"}, Target: "x/ä.webp", Status: asset.Converted, Output: "x/ä.webp",
			After: int64(len(lossy)), SHA256: made("", "", lossy).SHA256,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, content, _ := unzip(t, g.get("webpress").content)
	for name, data := range content {
		testfiles.Write(t, dir, name, string(data))
	}
	got, err := bundle.Verify(t.Context(), dir, bundle.VerifyOptions{Head: head, Recipe: recipe, Remove: func(string) bool { return true }, Allowed: func(source, output string) error {
		if source != "site/x/ä.png" || output != "site/x/ä.webp" {
			return errors.New("no")
		}
		return nil
	}})
	if err != nil || !got.Removes("site/x/ä.png") || len(got.Results) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestShardOfNothing delivers and verifies shards, of which one has no results.
func TestShardOfNothing(t *testing.T) {
	t.Parallel()
	g := newGitHub(t)
	lossy := testfiles.Image(t, "webp/lossy.webp")
	dir := testfiles.Dir(t, map[string]string{"a.webp": lossy})
	root := t.TempDir()
	for i, results := range [][]asset.Result{{made("a.png", "a.webp", lossy)}, nil, nil} {
		if len(results) > 0 {
			results[0].Source.Blob = head
		}
		d := Delivery{Dir: dir, Head: head, Report: []byte("{}"), Shard: fmt.Sprintf("%d/3", i+1), Results: results}
		into := filepath.Join(root, fmt.Sprint(i))
		if i == 2 { // as GitLab does it
			for range 2 {
				stored, err := Folder{Dir: into}.Deliver(t.Context(), d)
				if err != nil || stored.Ref != into {
					t.Fatalf("%+v, %v", stored, err)
				}
			}
			continue
		}
		a := g.artifact()
		a.ArtifactName = "shard" + fmt.Sprint(i)
		stored, err := a.Deliver(t.Context(), d)
		if err != nil || stored.Ref == "" {
			t.Fatalf("%+v, %v", stored, err)
		}
		_, content, _ := unzip(t, g.get(a.ArtifactName).content)
		for name, data := range content {
			testfiles.Write(t, into, name, string(data))
		}
	}
	all, err := bundle.VerifyAll(t.Context(), []string{root}, bundle.VerifyOptions{Head: head, Allowed: func(string, string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range all {
		data, err := v.Report()
		if err != nil || string(data) != "{}" || v.Manifest.Shard != fmt.Sprintf("%d/3", i+1) || (len(v.Results) > 0) != (i == 0) {
			t.Errorf("%d: %+v, %q, %v", i, v.Manifest, data, err)
		}
	}
	if diff := cmp.Diff(3, len(all)); diff != "" {
		t.Error(diff)
	}
}
