package main

import (
	"fmt"
	"strings"
)

// readme describes all images; it is written to testdata/README.md.
func readme() string {
	var b strings.Builder
	b.WriteString(`# Images

Every image here is drawn by ` + "`go run ./internal/testpic`" + `, which also writes this page. Sizes are as a
person sees the image, after any turn that the file asks for. Broken files are not stored: tests cut
and spoil these.

## The card

Most images show the card: 6 by 4 square cells (192x128 pixels unless the table says otherwise) with
an F and an arrow to the right in the middle, a grey ramp above them, and plain cells around. In sRGB,
the centre of a cell is at (column + 0.5, row + 0.5) cells:

| cell | column, row | colour |
|---|---|---|
`)
	for _, p := range patches {
		fmt.Fprintf(&b, "| %s | %d, %d | %d, %d, %d |\n", p.name, p.column, p.row, p.colour.R, p.colour.G, p.colour.B)
	}
	b.WriteString(`
The faded card has an alpha of 0 in its first column of pixels and 255 in its last, linear between
them; its colours are straight. Files with a profile hold the same numbers as the card.

## The animation

60x40 pixels, the card first, then squares of 20x20 with a transparent hole of 8x8 in their middle:

| frame | draws | delay | disposal |
|---|---|---|---|
`)
	disposals := []string{"", "none", "background", "previous"}
	for i, s := range steps {
		what := "the card"
		if i > 0 {
			what = fmt.Sprintf("a square of %d, %d, %d at %d, %d", s.colour.R, s.colour.G, s.colour.B, s.rect.Min.X, s.rect.Min.Y)
		}
		fmt.Fprintf(&b, "| %d | %s | %d ms | %s |\n", i, what, s.delay*10, disposals[s.disposal])
	}
	b.WriteString(`
So frame 2 no longer shows the square of frame 1, and in frame 3 the place of frame 2's square is
transparent.

## Files

| file | size | what |
|---|---|---|
`)
	for _, p := range catalogue() {
		fmt.Fprintf(&b, "| %s | %dx%d | %s |\n", p.name, p.width, p.height, p.what)
	}
	return b.String()
}
