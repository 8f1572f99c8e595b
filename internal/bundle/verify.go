package bundle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/tree"
)

// The bounds of VerifyOptions where they are 0.
const (
	DefaultMaxFiles    = 20_000
	DefaultMaxBytes    = 4 << 30
	DefaultMaxFileSize = 100 << 20
	DefaultMaxPixels   = 300_000_000
)

// The pixels that all results of an upload may have together: so many, and so many
// more for each byte. What was made of images has a few a byte, flat drawings some
// hundred; a file of 38 bytes may claim 268 million.
const (
	freePixels    = 1_000_000_000
	pixelsOfAByte = 256
)

// VerifyOptions say what an upload is held against. Nothing in them may come
// from the upload, or from the branch that it was made for.
type VerifyOptions struct {
	// Codec opens images; nil is engine.Local.
	Codec engine.Codec
	// Head is the commit that the platform says the upload was made for.
	Head string
	// Allowed says why the settings of the base branch would not make this output
	// of this source. Paths begin at the root of the repository. It must be set.
	Allowed func(source, output string) error
	// Recipe is what those settings want of a source, given its path
	// and blob. Results have to fit its bounds, and to be made by it. Nil checks
	// neither.
	Recipe func(source asset.Source, output string) asset.Recipe
	// Remove reports whether those settings remove a source, whose path begins at the
	// root of the repository. Nil is never.
	Remove func(source string) bool
	// Outputs are all that those settings make of a source, without which it is not
	// removed, and each once; those that have a digest of their content in their names have
	// an asset.HashMark. Paths begin at the root of the repository. Nil is what there is.
	Outputs func(source string) []string
	// Fits says why a result of this content, of which r has format, size and
	// frames, cannot go on top of the commit Head: its source is none of that, or makes
	// something else, or it would replace what must not be replaced. It is
	// called before the content is decoded. Nil checks nothing.
	Fits func(e Entry, content []byte, r asset.Result) error
	// Remake says why the content is not what the settings make of the source, to the
	// last byte; it is called in the place of decoding the content. Nil is not asked.
	Remake func(e Entry, content []byte) error
	// MaxMemory is how much memory in bytes may be spent on decoding a result; 0 is any.
	MaxMemory int64
	// MaxFiles, MaxBytes and MaxFileSize bound the number of results, the bytes
	// of all of them and the bytes of one; MaxPixels bounds the pixels (width x
	// height x frames) of an image, where Recipe does not. 0 is the default.
	MaxFiles              int
	MaxBytes, MaxFileSize int64
	MaxPixels             int64
}

// bounded is o with the bounds that are not set.
func (o VerifyOptions) bounded() VerifyOptions {
	o.Codec = cmp.Or[engine.Codec](o.Codec, engine.Local{})
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
	// from the images themselves.
	Results []asset.Result
	removed map[string]bool // sources
	pixels  int64
}

// Removes reports whether a source, whose path begins at the root of the repository, is
// to be removed.
func (v Verified) Removes(source string) bool { return v.removed[source] }

// A Refusal lists all that is wrong with an upload, sorted.
type Refusal struct {
	Faults []string
}

// maxFaults is how many faults are reported: an upload could have millions.
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
// *asset.HintError that wraps a *Refusal.
//
// Nothing else may write to dir meanwhile. What is read later, by Read, is
// checked again.
func Verify(ctx context.Context, dir string, o VerifyOptions) (Verified, error) {
	v, err := inspect(ctx, dir, o)
	if err == nil {
		err = v.bodies(ctx)
	}
	if err != nil {
		return Verified{}, err
	}
	return v.verified(), nil
}

// inspect checks all of what is in dir but for what takes decoding.
func inspect(ctx context.Context, dir string, o VerifyOptions) (*verifying, error) {
	o = o.bounded()
	fail := func(why error, hint string) (*verifying, error) {
		return nil, &asset.HintError{What: fmt.Sprintf("verify %q", dir), Why: why, Hint: hint}
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
		return fail(tree.Cause(err), "download the artifact into this folder before")
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
	v := &verifying{
		VerifyOptions: o, dir: dir, root: root, manifest: m,
		entries: map[string]Entry{}, folded: map[string]string{}, removed: map[string]bool{}, faulty: map[string]bool{},
	}
	if v.claims() {
		v.folder()
		v.headers(ctx)
	}
	v.root = nil // closed
	if err := v.refusal(); err != nil {
		return nil, err
	}
	return v, nil
}

// refusal returns the error that lists all faults, nil if there are none.
func (v *verifying) refusal() error {
	if len(v.faults) == 0 {
		return nil
	}
	slices.Sort(v.faults)
	hint := "nothing of it is used; if it was made with other settings than those of the base branch, merge those first; " +
		"where its sources are not the commit's, let its run check out that, and not a merge with the base branch"
	if v.manifest.Shard != "" {
		hint = "nothing of it is used; let the jobs and the merge run on the same commit, with the same settings, and name images by `glob`: a merge does not know the arguments of the jobs"
	}
	return &asset.HintError{What: fmt.Sprintf("verify %q", v.dir), Why: &Refusal{slices.Compact(v.faults)}, Hint: hint}
}

// verified is what was found right.
func (v *verifying) verified() Verified {
	return Verified{dir: v.dir, Manifest: v.manifest, Results: v.results, removed: v.removed, pixels: v.pixels}
}

// Read returns the content of an output, if it still is what was verified.
func (v Verified) Read(output string) ([]byte, error) {
	for _, e := range v.Manifest.Files {
		if e.Output != output {
			continue
		}
		root, err := os.OpenRoot(v.dir)
		if err != nil {
			return nil, fmt.Errorf("read %q: %w", output, tree.Cause(err))
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
		return nil, fmt.Errorf("read %q: %w", ReportName, tree.Cause(err))
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
	dir      string
	root     *os.Root
	manifest Manifest
	entries  map[string]Entry  // by output
	folded   map[string]string // outputs, and the folders they are in, by fold
	removed  map[string]bool   // sources
	faults   []string
	faulty   map[string]bool // outputs that have a fault
	results  []asset.Result
	checked  []Entry // those of results
	pixels   int64   // of all results
}

func (v *verifying) fault(format string, args ...any) {
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

// faultOf records a fault of one file.
func (v *verifying) faultOf(name, format string, args ...any) {
	v.faulty[name] = true
	v.fault("%q: %s", name, fmt.Sprintf(format, args...))
}

// folder checks that what lies in the folder is what the manifest lists, all of
// it, and nothing else.
func (v *verifying) folder() {
	found := map[string]bool{}
	// Each file can have a few folders above it.
	budget := 20*v.MaxFiles + 1000
	err := fs.WalkDir(v.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			v.faultOf(name, "%s", tree.Cause(err))
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
		case name != ManifestName && name != ReportName && name != PageName:
			v.faultOf(name, "a file that the manifest does not have")
		}
		return nil
	})
	if err != nil {
		v.fault("%s", tree.Cause(err))
	}
	for name := range v.entries {
		if !found[name] && !v.faulty[name] {
			v.faultOf(name, "the manifest has it, and the folder does not")
		}
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
