// Gen writes what is made from the table of settings: action.yml, the JSON
// schema of webpress.yml, GitLab's component, the tables in docs/settings.md, and the
// completion scripts of shells.
// If internal/project names another repository than go.mod, it first renames it
// in all files. Run it by go generate.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	if err := write(root, renamed); err != nil {
		return err
	}
	return write(root, files)
}

// write writes the files that are made in root, where they are not so already.
func write(root string, files func(root string) ([]file, error)) error {
	made, err := files(root)
	if err != nil {
		return err
	}
	for _, f := range made {
		path := filepath.Join(root, f.path)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, f.data) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.data, 0o644); err != nil {
			return err
		}
		fmt.Println("wrote", f.path)
	}
	return nil
}

// findRoot is the nearest folder upwards that holds a go.mod.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("find go.mod: not in any parent folder")
		}
		dir = up
	}
}

type file struct {
	path string // from the root
	data []byte
}

// files are all files that are made, in their newest form.
func files(root string) ([]file, error) {
	settings, err := os.ReadFile(filepath.Join(root, settingsDoc))
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name string
		data []byte
	}{
		{"settings", settingsTable()},
		{"outputs", outputsTable()},
		{"rules", rulesTable()},
		{"budgets", budgetsTable()},
	} {
		if settings, err = fill(settings, part.name, part.data); err != nil {
			return nil, fmt.Errorf("fill %s: %w", settingsDoc, err)
		}
	}
	outputs, err := os.ReadFile(filepath.Join(root, outputsDoc))
	if err != nil {
		return nil, err
	}
	if outputs, err = fill(outputs, "variants", variantsTable()); err != nil {
		return nil, fmt.Errorf("fill %s: %w", outputsDoc, err)
	}
	scripts, err := completions()
	if err != nil {
		return nil, err
	}
	return append(scripts, []file{
		{"action.yml", actionYAML()},
		{"schema/webpress.schema.json", schemaJSON()},
		{"templates/webpress.yml", componentYAML()},
		{settingsDoc, settings},
		{outputsDoc, outputs},
	}...), nil
}

// settingsDoc is the reference of all settings, outputsDoc about several outputs of a
// source; their tables are generated.
const (
	settingsDoc = "docs/settings.md"
	outputsDoc  = "docs/outputs.md"
)

// fill puts data between the markers of that name in doc.
func fill(doc []byte, name string, data []byte) ([]byte, error) {
	begin, end := "<!-- "+name+":begin -->", "<!-- "+name+":end -->"
	before, rest, ok := bytes.Cut(doc, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return nil, fmt.Errorf("no %s with a %s behind it", begin, end)
	}
	var b bytes.Buffer
	b.Write(before)
	b.WriteString(begin + "\n")
	b.Write(data)
	b.WriteString(end)
	b.Write(after)
	return b.Bytes(), nil
}
