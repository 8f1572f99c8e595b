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

// Put does nothing.
func (None) Put(context.Context, Delivery) (asset.Stored, error) {
	return asset.Stored{Store: "none"}, nil
}
