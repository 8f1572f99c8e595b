package store

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
)

// None delivers nothing: the results stay in the work tree.
type None struct{}

var _ Store = None{}

// Name returns none.
func (None) Name() string { return "none" }

// Deliver does nothing.
func (None) Deliver(context.Context, Delivery) (asset.Receipt, error) {
	return asset.Receipt{Store: "none"}, nil
}
