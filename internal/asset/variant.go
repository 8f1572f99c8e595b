package asset

// A Variant is everything that decides the bytes of one output, and nothing else.
type Variant struct {
	// Name is what the user calls it, empty for the only one. It decides no bytes.
	Name string `json:"name,omitempty"`
	// Format of the output.
	Format Format `json:"format"`
	// Quality of lossy encoding, 0 to 100: on WebP's scale, for the same look in every
	// format, or with OwnQuality on that of Format. OwnQuality is not set for WebP, which
	// would be the same.
	Quality    int  `json:"quality"`
	OwnQuality bool `json:"own-quality,omitempty"`
	// Auto finds a quality for the image in the place of Quality: the lowest whose result has
	// a score of Look.
	Auto bool    `json:"auto,omitempty"`
	Look float64 `json:"look,omitempty"`
	// MinQuality and MaxQuality bound what Auto and MaxBytes may take, on the scale of Quality; 0
	// is no bound.
	MinQuality int `json:"min-quality,omitempty"`
	MaxQuality int `json:"max-quality,omitempty"`
	// MaxBytes is the most bytes that the output may have, 0 for any number: its quality is
	// lowered until it fits, and then, with Shrink, its dimensions.
	MaxBytes int64 `json:"max-bytes,omitempty"`
	Shrink   bool  `json:"shrink,omitempty"`
	// Score asks for the score of the output. It decides no bytes.
	Score bool `json:"score,omitempty"`
	// NoQualityCap allows a higher quality than that of a source that is a JPEG.
	NoQualityCap bool `json:"no-quality-cap,omitempty"`
	// Lossless is one of LosslessAuto, LosslessAlways, LosslessNever.
	Lossless string `json:"lossless"`
	// NearLossless is one of NearLosslessAuto and NearLosslessNever; it counts where
	// Lossless is LosslessAuto. Empty is NearLosslessAuto.
	NearLossless string `json:"near-lossless,omitempty"`
	// Effort is 0 (fast) to 6 (small), as libwebp's method.
	Effort int `json:"effort"`
	// MaxWidth and MaxHeight bound the output in pixels, keeping its aspect
	// ratio; 0 means no bound. An image is never enlarged to them.
	MaxWidth  int `json:"max-width"`
	MaxHeight int `json:"max-height"`
	// Width and Height are the box that the output is cropped to, or fitted into if
	// Crop is CropNone; 0 is none.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Crop is one of CropNone, CropCenter and the like; see package pixel. Empty is
	// CropNone.
	Crop string `json:"crop,omitempty"`
	// Enlarge lets a source that is smaller than the box be enlarged to it.
	Enlarge bool `json:"enlarge,omitempty"`
	// Background is what is behind transparent pixels in a format without transparency,
	// such as #ffffff.
	Background string `json:"background,omitempty"`
	// Metadata is one of MetadataICC, MetadataCopyright, MetadataNone, MetadataAll.
	Metadata string `json:"metadata"`
}

// The values of Variant.Lossless, Variant.NearLossless and Variant.Metadata.
const (
	LosslessAuto   = "auto"
	LosslessAlways = "always"
	LosslessNever  = "never"

	NearLosslessAuto  = "auto"
	NearLosslessNever = "never"

	MetadataICC       = "icc"
	MetadataCopyright = "copyright"
	MetadataNone      = "none"
	MetadataAll       = "all"
)
