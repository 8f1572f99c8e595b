package engine

import (
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/codec"
)

// The error for a panic says where it came from, be it by panic or by the runtime.
func TestBug(t *testing.T) {
	for _, tt := range []struct {
		name, detail string
		f            func()
	}{
		{"panic", "taken over", func() { panic("taken over") }},
		{"runtime", "runtime error: index out of range [3] with length 0", func() { none := make([]int, 0); none[len("abc")]++ }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := recovered(tt.f)
			if got == nil || got.Op != "internal error" || got.Detail != tt.detail {
				t.Errorf("%+v, want %q", got, tt.detail)
			}
			if !strings.Contains(got.Hint, "engine.TestBug.func") || !strings.Contains(got.Hint, " of panic_test.go)") {
				t.Errorf("hint %q does not name this function and file", got.Hint)
			}
		})
	}
}

func recovered(f func()) (bug *codec.Error) {
	defer func() {
		if v := recover(); v != nil {
			bug = Bug(v)
		}
	}()
	f()
	return nil
}
