//go:build e2e

package e2e

import (
	_ "embed"
	"testing"
)

// npm installs packages below dir.
func npm(t *testing.T, dir string, packages ...string) {
	t.Helper()
	need(t, "npm")
	put(t, dir, "package.json", []byte(`{"private": true}`))
	must(t, dir, "npm", append([]string{"install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--silent"}, packages...)...)
}

//go:embed read.mjs
var readBack []byte

// TestArtifactClient uploads to the artifact service that act brings along, and reads
// the artifact back, in the next step, with the client that actions/download-artifact
// is made of.
func TestArtifactClient(t *testing.T) {
	dir := project(t, "artifact.yml")
	npm(t, dir, "@actions/artifact@6")
	put(t, dir, "read.mjs", readBack)
	put(t, dir, ".gitignore", []byte("node_modules\n"))
	put(t, dir, "assets/photo ünï.jpg", picture(t, "demo/photos/dunes.jpg"))
	put(t, dir, "assets/card.heic", picture(t, "pictures/heic/card.heic"))
	commit(t, dir, "https://example.invalid/someone/pictures.git")
	w := runWorkflow(t, dir, "--use-gitignore=false", "--artifact-server-path", t.TempDir())
	wantText(t, w.log, "read back 5 files")
}
