// Package project holds where webpress is published: the one place that names
// the owner and the repository. go generate puts them into all files that show
// them; the module path in go.mod must be changed with it.
package project

const (
	// Repository is the owner and the name on GitHub.
	Repository = "webpress/webpress"
	// URL is the repository's page.
	URL = "https://github.com/" + Repository
	// Image is the published container image, without a tag.
	Image = "ghcr.io/" + Repository
	// Module is the path of the Go module.
	Module = "github.com/" + Repository
	// Major is the major version: the tag of the action and of the image that
	// documentation and printed commands use.
	Major = "1"
)
