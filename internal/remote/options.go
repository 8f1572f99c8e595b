package remote

import (
	"cmp"
	"encoding/json"
	"strconv"

	"github.com/webpress/webpress/internal/asset"
)

// options are those of a variant as the API of webpress has them. All are there: the defaults are
// those of the server.
type options struct {
	Format       asset.Format `json:"format"`
	Quality      string       `json:"quality"`
	QualityCap   bool         `json:"qualityCap"`
	Lossless     string       `json:"lossless"`
	NearLossless string       `json:"nearLossless"`
	Effort       int          `json:"effort"`
	MaxWidth     int          `json:"maxWidth"`
	MaxHeight    int          `json:"maxHeight"`
	Width        int          `json:"width"`
	Height       int          `json:"height"`
	Crop         string       `json:"crop"`
	Enlarge      bool         `json:"enlarge"`
	Background   string       `json:"background,omitempty"`
	Metadata     string       `json:"metadata"`
	// These are left out where they make no difference: older servers do not know them.
	Look       string `json:"look,omitempty"`
	MinQuality int    `json:"minQuality,omitempty"`
	MaxQuality int    `json:"maxQuality,omitempty"`
	MaxBytes   int64  `json:"maxBytes,omitempty"`
	Shrink     bool   `json:"shrink,omitempty"`
	Score      bool   `json:"score,omitempty"`
}

func optionsOf(v asset.Variant) options {
	quality := strconv.Itoa(v.Quality)
	if v.OwnQuality {
		quality = string(v.Format) + "=" + quality
	}
	look := ""
	if v.Auto {
		quality, look = "auto", strconv.FormatFloat(v.Look, 'f', -1, 64)
	}
	return options{
		Format: v.Format, Quality: quality, QualityCap: !v.NoQualityCap, Lossless: cmp.Or(v.Lossless, asset.LosslessAuto),
		NearLossless: cmp.Or(v.NearLossless, asset.NearLosslessAuto), Effort: v.Effort,
		MaxWidth: v.MaxWidth, MaxHeight: v.MaxHeight, Width: v.Width, Height: v.Height, Crop: cmp.Or(v.Crop, "none"), Enlarge: v.Enlarge,
		Background: v.Background, Metadata: cmp.Or(v.Metadata, asset.MetadataICC),
		Look: look, MinQuality: v.MinQuality, MaxQuality: v.MaxQuality, MaxBytes: v.MaxBytes, Shrink: v.Shrink, Score: v.Score,
	}
}

// variantName is what the request calls a variant.
func variantName(i int) string { return "v" + strconv.Itoa(i+1) }

// A field is one of a form.
type field struct{ name, value string }

// variantFields is the option variants for all variants of an image, in their order.
func variantFields(variants []asset.Variant) []field {
	type named struct {
		Name string `json:"name"`
		options
	}
	all := make([]named, len(variants))
	for i, v := range variants {
		all[i] = named{variantName(i), optionsOf(v)}
	}
	data, _ := json.Marshal(all) // of texts and numbers
	return []field{{"variants", string(data)}}
}

// basicFields are the options of a variant for an API that has only the basic ones: what is not
// set is left out, as it may not know it.
func basicFields(v asset.Variant) []field {
	all := []field{{"format", string(v.Format)}}
	number := func(name string, n int) {
		if n > 0 {
			all = append(all, field{name, strconv.Itoa(n)})
		}
	}
	if v.Format != asset.PNG {
		number("quality", v.Quality)
	}
	number("maxWidth", v.MaxWidth)
	number("maxHeight", v.MaxHeight)
	number("width", v.Width)
	number("height", v.Height)
	if v.Crop != "" {
		all = append(all, field{"crop", v.Crop})
	}
	if v.Lossless == asset.LosslessAlways {
		all = append(all, field{"lossless", "true"})
	}
	return all
}
