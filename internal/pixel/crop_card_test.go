package pixel_test

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// The corners of crops of the card that testdata/README.md describes have the colors of
// its cells, in every orientation and position, also where JPEG is decoded at the
// smaller size that the crop needs.
func TestCropOfCard(t *testing.T) {
	red, green, blue, yellow := [3]byte{214, 40, 40}, [3]byte{40, 160, 70}, [3]byte{40, 80, 200}, [3]byte{240, 200, 40}
	orange, magenta, gray, purple := [3]byte{240, 130, 40}, [3]byte{200, 60, 170}, [3]byte{128, 128, 128}, [3]byte{110, 50, 140}
	for orientation := 1; orientation <= 8; orientation++ {
		data, err := os.ReadFile(fmt.Sprintf("../../testdata/pictures/jpeg/orientation-%d.jpg", orientation))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			position   string
			boxW, boxH int
			// The colors of the corners; black where there is no plain cell.
			corners [2][2][3]byte
		}{
			{"left", 64, 64, [2][2][3]byte{{red, {}}, {blue, gray}}},
			{"top-left", 64, 64, [2][2][3]byte{{red, {}}, {blue, gray}}},
			{"bottom-left", 64, 64, [2][2][3]byte{{red, {}}, {blue, gray}}},
			{"right", 64, 64, [2][2][3]byte{{{}, green}, {magenta, yellow}}},
			{"top-right", 64, 64, [2][2][3]byte{{{}, green}, {magenta, yellow}}},
			{"bottom-right", 64, 64, [2][2][3]byte{{{}, green}, {magenta, yellow}}},
			{"top", 48, 16, [2][2][3]byte{{red, green}, {orange, purple}}},
			{"top-left", 48, 16, [2][2][3]byte{{red, green}, {orange, purple}}},
			{"bottom", 192, 32, [2][2][3]byte{{blue, yellow}, {blue, yellow}}},
			{"bottom-right", 192, 32, [2][2][3]byte{{blue, yellow}, {blue, yellow}}},
			{"center", 32, 64, [2][2][3]byte{{{}, {}}, {magenta, gray}}},
		} {
			name := fmt.Sprintf("orientation %d, %s to %dx%d", orientation, c.position, c.boxW, c.boxH)
			at, _ := pixel.FixedAnchor(c.position)
			crop := pixel.Cover(192, 128, c.boxW, c.boxH, at)
			whole, high := crop.Whole()
			for _, o := range []codec.DecodeOptions{{}, {Width: whole, Height: high}} {
				p, err := codec.Decode(data, o)
				if err != nil {
					t.Fatal(err)
				}
				planes, err := pixel.LossyCrop(&p.Image, crop, p.Orientation)
				if err != nil {
					t.Fatal(err)
				}
				got, err := pixel.ToRGBA(planes, c.boxW, c.boxH, 1)
				if err != nil {
					t.Fatal(err)
				}
				// A cell is an eighth of the box at least; look within it.
				for row, wants := range c.corners {
					for column, want := range wants {
						x, y := c.boxW/16+column*(c.boxW-1-c.boxW/8), c.boxH/8+row*(c.boxH-1-c.boxH/4)
						pix := got.Planes[0][y*got.Stride[0]+4*x:]
						for i, v := range want {
							if want != [3]byte{} && math.Abs(float64(pix[i])-float64(v)) > 24 {
								t.Errorf("%s, decoded at %dx%d: (%d, %d) is %v, want %v", name, p.Image.Width, p.Image.Height, x, y, pix[:3], want)
								break
							}
						}
					}
				}
			}
		}
	}
}
