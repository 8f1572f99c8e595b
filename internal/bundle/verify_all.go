package bundle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// maxUploads is how many folders are put together at most.
const maxUploads = maxShards

// VerifyAll verifies what several untrusted jobs have left, each in a folder of its
// own: see Verify. A folder that holds nothing but such folders stands for them,
// as actions/download-artifact leaves several artifacts. The bounds in o are for
// each folder, and for all of them together.
//
// They have to go together: no two may have the same output, unless it is the same
// in every respect, in which case only the first has it among its results. Where
// there are shards, each has to be there, once. They come sorted by folder. The
// error is an *asset.HintError.
func VerifyAll(ctx context.Context, dirs []string, o VerifyOptions) ([]Verified, error) {
	folders, err := uploads(dirs)
	if err != nil {
		return nil, err
	}
	if len(folders) == 1 {
		// Its faults need not name the folder.
		v, err := inspect(ctx, folders[0], o)
		if err != nil {
			return nil, err
		}
		all := []Verified{v.verified()}
		if faults := shards(all); len(faults) > 0 {
			return nil, &asset.HintError{What: fmt.Sprintf("verify %q", folders[0]), Why: &Refusal{faults}, Hint: shardHint}
		}
		if err := v.bodies(ctx); err != nil {
			return nil, err
		}
		return all, nil
	}
	var parts []*verifying
	var all []Verified
	var faults []string
	hint := ""
	failed := func(dir string, err error) {
		if fault, ok := errors.AsType[*asset.HintError](err); ok {
			hint = cmp.Or(hint, fault.Hint)
			for why := range strings.SplitSeq(fault.Why.Error(), "\n") {
				faults = append(faults, fmt.Sprintf("%q: %s", dir, why))
			}
		}
	}
	for _, dir := range folders {
		v, err := inspect(ctx, dir, o)
		if failed(dir, err); err == nil {
			parts, all = append(parts, v), append(all, v.verified())
		}
	}
	// Whether they go together is checked only if each is valid alone, and before anything
	// is decoded.
	if len(faults) == 0 {
		faults, hint = shards(all), shardHint
	}
	if len(faults) == 0 {
		faults, hint = together(all, o), "nothing of it is used; let no two jobs convert the same images: `shard` parts them"
	}
	if len(faults) == 0 {
		hint = ""
		for _, v := range parts {
			failed(v.dir, v.bodies(ctx))
		}
	}
	if len(faults) > 0 {
		return nil, &asset.HintError{What: fmt.Sprintf("verify %d uploads", len(folders)), Why: &Refusal{faults}, Hint: hint}
	}
	return all, nil
}

const shardHint = "nothing of it is used; run the jobs that failed again, and download the artifacts of all shards"

// uploads are dirs, sorted, with those in them for each that holds nothing but
// such.
func uploads(dirs []string) ([]string, error) {
	var all []string
	for _, dir := range dirs {
		inside, err := uploadsIn(dir)
		if err != nil {
			return nil, &asset.HintError{What: fmt.Sprintf("verify %q", dir), Why: err, Hint: "download the artifacts of webpress's into this folder before, and no others"}
		}
		if len(inside) == 0 {
			inside = []string{dir}
		}
		all = append(all, inside...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	switch {
	case len(all) == 0:
		return nil, &asset.HintError{What: "verify uploads", Why: errors.New("there are none"), Hint: "name the folders that the artifacts were downloaded into"}
	case len(all) > maxUploads:
		return nil, &asset.HintError{What: "verify uploads", Why: fmt.Errorf("there are %d, the limit is %d", len(all), maxUploads), Hint: ""}
	}
	return all, nil
}

// uploadsIn are the folders in dir that hold a manifest, where dir has none itself
// and nothing else; none where that is not how it is.
func uploadsIn(dir string) ([]string, error) {
	if _, err := os.Lstat(filepath.Join(dir, ManifestName)); err == nil {
		return nil, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, tree.Cause(err)
	}
	defer f.Close()
	entries, err := f.ReadDir(maxUploads + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, tree.Cause(err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	var found, others []string
	for _, e := range entries {
		at := filepath.Join(dir, e.Name())
		if info, err := os.Lstat(filepath.Join(at, ManifestName)); e.IsDir() && err == nil && info.Mode().IsRegular() {
			found = append(found, at)
		} else {
			others = append(others, e.Name())
		}
	}
	if len(found) > 0 && len(others) > 0 {
		return nil, fmt.Errorf("besides uploads it holds %q, which has no %q", others[0], ManifestName)
	}
	return found, nil
}

// together finds what is wrong with uploads that are right each by itself. An
// output that two of them have in every respect becomes the first one's.
func together(all []Verified, o VerifyOptions) []string {
	v := verifying{VerifyOptions: o.bounded(), entries: map[string]Entry{}, folded: map[string]string{}, removed: map[string]bool{}, faulty: map[string]bool{}}
	var files []Entry
	var total, pixels int64
	from := map[string]string{}
	for i := range all {
		one := &all[i]
		pixels += one.pixels
		again := map[string]bool{}
		for _, e := range one.Manifest.Files {
			switch other, ok := v.entries[e.Output]; {
			case !ok:
				v.entries[e.Output], from[e.Output] = e, one.dir
				v.claimPath(e.Output, func(format string, args ...any) { v.faultOf(e.Output, format, args...) })
				files, total = append(files, e), total+e.Size
			case other == e:
				again[e.Output] = true
			default:
				v.faultOf(e.Output, "both %q and %q have it, and not the same", from[e.Output], one.dir)
			}
		}
		one.Results = slices.DeleteFunc(one.Results, func(r asset.Result) bool { return again[r.Output] })
	}
	if len(files) > v.MaxFiles {
		v.fault("all together have %d files, the limit is %d", len(files), v.MaxFiles)
	}
	if total > v.MaxBytes {
		v.fault("all together have %d bytes of files, the limit is %d", total, v.MaxBytes)
	}
	if why := tooManyPixels(pixels, total); why != "" {
		v.fault("all together have %s", why)
	}
	v.removals(files)
	v.contents(files)
	slices.Sort(v.faults)
	return slices.Compact(v.faults)
}

// shards are the faults in how the shards among uploads come together.
func shards(all []Verified) (faults []string) {
	have := map[int]string{}
	of, first := 0, ""
	for _, v := range all {
		i, n, ok := parseShard(v.Manifest.Shard)
		switch {
		case !ok: // a run for all images
			continue
		case of == 0:
			of, first = n, v.dir
		case of != n:
			return []string{fmt.Sprintf("%q is shard %d of %d, and %q is one of %d", v.dir, i, n, first, of)}
		}
		if other, ok := have[i]; ok {
			faults = append(faults, fmt.Sprintf("shard %d of %d is there twice: in %q and %q", i, n, other, v.dir))
		}
		have[i] = v.dir
	}
	for i := 1; i <= of; i++ {
		if _, ok := have[i]; !ok {
			faults = append(faults, fmt.Sprintf("shard %d of %d is missing: its job failed, or its artifact was not downloaded", i, of))
		}
	}
	return faults
}
