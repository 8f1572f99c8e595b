package store

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/dustin/go-humanize/english"
	"golang.org/x/sync/errgroup"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/tree"
)

const (
	// fewKeys is up to how many objects are asked for one by one; of more, the bucket is listed.
	fewKeys = 64
	// maxWrites is how many objects are written at a time.
	maxWrites = 16
	// immutable is the Cache-Control of objects whose names change with their content.
	immutable = "public, max-age=31536000, immutable"
)

// A Bucket puts results into a bucket, by their paths from the root of the repository. What is there with the same content is not
// written again, and what webpress did not put there is not replaced.
//
// Every object is written as a whole, under a condition. A run that is killed leaves none half-written;
// the next one writes what is missing.
type Bucket struct {
	To bucket.Bucket
	// CacheControl is stored with each object. Empty is none, but for paths with a digest of the
	// content, which are cached for ever.
	CacheControl string
	// Overwrite replaces objects that webpress did not write.
	Overwrite bool
}

var _ Store = Bucket{}

// Name returns the address of the bucket.
func (b Bucket) Name() string { return b.To.Address().String() }

// Deliver writes all results of d, also those that a commit has.
func (b Bucket) Deliver(ctx context.Context, d Delivery) (asset.Receipt, error) {
	d.Committed = nil
	p := putting{Bucket: b, d: d, receipt: asset.Receipt{Store: b.Name()}}
	err := p.deliver(ctx)
	if len(p.receipt.Paths)+len(p.receipt.Removed) > 0 {
		p.receipt.Ref, _, _ = strings.Cut(b.Name(), "?")
	}
	slices.Sort(p.receipt.Paths)
	slices.SortFunc(p.receipt.Left, func(x, y asset.Undelivered) int { return strings.Compare(x.Path, y.Path) })
	if ctx.Err() != nil {
		return p.receipt, fmt.Errorf("write to %s: %w", b.Name(), context.Cause(ctx))
	}
	if err != nil {
		return p.receipt, &asset.HintError{What: "deliver to a bucket", Why: err, Hint: asset.HintOf(err)}
	}
	return p.receipt, nil
}

// putting is the work of one Deliver.
type putting struct {
	Bucket
	d    Delivery
	root *os.Root
	// there are the objects that the bucket has, by key, where it was listed.
	there  map[string]bucket.Object
	listed bool

	mu      sync.Mutex
	receipt asset.Receipt
	same    int
}

func (p *putting) deliver(ctx context.Context) (err error) {
	files, outdated := p.d.Files(), p.d.Outdated()
	if len(files)+len(outdated) == 0 {
		return nil
	}
	if p.root, err = os.OpenRoot(p.d.Dir); err != nil {
		return fmt.Errorf("open %q: %w", p.d.Dir, tree.Cause(err))
	}
	defer p.root.Close()
	if err := p.list(ctx, files, outdated); err != nil {
		return err
	}
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(maxWrites)
	for _, f := range files {
		if inner.Err() != nil {
			break
		}
		g.Go(func() error { return p.put(inner, f) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, name := range outdated {
		if err := p.remove(ctx, name); err != nil {
			return err
		}
	}
	if p.same > 0 {
		p.receipt.Notes = append(p.receipt.Notes, english.Plural(p.same, "object was", "objects were")+" there already")
	}
	return nil
}

// list learns what is there, if that is quicker than to ask for each object.
func (p *putting) list(ctx context.Context, files []File, outdated []string) error {
	var keys []string
	for _, name := range outdated {
		keys = append(keys, p.d.InRepository(name))
	}
	for _, f := range files {
		keys = append(keys, p.d.InRepository(f.Output))
	}
	if len(keys) <= fewKeys {
		return nil
	}
	p.there, p.listed = make(map[string]bucket.Object, len(keys)), true
	wanted := make(map[string]bool, len(keys))
	for _, key := range keys {
		wanted[key] = true
	}
	for o, err := range p.To.List(ctx, commonDir(keys)) {
		if err != nil {
			return err
		}
		if wanted[o.Key] {
			p.there[o.Key] = o
		}
	}
	return nil
}

// commonDir is what all keys begin with, up to a slash.
func commonDir(keys []string) string {
	first, last := slices.Min(keys), slices.Max(keys)
	n := 0
	for n < len(first) && n < len(last) && first[n] == last[n] {
		n++
	}
	return first[:strings.LastIndexByte(first[:n], '/')+1]
}

// stat says what is in the place of a key.
func (p *putting) stat(ctx context.Context, key string) (o bucket.Object, ok bool, err error) {
	if p.listed {
		o, ok = p.there[key]
		return o, ok, nil
	}
	o, err = p.To.Stat(ctx, key)
	if errors.Is(err, bucket.ErrNotExist) {
		return o, false, nil
	}
	return o, err == nil, err
}

// put writes one result, unless it is there.
func (p *putting) put(ctx context.Context, f File) error {
	key := p.d.InRepository(f.Output)
	if !bucket.ValidKey(key) {
		p.leave(f.Output, "no bucket takes a name like this")
		return nil
	}
	sums, size, err := p.digest(f.Output)
	if err != nil {
		p.leave(f.Output, tree.Cause(err).Error())
		return nil
	}
	there, ok, err := p.stat(ctx, key)
	if err != nil {
		return err
	}
	return p.write(ctx, f, key, there, ok, sums, size)
}

func (p *putting) write(ctx context.Context, f File, key string, there bucket.Object, ok bool, sums digests, size int64) (err error) {
	if ok && there.SHA256 == "" && there.ETag != sums.md5 {
		// A list may not say what was stored with an object.
		if there, err = p.To.Stat(ctx, key); errors.Is(err, bucket.ErrNotExist) {
			ok, err = false, nil
		}
		if err != nil {
			return err
		}
	}
	o := bucket.WriteOptions{ContentType: asset.FormatByName(f.Output).MIME(), CacheControl: p.cacheControl(f), SHA256: sums.sha256}
	switch {
	case !ok:
		o.IfAbsent = true
	case there.Size == size && (there.SHA256 == sums.sha256 || there.SHA256 == "" && there.ETag == sums.md5):
		p.found()
		return nil
	case there.SHA256 == "" && !p.Overwrite:
		p.leave(f.Output, "another object is there, which webpress did not write; `overwrite: true` replaces it")
		return nil
	default:
		o.IfMatch = there.ETag
	}
	_, err = p.To.Write(ctx, key, func() (io.ReadCloser, error) {
		file, _, err := tree.OpenPlain(p.root, f.Output)
		return file, err
	}, size, o)
	if errors.Is(err, bucket.ErrExist) || errors.Is(err, bucket.ErrChanged) {
		if now, err := p.To.Stat(ctx, key); err == nil && now.SHA256 == sums.sha256 {
			p.found() // what an earlier run had sent before it was killed
			return nil
		}
		p.leave(f.Output, "another run has written it in the meantime; run webpress again")
		return nil
	}
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.receipt.Paths = append(p.receipt.Paths, f.Output)
	return nil
}

func (p *putting) found() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.same++
}

func (p *putting) cacheControl(f File) string {
	if p.CacheControl != "" || p.d.Recipe == nil {
		return p.CacheControl
	}
	if strings.Contains(p.d.Recipe(f.Source, f.Output).Output, asset.HashMark) {
		return immutable
	}
	return ""
}

// remove takes an outdated result away, if it is webpress that wrote it.
func (p *putting) remove(ctx context.Context, name string) error {
	key := p.d.InRepository(name)
	if !bucket.ValidKey(key) {
		return nil
	}
	o, err := p.To.Stat(ctx, key)
	switch {
	case errors.Is(err, bucket.ErrNotExist):
		return nil
	case err != nil:
		return err
	case o.SHA256 == "":
		p.receipt.Notes = append(p.receipt.Notes, fmt.Sprintf("%q is left alone: webpress did not write it", name))
		return nil
	}
	if err := p.To.Delete(ctx, key, o.ETag); err != nil && !errors.Is(err, bucket.ErrChanged) {
		return err
	}
	p.receipt.Removed = append(p.receipt.Removed, name)
	return nil
}

func (p *putting) leave(name, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.receipt.Left = append(p.receipt.Left, asset.Undelivered{Path: name, Reason: reason})
}

// digests are those of a content, in lower-case hex: MD5 is what S3 says of most objects.
type digests struct{ sha256, md5 string }

func (p *putting) digest(name string) (d digests, size int64, err error) {
	file, info, err := tree.OpenPlain(p.root, path.Clean(name))
	if err != nil {
		return d, 0, err
	}
	defer file.Close()
	a, b := sha256.New(), md5.New()
	if _, err := io.Copy(io.MultiWriter(a, b), file); err != nil {
		return d, 0, err
	}
	return digests{hex.EncodeToString(a.Sum(nil)), hex.EncodeToString(b.Sum(nil))}, info.Size(), nil
}
