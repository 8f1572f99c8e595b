package codec

import (
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

func TestQualityFor(t *testing.T) {
	for _, tc := range []struct {
		format             asset.Format
		webp, effort, want int
	}{
		{asset.AVIF, -5, 4, 29}, {asset.AVIF, 0, 4, 29}, {asset.AVIF, 1, 4, 29}, {asset.AVIF, 2, 4, 30}, {asset.AVIF, 50, 3, 49},
		{asset.AVIF, 75, 5, 60}, {asset.AVIF, 80, 4, 64}, {asset.AVIF, 85, 4, 71}, {asset.AVIF, 90, 4, 77}, {asset.AVIF, 99, 4, 86},
		{asset.AVIF, 100, 4, 87}, {asset.AVIF, 300, 4, 87}, {asset.AVIF, 80, -1, 63}, {asset.AVIF, 80, 2, 63}, {asset.AVIF, 90, 0, 80},
		{asset.AVIF, 80, 6, 57}, {asset.AVIF, 80, 99, 57}, {asset.AVIF, 100, 6, 86},
		{asset.JPEG, -5, 4, 15}, {asset.JPEG, 0, 4, 15}, {asset.JPEG, 75, 0, 62}, {asset.JPEG, 80, 4, 69}, {asset.JPEG, 90, 6, 85}, {asset.JPEG, 300, 4, 95},
		{asset.WebP, -5, 4, 0}, {asset.WebP, 80, 4, 80}, {asset.WebP, 300, 4, 100}, {asset.PNG, 80, 4, 80},
	} {
		if got := QualityFor(tc.format, tc.webp, tc.effort); got != tc.want {
			t.Errorf("%s, %d at effort %d: %d, want %d", tc.format, tc.webp, tc.effort, got, tc.want)
		}
	}
	for _, format := range []asset.Format{asset.AVIF, asset.JPEG} {
		for effort := range 7 {
			for q := range 100 {
				if a, b := QualityFor(format, q, effort), QualityFor(format, q+1, effort); a > b || b > a+2 {
					t.Errorf("%s at effort %d, %d: %d, %d: %d", format, effort, q, a, q+1, b)
				}
			}
		}
	}
}

// Of JPEG, the quality for WebP is the highest that looks no better.
func TestWebPQuality(t *testing.T) {
	for jpeg, want := range map[int]int{-1: 0, 1: 0, 15: 0, 30: 30, 50: 63, 60: 73, 69: 80, 75: 84, 80: 87, 95: 100, 100: 100} {
		if got := WebPQuality(jpeg); got != want {
			t.Errorf("%d: %d, want %d", jpeg, got, want)
		}
	}
}

// An image is about as near to the original in each format.
func TestSameQuality(t *testing.T) {
	opaque, _, _ := photo(t, 240, 160)
	for _, q := range []int{50, 75, 80, 90} {
		other, err := Encode(opaque, EncodeOptions{Quality: q, Effort: 4})
		if err != nil {
			t.Fatal(err)
		}
		_, before := decoded(t, other)
		// WebP smooths blocks, which counts for more here than it does to the eye.
		same := func(name string, data []byte, below float64) {
			_, after := decoded(t, data)
			if a, b := psnr(t, opaque, before), psnr(t, opaque, after); b < a-below || b > a+2 {
				t.Errorf("quality %d: WebP has %.1f dB, %s %.1f dB", q, a, name, b)
			}
		}
		same("JPEG", mustJPEG(t, opaque, JPEGOptions{Quality: QualityFor(asset.JPEG, q, 4)}), 4)
		for _, effort := range []int{0, 4, 6} {
			same("AVIF", mustAVIF(t, opaque, AVIFOptions{Quality: QualityFor(asset.AVIF, q, effort), Effort: effort}), 2)
		}
	}
}
