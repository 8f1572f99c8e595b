//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestShells lets the tests of completion and of the manual page run with the shells and
// the readers that unit tests may lack.
func TestShells(t *testing.T) {
	for _, tool := range []string{"bash", "zsh", "fish", "mandoc", "groff"} {
		need(t, tool)
	}
	out := must(t, root(t), "go", "test", "-count=1", "-v", "-run", "TestCompletion|TestManual", "./internal/config")
	if strings.Contains(out, "--- SKIP") || strings.Count(out, "--- PASS: TestCompletion") != 3 {
		t.Errorf("not all were run:\n%s", out)
	}
}
