package asset

import "math"

// A Rating says how much an output looks like what it was encoded from, and what that took.
type Rating struct {
	// Quality is that of lossy encoding, on the scale of the encoder of the format; 0 is not
	// known, or none.
	Quality int `json:"quality,omitempty"`
	// Score is SSIMULACRA 2's: 100 is the same image, 90 is visually lossless, and it may be
	// below 0. It counts where Tries is not 0.
	Score float64 `json:"score,omitempty"`
	// Tries is how many times the image was encoded as a whole; 0 says that it has no score.
	Tries int `json:"tries,omitempty"`
}

// Rated reports whether there is a score.
func (r Rating) Rated() bool { return r.Tries > 0 }

// Plausible reports whether r can be a rating, or none.
func (r Rating) Plausible() bool {
	const lowest, mostTries = -1e6, 100
	return r.Quality >= 0 && r.Quality <= 100 && r.Score > lowest && r.Score <= 100 && r.Tries >= 0 && r.Tries <= mostTries
}

// RoundScore is a score as a Rating has it, to two decimals and never 0, which would be left
// out of JSON.
func RoundScore(score float64) float64 {
	const hundredth = 0.01
	if score = math.Round(score/hundredth) * hundredth; score == 0 {
		return hundredth
	}
	return math.Round(score*100) / 100
}
