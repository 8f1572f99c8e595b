package pixel

// Fit returns the largest size with the aspect ratio of width x height that is
// within maxWidth and maxHeight, where 0 means no bound. It never enlarges, and no
// side becomes less than 1.
func Fit(width, height, maxWidth, maxHeight int) (int, int) {
	scale := 1.0
	if maxWidth > 0 {
		scale = min(scale, float64(maxWidth)/float64(width))
	}
	if maxHeight > 0 {
		scale = min(scale, float64(maxHeight)/float64(height))
	}
	if scale == 1 {
		return width, height
	}
	fit := func(side, bound int) int {
		n := max(1, int(float64(side)*scale+0.5))
		if bound > 0 {
			n = min(n, bound)
		}
		return n
	}
	return fit(width, maxWidth), fit(height, maxHeight)
}

// sourceFlips says whether the last column, the last row of the source become a
// first one when it is turned.
func sourceFlips(orientation int) (x, y bool) {
	switch orientation {
	case 2, 8:
		return true, false
	case 3, 7:
		return true, true
	case 4, 6:
		return false, true
	}
	return false, false
}
