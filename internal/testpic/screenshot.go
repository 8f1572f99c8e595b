package main

import (
	"image"
	"image/color"
	"image/draw"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// A desk is a screen that windows and text are drawn on.
type desk struct {
	*image.NRGBA
	mono, plain, bold font.Face
}

// colours of the editor's theme.
var (
	night   = color.NRGBA{30, 33, 43, 255}
	dusk    = color.NRGBA{38, 42, 54, 255}
	line    = color.NRGBA{52, 57, 72, 255}
	chalk   = color.NRGBA{214, 218, 228, 255}
	dim     = color.NRGBA{112, 120, 142, 255}
	keyword = color.NRGBA{199, 146, 234, 255}
	quoted  = color.NRGBA{173, 219, 103, 255}
	name    = color.NRGBA{130, 170, 255, 255}
	note    = color.NRGBA{99, 119, 119, 255}
)

const program = `package main

import (
	"fmt"
	"os"
)

// A leaf is one image of the tree.
type leaf struct {
	path  string
	bytes int64
}

func main() {
	total := int64(0)
	for _, l := range find(os.Args[1:]) {
		fmt.Printf("%-40s %8d\n", l.path, l.bytes)
		total += l.bytes
	}
	if total == 0 {
		fmt.Println("nothing to do")
		return
	}
	fmt.Println("total:", total, "bytes")
}

// find walks the folders in the order of their names.
func find(roots []string) []leaf {
	var leaves []leaf
	for _, root := range roots {
		leaves = append(leaves, walk(root)...)
	}
	return leaves
}`

// screenshot draws an editor and a dialogue on a desk.
func screenshot(width, height int) (*image.NRGBA, error) {
	d := desk{NRGBA: image.NewNRGBA(image.Rect(0, 0, width, height))}
	for face, f := range map[*font.Face]struct {
		ttf  []byte
		size float64
	}{&d.mono: {gomono.TTF, 15}, &d.plain: {goregular.TTF, 14}, &d.bold: {gobold.TTF, 14}} {
		parsed, err := opentype.Parse(f.ttf)
		if err != nil {
			return nil, err
		}
		if *face, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return nil, err
		}
	}
	for y := range height {
		t := float64(y) / float64(height)
		c := color.NRGBA{uint8(mix(58, 24, t)), uint8(mix(96, 44, t)), uint8(mix(140, 84, t)), 255}
		draw.Draw(d, image.Rect(0, y, width, y+1), image.NewUniform(c), image.Point{}, draw.Src)
	}
	d.bar(width)
	d.editor(70, 64, 1120, 780)
	d.dialogue(900, 470, 440, 300)
	return d.NRGBA, nil
}

func (d desk) text(face font.Face, x, y int, c color.Color, s string) int {
	w := font.Drawer{Dst: d, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
	w.DrawString(s)
	return w.Dot.X.Round()
}

// bar is the strip along the top of the screen.
func (d desk) bar(width int) {
	fill(d, color.NRGBA{20, 22, 30, 255}, rounded(0, 0, float64(width), 28, 0)...)
	d.text(d.bold, 16, 19, chalk, "Editor")
	x := 90
	for _, s := range []string{"File", "Edit", "View", "Run", "Help"} {
		x = d.text(d.plain, x, 19, chalk, s) + 22
	}
	d.text(d.plain, width-60, 19, chalk, "09:41")
}

// window is a frame with a title and three buttons.
func (d desk) window(x, y, w, h float64, title string, back color.Color) {
	shadow(d, x, y+10, w, h, 10, 26, 110)
	fill(d, back, rounded(x, y, w, h, 10)...)
	fill(d, line, rounded(x, y, w, 36, 10)...)
	fill(d, line, rounded(x, y+18, w, 18, 0)...)
	for i, c := range []color.NRGBA{{255, 95, 87, 255}, {254, 188, 46, 255}, {40, 200, 64, 255}} {
		fill(d, c, disc(x+20+20*float64(i), y+18, 6)...)
	}
	d.text(d.bold, int(x+w/2)-len(title)*4, int(y)+23, chalk, title)
}

func (d desk) editor(x, y, w, h float64) {
	d.window(x, y, w, h, "main.go", night)
	fill(d, dusk, rounded(x, y+36, 210, h-46, 0)...)
	tree := []string{"v webpress", "    v assets", "        hero.heic", "        logo.png", "        team.jpg", "    v cmd", "        main.go", "    go.mod", "    README.md"}
	for i, s := range tree {
		top := y + 60 + 24*float64(i)
		if strings.HasSuffix(s, "main.go") {
			fill(d, line, rounded(x, top-4, 210, 24, 0)...)
		}
		d.text(d.plain, int(x)+16, int(top)+13, chalk, s)
	}
	for i, s := range strings.Split(program, "\n") {
		top := int(y) + 66 + 20*i
		d.text(d.mono, int(x)+226, top, dim, strings.Repeat(" ", 2-len(number(i+1)))+number(i+1))
		d.code(int(x)+266, top, s)
	}
	fill(d, name, rounded(x, y+h-26, w, 26, 8)...)
	fill(d, name, rounded(x, y+h-26, w, 12, 0)...)
	d.text(d.plain, int(x)+16, int(y+h)-8, night, "main    0 problems    UTF-8    Go    Ln 17, Col 24")
}

func number(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return number(n/10) + number(n%10)
}

var keywords = map[string]bool{"package": true, "import": true, "type": true, "struct": true, "func": true, "for": true, "range": true, "if": true, "return": true, "var": true}

// code draws one line of Go, word by word, in the colours of the theme.
func (d desk) code(x, y int, s string) {
	s = strings.ReplaceAll(s, "\t", "    ")
	for s != "" {
		n := 1
		c := chalk
		switch {
		case strings.HasPrefix(s, "//"):
			n, c = len(s), note
		case s[0] == '"':
			n, c = strings.IndexByte(s[1:], '"')+2, quoted
		case letter(s[0]):
			for n < len(s) && letter(s[n]) {
				n++
			}
			if keywords[s[:n]] {
				c = keyword
			} else if n < len(s) && s[n] == '(' {
				c = name
			}
		}
		x = d.text(d.mono, x, y, c, s[:n])
		s = s[n:]
	}
}

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// dialogue is a light window with bars, over the editor.
func (d desk) dialogue(x, y, w, h float64) {
	ink := color.NRGBA{50, 54, 66, 255}
	d.window(x, y, w, h, "Sizes", color.NRGBA{246, 247, 250, 255})
	rows := []struct {
		label string
		part  float64
		c     color.NRGBA
	}{
		{"hero.heic", 0.92, color.NRGBA{255, 126, 95, 255}},
		{"team.jpg", 0.64, color.NRGBA{254, 180, 123, 255}},
		{"logo.png", 0.31, color.NRGBA{120, 190, 170, 255}},
		{"spinner.gif", 0.12, color.NRGBA{110, 140, 220, 255}},
	}
	for i, r := range rows {
		top := y + 66 + 40*float64(i)
		d.text(d.plain, int(x)+24, int(top)+12, ink, r.label)
		fill(d, color.NRGBA{226, 229, 236, 255}, rounded(x+120, top, 290, 16, 8)...)
		fill(d, r.c, rounded(x+120, top, 290*r.part, 16, 8)...)
	}
	fill(d, name, rounded(x+w-130, y+h-52, 106, 32, 7)...)
	d.text(d.bold, int(x+w)-104, int(y+h)-31, color.White, "Convert")
	fill(d, color.NRGBA{226, 229, 236, 255}, rounded(x+w-250, y+h-52, 106, 32, 7)...)
	d.text(d.bold, int(x+w)-222, int(y+h)-31, ink, "Cancel")
}
