package project

import (
	"os"
	"strings"
	"testing"
)

func TestModule(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if first, _, _ := strings.Cut(string(mod), "\n"); first != "module "+Module {
		t.Errorf("go.mod says %q, project.Module %q: change both", first, Module)
	}
}
