package codec

import "github.com/webpress/webpress/internal/asset"

// avifQualities are the qualities of AVIF for libwebp's 0, 10, 20 and so on, at speed 9, at 8 and
// 7, and at 6. They were fitted to the same look on ten photos of 900 pixels (seven
// nature photos of Debian's mate-backgrounds and three of cameras): each was encoded by
// libwebp 1.4 at effort 4 and, from RGBA, by libaom 3.6 tuned for SSIM at every fourth or
// sixth quality from 20 on. Between these, the quality with the same distance from the
// original was interpolated, by butteraugli (3-norm) and by SSIMULACRA, both of libjxl
// 0.7. These are the medians, for speeds 9 and 6 of the seven; bytes are those of speed
// 8 at the depth that is chosen:
//
//	libwebp                          30   50   60   70   75   80   85   90   95  100
//	speed 9, butteraugli             40   48   51   54   56   63   71   80   90   93
//	speed 9, SSIMULACRA              41   49   52   55   56   64   72   81   90   94
//	speed 8, butteraugli             42   50   53   57   58   64   72   81   89   93
//	speed 8, SSIMULACRA              41   48   51   56   58   64   72   82   89   94
//	speed 8, 10 bits, butteraugli    44   51   55   57   59   64   71   77   83   86
//	speed 8, 10 bits, SSIMULACRA     42   49   51   55   57   61   68   76   84   88
//	speed 6, butteraugli             38   45   48   51   52   58   66   76   88   92
//	speed 6, SSIMULACRA              35   44   46   49   50   56   63   75   88   93
//	speed 6, 10 bits, butteraugli    38   45   48   51   52   58   65   73   81   85
//	speed 6, 10 bits, SSIMULACRA     36   43   46   49   50   55   60   71   82   87
//	bytes beside libwebp            .76  .77  .77  .77  .76  .72  .72  .62  .55  .49
//
// Below 30, the lines go on. Photos differ by 5 either way. Planes of the limited range
// need 5 more for the same look.
var avifQualities = [3][11]int{
	{28, 32, 36, 40, 44, 48, 51, 55, 63, 80, 93},
	{29, 33, 37, 41, 45, 49, 52, 56, 64, 77, 87},
	{26, 30, 33, 37, 40, 44, 47, 50, 57, 72, 86},
}

// jpegQualities are the qualities of JPEG for libwebp's 0, 10, 20 and so on, fitted as
// avifQualities are, on the same ten photos and by the same two measures: libjpeg-turbo
// 2.1 encoded RGBA in 4:2:0. These are the medians; bytes are the means of both:
//
//	libwebp                10   30   50   60   70   75   80   85   90   95  100
//	butteraugli            17   28   38   44   51   54   66   73   82   90   93
//	SSIMULACRA             23   33   46   51   59   63   72   81   87   94   96
//	bytes beside libwebp  1.9  1.8  1.7  1.7  1.6  1.6  1.6  1.5  1.3  1.1  1.0
//
// Photos differ by 10 either way.
var jpegQualities = [11]int{15, 20, 25, 30, 36, 42, 48, 55, 69, 85, 95}

// WebPQuality returns the quality of WebP that looks as JPEG of a quality on IJG's scale
// does: the highest one for which QualityFor gives no more than that.
func WebPQuality(jpegQuality int) int {
	q := 100
	for q > 0 && QualityFor(asset.JPEG, q, 0) > jpegQuality {
		q--
	}
	return q
}

// QualityFor returns the quality on the scale of a format's encoder, at an effort, that
// looks as WebP of a quality, 0 to 100, does.
func QualityFor(format asset.Format, webpQuality, effort int) int {
	q := max(0, min(100, webpQuality))
	var table *[11]int
	switch {
	case format == asset.JPEG:
		table = &jpegQualities
	case format != asset.AVIF:
		return q
	case effort < 3:
		table = &avifQualities[0]
	case effort < 6:
		table = &avifQualities[1]
	default:
		table = &avifQualities[2]
	}
	i := min(q/10, len(table)-2)
	return table[i] + ((table[i+1]-table[i])*(q-10*i)+5)/10
}
