package convert

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// encoded is an output that is not written yet.
type encoded struct {
	Data          []byte
	Width, Height int
	Frames        int
	Lossless      bool
	Notes         []string
	// profile is the number of bytes of the color profile in Data.
	profile int
}

// transcode turns the bytes of one source into the bytes of its output, with the
// help of as many processors as threads says.
func transcode(ctx context.Context, data []byte, info codec.Info, r asset.Recipe, threads int) (encoded, error) {
	out, err := transcodeOnce(ctx, data, info, r, threads, r.Metadata != asset.MetadataNone)
	if err != nil || !tooLarge(out.profile, len(out.Data)) {
		return out, err
	}
	if out, err = transcodeOnce(ctx, data, info, r, threads, false); err == nil {
		out.Notes = append(out.Notes, profileConverted)
	}
	return out, err
}

// transcodeOnce is transcode with the decision made whether a profile may be kept.
func transcodeOnce(ctx context.Context, data []byte, info codec.Info, r asset.Recipe, threads int, keep bool) (encoded, error) {
	width, height := pixel.Fit(info.Width, info.Height, r.MaxWidth, r.MaxHeight)
	if info.Frames > 1 {
		return transcodeAnimation(ctx, data, info, r, width, height, keep)
	}
	p, err := codec.Decode(data, codec.DecodeOptions{
		Width: width, Height: height, MaxPixels: r.MaxPixels, Threads: threads,
		Metadata: needsMetadata(r.Metadata),
	})
	if err != nil {
		return encoded{}, err
	}
	out := encoded{Width: width, Height: height, Frames: 1, Notes: p.Notes}
	c := colors{icc: p.ICC, gray: p.Gray, keep: keep}
	im, err := c.apply(&p.Image)
	if err != nil {
		return encoded{}, err
	}
	out.Notes = append(out.Notes, c.notes...)
	if err := ctx.Err(); err != nil {
		return encoded{}, err
	}
	if p.Orientation >= 5 { // the size before turning
		width, height = height, width
	}
	out.Data, out.Lossless, err = encode(ctx, im, width, height, p.Orientation, info.Lossy, r)
	if err != nil {
		return encoded{}, err
	}
	out.profile = len(c.icc)
	exif, xmp := keptMetadata(r.Metadata, p.EXIF, p.XMP, p.IPTC)
	out.Data, err = codec.SetMetadata(out.Data, c.icc, exif, xmp)
	return out, err
}

// encode resizes and turns im, which is empty afterwards, and encodes it, without
// loss where the recipe or the size of the result says so.
func encode(ctx context.Context, im *pixel.Image, width, height, orientation int, lossy bool, r asset.Recipe) ([]byte, bool, error) {
	o := codec.EncodeOptions{Quality: r.Quality, Effort: r.Effort}
	if im.Kind != pixel.RGBA && !im.Alpha && r.Lossless != asset.LosslessAlways {
		// Planes stay planes: no detour by red, green and blue.
		planes, err := pixel.Lossy(im, width, height, orientation)
		if err != nil {
			return nil, false, err
		}
		im.Free() // while the encoder needs memory
		defer planes.Free()
		data, err := codec.Encode(planes, o)
		return data, false, err
	}
	exact, err := pixel.Exact(im, width, height, orientation)
	if err != nil {
		return nil, false, err
	}
	if exact != im {
		im.Free()
	}
	defer exact.Free()
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	switch {
	case r.Lossless == asset.LosslessAlways:
		o.Lossless = true
	case r.Lossless == asset.LosslessAuto && !lossy:
		return smaller(exact, o, r.NearLossless != asset.NearLosslessNever)
	case !lossy:
		o.SharpYUV = coloredEdges(exact)
	}
	data, err := codec.Encode(exact, o)
	return data, o.Lossless, err
}

// decodable says why the bytes of an output are no picture, nil where they are.
func decodable(data []byte) error {
	info, err := codec.Probe(data)
	if err != nil {
		return err
	}
	if info.Frames > 1 {
		return codec.CheckAnimation(data)
	}
	_, err = codec.Decode(data, codec.DecodeOptions{})
	return err
}
