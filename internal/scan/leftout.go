package scan

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/webpress/webpress/internal/tree"
)

// A closedName is the name of a folder or a favicon that is left out by default. A
// pattern that has it among its own names opens it.
type closedName struct {
	name string
	// stem reports whether it is only the beginning of a name, as in favicon.
	stem bool
}

// Why a folder is left out.
const (
	whyHidden       = "hidden folder"
	whyBuilt        = "build output"
	whyDependencies = "dependencies"
	whyVenv         = "virtual environment"
	whyFavicon      = "favicon"
)

// defaults says what is left out by default in the folder dir. Several goroutines may
// ask it.
type defaults struct {
	dir string

	mu sync.Mutex
	// folders are, by folder, the names that have to be named for what is in it.
	folders map[string][]closedName
	// whys are the reasons, by the folders that are left out themselves.
	whys map[string]string
}

func newDefaults(dir string) *defaults {
	return &defaults{dir: dir, folders: map[string][]closedName{}, whys: map[string]string{}}
}

// folder returns the names that have to be named for the files of a folder.
func (d *defaults) folder(dir string) []closedName {
	if dir == "." {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if names, ok := d.folders[dir]; ok {
		return names
	}
	var names []closedName
	for i := 1; i <= len(dir); i++ {
		if i < len(dir) && dir[i] != '/' {
			continue
		}
		up := dir[:i]
		known, ok := d.folders[up]
		if !ok {
			known = names
			if why := d.why(up); why != "" {
				known = append(slices.Clip(names), closedName{name: path.Base(up)})
				d.whys[up] = why
			}
			d.folders[up] = known
		}
		names = known
	}
	return names
}

// file is folder for one file, which may be a favicon.
func (d *defaults) file(file string) []closedName { return withFavicon(file, d.folder(path.Dir(file))) }

func withFavicon(file string, in []closedName) []closedName {
	if stem := favicon(path.Base(file)); stem != "" {
		return append(slices.Clip(in), closedName{stem, true})
	}
	return in
}

// outermost returns the first of the folders above a file that has one of the closed
// names, and why it is left out; for a favicon in an open folder that is its own path.
func (d *defaults) outermost(file string, closed []closedName) (name, why string) {
	d.folder(path.Dir(file))
	d.mu.Lock()
	defer d.mu.Unlock()
	name, why = file, whyFavicon
	for dir := range parents(file) {
		if w := d.whys[dir]; w != "" && slices.Contains(closed, closedName{name: path.Base(dir)}) {
			name, why = dir, w
		}
	}
	return name, why
}

// why says why a folder is left out, empty if it is not.
func (d *defaults) why(dir string) string {
	switch name := path.Base(dir); {
	case name[0] == '.':
		return whyHidden
	case name == "node_modules", name == "vendor":
		return whyDependencies
	case name == "dist", name == "build", name == "_site":
		return whyBuilt
	case name == "public":
		if owner := publicOf(filepath.Join(d.dir, filepath.FromSlash(path.Dir(dir)))); owner != "" {
			return "output of " + owner
		}
	}
	if d.has(dir, "pyvenv.cfg") {
		return whyVenv
	}
	return ""
}

func (d *defaults) has(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(d.dir, filepath.FromSlash(dir), name))
	return err == nil
}

// favicons are how the names of favicons begin, as their generators write them.
var favicons = []struct{ stem, ext string }{
	{"apple-touch-icon", ".png"}, {"android-chrome-", ".png"}, {"mstile-", ".png"}, {"safari-pinned-tab.", ""},
}

// favicon returns how the name of a favicon begins, empty for other files.
func favicon(name string) string {
	// The first letter rules out most names.
	switch name[0] | 0x20 {
	case 'f', 'a', 'm', 's':
	default:
		return ""
	}
	name = strings.ToLower(name)
	if rest, ok := strings.CutPrefix(name, "favicon"); ok {
		// favicon.png, favicon-32x32.png
		size, _, _ := strings.Cut(rest, ".")
		if strings.Trim(size, "-0123456789x") == "" {
			return "favicon"
		}
		return ""
	}
	for _, f := range favicons {
		if strings.HasPrefix(name, f.stem) && strings.HasSuffix(name, f.ext) {
			return strings.TrimRight(f.stem, "-.")
		}
	}
	return ""
}

// owners are generators of sites that write to public, by the files that say so. Others,
// such as Next.js, Vite and Astro, have sources there.
var owners = []struct {
	name  string
	files []string
	// unless is what their settings say where the site goes elsewhere.
	unless string
}{
	{"Hugo", []string{
		"hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "archetypes/default.md",
		"config/_default/hugo.toml", "config/_default/hugo.yaml", "config/_default/hugo.yml", "config/_default/hugo.json",
	}, "publishdir"},
	{"Gatsby", []string{"gatsby-config.js", "gatsby-config.mjs", "gatsby-config.ts"}, ""},
	{"Zola", []string{"zola.toml"}, "output_dir"},
}

// sourcesInPublic begin the names of settings of what has its sources in public.
var sourcesInPublic = []string{"next.config.", "vite.config.", "astro.config.", "nuxt.config.", "vue.config.", "remix.config."}

// maxSettings is the length in bytes of the longest settings of a generator that are read.
const maxSettings = 1 << 20

// publicOf returns the generator that writes to the folder public in dir, empty unless
// that is certain.
func publicOf(dir string) string {
	in, err := os.OpenRoot(dir)
	if err != nil {
		return ""
	}
	defer in.Close()
	names, err := readNames(in)
	if err != nil || slices.ContainsFunc(names, func(name string) bool {
		return slices.ContainsFunc(sourcesInPublic, func(begin string) bool { return strings.HasPrefix(name, begin) })
	}) {
		return ""
	}
	text := func(name string) string {
		data, _ := tree.ReadPlain(in, name, maxSettings)
		return strings.ToLower(string(data))
	}
	for _, o := range owners {
		there := slices.DeleteFunc(slices.Clone(o.files), func(name string) bool {
			_, err := in.Lstat(name)
			return err != nil
		})
		if len(there) == 0 {
			continue
		}
		if o.unless == "" {
			return o.name
		}
		// Hugo's settings may have older names.
		there = append(there, "config.toml", "config.yaml", "config.yml", "config.json")
		if !slices.ContainsFunc(there, func(name string) bool { return strings.Contains(text(name), o.unless) }) {
			return o.name
		}
		return ""
	}
	// Jekyll has a _config.yml as well, and may have sources in public.
	for line := range strings.Lines(text("_config.yml")) {
		value, ok := strings.CutPrefix(line, "public_dir:")
		value, _, _ = strings.Cut(value, "#")
		if ok && strings.Trim(value, " \t\r\n\"'/") == "public" {
			return "Hexo"
		}
	}
	return ""
}

func readNames(in *os.Root) ([]string, error) {
	f, err := openNow(in, ".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// opens reports whether one of the names of p is the closed one.
func (p *pattern) opens(closed closedName) bool {
	return names(p.named, closed) || p.link != "" && names(p.path, closed)
}

// names reports whether one of the names in a pattern is the closed one.
func names(text string, closed closedName) bool {
	if closed.stem {
		text = strings.ToLower(text)
	}
	for len(text) > 0 {
		name := text
		if i := strings.IndexAny(text, "/{},"); i >= 0 {
			name, text = text[:i], text[i+1:]
		} else {
			text = ""
		}
		if name == closed.name || closed.stem && strings.HasPrefix(name, closed.name) {
			return true
		}
	}
	return false
}

// unopened are those of the closed names that none of the patterns opens.
func unopened(closed []closedName, by ...pattern) []closedName {
	if len(closed) == 0 || len(by) == 0 {
		return closed
	}
	return slices.DeleteFunc(slices.Clone(closed), func(name closedName) bool {
		return slices.ContainsFunc(by, func(p pattern) bool { return !p.negate && p.opens(name) })
	})
}

// opensAll reports whether p may take what has the closed names: it names them all, or is
// the very file.
func (p *pattern) opensAll(closed []closedName) bool {
	if p.kind == exact {
		return true
	}
	for _, name := range closed {
		if !p.opens(name) {
			return false
		}
	}
	return true
}
