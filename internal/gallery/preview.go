package gallery

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/tree"
)

// A request is for a preview of a file, or of a git blob where the file is gone. An empty name
// is for the blob alone.
type request struct {
	name, blob string
	variant    asset.Variant
	// still asks for the first frame of an animation.
	still bool
}

// A preview is a small image, empty where none could be made.
type preview struct {
	data     string // base64
	width    int
	lossless bool // of the file
}

// room is what JSON needs for a preview besides its text, itemRoom for what items say of theirs.
const (
	room     = 8
	itemRoom = 100
)

// thumbShare is the share of a page, in percent, that thumbnails may take.
const thumbShare = 75

// maxPreview is the longest side in pixels of what is shown in the place of a file.
const maxPreview = 1600

// sides are the longest sides of thumbnails in pixels, for up to so many of them.
var sides = []struct{ upTo, side int }{{150, 360}, {600, 280}, {1500, 200}, {4000, 140}, {math.MaxInt, 100}}

// A wish is a preview that items would have.
type wish struct {
	request
	got func(index int, p preview)
}

// addPreviews adds the previews of d that fit into so many bytes: thumbnails first, then what
// stands in for sources that a browser cannot show.
func (m *Maker) addPreviews(ctx context.Context, d *data, bytes int) {
	files, err := tree.OpenReach(m.options.Dir)
	if err != nil {
		return // there is nothing to see
	}
	defer files.Close()
	a := adder{Maker: m, files: files, data: d, memory: semaphore.NewWeighted(max(1, m.options.Memory))}
	rest := bytes - a.add(ctx, d.thumbs(), bytes*thumbShare/100)
	a.add(ctx, d.befores(), rest)
}

// An adder adds previews to data.
type adder struct {
	*Maker
	files  *tree.Reach
	data   *data
	memory *semaphore.Weighted
}

// add makes the previews of wishes in their order, as many as fit into so many bytes, and
// returns how many bytes it took.
func (a *adder) add(ctx context.Context, wishes []wish, bytes int) (took int) {
	added := 0
	for chunk := range slices.Chunk(wishes, 4*a.options.Jobs) {
		if ctx.Err() != nil || took+room >= bytes {
			return took
		}
		made := make([]preview, len(chunk))
		var group errgroup.Group
		group.SetLimit(a.options.Jobs)
		for i, w := range chunk {
			var known bool
			if made[i], known = a.made[w.request]; known {
				continue
			}
			group.Go(func() error {
				if p, err := a.preview(ctx, w.request); err == nil {
					made[i] = p
				}
				return nil
			})
		}
		_ = group.Wait()
		full := false
		for i, w := range chunk {
			p := made[i]
			if ctx.Err() == nil {
				a.made[w.request] = p
			}
			if p.data == "" {
				continue
			}
			if took+len(p.data)+room > bytes {
				full = true
				continue
			}
			took += len(p.data) + room
			added++
			a.data.Images = append(a.data.Images, p.data)
			w.got(len(a.data.Images), p)
		}
		if full && bytes-took < took/max(1, added) {
			return took // one of usual length has no room
		}
	}
	return took
}

// preview makes one.
func (a *adder) preview(ctx context.Context, r request) (preview, error) {
	data, err := a.read(ctx, r)
	if err != nil {
		return preview{}, err
	}
	img, err := a.options.Codec.Open(ctx, data)
	if err != nil {
		return preview{}, err
	}
	defer img.Close()
	first := r.variant
	if r.still && img.Info().Frames > 1 {
		first.Format, first.Lossless = asset.PNG, asset.LosslessAlways // which has no animations
	}
	done, err := a.hold(ctx, int64(len(data))+engine.EstimateMemory(img.Info(), []asset.Variant{first}))
	if err != nil {
		return preview{}, err
	}
	defer done()
	o := engine.Options{MaxPixels: a.options.MaxPixels, Threads: 1}
	out, err := img.Convert(ctx, []asset.Variant{first}, o)
	if err == nil && first.Format != r.variant.Format {
		var frame engine.Image
		if frame, err = a.options.Codec.Open(ctx, out[0].Data); err == nil {
			defer frame.Close()
			out, err = frame.Convert(ctx, []asset.Variant{r.variant}, o)
		}
	}
	if err != nil {
		return preview{}, err
	}
	return preview{base64.StdEncoding.EncodeToString(out[0].Data), out[0].Width, !img.Info().Lossy}, nil
}

// read reads the file, or else the blob.
func (a *adder) read(ctx context.Context, r request) ([]byte, error) {
	err := fs.ErrNotExist
	if r.name != "" {
		var f *os.File
		var info fs.FileInfo
		if f, info, err = a.files.Open(r.name); err == nil {
			defer f.Close()
			done, err := a.hold(ctx, info.Size())
			if err != nil {
				return nil, err
			}
			defer done()
			data := make([]byte, info.Size())
			_, err = io.ReadFull(f, data)
			return data, err
		}
	}
	if !errors.Is(err, fs.ErrNotExist) || r.blob == "" || a.options.Content == nil {
		return nil, err
	}
	return a.options.Content(ctx, r.blob)
}

// errMemory is for an image that takes more memory than there is.
var errMemory = errors.New("it takes more memory than there is")

// hold waits for so many bytes of memory, which are held until done is called.
func (a *adder) hold(ctx context.Context, bytes int64) (done func(), err error) {
	if bytes > a.options.Memory {
		return nil, errMemory
	}
	if err := a.memory.Acquire(ctx, bytes); err != nil {
		return nil, err
	}
	return func() { a.memory.Release(bytes) }, nil
}

// thumbs are the thumbnails of all items. Results of one shape share theirs, which is made of
// the smallest of them that is large enough.
func (d *data) thumbs() []wish {
	type key struct {
		source string
		shape  int
	}
	var order []key
	groups := map[key][]int{}
	for n, i := range d.Items {
		if i.State == stateFailed {
			continue
		}
		k := key{i.result.Source.Path, i.shape()}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], n)
	}
	side := 0
	for _, s := range sides {
		if side = s.side; len(order) <= s.upTo {
			break
		}
	}
	var wishes []wish
	for _, k := range order {
		best := -1
		for _, n := range groups[k] {
			i := d.Items[n]
			if i.result.Output == "" {
				continue
			}
			switch area := i.area(); {
			case best < 0,
				max(i.After.Width, i.After.Height) >= side && area < d.Items[best].area(),
				max(d.Items[best].After.Width, d.Items[best].After.Height) < side && area > d.Items[best].area():
				best = n
			}
		}
		name := k.source
		if best >= 0 {
			name = d.Items[best].result.Output
		} else if d.Items[groups[k][0]].result.Source.URL != "" {
			continue // there is no such file
		}
		wishes = append(wishes, wish{
			request{name: name, still: true, variant: asset.Variant{
				Format: asset.WebP, Quality: 75, Lossless: asset.LosslessNever, Effort: 0, Metadata: asset.MetadataNone,
				NoQualityCap: true, MaxWidth: side, MaxHeight: side,
			}},
			func(index int, p preview) {
				for _, n := range groups[k] {
					d.Items[n].Thumb = index
				}
				if best >= 0 && d.Items[best].Encoding == "" {
					d.Items[best].setEncoding(encoding(p.lossless))
				}
			},
		})
	}
	return wishes
}

// setEncoding takes the encoding from the file itself.
func (i *item) setEncoding(encoding string) {
	if i.Encoding = encoding; encoding == lossless {
		i.Quality = nil
	}
}

// area is the number of pixels of a result.
func (i item) area() int { return i.After.Width * i.After.Height }

// shape is the ratio of the sides of a result in steps of 2 percent: what is not cropped has
// that of its source, but for rounding. It is 0 for the shape of the source.
func (i item) shape() int {
	if !i.cropped() {
		return 0
	}
	return int(math.Round(math.Log(float64(i.After.Width)/float64(max(1, i.After.Height)))*50)) + 1<<20
}

// cropped reports whether a result shows a part of its source alone.
func (i item) cropped() bool {
	b, a := i.Before, i.After
	if a.Width == 0 || b.Width == 0 {
		return false
	}
	off := a.Width*b.Height - a.Height*b.Width
	return max(off, -off) > max(b.Width, b.Height) // rounding is less
}

// inPlace reports whether a result has taken the place of its source, whose file is gone with
// that.
func (i item) inPlace() bool { return i.result.Output == i.result.Source.Path }

// befores are what is shown in the place of those sources that a browser cannot show or that
// are not there: at the dimensions of the results, worst result first.
func (d *data) befores() []wish {
	var wishes []wish
	seen := map[request]int{}
	order := make([]int, len(d.Items))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(x, y int) int { return d.Items[x].compare(d.Items[y]) })
	largest := map[string]side{} // of results that are not cropped, by source
	for _, i := range d.Items {
		if s := i.result.Source.Path; !i.cropped() && i.area() > largest[s].Width*largest[s].Height {
			largest[s] = i.After
		}
	}
	for _, n := range order {
		i := &d.Items[n]
		if i.result.Output == "" || i.result.Source.URL != "" || i.After.Width == 0 || i.Before.Address != "" && !i.cropped() || i.inPlace() && i.State != stateConverted {
			continue
		}
		i.Before.Address = ""
		v := asset.Variant{
			Format: asset.WebP, Quality: 90, Lossless: asset.LosslessAuto, NearLossless: asset.NearLosslessNever, Effort: 0,
			Metadata: asset.MetadataNone, NoQualityCap: true,
		}
		if i.cropped() {
			if v.Width, v.Height, v.Crop = i.After.Width, i.After.Height, i.recipe.Crop; v.Crop == "" {
				continue // how it was cropped is not known
			}
			v.Enlarge = i.recipe.Enlarge
			if most := max(v.Width, v.Height); most > maxPreview {
				v.Width, v.Height = max(1, v.Width*maxPreview/most), max(1, v.Height*maxPreview/most)
			}
		} else {
			s := largest[i.result.Source.Path]
			v.MaxWidth, v.MaxHeight = min(s.Width, maxPreview), min(s.Height, maxPreview)
		}
		r := request{name: i.result.Source.Path, blob: i.result.Source.Blob, variant: v}
		if i.inPlace() {
			r.name = ""
		}
		got := func(index int, p preview) { i.Before.Preview, i.Before.PreviewWidth = index, p.width }
		if at, ok := seen[r]; ok {
			first := wishes[at].got
			wishes[at].got = func(index int, p preview) { first(index, p); got(index, p) }
			continue
		}
		seen[r] = len(wishes)
		wishes = append(wishes, wish{r, got})
	}
	return wishes
}

// compare is the order in which results are looked at: worst score first, then what saves
// least.
func (i item) compare(j item) int {
	score := func(i item) float64 {
		if i.Score != nil {
			return *i.Score
		}
		return math.Inf(1)
	}
	saved := func(i item) float64 { return asset.PercentSaved(i.Before.Bytes, i.After.Bytes) }
	return cmp.Or(cmp.Compare(score(i), score(j)), cmp.Compare(saved(i), saved(j)), cmp.Compare(j.After.Bytes, i.After.Bytes))
}
