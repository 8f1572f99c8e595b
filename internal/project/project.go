// Package project holds where webpress is published: the one place that names
// the owner and the repository. scripts/rename changes it, the module path in
// go.mod, and all files that show it.
package project

import "strings"

const (
	// Repository is the owner and the name on GitHub.
	Repository = "webpress/webpress"
	// URL is the repository's page.
	URL = "https://github.com/" + Repository
	// Module is the path of the Go module.
	Module = "github.com/" + Repository
	// Major is the major version: the tag of the action and of the image that
	// documentation and printed commands use.
	Major = "1"
)

// Schema is the address of a JSON schema, such as webpress.
func Schema(name string) string {
	return "https://raw.githubusercontent.com/" + Repository + "/v" + Major + "/schema/" + name + ".schema.json"
}

// Image is the published container image, without a tag. Registries want lower case.
var Image = "ghcr.io/" + strings.ToLower(Repository)
