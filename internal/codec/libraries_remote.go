//go:build !cgo

package codec

// Libraries returns none: a build for remote engines has no C libraries.
func Libraries() []Library { return nil }
