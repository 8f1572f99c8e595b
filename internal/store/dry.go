package store

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
)

// A Failed store could not be made ready: it fails as soon as there is something to
// deliver.
type Failed struct {
	Store
	Err error
}

// Deliver delivers nothing.
func (s Failed) Deliver(context.Context, Delivery) (asset.Receipt, error) {
	return asset.Receipt{Store: s.Name()}, s.Err
}

// A Dry store says what it would deliver.
type Dry struct{ Store }

// Deliver delivers nothing.
func (s Dry) Deliver(_ context.Context, d Delivery) (asset.Receipt, error) {
	stored := asset.Receipt{Store: s.Name()}
	files := d.Files()
	removed := 0
	for _, f := range files {
		if f.Removed {
			removed++
		}
	}
	note := fmt.Sprintf("a dry run: %s would be delivered", english.Plural(len(files), "file", ""))
	if removed > 0 {
		note += fmt.Sprintf(", and %s removed", english.Plural(removed, "source", ""))
	}
	if n := len(d.Outdated()); n > 0 {
		note += fmt.Sprintf(", and %s deleted", english.Plural(n, "outdated result", ""))
	}
	if len(files)+len(d.Outdated()) > 0 {
		stored.Notes = []string{note}
	}
	return stored, nil
}
