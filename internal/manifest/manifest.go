// Package manifest is the file that build tools and templates look images up in: each
// source with its dimensions, a placeholder, and all of its outputs. docs/manifest.md
// describes it for its readers, and schema/manifest.schema.json for their tools.
package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/project"
)

// Version is the version of the file's form. What is added to it does not change the
// version; what is taken away or means something else does.
const Version = 1

// A Manifest is the content of the file.
type Manifest struct {
	// Schema is the address of the JSON schema.
	Schema  string `json:"$schema"`
	Version int    `json:"version"`
	// Images are the sources by their paths from the working directory, with forward
	// slashes.
	Images map[string]Image `json:"images"`
}

// An Image is a source.
type Image struct {
	// Format and Type, its media type, are empty if the content was never seen.
	Format asset.Format `json:"format,omitempty"`
	Type   string       `json:"type,omitempty"`
	// Width and Height are in pixels, as the image is shown: those of the source, or of
	// its largest output where the source is gone. 0 is not known.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Bytes is the size of the source, Blob the git blob id of its content.
	Bytes int64  `json:"bytes"`
	Blob  string `json:"blob"`
	// Color is the dominant color as #rrggbb, empty if all is transparent.
	Color string `json:"color,omitempty"`
	// Placeholder is a ThumbHash in base64, of 25 bytes or fewer:
	// https://evanw.github.io/thumbhash. It is empty if the image could not be read.
	Placeholder string `json:"placeholder,omitempty"`
	// Outputs are sorted by format, the one that browsers should try first in front, then
	// by width and path. There are none where the source is better used as it is.
	Outputs []Output `json:"outputs"`
}

// An Output is a file that was made of a source.
type Output struct {
	// Path is from the working directory.
	Path string `json:"path"`
	// URL is where it is published, empty where base-url is not set.
	URL string `json:"url,omitempty"`
	// Variant is the name of its variant, empty if it has none.
	Variant string       `json:"variant,omitempty"`
	Format  asset.Format `json:"format"`
	Type    string       `json:"type"`
	Width   int          `json:"width,omitempty"`
	Height  int          `json:"height,omitempty"`
	Bytes   int64        `json:"bytes"`
	Blob    string       `json:"blob"`
	// Quality and Score are left out where they are not known: see asset.Rating.
	asset.Rating
}

// Parse reads a manifest. What it cannot read is an error; fields that it does not know
// are left out.
func Parse(data []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, err
	}
	if m.Version != Version {
		return Manifest{}, fmt.Errorf("it is version %d, and this webpress reads version %d", m.Version, Version)
	}
	return m, nil
}

// Is reports whether data is a manifest, be it of another version or with the marks of a merge
// conflict.
func Is(data []byte) bool { return bytes.Contains(data, []byte(schemaName)) }

// schemaName is in the first lines of every manifest.
const schemaName = "/schema/manifest.schema.json\""

// Encode returns the content of the file: the same for the same manifest, in an order
// that does not depend on what was done when.
func (m Manifest) Encode() []byte {
	m.Schema, m.Version = project.Schema("manifest"), Version
	if m.Images == nil {
		m.Images = map[string]Image{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		panic(err) // there is nothing in a Manifest that JSON cannot hold
	}
	return b.Bytes()
}
