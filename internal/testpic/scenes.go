package main

import "math"

// mountains is a lake below snowy mountains in the afternoon.
func mountains() *scene {
	relief, fine := noise(11), noise(29)
	return &scene{
		eye: 0.16, horizon: 0.46, zoom: 0.9, near: 0.12, far: 60, water: true,
		sun: light{2.3, 2.0, 1.6}, ambient: light{0.22, 0.29, 0.42}, toSun: toward(-0.75, 0.52, 0.12), haze: 0.024,
		height: func(x, z float64, detail int) float64 {
			peaks := relief.ridges(x*0.17+3.1, z*0.17+0.4, detail)
			back := smooth(2.2, 13, z)
			shore := smooth(1.1, 2.6, z+0.35*math.Sin(x*0.9)+0.6*relief.at(x*0.7, z*0.7))
			near := smooth(0.62, 0.16, z+0.22*relief.at(x*2+9, 3)+0.16*x)
			y := -0.05 + 0.12*shore + 3.9*back*(peaks-0.18) + 0.10*near
			y += 0.10 * shore * fine.hills(x*1.3, z*1.3, min(detail, 6))
			return y + 0.012*near*fine.hills(x*40, z*40, min(detail, 4))
		},
		ground: func(x, z, y, steep float64) light {
			rough := fine.hills(x*9, z*9, 5)
			rock := blend(light{0.20, 0.18, 0.17}, light{0.33, 0.30, 0.27}, smooth(-0.5, 0.5, rough+fine.at(x*1.5, y*14)))
			grass := blend(light{0.065, 0.105, 0.028}, light{0.15, 0.17, 0.05}, smooth(-0.6, 0.6, fine.hills(x*25, z*25, 5)))
			trees := blend(light{0.012, 0.032, 0.014}, light{0.04, 0.075, 0.024}, smooth(-0.4, 0.5, fine.hills(x*70, z*70, 3)))
			forest := smooth(0.1, 0.3, fine.hills(x*1.1+5, z*1.1, 4)+0.35) * smooth(0.95, 0.6, y+0.2*rough) * smooth(0.9, 1.6, z)
			c := blend(grass, trees, forest)
			c = blend(c, rock, smooth(0.25, 0.42, steep+0.08*rough+0.25*smooth(0.7, 1.3, y)))
			snow := smooth(1.05, 1.35, y+0.22*rough) * smooth(0.52, 0.36, steep+0.1*rough)
			return blend(c, light{0.82, 0.86, 0.92}, snow)
		},
		sky: func(s *scene, dx, dy float64) light {
			c := blend(light{0.60, 0.70, 0.80}, light{0.075, 0.20, 0.50}, smooth(-0.02, 0.55, dy))
			h := 1 / (max(dy, 0) + 0.09)
			cloud := relief.hills(dx*h*0.55+7, h*0.5, 7) + 0.25*relief.at(dx*2, dy*4)
			c = blend(c, light{1.15, 1.1, 1.05}, 0.85*smooth(0.08, 0.55, cloud)*smooth(0.0, 0.12, dy))
			return c.plus(light{0.5, 0.4, 0.25}.times(math.Pow(s.glow(dx, dy), 6)))
		},
	}
}

// dunes is a desert at sunset, the sun in the image.
func dunes() *scene {
	wind, fine := noise(5), noise(53)
	return &scene{
		eye: 0.105, horizon: 0.50, zoom: 0.8, near: 0.045, far: 30,
		sun: light{2.9, 1.5, 0.62}, ambient: light{0.20, 0.19, 0.33}, toSun: toward(0.24, 0.13, 1), haze: 0.10,
		height: func(x, z float64, detail int) float64 {
			bend := 0.9*wind.at(x*0.5, z*0.5+3) + 0.5*wind.at(x*1.3+8, z*1.1)
			crest := 1 - math.Abs(math.Mod(math.Abs(x*0.75+z*0.95+bend*1.5)+40, 2)-1)
			crest = crest * crest * (2.2 - 1.2*crest)
			second := 1 - math.Abs(wind.at(x*2.6+1.5*bend, z*2.1+4))*1.8
			y := 0.115*crest*(0.75+0.6*wind.at(x*0.3+2, z*0.3)) + 0.016*second
			if detail > 6 && z < 3 {
				wave := math.Sin(420*x + 300*z + 9*fine.hills(x*14, z*14, 3))
				y += 0.00022 * wave * smooth(3, 0.4, z)
			}
			return y + 0.0009*fine.hills(x*22, z*22, min(detail, 3))
		},
		ground: func(x, z, _, _ float64) light {
			grains := 0.5 + 0.5*fine.hills(x*380, z*380, 3)
			return blend(light{0.52, 0.30, 0.14}, light{0.68, 0.43, 0.22}, clamp(grains, 0, 1))
		},
		sky: func(s *scene, dx, dy float64) light {
			c := blend(light{1.05, 0.50, 0.22}, light{0.50, 0.25, 0.30}, smooth(-0.05, 0.22, dy))
			c = blend(c, light{0.060, 0.085, 0.24}, smooth(0.12, 0.62, dy))
			streak := wind.hills(dx*1.3+3, dy*9, 6)
			c = blend(c, light{1.1, 0.42, 0.30}, 0.5*smooth(0.1, 0.6, streak)*smooth(0.02, 0.2, dy)*smooth(0.6, 0.25, dy))
			g := s.glow(dx, dy)
			c = c.plus(light{1.1, 0.62, 0.22}.times(0.7*math.Pow(g, 40) + 0.9*math.Pow(g, 900)))
			return c.plus(light{14, 9, 4}.times(smooth(0.99975, 0.99988, g)))
		},
	}
}
