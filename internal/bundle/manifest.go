// Package bundle is what an upload holds, an artifact or a folder: results, the manifest
// that lists them, and the report. It also verifies uploads that are not trusted.
package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// The names of the files that lie beside the results in an artifact or a folder, at its
// root: PageName is the report to look at, which nothing reads again.
const (
	ManifestName = "webpress-manifest.json"
	ReportName   = "webpress-report.json"
	PageName     = "webpress-report.html"
)

// The versions of the manifest's form: that of a whole, and that of a shard, which
// readers that know nothing of shards refuse. A reader refuses every other one, and
// every member that it does not know: a manifest is read by jobs with more rights
// than the one that wrote it.
const (
	ManifestVersion = 1
	ShardVersion    = 2
)

// maxShards is how many shards there may be.
const maxShards = 10_000

// MaxManifest is the length in bytes of a manifest that is still read. An entry
// has about 400.
const MaxManifest = 32 << 20

// maxReport is the same for a report.
const maxReport = 64 << 20

// A Manifest lists what lies in an artifact or a folder. All paths have forward
// slashes and begin at the root of the repository.
type Manifest struct {
	Schema int `json:"schema"`
	// Head is the commit that the run was on, empty if it was not known.
	Head string `json:"head"`
	// Shard is which part of all images it is about, such as 2/4; empty is all of
	// them.
	Shard string  `json:"shard,omitempty"`
	Files []Entry `json:"files"`
}

// An Entry is one result.
type Entry struct {
	// Source is the path of the image it was made of, Blob the git blob id of
	// that, empty if not known.
	Source string `json:"source"`
	Blob   string `json:"source-blob,omitempty"`
	// Removed reports whether the source is to be removed.
	Removed bool `json:"source-removed,omitempty"`
	// Output is where the result belongs, and where it lies in the artifact.
	Output string `json:"output"`
	// Size is the result's in bytes, SHA256 its digest in lower-case hex.
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	// Recipe is what RecipeDigest returns for the settings it was made with,
	// empty if not known.
	Recipe string `json:"recipe,omitempty"`
}

// RecipeDigest returns the lower-case hex SHA-256 digest of the settings that
// decide the bytes and the place of an output.
func RecipeDigest(r asset.Recipe) string {
	data, err := json.Marshal(r)
	if err != nil {
		return "" // a number that JSON cannot hold: no recipe that was read from settings has one
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Encode returns the manifest as it is written.
func (m Manifest) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return b.Bytes(), nil
}

// ParseManifest reads a manifest's form. What it claims is not checked.
func ParseManifest(data []byte) (Manifest, error) {
	// The version first: a newer form has members that are not known here.
	var version struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return Manifest{}, err
	}
	if version.Schema == nil {
		return Manifest{}, errors.New("it has no schema version")
	}
	if v := *version.Schema; v != ManifestVersion && v != ShardVersion {
		return Manifest{}, fmt.Errorf("its schema version is %d, and this webpress reads %d and %d", v, ManifestVersion, ShardVersion)
	}
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Manifest{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Manifest{}, errors.New("something follows its end")
	}
	if _, _, ok := parseShard(m.Shard); ok != (m.Schema == ShardVersion) {
		return Manifest{}, fmt.Errorf("its schema version is %d, and its shard %.80q", m.Schema, m.Shard)
	}
	return m, nil
}

// parseShard reads a shard such as 2/4. Not ok is what is none, such as no text.
func parseShard(text string) (i, n int, ok bool) {
	first, second, _ := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	// Nothing but the shortest form, so that no two texts are the same shard.
	ok = err1 == nil && err2 == nil && 1 <= i && i <= n && n <= maxShards && text == fmt.Sprintf("%d/%d", i, n)
	return i, n, ok
}
