//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestServeKilledOften kills `webpress serve` under load 50 times, and not a few times as
// `make test` does.
func TestServeKilledOften(t *testing.T) {
	out := must(t, root(t), "go", "test", "-count=1", "-timeout=14m", "-v", "-run", "^TestServeKilled$", ".", "-args", "-kills=50")
	if !strings.Contains(out, "50 kills") {
		t.Error(out)
	}
}
