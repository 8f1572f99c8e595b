package main

import "math"

// noise is gradient noise in the plane, the same on every run for one seed.
type noise uint64

// hash mixes a lattice point into 64 bits, after splitmix64.
func (n noise) hash(x, y int) uint64 {
	h := uint64(n) + uint64(uint32(x))*0x9E3779B97F4A7C15 + uint64(uint32(y))*0xC2B2AE3D27D4EB4F
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// unit is a number from 0 to 1 for a lattice point.
func (n noise) unit(x, y int) float64 { return float64(n.hash(x, y)>>11) / (1 << 53) }

// at is smooth noise, about -0.7 to 0.7.
func (n noise) at(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	dx, dy := x-fx, y-fy
	u, v := dx*dx*dx*(dx*(dx*6-15)+10), dy*dy*dy*(dy*(dy*6-15)+10)
	a := n.slope(ix, iy, dx, dy)
	b := n.slope(ix+1, iy, dx-1, dy)
	c := n.slope(ix, iy+1, dx, dy-1)
	d := n.slope(ix+1, iy+1, dx-1, dy-1)
	return mix(mix(a, b, u), mix(c, d, u), v)
}

// directions are the gradients of the lattice: 64 around the circle.
var directions = func() (d [64][2]float64) {
	for i := range d {
		d[i][1], d[i][0] = math.Sincos(float64(i) * 2 * math.Pi / 64)
	}
	return d
}()

func (n noise) slope(ix, iy int, dx, dy float64) float64 {
	g := &directions[n.hash(ix, iy)>>58]
	return g[0]*dx + g[1]*dy
}

// hills sums octaves of noise, each of half the size and height.
func (n noise) hills(x, y float64, octaves int) float64 {
	sum, size := 0.0, 1.0
	for i := range octaves {
		sum += size * (n+noise(i)*7919).at(x, y)
		x, y = 1.6*x+1.2*y, 1.6*y-1.2*x // twice as fine, and turned
		size /= 2
	}
	return sum
}

// ridges is like hills with sharp crests, 0 to about 1.
func (n noise) ridges(x, y float64, octaves int) float64 {
	sum, size, weight := 0.0, 0.5, 1.0
	for i := range octaves {
		r := 1 - math.Abs((n+noise(i)*7919).at(x, y))*1.6
		r *= r * weight
		weight = clamp(r*1.6, 0, 1)
		sum += size * r
		x, y = 1.6*x+1.2*y, 1.6*y-1.2*x
		size /= 2
	}
	return sum
}

func mix(a, b, t float64) float64 { return a + (b-a)*t }

func clamp(v, low, high float64) float64 { return max(low, min(high, v)) }

// smooth goes from 0 at low to 1 at high.
func smooth(low, high, v float64) float64 {
	t := clamp((v-low)/(high-low), 0, 1)
	return t * t * (3 - 2*t)
}
