package ci

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSecrets(t *testing.T) {
	for name, tt := range map[string]struct {
		env  map[string]string
		want Secrets
	}{
		"none": {},
		"GitHub": {
			map[string]string{
				"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "t",
				"ACTIONS_RESULTS_URL": "https://results/", "ACTIONS_RUNTIME_TOKEN": "r",
				"ACTIONS_ID_TOKEN_REQUEST_URL": "https://id/?v=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "i",
			},
			Secrets{
				Token: "t", User: "x-access-token", ResultsURL: "https://results/", RuntimeToken: "r",
				IDTokenURL: "https://id/?v=2", IDTokenBearer: "i",
			},
		},
		"GitLab": {map[string]string{"GITLAB_CI": "true", "CI_JOB_TOKEN": "t", "GITLAB_OIDC_TOKEN": "i"}, Secrets{Token: "t", User: "gitlab-ci-token", IDToken: "i"}},
		"Woodpecker": {
			map[string]string{"CI": "woodpecker", "CI_NETRC_USERNAME": "u", "CI_NETRC_PASSWORD": "t"},
			Secrets{Token: "t", User: "u"},
		},
		"Drone": {
			map[string]string{"DRONE": "true", "DRONE_NETRC_USERNAME": "u", "DRONE_NETRC_PASSWORD": "t"},
			Secrets{Token: "t", User: "u"},
		},
	} {
		got := Detect(func(n string) string { return tt.env[n] }, Options{}).Secrets()
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: Secrets (-want +got):\n%s", name, diff)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	s := Secrets{Token: "hush", User: "u", RuntimeToken: "hush too", IDTokenBearer: "hush three", IDToken: "hush four"}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v %s %q", s, s, s, s), fmt.Sprintf("%v", struct{ Secrets Secrets }{s})} {
		if strings.Contains(text, "hush") {
			t.Errorf("printed as %s", text)
		}
	}
	if diff := cmp.Diff([]string{"hush", "hush too", "hush three", "hush four"}, s.All()); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
}

func TestForge(t *testing.T) {
	for _, tt := range []struct{ forge, server, want string }{
		{"github", "https://github.com", "https://api.github.com"},
		{"github", "https://ghe.example", "https://ghe.example/api/v3"},
		{"gitea", "https://g.example", "https://g.example/api/v1"},
		{"forgejo", "https://g.example", "https://g.example/api/v1"},
		{"gitlab", "https://g.example", "https://g.example/api/v4"},
		{"bitbucket", "https://b.example", ""},
		{"gitea", "", ""},
	} {
		env := map[string]string{"CI": "woodpecker", "CI_FORGE_TYPE": tt.forge, "CI_FORGE_URL": tt.server}
		f := Detect(func(n string) string { return env[n] }, Options{}).Facts()
		if f.APIURL != tt.want || f.Forge != tt.forge {
			t.Errorf("%s at %q: %q at %q, want %q", tt.forge, tt.server, f.Forge, f.APIURL, tt.want)
		}
	}
}
