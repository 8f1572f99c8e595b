package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/testfiles"
)

// Given has what changes the results and is in no file, in a form that gives it
// again.
func TestGiven(t *testing.T) {
	args := []string{"a/b.png", "-q70", "--glob=a b,*.{png,jpg}", "--no-overwrite", "--jobs=2", "--token=hush", "--max-pixels=2MP"}
	env := []string{"INPUT_IGNORE=x", "WEBPRESS_MIN_SAVINGS=2.5%", "PLUGIN_STORE=commit"}
	dir := testfiles.Dir(t, map[string]string{"webpress.yml": "effort: 6\nrules:\n  - {glob: x, max-width: 3}\n"})
	first, err := Load(args, Env{Environ: env, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"--glob=a b", "--glob=*.{png,jpg}", "--ignore=x", "--quality=70", "--no-overwrite", "--min-savings=2.5", "--max-pixels=2000000"}
	if diff := cmp.Diff(want, first.Given); diff != "" {
		t.Errorf("Given (-want +got):\n%s", diff)
	}
	again, err := Load(first.Given, Env{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Given, again.Given); diff != "" {
		t.Errorf("Given of Given (-want +got):\n%s", diff)
	}
	// Qualities of formats, also in a variant, whose parts have commas between them.
	first, err = Load(nil, Env{Dir: dir, Environ: []string{
		"INPUT_QUALITY=webp: 70\navif: 50", "INPUT_VARIANTS=a: {quality: {webp: 70, avif: 50}}\nb: {quality: {avif: 40}, effort: 1}",
	}})
	if err != nil {
		t.Fatal(err)
	}
	want = []string{"--variants=a:quality={avif=50,webp=70}", "--variants=b:quality=avif=40,effort=1", "--quality=avif=50,webp=70"}
	if diff := cmp.Diff(want, first.Given); diff != "" {
		t.Errorf("Given (-want +got):\n%s", diff)
	}
	if again, err = Load(first.Given, Env{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Given, again.Given); diff != "" {
		t.Errorf("Given of Given (-want +got):\n%s", diff)
	}
}
