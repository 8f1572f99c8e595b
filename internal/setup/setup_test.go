package setup

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// treeOf is a tree with files that are empty, or that have what is behind =.
func treeOf(names ...string) fstest.MapFS {
	tree := fstest.MapFS{}
	for _, name := range names {
		name, text, _ := strings.Cut(name, "=")
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

func TestLook(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tree   fstest.MapFS
		origin string
		want   Project
	}{
		{"nothing", treeOf("README.md"), "", Project{}},
		{"Hugo", treeOf("hugo.toml", "content/a.md"), "", Project{Generator: "Hugo", Config: "hugo.toml", Built: "public"}},
		{"VitePress below docs", treeOf("docs/.vitepress/config.mts"), "", Project{Generator: "VitePress", Config: "docs/.vitepress/config.mts", Built: "docs/.vitepress/dist"}},
		{"MkDocs at GitLab", treeOf("mkdocs.yml", ".gitlab-ci.yml"), "", Project{Generator: "MkDocs", Config: "mkdocs.yml", Built: "site", CI: []string{GitLab}}},
		{"several", treeOf(".github/workflows/ci.yml", ".woodpecker/a.yml", ".gitlab-ci.yml"), "", Project{CI: []string{GitHub, GitLab, Woodpecker}}},
		{"workflows beat the remote", treeOf(".woodpecker.yml"), "https://github.com/a/b", Project{CI: []string{Woodpecker}}},
		{"remote", treeOf("a"), "https://github.com/a/b.git", Project{CI: []string{GitHub}}},
		{"remote by SSH", treeOf("a"), "git@github.com:a/b.git", Project{CI: []string{GitHub}}},
		{"remote with a port", treeOf("a"), "ssh://git@gitlab.example.org:22/a/b.git", Project{CI: []string{GitLab}}},
		{"a host that ends so", treeOf("a"), "https://notgithub.com/a/b", Project{}},
		{"a path that is no host", treeOf("a"), "/srv/github.com", Project{}},
		{"folder", treeOf(".github/CODEOWNERS"), "", Project{CI: []string{GitHub}}},
	} {
		if diff := cmp.Diff(tt.want, Look(tt.tree, tt.origin)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestFiles(t *testing.T) {
	for _, tt := range []struct {
		name string
		tree fstest.MapFS
		// want are the paths, with + where something is added, = where the file is left
		// alone, and == where it is as it is to be.
		want string
	}{
		{"new", treeOf("a"), "webpress.yml .github/workflows/images.yml +.gitattributes"},
		{"settings of another name", treeOf(".webpress.yml"), "=.webpress.yml .github/workflows/images.yml +.gitattributes"},
		{"done", treeOf("webpress.yml", ".github/workflows/images.yml="+github, ".gitattributes=*.png binary\nwebpress.lock merge=union\n"), "=webpress.yml ==.github/workflows/images.yml ==.gitattributes"},
		{"another workflow of that name", treeOf(".github/workflows/images.yml=on: push"), "webpress.yml =.github/workflows/images.yml +.gitattributes"},
		{"a workflow that has it", treeOf(".github/workflows/ci.yml=- uses: webpress/webpress@v1"), "webpress.yml =.github/workflows/ci.yml +.gitattributes"},
		{"GitLab", treeOf(".gitlab-ci.yml"), "webpress.yml .gitlab/webpress.yml =.gitlab-ci.yml +.gitattributes"},
		{"GitLab, new", treeOf(".gitlab/CODEOWNERS"), "webpress.yml .gitlab/webpress.yml .gitlab-ci.yml +.gitattributes"},
		{"Woodpecker", treeOf(".woodpecker/test.yml"), "webpress.yml .woodpecker/webpress.yml +.gitattributes"},
		{"Woodpecker in one file", treeOf(".woodpecker.yml"), "webpress.yml =.woodpecker.yml +.gitattributes"},
	} {
		project := Look(tt.tree, "")
		if len(project.CI) == 0 {
			project.CI = []string{GitHub}
		}
		var got []string
		for _, f := range project.Files(tt.tree, nil, true) {
			mark := ""
			switch {
			case f.Same:
				mark = "=="
			case f.Present:
				mark = "="
			case f.Append:
				mark = "+"
			}
			got = append(got, mark+f.Path)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A last line without an end is not run into.
func TestAttributesAfterOpenLine(t *testing.T) {
	files := Project{}.Files(treeOf(".gitattributes=*.png binary"), nil, true)
	if last := files[len(files)-1]; last.Text != "\n"+Attributes || !last.Append {
		t.Errorf("%+v", last)
	}
	for _, f := range (Project{}).Files(treeOf(), nil, false) {
		if f.Path == ".gitattributes" {
			t.Error("there is no repository")
		}
	}
}

func TestGlobs(t *testing.T) {
	images := []string{"logo.png", "static/img/a.png", "static/img/deep/b.png", "assets/c.png", "a\nb/x/d.png", "c: d/e.png"}
	if got, want := globs(images), []string{"static/img/**", "assets/**"}; !cmp.Equal(got, want) {
		t.Errorf("globs %q, want %q", got, want)
	}
	if got := globs(nil); !cmp.Equal(got, []string{"assets/**"}) {
		t.Errorf("globs of none %q", got)
	}
}

// README shows the workflow that init writes.
func TestReadmeShowsWorkflow(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```yaml\n"+github+"```\n") {
		t.Error("README does not show files/github.yml")
	}
}
