package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// looks are the scores that the names of looks stand for, on the scale of SSIMULACRA 2.
var looks = map[string]float64{"good": 70, "high": 80, "best": 88}

// ParseLook reads good, high, best, or a score from 0 to 100.
func ParseLook(text string) (float64, error) {
	if score, ok := looks[strings.ToLower(text)]; ok {
		return score, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0 && n <= 100) || strings.ContainsAny(text, "xXpP_") { // not a number is neither
		return 0, errNotAllowed
	}
	return math.Round(n*100) / 100, nil
}

// idleLook finds settings of quality: auto, set by these names, where no output has that.
func idleLook(c Config, set func(name string) bool) (all Mistakes) {
	if c.Verb == Serve { // a request may ask for it
		return nil
	}
	var auto, bounded bool
	for _, settings := range append([]Config{c}, rulesOf(c)...) {
		each, err := settings.Each()
		if err != nil {
			return nil // which is said elsewhere
		}
		for _, e := range each {
			auto = auto || e.Settings.Quality.Auto
			bounded = bounded || e.Settings.MaxBytes > 0
		}
	}
	for _, s := range []struct {
		name, what string
		used       bool
	}{
		{"look", "it is the score that quality: auto aims at; add quality: auto, or leave look out", auto},
		{"min-quality", "it is for quality: auto and for max-bytes; add one of them, or leave min-quality out", auto || bounded},
		{"max-quality", "it is for quality: auto; add that, or leave max-quality out", auto},
	} {
		if set(s.name) && !s.used {
			all = append(all, Mistake{Where: s.name, Message: s.what})
		}
	}
	return all
}

func rulesOf(c Config) (all []Config) {
	for _, r := range c.Rules {
		all = append(all, r.Settings)
	}
	return all
}

// leastBytes is the size of the smallest images that there are: one pixel takes 34 bytes as
// WebP, and 300 as AVIF.
const leastBytes = 100

// checkLook says which settings of how good an output looks do not go together.
func (e Each) checkLook() error {
	c := &e.Settings
	lossy := e.Format() != "png"
	switch {
	case c.Quality.Auto && c.Lossless == "always" && lossy:
		return errors.New("quality: auto finds a quality for lossy encoding, and lossless: always has none; leave one of them out")
	case c.MinQuality > c.MaxQuality:
		return fmt.Errorf("min-quality: %d is more than max-quality, %d", c.MinQuality, c.MaxQuality)
	case c.MaxBytes > 0 && c.MaxBytes < leastBytes:
		return fmt.Errorf("max-bytes: %d bytes are less than an image needs; write a size such as 200kB", c.MaxBytes)
	case c.Shrink && c.MaxBytes == 0:
		return errors.New("shrink: it makes images smaller until they fit into max-bytes, which is not set")
	}
	return nil
}
