package manifest

import (
	"cmp"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
)

// byPreference are the formats of outputs as a page offers them: the smallest that a
// browser may not know first.
var byPreference = []asset.Format{asset.AVIF, asset.WebP, asset.JPEG, asset.PNG}

// Make returns the manifest of those sources of a lock file that lie below prefix, which
// is the path of the working directory from the root of the repository. variants names
// the variants of a source's outputs, if the settings still ask for them; paths are from
// the working directory. What the lock file does not hold is taken from the known manifests,
// the first that has it: of images with the same content, and of outputs with the same
// path and content.
func Make(l *lockfile.File, prefix string, variants func(source string) func(output string) string, known ...Manifest) Manifest {
	k := remember(known)
	m := Manifest{Images: map[string]Image{}}
	for source := range l.Sources() {
		path, below := lockfile.Below(prefix, source)
		if !below {
			continue
		}
		entries := slices.SortedFunc(slices.Values(l.BySource(source)), func(a, b lockfile.Entry) int {
			return cmp.Or(cmp.Compare(a.Output.Path, b.Output.Path), cmp.Compare(a.Output.Blob, b.Output.Blob))
		})
		img, variant := k.image(entries[0]), variants(path)
		for _, e := range entries {
			output, below := lockfile.Below(prefix, e.Output.Path)
			same := len(img.Outputs) > 0 && img.Outputs[len(img.Outputs)-1].Path == output // after a merge by union
			if e.HasFile() && below && !same {
				img.Outputs = append(img.Outputs, k.output(e, output, variant(output)))
			}
		}
		slices.SortStableFunc(img.Outputs, func(a, b Output) int {
			return cmp.Or(cmp.Compare(preference(a.Format), preference(b.Format)), cmp.Compare(a.Width, b.Width))
		})
		m.Images[path] = img
	}
	return m
}

func preference(f asset.Format) int {
	if i := slices.Index(byPreference, f); i >= 0 {
		return i
	}
	return len(byPreference)
}

// memory is what other manifests say of contents.
type memory struct {
	images  map[string]Image     // by blob
	outputs map[[2]string]Output // by path and blob
}

func remember(known []Manifest) memory {
	m := memory{map[string]Image{}, map[[2]string]Output{}}
	for _, one := range slices.Backward(known) {
		for _, source := range slices.Sorted(maps.Keys(one.Images)) {
			img := one.Images[source]
			if img.Placeholder != "" || m.images[img.Blob].Blob == "" {
				m.images[img.Blob] = img
			}
			for _, o := range img.Outputs {
				m.outputs[[2]string{o.Path, o.Blob}] = o
			}
		}
	}
	return m
}

// image is the source of an entry, without outputs.
func (m memory) image(e lockfile.Entry) Image {
	img := m.images[e.Blob]
	img.Blob, img.Outputs = e.Blob, []Output{}
	if e.Format != "" {
		img.Format, img.Bytes = e.Format, e.Size
	}
	img.Type = img.Format.MIME()
	return img
}

// output is that of an entry.
func (m memory) output(e lockfile.Entry, path, variant string) Output {
	old := m.outputs[[2]string{path, e.Output.Blob}]
	format := asset.FormatByName(path)
	return Output{
		Path: path, Variant: cmp.Or(variant, old.Variant), Format: format, Type: format.MIME(),
		Width: cmp.Or(e.Output.Width, old.Width), Height: cmp.Or(e.Output.Height, old.Height),
		Bytes: e.Output.Size, Blob: e.Output.Blob, Rating: e.Output.Rating,
	}
}

// Publish says where outputs are published: below base, by their paths from the root of the repository,
// of which the working directory is the folder prefix. An empty base is nowhere.
func (m Manifest) Publish(base, prefix string) Manifest {
	if base == "" {
		return m
	}
	for _, img := range m.Images {
		for i := range img.Outputs {
			o := &img.Outputs[i]
			o.URL = strings.TrimSuffix(base, "/") + "/" + (&url.URL{Path: path.Join(prefix, o.Path)}).EscapedPath()
		}
	}
	return m
}

// Of is what results say of their sources, for Make to know: nothing besides their
// dimensions.
func Of(results []asset.Result) Manifest {
	m := Manifest{Images: map[string]Image{}}
	for _, r := range results {
		if r.Source.Blob != "" && r.SourceWidth > 0 {
			m.Images[r.Source.Path] = Image{
				Format: r.Source.Format, Bytes: r.Source.Size, Blob: r.Source.Blob, Width: r.SourceWidth, Height: r.SourceHeight,
			}
		}
	}
	return m
}
