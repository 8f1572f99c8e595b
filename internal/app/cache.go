package app

import (
	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/cache"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/lockfile"
)

// useCache lets o take finished outputs from the folder that the settings name, and
// keep them there.
func (r *run) useCache(o *convert.Options) (closeCache func(), err error) {
	if r.settings.CacheDir == "" {
		return func() {}, nil
	}
	c, err := cache.Open(cache.Options{
		Dir: r.settings.At(r.settings.CacheDir), MaxBytes: r.settings.CacheSize, Now: r.Now, Logf: r.log.Warn,
	})
	if err != nil {
		return nil, err
	}
	codecs := codec.Version()
	key := func(j asset.Job) string {
		return cache.Key(j.Source.Blob, lockfile.Digest(j.Recipe, codecs), j.Source.Format)
	}
	o.Cached = func(j asset.Job) (convert.Output, bool) {
		if j.Remove {
			return convert.Output{}, false // a source is removed only if it was read
		}
		e, ok := c.Get(key(j))
		return convert.Output(e), ok
	}
	o.Keep = func(j asset.Job, out convert.Output) { c.Put(key(j), cache.Entry(out)) }
	return func() {
		if err := c.Close(); err != nil {
			r.log.Warn("%s", err)
		}
	}, nil
}
