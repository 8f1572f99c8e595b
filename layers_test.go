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

// floors are the rooms below internal and the floor that each is on. A room may
// import rooms of lower floors, and neither its neighbours nor what is above.
var floors = map[string]int{
	"app":    4,
	"config": 3, "scan": 3, "convert": 3, "ledger": 3, "cache": 3, "budget": 3, "store": 3, "report": 3, "notify": 3,
	"codec": 2, "git": 2, "ci": 2, "forge": 2,
	"pixel": 1, "rights": 1, "asset": 1, "webp": 1, "wire": 1, "tree": 1, "shell": 1,
	"owner": 0, "project": 0,
}

// tools are commands that make files of the project. No room may import them,
// and a room's own tool may import that room.
var tools = []string{"testpic", "config/gen"}

// maxLines is where a file holds more than its name says.
const maxLines = 450

// A goFile is a Go file of the module with its imports and literals.
type goFile struct {
	path string // from the module's root, with forward slashes
	room string // below internal, such as codec or config/gen; empty elsewhere
	test bool
	ast  *ast.File
	fset *token.FileSet
}

func TestLayers(t *testing.T) {
	for _, f := range goFiles(t) {
		// A test may use whatever it needs to set its stage.
		if f.room == "" || f.test || slices.Contains(tools, f.room) {
			continue
		}
		own, ok := floors[f.room]
		if !ok {
			t.Errorf("%s: the room %q is on no floor: add it to floors in layers_test.go", f.path, f.room)
			continue
		}
		for _, imported := range f.rooms() {
			floor, ok := floors[imported]
			switch {
			case !ok:
				t.Errorf("%s imports %s, which is not a room", f.path, imported)
			case floor >= own:
				t.Errorf("%s imports %s: from floor %d to floor %d, and imports point down only", f.path, imported, own, floor)
			case imported == "config" && f.room != "app":
				t.Errorf("%s imports config, which is imported by app alone", f.path)
			}
		}
	}
}

func TestCgoOnlyInCodecAndPixel(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.room == "codec" || f.room == "pixel" || f.room == "testpic" {
			continue
		}
		if slices.Contains(f.imports(), "C") {
			t.Errorf("%s imports C: cgo is for codec and pixel", f.path)
		}
	}
}

// environment matches names of environment variables that mean something to
// webpress or that a CI sets.
var environment = regexp.MustCompile(`^(INPUT|PLUGIN|WEBPRESS|GITHUB|ACTIONS|RUNNER|GITLAB|CI|DRONE|CIRCLE)_[A-Z_-]*$`)

func TestEnvironmentOnlyInConfigAndCI(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || f.room == "" && f.path != "main.go" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				s, err := strconv.Unquote(n.Value)
				if n.Kind == token.STRING && err == nil && environment.MatchString(s) && f.room != "config" && f.room != "ci" {
					t.Errorf("%s: %s: names of the environment are for config and ci", f.at(n), s)
				}
			case *ast.SelectorExpr:
				pkg, ok := n.X.(*ast.Ident)
				if ok && pkg.Name == "os" && f.path != "main.go" &&
					slices.Contains([]string{"Getenv", "LookupEnv", "Setenv", "Unsetenv", "ExpandEnv"}, n.Sel.Name) {
					t.Errorf("%s: os.%s: main.go hands the environment in", f.at(n), n.Sel.Name)
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
			t.Errorf("%s has %d lines: split it where its name stops telling what is in it (%d at most)", name, n, maxLines)
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

// rooms are the rooms that f imports.
func (f goFile) rooms() []string {
	var rooms []string
	for _, p := range f.imports() {
		if room, ok := strings.CutPrefix(p, project.Module+"/internal/"); ok {
			rooms = append(rooms, room)
		}
	}
	return rooms
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
		room, inside := strings.CutPrefix(path.Dir(name), "internal/")
		if !inside {
			room = ""
		}
		files = append(files, goFile{
			path: name, room: room, test: strings.HasSuffix(name, "_test.go"), ast: parsed, fset: fset,
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
