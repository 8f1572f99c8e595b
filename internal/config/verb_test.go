package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestVerbs(t *testing.T) {
	command := func(verb string, more ...string) []string { return append(more, "WEBPRESS_COMMAND="+verb) }
	for _, tt := range []struct {
		name string
		args []string
		env  []string
		verb Verb
		// paths and merged are what is typed behind it.
		paths, merged []string
	}{
		{name: "nothing", verb: Convert},
		{name: "check", args: []string{"check"}, verb: Check},
		{name: "check of some", args: []string{"check", "a b/", "-v", "*.png"}, verb: Check, paths: []string{"a b/", "*.png"}},
		{name: "a flag and its value in front", args: []string{"--base", "check", "check", "x"}, verb: Check, paths: []string{"x"}},
		{name: "short flags in front", args: []string{"-vC", ".", "check"}, verb: Check},
		{name: "behind two hyphens", args: []string{"-v", "--", "check", "-x"}, verb: Convert, paths: []string{"check", "-x"}},
		{name: "two hyphens behind it", args: []string{"check", "-v", "--", "-x", "check"}, verb: Check, paths: []string{"-x", "check"}},
		{name: "set, with two hyphens", args: []string{"--", "merge"}, env: command("check"), verb: Check, paths: []string{"merge"}},
		{name: "nothing behind two hyphens", args: []string{"--fail-on=change", "--"}, verb: Convert},
		{name: "paths on both sides of flags", args: []string{"a", "-v", "b", "--quality", "3", "c"}, verb: Convert, paths: []string{"a", "b", "c"}},
		{name: "a folder of that name", args: []string{"./check"}, verb: Convert, paths: []string{"./check"}},
		{name: "not the first word", args: []string{"a", "check"}, verb: Convert, paths: []string{"a", "check"}},
		{name: "check check", args: []string{"check", "check"}, verb: Check, paths: []string{"check"}},
		{name: "repair-lock", args: []string{"repair-lock"}, verb: RepairLock},
		{name: "merge", args: []string{"merge", "a", "b c"}, verb: Merge, merged: []string{"a", "b c"}},
		{name: "merge with folders that are set", args: []string{"merge"}, env: []string{"WEBPRESS_UPLOADS=a,b c"}, verb: Merge, merged: []string{"a", "b c"}},
		{name: "merge with typed folders and others", args: []string{"merge", "x"}, env: []string{"WEBPRESS_UPLOADS=a"}, verb: Merge, merged: []string{"x"}},

		{name: "set", env: command("Check"), verb: Check},
		{name: "an input", env: []string{"INPUT_COMMAND=merge", "INPUT_UPLOADS=a\nb"}, verb: Merge, merged: []string{"a", "b"}},
		{name: "a flag", args: []string{"--command=check"}, verb: Check},
		{name: "set, with paths", args: []string{"a"}, env: command("check"), verb: Check, paths: []string{"a"}},
		{name: "set, with folders", args: []string{"a", "b"}, env: command("merge"), verb: Merge, merged: []string{"a", "b"}},
		{name: "typed beats set", args: []string{"check"}, env: command("merge"), verb: Check},
		{name: "convert that is typed, too", args: []string{"convert"}, env: command("check"), verb: Convert},
		{name: "apply beats set", args: []string{"apply", "a"}, env: command("check"), verb: Apply},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Load(tt.args, Env{Environ: tt.env, Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			if got.Verb != tt.verb {
				t.Errorf("verb %q, want %q", got.Verb, tt.verb)
			}
			if diff := cmp.Diff(tt.paths, got.Paths, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Paths (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.merged, got.Merged, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Merged (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerbMistakes(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		env  []string
		want []string
	}{
		{"merge of nothing", []string{"merge"}, nil, []string{"merge: it needs the artifact directories, as arguments or in `uploads`"}},
		{"merge that is set of nothing", nil, []string{"INPUT_COMMAND=merge"}, []string{"merge: it needs the artifact directories, as arguments or in `uploads`"}},
		{"merge of an empty name", []string{"merge", "a", ""}, nil, []string{`dir: "" is not a directory`}},
		{"check of an empty name", []string{"check", ""}, nil, []string{`path: "" is not a file, a folder or a pattern`}},
		{"uploads of a check", []string{"check"}, []string{"INPUT_UPLOADS=a"}, []string{"uploads: only merge uses them: set command to merge"}},
		{"merge of a part", []string{"merge", "a", "--shard=1/2"}, nil, []string{"shard: merge joins all shards: leave shard out"}},
		{"repair-lock of something", []string{"repair-lock", "a"}, nil, []string{"repair-lock: unexpected argument a; usage: webpress repair-lock [FLAGS]"}},
		{"no such verb", nil, []string{"WEBPRESS_COMMAND=repair-lock"}, []string{`WEBPRESS_COMMAND: "repair-lock" is not one of convert, check, merge`}},
		{"prune without the lock", []string{"--prune", "--no-lock"}, nil, []string{"prune: it needs webpress.lock: lock cannot be off"}},
		{"one file for two", []string{"--report=a", "--sarif=./a"}, nil, []string{`sarif: "./a" is also the file of report`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantMistakes(t, tt.args, tt.env, "", tt.want...)
		})
	}
}
