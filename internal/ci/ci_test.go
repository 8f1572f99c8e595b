package ci

import (
	"testing"
)

// environ returns a getenv that knows the given names and values.
func environ(pairs ...string) func(string) string {
	m := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return m[name] }
}

func TestDetect(t *testing.T) {
	tests := []struct {
		name string
		env  []string
		want string
	}{
		{"nothing", nil, ""},
		{"an unknown CI", []string{"CI", "true", "TRAVIS", "true"}, ""},
		{"GitHub", []string{"CI", "true", "GITHUB_ACTIONS", "true"}, "GitHub"},
		{"Gitea", []string{"CI", "true", "GITHUB_ACTIONS", "true", "GITEA_ACTIONS", "true"}, "Gitea"},
		{"Forgejo", []string{"GITHUB_ACTIONS", "true", "GITEA_ACTIONS", "true", "FORGEJO_ACTIONS", "true"}, "Forgejo"},
		{"GitLab", []string{"CI", "true", "GITLAB_CI", "true"}, "GitLab"},
		{"Woodpecker", []string{"CI", "woodpecker", "DRONE", "true"}, "Woodpecker"},
		{"Drone", []string{"CI", "true", "DRONE", "true"}, "Drone"},
		{"old Drone", []string{"CI", "drone", "DRONE", "true"}, "Drone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Detect(environ(tt.env...), Options{})
			if got := c.Name(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			// Without writer, clock and files, no verb may fail.
			if err := c.Summary(func(int) string { return "x" }); err != nil {
				t.Errorf("summary: %v", err)
			}
			if err := c.SetOutputs([]Output{{"converted", "1"}}); err != nil {
				t.Errorf("outputs: %v", err)
			}
			c.Annotate([]Annotation{{Level: Error, Message: "x"}})
			c.Mask("secret")
			c.Group("title")()
		})
	}
}
