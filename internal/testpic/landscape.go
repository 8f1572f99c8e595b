package main

import (
	"image"
	"image/color"
	"math"
	"runtime"
	"sync"
)

// light is a colour in linear light, 0 to about 1 a channel.
type light [3]float64

func (a light) plus(b light) light      { return light{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }
func (a light) times(k float64) light   { return light{a[0] * k, a[1] * k, a[2] * k} }
func (a light) filter(b light) light    { return light{a[0] * b[0], a[1] * b[1], a[2] * b[2]} }
func blend(a, b light, t float64) light { return a.times(1 - t).plus(b.times(t)) }

// A scene is a landscape seen by a camera that looks along z. Distances are in
// kilometres, y is up.
type scene struct {
	eye     float64 // height of the camera
	horizon float64 // where it is in the image, 0 the top
	zoom    float64 // focal length, in heights of the image
	near    float64
	far     float64
	water   bool    // at height 0
	sun     light   // colour
	toSun   light   // direction, of length 1
	ambient light   // what the shadows get
	haze    float64 // share that air takes in a kilometre
	height  func(x, z float64, detail int) float64
	ground  func(x, z, y, steep float64) light
	sky     func(s *scene, dx, dy float64) light // direction of sight: dx right, dy up
}

// landscape renders a scene at twice the size, shrinks it and adds the grain of
// a sensor.
func landscape(make func() *scene, width, height int) *image.NRGBA {
	s := make()
	w, h := 2*width, 2*height
	film := [][]light{}
	for range w {
		film = append(film, nil)
	}
	columns := sync.WaitGroup{}
	next := sync.Mutex{}
	at := 0
	for range runtime.GOMAXPROCS(0) {
		columns.Go(func() {
			for {
				next.Lock()
				x := at
				at++
				next.Unlock()
				if x >= w {
					return
				}
				film[x] = s.column(x, w, h)
			}
		})
	}
	columns.Wait()
	return develop(film, width, height)
}

// column draws one column of the image, from the nearest ground to the sky.
func (s *scene) column(x, w, h int) []light {
	out := make([]light, h)
	scale := s.zoom * float64(h)
	middle := s.horizon * float64(h)
	dx := (float64(x) + 0.5 - float64(w)/2) / scale
	top := h // everything from here down is drawn
	firstWater, lastWater := -1, h
	for z := s.near; z < s.far && top > 0; z *= 1.0011 {
		y := s.height(dx*z, z, 9)
		wet := s.water && y < 0
		if wet {
			y = 0
		}
		row := max(0, int(middle-(y-s.eye)/z*scale))
		if row >= top {
			continue
		}
		var c light
		if !wet {
			c = s.lit(dx*z, y, z)
			c = blend(c, s.sky(s, dx, 0.015), 1-math.Exp(-s.haze*z))
		}
		for r := row; r < top; r++ {
			out[r] = c
			if wet {
				out[r] = light{-1, dx * z, z}
				firstWater, lastWater = max(firstWater, r), min(lastWater, r)
			}
		}
		top = row
	}
	for r := range top {
		out[r] = s.sky(s, dx, (middle-float64(r)-0.5)/scale)
	}
	if firstWater >= 0 {
		s.reflect(out, dx, lastWater, firstWater)
	}
	return out
}

// reflect fills the water of a column, rows from shore to last, with what
// stands above the shore, upside down, shaken by ripples.
func (s *scene) reflect(out []light, dx float64, shore, last int) {
	for r := shore; r <= last; r++ {
		if out[r][0] >= 0 {
			continue
		}
		px, pz := out[r][1], out[r][2]
		ripple := noise(77).hills(px*60, pz*22, 4) * 26 * smooth(0.2, 4, 1.5/pz)
		up := shore - (r - shore) + int(ripple)
		up = min(max(up, 0), shore-1)
		c := out[max(up, 0)]
		if c[0] < 0 {
			c = s.sky(s, dx, 0.3)
		}
		depth := light{0.010, 0.035, 0.045}
		out[r] = blend(depth, c, 0.62+0.2*smooth(0.3, 3, pz))
	}
}

// lit is the colour of the ground at a point, in sun or shadow.
func (s *scene) lit(x, y, z float64) light {
	d := 0.0008 * z
	nx := s.height(x-d, z, 9) - s.height(x+d, z, 9)
	nz := s.height(x, z-d, 9) - s.height(x, z+d, 9)
	length := math.Sqrt(nx*nx + nz*nz + 4*d*d)
	facing := (nx*s.toSun[0] + 2*d*s.toSun[1] + nz*s.toSun[2]) / length
	shade := 1.0
	for i := 1; i <= 10 && facing > 0; i++ {
		t := 0.012 * z * float64(i)
		over := s.height(x+s.toSun[0]*t, z+s.toSun[2]*t, 5) - (y + s.toSun[1]*t)
		shade = min(shade, 1-smooth(0, 0.02*t+0.004*z, over))
	}
	sky := 0.5 + 0.5*2*d/length
	both := s.sun.times(max(0, facing) * shade).plus(s.ambient.times(sky))
	return s.ground(x, z, y, 1-2*d/length).filter(both)
}

// develop shrinks the film by two and turns light into sRGB, with grain.
func develop(film [][]light, width, height int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	grain := noise(4242)
	for y := range height {
		for x := range width {
			sum := film[2*x][2*y].plus(film[2*x+1][2*y]).plus(film[2*x][2*y+1]).plus(film[2*x+1][2*y+1]).times(0.25)
			var rgb [3]uint8
			bright := grain.unit(x, y) + grain.unit(x+70000, y) + grain.unit(x, y+70000) - 1.5
			for c := range rgb {
				v := sum[c]
				v = v * (1 + v/6) / (1 + v) // rolls highlights off
				v = encode(v * 1.25)
				v += 0.012*bright + 0.008*(grain.unit(x+c*9000, y+140000)-0.5)
				rgb[c] = uint8(clamp(v, 0, 1)*255 + 0.5)
			}
			img.SetNRGBA(x, y, color.NRGBA{rgb[0], rgb[1], rgb[2], 255})
		}
	}
	return img
}

// encode is the sRGB curve.
func encode(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * v
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

func toward(x, y, z float64) light {
	l := math.Sqrt(x*x + y*y + z*z)
	return light{x / l, y / l, z / l}
}

// glow is how near a direction of sight is to the sun: 1 at its middle.
func (s *scene) glow(dx, dy float64) float64 {
	d := toward(dx, dy, 1)
	return max(0, d[0]*s.toSun[0]+d[1]*s.toSun[1]+d[2]*s.toSun[2])
}
