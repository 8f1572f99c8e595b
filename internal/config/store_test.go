package config

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webpress/webpress/internal/testfiles"
)

func TestLoadStore(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		env  []string
		yml  string
		want func(*Config)
	}{
		{name: "list", env: []string{"INPUT_STORE=Commit, artifact"}, want: func(c *Config) {
			c.Store, c.Action = []string{"commit", "artifact"}, true
		}},
		{name: "file", yml: "store: [artifact]\ncommit-author: Ann  Lee <ann@example.org>\npull-request-labels: images, webp\n", want: func(c *Config) {
			c.Store, c.CommitAuthor, c.PullRequestLabels, c.File = []string{"artifact"}, "Ann Lee <ann@example.org>", []string{"images", "webp"}, "webpress.yml"
		}},
		{name: "word in a file", yml: "store: none\n", want: func(c *Config) { c.Store, c.File = []string{"none"}, "webpress.yml" }},
		{name: "plugin", env: []string{"PLUGIN_STORE=commit", "PLUGIN_TOKEN=t", "PLUGIN_COMMIT_BRANCH=a/b", "PLUGIN_WEBHOOK_URL=https://h/x", "PLUGIN_WEBHOOK_SECRET=s"}, want: func(c *Config) {
			c.Store, c.Token, c.CommitBranch, c.WebhookURL, c.WebhookSecret = []string{"commit"}, "t", "a/b", "https://h/x", "s"
		}},
		{name: "pull request", args: []string{"--open-pull-request", "--commit-branch=webpress/pictures", "--pull-request-title=a, b", "--commit-message=a\n\nb"}, want: func(c *Config) {
			c.OpenPullRequest, c.CommitBranch, c.PullRequestTitle, c.CommitMessage = true, "webpress/pictures", "a, b", "a\n\nb"
		}},
		{name: "an input that is empty makes an action", env: []string{"INPUT_TOKEN="}, want: func(c *Config) { c.Action = true }},
		{name: "an input of somebody else's does not", env: []string{"INPUT_X=1"}, want: func(*Config) {}},
		{name: "apply", args: []string{"apply", "upload", "--comment"}, want: func(c *Config) {
			c.Verb, c.Upload, c.Comment = Apply, "upload", true
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{}
			if tt.yml != "" {
				files["webpress.yml"] = tt.yml
			}
			dir := testfiles.Dir(t, files)
			got, err := Load(tt.args, Env{Environ: tt.env, Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			want := defaults(dir)
			tt.want(&want)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Config{}, "Bare", "FromFile")); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStoreMistakes(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		env  []string
		yml  string
		want []string
	}{
		{name: "no such store", env: []string{"INPUT_STORE=comit"}, want: []string{`input store: "comit" is not a list of commit, artifact, none and addresses of buckets such as s3://bucket/prefix`}},
		{name: "no such store in a list", yml: "store: [commit, folder]\n", want: []string{`webpress.yml:1:17: store: "folder" is not commit, artifact, none or the address of a bucket`}},
		{name: "none and more", args: []string{"--store=none", "--store=commit"}, want: []string{"store: none cannot be combined with other stores"}},
		{name: "a secret in a file", yml: "token: hush-hush\n", want: []string{
			"webpress.yml:1:1: token: secrets must not be in a file; use the input or the variable WEBPRESS_TOKEN",
		}},
		{name: "a secret that cannot be", env: []string{"WEBPRESS_TOKEN=hush\x00hush"}, want: []string{"WEBPRESS_TOKEN: the value is not a text"}},
		{name: "branches", args: []string{"--commit-branch=refs/heads/a"}, env: []string{"PLUGIN_COMMIT_BRANCH=a..b", "WEBPRESS_COMMIT_BRANCH=a b"}, want: []string{
			`--commit-branch: "refs/heads/a" is not the name of a branch: leave out refs/heads/`,
			`WEBPRESS_COMMIT_BRANCH: "a b" is not the name of a branch`,
			`PLUGIN_COMMIT_BRANCH: "a..b" is not the name of a branch`,
		}},
		{name: "author", args: []string{"--commit-author=ann@example.org"}, want: []string{
			`--commit-author: "ann@example.org" is not a name with an address, such as Ann Lee <ann@example.org>`,
		}},
		{name: "pull request without a branch", args: []string{"--open-pull-request"}, want: []string{
			"open-pull-request: it needs commit-branch: a branch for webpress alone, such as webpress/images",
		}},
		{name: "secret without an address", env: []string{"INPUT_WEBHOOK-SECRET=s"}, want: []string{
			"webhook-secret: it signs the report posted to webhook-url, which is not set",
		}},
		{name: "one file twice", args: []string{"--report=a/x", "--dotenv=./a/x"}, want: []string{`dotenv: "./a/x" is also the file of report`}},
		{name: "apply without a folder", args: []string{"apply"}, want: []string{"apply: DIR is missing; usage: webpress apply DIR [FLAGS]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{}
			if tt.yml != "" {
				files["webpress.yml"] = tt.yml
			}
			_, err := Load(tt.args, Env{Environ: tt.env, Dir: testfiles.Dir(t, files)})
			var got []string
			var mistakes Mistakes
			if errors.As(err, &mistakes) {
				for _, m := range mistakes {
					got = append(got, m.String())
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
		})
	}
}

// The value of a secret is in no message, whatever is wrong with it or beside it.
func TestSecretsAreNeverShown(t *testing.T) {
	const value = "hush-0d1f"
	var names []string
	for _, s := range Settings() {
		if !s.Secret {
			continue
		}
		names = append(names, s.Name)
		if !s.NotInFile {
			t.Errorf("%s can be in webpress.yml", s.Name)
		}
		for _, source := range []struct {
			args  []string
			env   []string
			yml   string
			wrong bool
		}{
			{args: []string{"--" + s.Name + "=" + value + "\x00"}, wrong: true},
			{args: []string{"--" + s.Name, value, "--quality=x"}, wrong: true},
			{args: []string{"--" + s.Name + "x=" + value}, wrong: true},
			{args: []string{"--no-" + s.Name + "=" + value}, wrong: true},
			{args: []string{"--" + s.Name + "=" + value, "--help"}},
			{env: []string{"INPUT_" + strings.ToUpper(s.Name) + "=" + value + "\x00"}, wrong: true},
			{env: []string{"WEBPRESS_" + s.Env() + "S=" + value}},
			{yml: s.Name + ": " + value + "\n", wrong: true},
			{yml: s.Name + ": [" + value + "\n", wrong: true},
			{yml: s.Name + "s: " + value + "\n", wrong: true},
			{yml: s.Name + ":\n  a: " + value + "\n", wrong: true},
		} {
			dir := t.TempDir()
			testfiles.Write(t, dir, "webpress.yml", source.yml)
			var out bytes.Buffer
			c, err := Load(source.args, Env{Environ: source.env, Dir: dir, Stdout: &out})
			out.WriteString(strings.Join(c.Warnings, "\n"))
			var mistakes Mistakes
			if errors.As(err, &mistakes) != source.wrong {
				t.Errorf("%+v: %v", source, err)
			}
			if err != nil && strings.Contains(err.Error(), value) || strings.Contains(out.String(), value) {
				t.Errorf("%+v shows the value: %v\n%s", source, err, out.String())
			}
		}
	}
	if want := []string{"engine-key", "token", "gitlab-token", "header", "webhook-url", "webhook-secret"}; !cmp.Equal(want, names) {
		t.Errorf("secrets are %q, want %q", names, want)
	}
	c := Config{Token: "a", WebhookURL: "b"}
	if diff := cmp.Diff([]string{"a", "b"}, c.Secrets()); diff != "" {
		t.Errorf("Secrets (-want +got):\n%s", diff)
	}
}

// What a flag or a variable says is not the file's.
func TestFromFile(t *testing.T) {
	dir := testfiles.Dir(t, map[string]string{"webpress.yml": "report: r.json\nsarif: x.sarif\ndotenv: \"-\"\ncommit-branch: main\n"})
	got, err := Load([]string{"--report=q.json"}, Env{Dir: dir, Environ: []string{"WEBPRESS_SARIF=y.sarif"}})
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{}
	for name, at := range got.FromFile {
		places[name] = at.Where
	}
	want := map[string]string{"dotenv": "webpress.yml:3:9: dotenv", "commit-branch": "webpress.yml:4:16: commit-branch"}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("FromFile (-want +got):\n%s", diff)
	}
}
