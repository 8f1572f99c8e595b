package app

import (
	"context"

	"webpress/internal/asset"
)

// atOnce is how many bytes of sources are read by one call of git, unless a single
// one is larger.
const atOnce = 64 << 20

// describe fills in what results do not tell of their sources: size and format, as
// the commit has them. A partial clone does not know the sizes; then both stay
// unknown, rather than that all the sources are fetched.
func (h *headTree) describe(ctx context.Context, results []asset.Result) error {
	sizes, err := h.repo.Sizes(ctx, h.commit)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		h.log.line("what is saved is not known: %s", err)
		return nil
	}
	for len(results) > 0 {
		var ids []string
		n, total := 0, int64(0)
		for ; n < len(results) && (n == 0 || total+sizes[results[n].Source.Path] <= atOnce); n++ {
			total += sizes[results[n].Source.Path]
			ids = append(ids, results[n].Source.Blob)
		}
		contents, err := h.repo.Contents(ctx, ids)
		if err != nil {
			return err
		}
		for i := range results[:n] {
			one := &results[i]
			content := contents[one.Source.Blob]
			one.Source.Size = pointed(content, sizes[one.Source.Path])
			one.Source.Format, _ = asset.Sniff(content[:min(len(content), asset.SniffLen)])
			one.Before = one.Source.Size
		}
		results = results[n:]
	}
	return nil
}
