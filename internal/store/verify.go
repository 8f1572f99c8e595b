package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"webpress/internal/asset"
)

// The bounds of VerifyOptions where they are 0.
const (
	DefaultMaxFiles    = 20_000
	DefaultMaxBytes    = 4 << 30
	DefaultMaxFileSize = 100 << 20
	DefaultMaxPixels   = 300_000_000
)

// VerifyOptions say what an upload is held against. Nothing in them may come
// from the upload, or from the branch that it was made for.
type VerifyOptions struct {
	// Head is the commit that the platform says the upload was made for.
	Head string
	// Allowed says why the settings of the base branch would not make this output
	// of this source. Paths begin at the root of the repository. It must be set.
	Allowed func(source, output string) error
	// Recipe is what those settings want of a source, of which it is told path
	// and blob. Results have to fit its bounds, and to be made by it. Nil checks
	// neither.
	Recipe func(asset.Source) asset.Recipe
	// Remove says that those settings remove a source, whose path begins at the
	// root of the repository. Nil is never.
	Remove func(source string) bool
	// Fits says why a result of this content cannot go on top of the commit Head: its
	// source is none of that, or it would take the place of what nobody wants
	// replaced. Nil checks nothing.
	Fits func(e Entry, content []byte) error
	// MaxFiles, MaxBytes and MaxFileSize bound the number of results, the bytes
	// of all of them and the bytes of one; MaxPixels bounds the pixels (width x
	// height x frames) of a picture, where Recipe does not. 0 is the default.
	MaxFiles              int
	MaxBytes, MaxFileSize int64
	MaxPixels             int64
}

// bounded is o with the bounds that are not set.
func (o VerifyOptions) bounded() VerifyOptions {
	o.MaxFiles = cmp.Or(o.MaxFiles, DefaultMaxFiles)
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	o.MaxFileSize = cmp.Or(o.MaxFileSize, DefaultMaxFileSize)
	o.MaxPixels = cmp.Or(o.MaxPixels, DefaultMaxPixels)
	return o
}

// Verified is an upload in which all is as it should be.
type Verified struct {
	dir      string
	Manifest Manifest
	// Results are the manifest's files, as a run returns them: Converted, with
	// paths that begin at the root of the repository, and with what was read
	// from the pictures themselves.
	Results []asset.Result
	removed map[string]bool // sources
}

// Removes says that a source, whose path begins at the root of the repository, is
// to be removed.
func (v Verified) Removes(source string) bool { return v.removed[source] }

// A Refusal lists all that is wrong with an upload, sorted.
type Refusal struct {
	Faults []string
}

// maxFaults is how many faults are told, since an upload could hold millions.
const maxFaults = 50

// Error returns one line a fault.
func (r *Refusal) Error() string {
	shown := r.Faults[:min(len(r.Faults), maxFaults)]
	s := strings.Join(shown, "\n")
	if more := len(r.Faults) - len(shown); more > 0 {
		s += fmt.Sprintf("\nand %d more", more)
	}
	return s
}

// Verify checks what an untrusted job has left in dir: an artifact of webpress's,
// unpacked. Everything is checked against the manifest, and the manifest against
// o. It returns what can be used only if all of it can; else the error is an
// *Error that wraps a *Refusal.
//
// Nobody else may write to dir meanwhile. What is read later, by Read, is
// checked again.
func Verify(dir string, o VerifyOptions) (Verified, error) {
	o = o.bounded()
	fail := func(why error, hint string) (Verified, error) {
		return Verified{}, &Error{fmt.Sprintf("verify %q", dir), why, hint}
	}
	switch {
	case o.Allowed == nil:
		return fail(errors.New("nothing says which outputs are allowed"), "")
	case !commitID.MatchString(o.Head):
		return fail(errors.New("the commit that it should be for is not known"),
			"run `webpress apply` in a workflow that is started by workflow_run, or name the commit")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fail(cause(err), "download the artifact into this folder before")
	}
	defer root.Close()
	m, err := readManifest(root)
	if err != nil {
		return fail(err, "the folder has to hold an artifact that webpress has made, unpacked, and nothing else")
	}
	if m.Head != o.Head {
		return fail(fmt.Errorf("it was made for commit %s, and the run is for %s", visible(m.Head), o.Head),
			"the branch has moved meanwhile: the run for its last commit brings an artifact of its own")
	}
	v := verifying{VerifyOptions: o, root: root, manifest: m, entries: map[string]Entry{}, folded: map[string]string{}, removed: map[string]bool{}, faulty: map[string]bool{}}
	if v.claims() {
		v.folder()
		v.contents()
	}
	if len(v.faults) > 0 {
		slices.Sort(v.faults)
		return fail(&Refusal{slices.Compact(v.faults)},
			"nothing of it is used; where it was made with other settings than the base branch has, merge those first; "+
				"where its sources are not the commit's, let its run check out that, and not a merge with the base branch")
	}
	return Verified{dir: dir, Manifest: m, Results: v.results, removed: v.removed}, nil
}

// Read returns the content of an output, if it still is what was verified.
func (v Verified) Read(output string) ([]byte, error) {
	for _, e := range v.Manifest.Files {
		if e.Output != output {
			continue
		}
		root, err := os.OpenRoot(v.dir)
		if err != nil {
			return nil, fmt.Errorf("read %q: %w", output, cause(err))
		}
		defer root.Close()
		data, err := readEntry(root, e)
		if err != nil {
			return nil, fmt.Errorf("read %q: %w", output, err)
		}
		return data, nil
	}
	return nil, fmt.Errorf("read %q: not in the manifest", output)
}

// Report returns the report that lies beside the results, of 64 MiB at most.
// Nothing that it says has been checked.
func (v Verified) Report() ([]byte, error) {
	root, err := os.OpenRoot(v.dir)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", ReportName, cause(err))
	}
	defer root.Close()
	data, err := readRegular(root, ReportName, maxReport)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", ReportName, err)
	}
	return data, nil
}

// Ids of commits and blobs, by SHA-1 or SHA-256, and digests.
var (
	commitID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	digest   = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// verifying is the work of one Verify.
type verifying struct {
	VerifyOptions
	root     *os.Root
	manifest Manifest
	entries  map[string]Entry  // by output
	folded   map[string]string // outputs, and the folders they are in, by fold
	removed  map[string]bool   // sources
	faults   []string
	faulty   map[string]bool // outputs that have a fault
	results  []asset.Result
}

func (v *verifying) fault(format string, args ...any) {
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

// faultOf tells a fault of one file.
func (v *verifying) faultOf(name, format string, args ...any) {
	v.faulty[name] = true
	v.fault("%q: %s", name, fmt.Sprintf(format, args...))
}

// claims checks what the manifest says, without a look at the files, and says
// whether it is worth one.
func (v *verifying) claims() bool {
	if n := len(v.manifest.Files); n > v.MaxFiles {
		v.fault("the manifest has %d files, and %d are the most", n, v.MaxFiles)
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
	if total > v.MaxBytes {
		v.fault("the manifest has %d bytes of files, and %d are the most", total, v.MaxBytes)
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
		}
	}
}

func (v *verifying) claim(e Entry) {
	bad := func(format string, args ...any) { v.faultOf(e.Output, format, args...) }
	if why := badPath(e.Output); why != "" {
		bad("its path %s", why)
		return // it is not to be used for anything
	}
	if _, ok := v.entries[e.Output]; ok {
		bad("it is in the manifest twice")
		return
	}
	v.entries[e.Output] = e
	v.claimPath(e.Output, bad)
	if why := badPath(e.Source); why != "" {
		bad("the path of its source %q %s", e.Source, why)
		return
	}
	if reserved(e.Output) {
		bad("its path is that of a file of webpress's own")
	}
	if formatByName(e.Output) == "" {
		bad("its name is not that of a picture that webpress makes, such as .webp")
	}
	if e.Size <= 0 || e.Size > v.MaxFileSize {
		bad("its size is %d bytes, and %d are the most", e.Size, v.MaxFileSize)
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
	if v.Recipe != nil && e.Recipe != RecipeDigest(v.Recipe(asset.Source{Path: e.Source, Blob: e.Blob})) {
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

// folder checks that what lies in the folder is what the manifest lists, all of
// it, and nothing else.
func (v *verifying) folder() {
	found := map[string]bool{}
	// Each file can have a few folders above it.
	budget := 20*v.MaxFiles + 1000
	err := fs.WalkDir(v.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			v.faultOf(name, "%s", cause(err))
			return nil
		}
		if budget--; budget < 0 {
			v.fault("the folder holds far more than %d files", v.MaxFiles)
			return fs.SkipAll
		}
		_, listed := v.entries[name]
		switch {
		case d.IsDir():
			if name != "." && v.folded[fold(name)] != name+"/" {
				v.faultOf(name, "a folder that the manifest does not have")
				return fs.SkipDir
			}
		case !d.Type().IsRegular():
			v.faultOf(name, "not a regular file")
		case listed:
			found[name] = true
		case name != ManifestName && name != ReportName:
			v.faultOf(name, "a file that the manifest does not have")
		}
		return nil
	})
	if err != nil {
		v.fault("%s", cause(err))
	}
	for name := range v.entries {
		if !found[name] && !v.faulty[name] {
			v.faultOf(name, "the manifest has it, and the folder does not")
		}
	}
}

// contents checks the files of which nothing was found wrong until now.
func (v *verifying) contents() {
	for _, e := range v.manifest.Files {
		if v.faulty[e.Output] {
			continue
		}
		data, err := readEntry(v.root, e)
		if err != nil {
			v.faultOf(e.Output, "%s", err)
			continue
		}
		recipe := asset.Recipe{MaxPixels: v.MaxPixels}
		if v.Recipe != nil {
			recipe = v.Recipe(asset.Source{Path: e.Source, Blob: e.Blob})
			recipe.MaxPixels = cmp.Or(recipe.MaxPixels, v.MaxPixels)
		}
		r, err := checkPicture(data, formatByName(e.Output), recipe)
		if err != nil {
			v.faultOf(e.Output, "%s", err)
			continue
		}
		if v.Fits != nil {
			if err := v.Fits(e, data); err != nil {
				v.faultOf(e.Output, "%s", err)
				continue
			}
		}
		r.Source = asset.Source{Path: e.Source, Blob: e.Blob}
		r.Status, r.Output = asset.Converted, e.Output
		r.After, r.SHA256 = e.Size, e.SHA256
		v.results = append(v.results, r)
	}
}

// visible is an id of the upload's as it may be shown.
func visible(id string) string {
	if commitID.MatchString(id) {
		return id
	}
	if id == "" {
		return "that it does not name"
	}
	return fmt.Sprintf("%.80q", id)
}
