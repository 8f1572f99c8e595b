package codec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strukturag/libheif/go/heif"
)

// TestBindingAgrees holds what Probe says against libheif's own Go binding.
func TestBindingAgrees(t *testing.T) {
	files, err := filepath.Glob("../../testdata/pictures/*/*")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, name := range files {
		if ext := filepath.Ext(name); ext != ".heic" && ext != ".avif" {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := Probe(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c, err := heif.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.ReadFromMemory(data); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		h, err := c.GetPrimaryImageHandle()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if h.GetWidth() != info.Width || h.GetHeight() != info.Height {
			t.Errorf("%s: %dx%d, the binding says %dx%d", name, info.Width, info.Height, h.GetWidth(), h.GetHeight())
		}
		tried++
	}
	if tried == 0 {
		t.Error("there are no pictures")
	}
	if v := heifVersion(); !strings.HasPrefix(v, "1.") {
		t.Errorf("version %q", v)
	}
}
