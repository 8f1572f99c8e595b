package remote

import (
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
)

// An API that only has the basic calls would take another quality without a word.
func TestBasicKnowsNoLooks(t *testing.T) {
	b := &basic{result: rgbaWebP(t, wanted)}
	c, _ := b.start(t)
	for _, v := range []asset.Variant{{Format: asset.WebP, Auto: true, Look: 80}, {Format: asset.WebP, Quality: 80, MaxBytes: 1000}} {
		_, err := open(t, c, "png/rgba.png").Convert(t.Context(), []asset.Variant{v}, engine.Options{})
		if err == nil || !strings.Contains(err.Error(), "knows neither quality: auto nor max-bytes") {
			t.Errorf("error %v", err)
		}
	}
}

// The API of webpress is asked for looks by its options, and only where they are wanted.
func TestOptionsOfLooks(t *testing.T) {
	fields := variantFields([]asset.Variant{
		{Format: asset.WebP, Quality: 80},
		{Format: asset.AVIF, Auto: true, Look: 77.5, MinQuality: 40, MaxBytes: 200000, Shrink: true},
	})
	plain, looks, _ := strings.Cut(fields[0].value, `},{`)
	if strings.Contains(plain, "look") || strings.Contains(plain, "maxBytes") {
		t.Error(plain)
	}
	for _, want := range []string{`"quality":"auto"`, `"look":"77.5"`, `"minQuality":40`, `"maxBytes":200000`, `"shrink":true`} {
		if !strings.Contains(looks, want) {
			t.Errorf("%s has no %s", looks, want)
		}
	}
}
