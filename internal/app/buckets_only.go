package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/tree"
)

// maxLockTries is how often webpress.lock is merged with what other runs have written at the same time.
const maxLockTries = 20

// onlyBuckets reports whether the run has no tree of files: its sources are all below the addresses of
// buckets, and so are the places of its results.
func (r *run) onlyBuckets() bool {
	s := r.settings
	isFile := func(address string) bool { return !isBucketFolder(address) }
	isLocal := func(name string) bool { return !config.IsBucket(name) }
	return len(s.Addresses) > 0 && len(s.Paths) == 0 && len(s.Store) > 0 && s.Target <= config.ToTyped &&
		!slices.ContainsFunc(s.Addresses, isFile) && !slices.ContainsFunc(s.Store, isLocal)
}

// convertBuckets converts from buckets to buckets. webpress.lock is an object beside the results in the
// first of these; results are in a temporary folder until they are delivered.
func (r *run) convertBuckets(ctx context.Context) (verdict, error) {
	dir, err := os.MkdirTemp("", "webpress-*")
	if err != nil {
		return verdict{}, &asset.Fault{Message: "make a temporary folder: " + tree.Cause(err).Error(), Hint: tree.Hint(err, "TMPDIR")}
	}
	defer os.RemoveAll(dir)
	to, err := r.openBucket(ctx, r.settings.Store[0])
	if err != nil {
		return verdict{}, err
	}
	base, tag, err := readObject(ctx, to, lockfile.Name)
	if err != nil {
		return verdict{}, err
	}
	if base != nil {
		if _, err := lockfile.Parse(base); err != nil {
			return verdict{}, &asset.Fault{
				Message: fmt.Sprintf("read %s in %s: %s", lockfile.Name, to.Address(), err),
				Hint:    "delete this object: the next run converts everything again, and sends only what is not there",
			}
		}
		if err := os.WriteFile(filepath.Join(dir, lockfile.Name), base, 0o600); err != nil {
			return verdict{}, fmt.Errorf("write %q: %w", lockfile.Name, tree.Cause(err))
		}
	}
	r.elsewhere = map[string]bool{}
	for o, err := range to.List(ctx, "") {
		if err != nil {
			return verdict{}, err
		}
		r.elsewhere[o.Key] = true
	}
	r.settings.MoveTo(dir)
	r.settings.LockSet = true
	r.batches = &batches{began: r.Now(), tried: map[string]bool{}}
	for {
		v, err := r.convert(ctx)
		if err != nil || r.lost || r.settings.DryRun || !r.settings.Lock {
			return v, err // what was not delivered is converted again
		}
		if base, tag, err = r.saveBucketLock(context.WithoutCancel(ctx), to, dir, base, tag); err != nil {
			r.log.Fault(err)
			v.undelivered = true
			return v, nil
		}
		if !r.batches.more {
			return v, nil
		}
		r.downloads, r.left = nil, nil
	}
}

// saveBucketLock writes what webpress.lock says now, and returns that with its entity tag.
func (r *run) saveBucketLock(ctx context.Context, to bucket.Bucket, dir string, base []byte, tag string) ([]byte, string, error) {
	name := filepath.Join(dir, lockfile.Name)
	ours, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) || bytes.Equal(ours, base) {
		return base, tag, nil
	}
	if err != nil {
		return base, tag, fmt.Errorf("read %q: %w", lockfile.Name, tree.Cause(err))
	}
	data, tag, err := writeLock(ctx, to, base, ours, tag, r.left)
	if err == nil {
		err = os.WriteFile(name, data, 0o600)
	}
	return data, tag, err
}

// readObject reads an object, and its entity tag. It is nil where there is none.
func readObject(ctx context.Context, b bucket.Bucket, key string) (data []byte, tag string, err error) {
	body, o, err := b.Read(ctx, key, "")
	if errors.Is(err, bucket.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	defer body.Close()
	data, err = io.ReadAll(body)
	return data, o.ETag, err
}

// writeLock writes webpress.lock, which was base with this tag when it was read, and returns what it is
// then. What other runs have written since then stays. left are results that were not delivered: they are
// not in it.
func writeLock(ctx context.Context, b bucket.Bucket, base, ours []byte, tag string, left []string) ([]byte, string, error) {
	mine, err := lockfile.Parse(ours)
	if err != nil {
		return nil, "", err
	}
	for _, name := range left {
		for _, e := range slices.Clone(mine.ByOutput(name)) {
			mine.DropOutput(e.Source, name)
		}
	}
	ours = mine.Encode()
	data := ours
	for range maxLockTries {
		o := bucket.WriteOptions{ContentType: "text/plain; charset=utf-8", CacheControl: "no-cache", IfAbsent: tag == "", IfMatch: tag}
		var written bucket.Object
		written, err = b.Write(ctx, lockfile.Name, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }, int64(len(data)), o)
		if !errors.Is(err, bucket.ErrExist) && !errors.Is(err, bucket.ErrChanged) {
			return data, written.ETag, err
		}
		theirs, now, err := readObject(ctx, b, lockfile.Name)
		if err != nil {
			return nil, "", err
		}
		if tag = now; theirs == nil {
			data = ours
			continue
		}
		if data, err = lockfile.Rebase(base, theirs, mine, nil); err != nil || bytes.Equal(data, theirs) {
			return data, tag, err
		}
	}
	return nil, "", err
}
