package lockfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// formatRating is how a rating is written: quality=82,score=80.31,tries=2.
func formatRating(r asset.Rating) string {
	return fmt.Sprintf("quality=%d,score=%s,tries=%d", r.Quality, strconv.FormatFloat(r.Score, 'f', -1, 64), r.Tries)
}

// parseRating reads what formatRating writes, and nothing else.
func parseRating(text string) (r asset.Rating, err error) {
	for pair := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "quality":
			r.Quality, _ = strconv.Atoi(value)
		case "score":
			r.Score, _ = strconv.ParseFloat(value, 64)
		case "tries":
			r.Tries, _ = strconv.Atoi(value)
		}
	}
	if !r.Rated() || !r.Plausible() || formatRating(r) != text {
		return asset.Rating{}, fmt.Errorf("%s is not a rating such as quality=82,score=80.31,tries=2", show(text))
	}
	return r, nil
}

// ratingOf is that of the first of some entries, if there is one.
func ratingOf(entries []Entry) asset.Rating {
	if len(entries) == 0 {
		return asset.Rating{}
	}
	return entries[0].Output.Rating
}
