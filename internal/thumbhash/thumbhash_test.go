package thumbhash

import (
	"encoding/hex"
	"testing"
)

// images are drawn by whole numbers only, so that other languages draw the same.
var images = map[string]func(x, y int) [4]int{
	"noise": func(x, y int) [4]int { return [4]int{x*97 + y*31, x * y * 13, x*x + y*y, 255} },
	"hills": func(x, y int) [4]int { return [4]int{x*5 + y*2, y*4 + x, (x*x + 7*y) % 251, 255} },
	"faded": func(x, y int) [4]int { return [4]int{x*5 + y*2, y*4 + x, (x*x + 7*y) % 251, x*3 + y*y} },
	"spot": func(x, y int) [4]int {
		if (x-18)*(x-18)+(y-25)*(y-25) < 300 {
			return [4]int{214, 40 + x, 40, 255}
		}
		return [4]int{0, 255, 0, 0}
	},
	"red":   func(x, y int) [4]int { return [4]int{214, 40, 40, 255} },
	"clear": func(x, y int) [4]int { return [4]int{10, 200, 30, 0} },
	"glass": func(x, y int) [4]int { return [4]int{10, 200, 30, 127} },
}

func draw(name string, w, h int) []byte {
	rgba := make([]byte, 0, 4*w*h)
	for y := range h {
		for x := range w {
			for _, v := range images[name](x, y) {
				rgba = append(rgba, byte(v))
			}
		}
	}
	return rgba
}

// The vectors are what rgbaToThumbHash of the npm package thumbhash 0.1.1 returns.
func TestEncode(t *testing.T) {
	for _, c := range []struct {
		name string
		w, h int
		want string
	}{
		{"noise", 33, 21, "1d18061484224258216397506596fcccb9eef7"},
		{"noise", 21, 33, "1d18060c04001664087253468759adfdeeafaa"},
		{"noise", 100, 100, "1f080207021354026357676165486554876350300bfd6c0f"},
		{"noise", 5, 100, "1c3806110c10754888738537008cfa9e87"},
		{"noise", 100, 7, "1d2806118843523370781788ba8280f9e7"},
		{"noise", 2, 3, "4799122d0e740b8678898887888798077084074777"},
		{"hills", 100, 75, "df170625908737773837a760787a7a5887498078f8"},
		{"hills", 75, 100, "1f180615049675754439550a88998665a584d02dfa"},
		{"hills", 64, 64, "dff7051f0c29848720a4589199a565469789a602132a9d0f"},
		{"hills", 100, 40, "1f0806239081227a60577a778170a9f876"},
		{"faded", 60, 40, "9d1786138807068971b78806719ae07560761576134722"},
		{"faded", 40, 60, "6108861b080754507a8b97545037f57562683068420613"},
		{"faded", 100, 100, "1f088605020787697748460888b426f097a407386692765266"},
		{"spot", 50, 50, "da3a8305003601ba8878c87c770188e87f872d867788508968"},
		{"spot", 31, 44, "da3a8304023aa08979877b77078a895f675774368808788706"},
		{"hills", 100, 1, "18973239a67676778888088995878f8708"},
		{"hills", 1, 100, "9af735211008867988878886e8708409f7"},
		{"red", 8, 8, "985a0307005a893f8287877287977798778f8282f828880f"},
		{"red", 1, 1, "985a33af5608f708888788708f7088f80888808008088800"},
		{"clear", 3, 2, "0008820380000000000000000000000000000000000000"},
		{"glass", 16, 9, "548a8003800778798f7881798f095847787877888fc867"},
	} {
		got, err := Encode(c.w, c.h, draw(c.name, c.w, c.h))
		if err != nil {
			t.Fatal(err)
		}
		want, err := hex.DecodeString(c.want)
		if err != nil {
			t.Fatal(err)
		}
		if !alike(got, want) {
			t.Errorf("%s, %dx%d: %x, want %x", c.name, c.w, c.h, got, want)
		}
	}
}

// alike compares hashes but for amplitudes that are none: in a channel that is flat they
// mean nothing, and elsewhere none lies halfway between 7 and 8.
func alike(got, want []byte) bool {
	header := 5
	if len(got) != len(want) || len(got) < header {
		return false
	}
	flags := int(want[0]) | int(want[1])<<8 | int(want[2])<<16
	flat := [4]bool{flags>>18&31 == 0, want[3]>>3 == 0 && want[4]&1 == 0, want[4]>>1&63 == 0}
	counts := [4]int{0, 5, 5, 0}
	lx, ly := int(want[3]&7), 7
	if flags>>23 != 0 {
		header, ly, counts[3] = 6, 5, 14
		flat[3] = want[5]>>4 == 0
	}
	if want[4]>>7 != 0 {
		lx, ly = ly, lx
	}
	lx, ly = max(3, lx), max(3, ly)
	for y := range ly {
		for x := 0; x*ly < lx*(ly-y); x++ {
			counts[0]++
		}
	}
	counts[0]-- // the mean
	if string(got[:header]) != string(want[:header]) {
		return false
	}
	nibble := func(hash []byte, i int) byte { return hash[header+i/2] >> (i % 2 * 4) & 15 }
	i := 0
	for channel, n := range counts {
		for range n {
			g, w := nibble(got, i), nibble(want, i)
			if none := (g == 7 || g == 8) && (w == 7 || w == 8); g != w && !none && !flat[channel] {
				return false
			}
			i++
		}
	}
	return (i+1)/2 == len(got)-header
}

func TestEncodeRefuses(t *testing.T) {
	for _, c := range []struct{ w, h, n int }{{0, 1, 0}, {1, 0, 0}, {-1, -1, 4}, {101, 1, 404}, {1, 101, 404}, {2, 2, 15}, {2, 2, 17}} {
		if hash, err := Encode(c.w, c.h, make([]byte, c.n)); err == nil {
			t.Errorf("%dx%d of %d bytes: %x and no error", c.w, c.h, c.n, hash)
		}
	}
}
