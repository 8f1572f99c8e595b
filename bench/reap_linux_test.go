package main

import (
	"context"
	"testing"
)

// What a program leaves behind counts as its own, and is waited for.
func TestReap(t *testing.T) {
	if err := adopt(); err != nil {
		t.Fatal(err)
	}
	before := children()
	busy := []string{"sh", "-c", "(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done) & exit 0"}
	s, err := measured(context.Background(), t.TempDir(), busy)
	if err != nil {
		t.Fatal(err)
	}
	idle, err := measured(context.Background(), t.TempDir(), []string{"sh", "-c", "(:) & exit 0"})
	if err != nil {
		t.Fatal(err)
	}
	if s.cpu <= idle.cpu {
		t.Errorf("%v with a busy child that is left, %v with an idle one", s.cpu, idle.cpu)
	}
	if after := children(); len(after) != len(before) {
		t.Errorf("children %v, before %v", after, before)
	}
}
