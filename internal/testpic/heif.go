package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
)

// heifFile encodes PNG or JPEG inputs with heif-enc; an outExt of .avif asks
// for AV1. Several inputs become several top-level images, the first of them
// the primary one.
func heifFile(ctx context.Context, s studio, outExt string, ins []input, options ...string) ([]byte, error) {
	args := append([]string{"-q", "90"}, options...)
	args = append(args, "-o", "OUT", "IN")
	if len(ins) > 1 {
		args = append(args, "IN2")
	}
	return s.through(ctx, outExt, ins, "heif-enc", args...)
}

// pngInput is an image as a tool reads it.
func pngInput(img image.Image) input { return input{".png", pngOf(img)} }

// pngOf encodes with Go's encoder. A bytes.Buffer takes everything, and every
// image here is of a kind that the encoder knows.
func pngOf(img image.Image) []byte {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// webpFile encodes an image with cwebp.
func webpFile(ctx context.Context, s studio, img *image.NRGBA, options ...string) ([]byte, error) {
	args := append(options, "-quiet", "-o", "OUT", "IN")
	return s.through(ctx, ".webp", []input{pngInput(img)}, "cwebp", args...)
}
