package convert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
)

// ErrOther says that a result is not what its source comes to.
var ErrOther = errors.New("its bytes are not what webpress makes of the source")

// Remake makes the output of j from the content of its source as Run does, without
// a look at any file. Of j it takes the recipe, and the paths for what it says of
// errors. memory is the number of bytes that this may take; 0 is DefaultMemory.
// The same webpress on the same kind of processor always makes the same bytes.
func Remake(ctx context.Context, c engine.Codec, j asset.Job, content []byte, memory int64) (out Output, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("convert %q: internal error: %v (%s)", j.Source.Path, v, engine.PanicSite())
		}
	}()
	img, err := c.Open(ctx, content)
	if err != nil {
		return Output{}, named("decode", j.Source.Path, err)
	}
	defer img.Close()
	info := img.Info()
	if err := claims(j, info); err != nil {
		return Output{}, err
	}
	need := int64(len(content)) + engine.EstimateMemory(info, []asset.Variant{j.Recipe.Variant})
	if err := bomb(j, need, info, memory > 0); err != nil {
		return Output{}, err
	}
	if memory <= 0 {
		memory = DefaultMemory()
	}
	if need > memory {
		return Output{}, &mistake{
			fmt.Errorf("convert %q: it takes %d MB of memory, and there are %d", j.Source.Path, need>>20, memory>>20),
			"raise `memory-limit`, or run this where there is more memory",
		}
	}
	outputs, errs, err := build(ctx, img, int64(len(content)), []asset.Job{j}, runtime.GOMAXPROCS(0), false)
	if err != nil {
		return Output{}, err
	}
	return outputs[0], errs[0]
}

// Verify remakes the output of j and compares it with result, byte by byte. It
// returns an error that wraps ErrOther where they are not the same, or where the
// settings keep no result of this source.
//
// Of a JPEG, it may also be what was made before qualities were capped.
func Verify(ctx context.Context, c engine.Codec, j asset.Job, content, result []byte, memory int64) error {
	err := verify(ctx, c, j, content, result, memory)
	if errors.Is(err, ErrOther) && Capped(j) {
		j.Recipe.NoQualityCap = true
		return verify(ctx, c, j, content, result, memory)
	}
	return err
}

// Capped says that the quality of a job may be lowered to that of its source: results
// that were made before there was such a cap are results of the same recipe.
func Capped(j asset.Job) bool { return j.Source.Format == asset.JPEG && !j.Recipe.NoQualityCap }

func verify(ctx context.Context, c engine.Codec, j asset.Job, content, result []byte, memory int64) error {
	out, err := Remake(ctx, c, j, content, memory)
	switch {
	case err != nil:
		return err
	case out.Reason != "":
		return fmt.Errorf("%w: %s", ErrOther, out.Reason)
	case !bytes.Equal(out.Data, result):
		return ErrOther
	}
	return nil
}
