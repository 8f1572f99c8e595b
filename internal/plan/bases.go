package plan

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/scan"
)

// bases are the folders that results keep their place below, where they go to another
// one.
type bases struct {
	// files are those that were typed themselves, folders those that were, and what
	// patterns begin with. All are absolute.
	files   map[string]bool
	folders []string
}

// findBases finds the bases of what was typed.
func (p *Planner) findBases() *bases {
	b := &bases{files: map[string]bool{}}
	for _, name := range slices.Concat(p.settings.Paths, p.settings.Outside) {
		if strings.HasPrefix(name, "!") {
			continue
		}
		name = p.settings.At(name)
		info, err := os.Stat(name)
		in, pattern := scan.Split(p.settings.WorkingDirectory, name)
		if plain, ok := scan.NameOf(pattern); ok && err != nil {
			name = filepath.Join(in, filepath.FromSlash(plain))
			info, err = os.Stat(name)
		}
		switch {
		case err != nil:
			b.folders = append(b.folders, in)
		case info.IsDir():
			b.folders = append(b.folders, name)
		default:
			b.files[name] = true
		}
	}
	return b
}

// belowNamed is the folder of a source as seen from the folder or the pattern that was
// typed and that has it: of a file that was typed itself it is the dot. If nothing
// was typed, it is seen from the working directory.
func (p *Planner) belowNamed(source string) string {
	if p.bases == nil {
		p.bases = p.findBases()
	}
	file := p.settings.At(source)
	if p.bases.files[file] {
		return "."
	}
	best := ""
	for _, folder := range p.bases.folders {
		if rel, err := filepath.Rel(folder, file); err == nil && filepath.IsLocal(rel) && len(folder) > len(best) {
			best = folder
		}
	}
	if best == "" {
		best = p.settings.WorkingDirectory
	}
	rel, err := filepath.Rel(best, filepath.Dir(file))
	if err != nil || !filepath.IsLocal(rel) {
		return "."
	}
	return filepath.ToSlash(rel)
}
