// Package setup plans what a repository needs to use webpress: webpress.yml, a workflow
// for its CI, and a line of .gitattributes. It looks at names of files and writes nothing.
package setup

import (
	_ "embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/project"
)

// The workflows. README shows the first one.
var (
	//go:embed files/github.yml
	github string
	//go:embed files/gitlab.yml
	gitlab string
	//go:embed files/woodpecker.yml
	woodpecker string
)

// Attributes are the lines of .gitattributes by which two branches that add images merge.
const Attributes = "webpress.lock merge=union text eol=lf\n"

// A File is one that webpress would write.
type File struct {
	// Path is from the root of the repository.
	Path, Text string
	// Append reports whether Text is added to what the file has. Present says that the file is
	// there and not to be touched, or has what would be added; Same that it is just Text.
	Append, Present, Same bool
	// Instead is what the user has to do where the file is there.
	Instead string
}

// A Project is what a repository looks like.
type Project struct {
	// Generator is the name of the site's generator, Config its file, Built where it
	// writes the site; all empty if none is known.
	Generator, Config, Built string
	// CI are the names of the CI services, in the order of the files.
	CI []string
}

// Names are the files of webpress's settings; only one of them can be there.
var names = []string{"webpress.yml", "webpress.yaml", ".webpress.yml", ".webpress.yaml"}

// A generator makes a site. One of its files says that it does.
type generator struct{ name, files, built string }

// generators are the common ones. The first whose file is there is meant.
var generators = []generator{
	{"Hugo", "hugo.toml hugo.yaml hugo.yml hugo.json config/_default/hugo.toml archetypes/default.md", "public"},
	{"Eleventy", ".eleventy.js eleventy.config.js eleventy.config.mjs eleventy.config.cjs eleventy.config.ts", "_site"},
	{"Jekyll", "_config.yml _config.toml", "_site"},
	{"Astro", "astro.config.mjs astro.config.js astro.config.ts astro.config.mts", "dist"},
	{"Next.js", "next.config.js next.config.mjs next.config.ts", "out"},
	{"Nuxt", "nuxt.config.ts nuxt.config.js", ".output"},
	{"Gatsby", "gatsby-config.js gatsby-config.ts gatsby-config.mjs", "public"},
	{"SvelteKit", "svelte.config.js svelte.config.ts", "build"},
	{"VitePress", ".vitepress/config.mts .vitepress/config.ts .vitepress/config.mjs .vitepress/config.js", ".vitepress/dist"},
	{"VitePress", "docs/.vitepress/config.mts docs/.vitepress/config.ts docs/.vitepress/config.mjs docs/.vitepress/config.js", "docs/.vitepress/dist"},
	{"Docusaurus", "docusaurus.config.js docusaurus.config.ts website/docusaurus.config.js", "build"},
	{"MkDocs", "mkdocs.yml mkdocs.yaml", "site"},
	{"Zola", "zola.toml", "public"},
}

// The CI services.
const (
	GitHub     = "GitHub Actions"
	GitLab     = "GitLab CI"
	Woodpecker = "Woodpecker"
)

// Look finds out what the repository in tree is. origin is the address of its remote,
// which counts if no file belongs to a CI.
func Look(tree fs.FS, origin string) Project {
	var p Project
	for _, g := range generators {
		for name := range strings.FieldsSeq(g.files) {
			if parts := strings.Split(name, "+"); p.Generator == "" && hasAll(tree, parts) {
				p.Generator, p.Config, p.Built = g.name, parts[0], g.built
			}
		}
	}
	for _, ci := range []struct {
		name  string
		files []string
	}{
		{GitHub, []string{".github/workflows"}},
		{GitLab, []string{".gitlab-ci.yml"}},
		{Woodpecker, []string{".woodpecker", ".woodpecker.yml", ".woodpecker.yaml"}},
	} {
		if slices.ContainsFunc(ci.files, func(name string) bool { return has(tree, name) }) {
			p.CI = append(p.CI, ci.name)
		}
	}
	if len(p.CI) > 0 {
		return p
	}
	switch host := hostOf(origin); {
	case host == "github.com", has(tree, ".github"):
		p.CI = []string{GitHub}
	case strings.HasPrefix(host, "gitlab."), has(tree, ".gitlab"):
		p.CI = []string{GitLab}
	}
	return p
}

func has(tree fs.FS, name string) bool {
	_, err := fs.Stat(tree, name)
	return err == nil
}

// maxFile is the length in bytes of the longest file that is read.
const maxFile = 1 << 20

// read returns a regular file, nil if there is none.
func read(tree fs.FS, name string) []byte {
	info, err := fs.Stat(tree, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil
	}
	data, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil
	}
	return data
}

func hasAll(tree fs.FS, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !has(tree, name) })
}

// hostOf is the host of a remote's address: https://host/…, ssh://git@host/… or git@host:….
func hostOf(origin string) string {
	if _, rest, ok := strings.Cut(origin, "://"); ok {
		origin = rest
	}
	if i := strings.LastIndex(strings.SplitN(origin, "/", 2)[0], "@"); i >= 0 {
		origin = origin[i+1:]
	}
	return strings.ToLower(origin[:strings.IndexAny(origin+"/", ":/")])
}

// Files are what to write into the repository in tree. images are the paths of its
// images. isRepository says that git keeps it.
func (p Project) Files(tree fs.FS, images []string, isRepository bool) []File {
	settings := File{Path: names[0], Text: p.settings(images)}
	for _, name := range names {
		if has(tree, name) {
			settings.Path, settings.Present = name, true
			break
		}
	}
	files := []File{settings}
	for _, ci := range p.CI {
		switch ci {
		case GitHub:
			files = append(files, p.workflow(tree))
		case GitLab:
			const include = "include:\n  - local: .gitlab/webpress.yml\n"
			files = append(files,
				File{Path: ".gitlab/webpress.yml", Text: gitlab, Present: has(tree, ".gitlab/webpress.yml")},
				File{Path: ".gitlab-ci.yml", Text: include, Present: has(tree, ".gitlab-ci.yml"), Instead: "include the job there"})
		case Woodpecker:
			f := File{Path: ".woodpecker/webpress.yml", Text: woodpecker, Instead: "add the step there"}
			for _, name := range []string{".woodpecker.yml", ".woodpecker.yaml"} {
				if has(tree, name) && !has(tree, ".woodpecker") {
					f.Path = name
				}
			}
			f.Present = has(tree, f.Path)
			files = append(files, f)
		}
	}
	if isRepository {
		attributes := read(tree, ".gitattributes")
		f := File{Path: ".gitattributes", Text: Attributes, Append: true}
		for line := range strings.Lines(string(attributes)) {
			f.Present = f.Present || strings.HasPrefix(strings.TrimLeft(line, " \t/"), "webpress.lock")
		}
		if n := len(attributes); n > 0 && attributes[n-1] != '\n' {
			f.Text = "\n" + f.Text
		}
		files = append(files, f)
	}
	for i, f := range files {
		files[i].Same = f.Present && (f.Append || string(read(tree, f.Path)) == f.Text)
	}
	return files
}

// workflow is the one for GitHub. If one uses webpress, there is no need for another.
func (p Project) workflow(tree fs.FS) File {
	const dir = ".github/workflows"
	f := File{Path: dir + "/images.yml", Text: github}
	f.Present = has(tree, f.Path)
	entries, _ := fs.ReadDir(tree, dir)
	for _, e := range entries {
		if strings.Contains(string(read(tree, path.Join(dir, e.Name()))), project.Repository+"@") {
			f.Path, f.Present = path.Join(dir, e.Name()), true
		}
	}
	return f
}

// maxFolders is how many folders webpress.yml names as an example.
const maxFolders = 4

// settings is the text of webpress.yml.
func (p Project) settings(images []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# yaml-language-server: $schema=%s\n", project.Schema("webpress"))
	fmt.Fprintf(&b, "# All settings: %s/blob/main/docs/settings.md\n\n", project.URL)
	b.WriteString("# Convert only the images in these folders.\n")
	fmt.Fprintf(&b, "#glob: [%s]\n\n", strings.Join(globs(images), ", "))
	if p.Built != "" {
		fmt.Fprintf(&b, "# %s writes the site here.\nignore: [/%s/]\n\n", p.Generator, p.Built)
	} else {
		b.WriteString("# Leave these out.\n#ignore: [/dist/]\n\n")
	}
	b.WriteString("# 0 is the smallest file, 100 the best quality.\nquality: 80\n\n")
	b.WriteString("# Shrink wider images. A page rarely shows more.\n#max-width: 1600\n")
	return b.String()
}

// globs are patterns of the folders that hold most of the images, as an example.
func globs(images []string) []string {
	counts := map[string]int{}
	for _, name := range images {
		if first, rest, below := strings.Cut(name, "/"); below {
			// static/images/… is more of an answer than static.
			if second, _, deeper := strings.Cut(rest, "/"); deeper {
				first += "/" + second
			}
			counts[first]++
		}
	}
	var folders []string
	for folder := range counts {
		if !strings.ContainsAny(folder, "*?[]{}\\!,#:&'\"%@` \t") && plain(folder) {
			folders = append(folders, folder)
		}
	}
	slices.SortFunc(folders, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	if len(folders) == 0 {
		folders = []string{"assets"}
	}
	folders = folders[:min(len(folders), maxFolders)]
	for i := range folders {
		folders[i] += "/**"
	}
	return folders
}

// plain reports whether a name has nothing but what is seen, so that it can be in a comment.
func plain(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd || r >= 0x2028 && r <= 0x202e })
}
