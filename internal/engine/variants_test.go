package engine

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

// Several outputs of a source are those that each variant has alone, byte for byte.
func TestVariants(t *testing.T) {
	sized := func(width int, metadata string) asset.Variant {
		v := defaults
		v.MaxWidth, v.Metadata = width, metadata
		return v
	}
	box := func(width, height int, crop string) asset.Variant {
		v := defaults
		v.Width, v.Height, v.Crop = width, height, crop
		return v
	}
	variants := []asset.Variant{
		box(48, 8, "attention"), box(8, 48, "center"), box(16, 16, "entropy"), sized(20, asset.MetadataICC),
		sized(100, asset.MetadataICC), sized(0, asset.MetadataICC), sized(60, asset.MetadataNone), sized(60, asset.MetadataICC),
	}
	for _, name := range []string{"png/rgba.png", "png/p3.png", "heic/card.heic", "heic/p3.heic", "heic/rotated.heic", "avif/alpha.avif", "gif/animated.gif", "tiff/rgb16.tif", "jpeg/444.jpg", "jpeg/orientation-6.jpg", "jpeg/progressive.jpg", "jpeg/p3.jpg"} {
		t.Run(name, func(t *testing.T) {
			data, info := load(t, name)
			outputs, err := Convert(t.Context(), data, info, variants, Options{MaxPixels: 1 << 28, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			for i, out := range outputs {
				alone, err := transcode(t.Context(), data, info, variants[i], 1)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(out.Data, alone.Data) {
					t.Errorf("variant %d has %d bytes that differ from the %d of the variant alone", i, len(out.Data), len(alone.Data))
				}
				out.Data, alone.Data = nil, nil
				if diff := cmp.Diff(alone, out, cmp.AllowUnexported(Output{})); diff != "" {
					t.Errorf("variant %d (-alone +together):\n%s", i, diff)
				}
			}
		})
	}
}
