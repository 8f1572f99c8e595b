package bundle

import (
	"path"
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// claims checks what the manifest says, without a look at the files, and says
// whether it is worth one.
func (v *verifying) claims() bool {
	if n := len(v.manifest.Files); n > v.MaxFiles {
		v.fault("the manifest has %d files, the limit is %d", n, v.MaxFiles)
		return false
	}
	var total int64
	for _, e := range v.manifest.Files {
		v.claim(e)
		// Neither can overflow: the size of each is bounded.
		if e.Size > 0 && e.Size <= v.MaxFileSize {
			total += e.Size
		}
	}
	v.removals(v.manifest.Files)
	v.contents(v.manifest.Files)
	if total > v.MaxBytes {
		v.fault("the manifest has %d bytes of files, the limit is %d", total, v.MaxBytes)
		return false
	}
	return true
}

// removals checks those sources of files that are to be removed: by all of their
// entries, and none that is an output.
func (v *verifying) removals(files []Entry) {
	for _, e := range files {
		if e.Removed {
			v.removed[e.Source] = true
		}
	}
	for _, e := range files {
		other, ok := v.folded[fold(e.Source)]
		switch {
		case e.Removed && ok:
			v.faultOf(e.Output, "its source %q is to be removed, and is the output %q", e.Source, other)
		case !e.Removed && v.removed[e.Source]:
			v.faultOf(e.Output, "its source %q is to be removed, and to be kept", e.Source)
		case e.Removed && v.Outputs != nil:
			for _, output := range v.Outputs(e.Source) {
				if v.entries[output].Source != e.Source && !slices.ContainsFunc(files, func(o Entry) bool {
					return o.Source == e.Source && asset.MatchesHash(output, o.Output)
				}) {
					v.faultOf(e.Output, "its source %q is to be removed, and %q was not made of it", e.Source, output)
				}
			}
		}
	}
}

// contents checks that no output is there twice, with another content and so another
// digest in its name.
func (v *verifying) contents(files []Entry) {
	if v.Outputs == nil {
		return
	}
	outputs := map[string][]string{} // by source
	first := map[[2]string]string{}  // by source and what the settings call the output
	for _, e := range files {
		all, ok := outputs[e.Source]
		if !ok {
			all = v.Outputs(e.Source)
			outputs[e.Source] = all
		}
		for _, output := range all {
			if !asset.MatchesHash(output, e.Output) {
				continue
			}
			key := [2]string{e.Source, output}
			if other := first[key]; other != "" && other != e.Output {
				v.faultOf(e.Output, "%q is the same output of its source, with another content", other)
			}
			first[key] = e.Output
		}
	}
}

func (v *verifying) claim(e Entry) {
	bad := func(format string, args ...any) { v.faultOf(e.Output, format, args...) }
	if why := BadPath(e.Output); why != "" {
		bad("its path %s", why)
		return // it is not to be used for anything
	}
	if _, ok := v.entries[e.Output]; ok {
		bad("it is in the manifest twice")
		return
	}
	v.entries[e.Output] = e
	v.claimPath(e.Output, bad)
	if why := BadPath(e.Source); why != "" {
		bad("the path of its source %q %s", e.Source, why)
		return
	}
	if Reserved(e.Output) {
		bad("its path is reserved for a file of webpress")
	}
	if asset.FormatByName(e.Output) == "" {
		bad("its name is not that of an image that webpress makes: .webp, .avif, .jpg, .jpeg or .png")
	}
	if e.Size <= 0 || e.Size > v.MaxFileSize {
		bad("its size is %d bytes, the limit is %d", e.Size, v.MaxFileSize)
	}
	if !digest.MatchString(e.SHA256) {
		bad("its SHA-256 is not one")
	}
	if e.Blob != "" && !commitID.MatchString(e.Blob) {
		bad("the blob of its source is not an id")
	}
	if e.Removed && (v.Remove == nil || !v.Remove(e.Source)) {
		bad("its source %q is to be removed, and the settings of the base branch keep it", e.Source)
	}
	if v.Recipe != nil && e.Recipe != RecipeDigest(v.Recipe(asset.Source{Path: e.Source, Blob: e.Blob}, e.Output)) {
		bad("it was made with other settings than those of the base branch")
	}
	if err := v.Allowed(e.Source, e.Output); err != nil {
		bad("%s", err)
	}
}

// claimPath looks for paths that are one and the same where case is ignored, and
// for files that others have as a folder.
func (v *verifying) claimPath(output string, bad func(string, ...any)) {
	for p := output; p != "."; p = path.Dir(p) {
		kind := p + "/"
		if p == output {
			kind = p
		}
		other, ok := v.folded[fold(p)]
		switch {
		case !ok:
			v.folded[fold(p)] = kind
		case other == kind && p != output:
			return // the folders above were seen with it
		default:
			bad("its path clashes with %q", other)
			return
		}
	}
}
