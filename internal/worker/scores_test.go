package worker

import (
	"os"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
)

// Scores that cannot be are not taken from a worker.
func TestScoresOfWorkers(t *testing.T) {
	data, err := os.ReadFile("../score/testdata/small-70.webp")
	if err != nil {
		t.Fatal(err)
	}
	variants := []asset.Variant{{Format: asset.WebP}}
	for r, good := range map[asset.Rating]bool{
		{}:                                    true,
		{Quality: 70, Score: 81.2, Tries: 2}:  true,
		{Score: 100, Tries: 1}:                true,
		{Quality: 70, Score: -400, Tries: 1}:  true,
		{Quality: 101, Score: 80, Tries: 1}:   false,
		{Quality: -1, Score: 80, Tries: 1}:    false,
		{Quality: 70, Score: 100.1, Tries: 1}: false,
		{Quality: 70, Score: -1e9, Tries: 1}:  false,
		{Quality: 70, Score: 80, Tries: -1}:   false,
		{Quality: 70, Score: 80, Tries: 1000}: false,
	} {
		err := checkOutputs([]engine.Output{{Data: data, Width: 64, Height: 64, Frames: 1, Rating: r}}, variants)
		if (err == nil) != good {
			t.Errorf("%+v: %v", r, err)
		}
	}
}
