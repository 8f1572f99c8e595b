package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/project"
)

// imports lists which packages below internal each of them may import: an import that is
// not in this map has to be added on purpose. Every package imports only packages above
// it, so that there is no cycle.
var imports = []struct{ name, may string }{
	{"owner", ""},
	{"thumbhash", ""},
	{"pixel", "thumbhash"},
	{"score", "pixel"},
	{"project", ""},
	{"rights", ""},
	{"shell", ""},
	{"httpclient", ""},
	{"asset", ""},
	{"bucket", "asset httpclient"},
	{"container", "asset"},
	{"tree", "owner"},
	{"references", "asset tree"},
	{"sources", "asset tree"},
	{"fetch", "asset httpclient tree"},
	{"codec", "asset pixel"},
	{"engine", "asset codec container pixel rights score thumbhash"},
	{"ci", "tree"},
	{"git", "asset owner tree"},
	{"forge", "asset httpclient"},
	{"config", "asset shell tree"},
	{"scan", "asset git tree"},
	{"plan", "asset config scan tree"},
	{"worker", "asset codec container engine"},
	{"remote", "asset codec container engine fetch httpclient"},
	{"convert", "asset codec container engine plan tree"},
	{"lockfile", "asset tree"},
	{"cache", "asset owner tree"},
	{"budget", "asset codec tree"},
	{"bundle", "asset codec container engine pixel tree"},
	{"store", "asset bucket bundle forge git tree httpclient"},
	{"report", "asset ci project"},
	{"gallery", "asset ci codec engine report tree"},
	{"notify", "asset ci forge httpclient"},
	{"console", "asset ci config report"},
	{"setup", "project"},
	{"history", "asset codec git lockfile store tree"},
	{"manifest", "asset codec engine lockfile project tree"},
	{"diff", "asset ci forge git"},
	{"target", "asset bucket ci config console forge git report store httpclient"},
	{"serve", "asset config convert engine fetch httpclient notify plan project scan tree"},
	{"app", "asset bucket budget bundle cache ci codec config console convert diff engine fetch gallery git history lockfile manifest notify plan project references remote report scan serve setup shell sources store target tree httpclient worker"},
}

// tools are commands and packages for tests. No package may import them,
// and a package's own tool may import that package.
var tools = []string{"testfiles", "testgit", "testpic", "config/gen", "bucket/buckettest"}

// maxLines is the most lines of a file.
const maxLines = 450

// A goFile is a Go file of the module with its imports and literals.
type goFile struct {
	path string // from the module's root, with forward slashes
	pkg  string // below internal, such as codec or config/gen; empty elsewhere
	test bool
	ast  *ast.File
	fset *token.FileSet
}

func TestLayers(t *testing.T) {
	may, above := map[string][]string{}, map[string]bool{}
	for _, p := range imports {
		may[p.name] = strings.Fields(p.may)
		for _, other := range may[p.name] {
			if !above[other] {
				t.Errorf("%s may import %s, which is not above it", p.name, other)
			}
		}
		above[p.name] = true
	}
	found := map[string]map[string]bool{}
	for _, f := range goFiles(t) {
		// A test may use whatever it needs to set its stage.
		if f.pkg == "" || f.test || slices.Contains(tools, f.pkg) {
			continue
		}
		if found[f.pkg] == nil {
			found[f.pkg] = map[string]bool{}
		}
		for _, imported := range f.packages() {
			found[f.pkg][imported] = true
			if !slices.Contains(may[f.pkg], imported) {
				t.Errorf("%s imports %s: if that is intended, add it to imports in layers_test.go", f.path, imported)
			}
		}
	}
	for _, p := range imports {
		if found[p.name] == nil {
			t.Errorf("there is no package %s", p.name)
		}
		for _, other := range may[p.name] {
			if !found[p.name][other] {
				t.Errorf("%s may import %s and does not: remove it from imports in layers_test.go", p.name, other)
			}
		}
	}
}

func TestCgoOnlyInCodecPixelAndScore(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.pkg == "codec" || f.pkg == "pixel" || f.pkg == "score" || f.pkg == "testpic" {
			continue
		}
		if slices.Contains(f.imports(), "C") {
			t.Errorf("%s imports C: cgo is for codec, pixel and score", f.path)
		}
	}
}

// environment matches the names of environment variables that webpress reads or that a
// CI sets.
var environment = regexp.MustCompile(`^(INPUT|PLUGIN|WEBPRESS|GITHUB|ACTIONS|RUNNER|GITLAB|CI|DRONE|CIRCLE)_[A-Z_-]*$`)

func TestEnvironmentOnlyInConfigAndCI(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || f.pkg == "testgit" || f.pkg == "" && f.path != "main.go" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				s, err := strconv.Unquote(n.Value)
				if n.Kind == token.STRING && err == nil && environment.MatchString(s) && f.pkg != "config" && f.pkg != "ci" {
					t.Errorf("%s: %s: only config and ci may name environment variables", f.at(n), s)
				}
			case *ast.SelectorExpr:
				pkg, ok := n.X.(*ast.Ident)
				if ok && pkg.Name == "os" && f.path != "main.go" &&
					slices.Contains([]string{"Getenv", "LookupEnv", "Setenv", "Unsetenv", "ExpandEnv"}, n.Sel.Name) {
					t.Errorf("%s: os.%s: main.go passes the environment", f.at(n), n.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestPackagesHaveDocComments(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		dir := path.Dir(f.path)
		documented[dir] = documented[dir] || f.ast.Doc != nil
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	walk(t, func(name string) {
		switch path.Ext(name) {
		case ".go", ".c", ".h":
		default:
			return
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines: split it (%d at most)", name, n, maxLines)
		}
	})
}

// imports are the paths that f imports.
func (f goFile) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// packages returns the packages below internal that f imports.
func (f goFile) packages() []string {
	var packages []string
	for _, p := range f.imports() {
		if name, ok := strings.CutPrefix(p, project.Module+"/internal/"); ok {
			packages = append(packages, name)
		}
	}
	return packages
}

func (f goFile) at(n ast.Node) string { return f.fset.Position(n.Pos()).String() }

// goFiles are all Go files of the module.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	walk(t, func(name string) {
		if path.Ext(name) != ".go" {
			return
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		pkg, inside := strings.CutPrefix(path.Dir(name), "internal/")
		if !inside {
			pkg = ""
		}
		files = append(files, goFile{
			path: name, pkg: pkg, test: strings.HasSuffix(name, "_test.go"), ast: parsed, fset: fset,
		})
	})
	if len(files) == 0 {
		t.Fatal("no Go file found")
	}
	return files
}

// walk calls visit with every file of the module's own.
func walk(t *testing.T, visit func(name string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			visit(filepath.ToSlash(name))
		case name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "dist"):
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
