package convert

import "webpress/internal/asset"

// Worthwhile says whether a run keeps an output of after bytes, for a source of this
// format and of before bytes.
func Worthwhile(source asset.Format, before, after int64, minSavings float64) bool {
	return worthwhile(source, before, after, minSavings)
}
