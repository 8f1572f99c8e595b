package config

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"
	"text/template"
)

// The completions are files that need neither webpress nor a library of a shell: a
// library for kong would run webpress at each press of the key, and none is kept up.
var (
	//go:embed completion/bash.tmpl
	bashCompletion string
	//go:embed completion/zsh.tmpl
	zshCompletion string
	//go:embed completion/fish.tmpl
	fishCompletion string

	completions = map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
)

// A completedFlag is a flag as the templates see it.
type completedFlag struct {
	Name, Short, Brief, Placeholder string
	// Values are those that it may have; Path is file or dir where it is one of them.
	Values []string
	Path   string
	// Bare flags have no value, Optional ones may have none, and a List has several.
	Bare, Optional, List bool
}

// A completedCommand is a command as the templates see it.
type completedCommand struct {
	Name, Brief string
	// Values are those of its argument, Path is file or dir where it is one of them.
	Values []string
	Path   string
}

// completion is the script for a shell.
func completion(shell string) (string, error) {
	t, err := template.New(shell).Funcs(template.FuncMap{
		"join":  strings.Join,
		"quote": func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" },
		// fish knows \' and \\ inside of quotes, and zsh reads \: in a specification.
		"fish": func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'" },
		"spec": func(s string) string {
			return strings.NewReplacer(`\`, `\\`, ":", `\:`, "[", `\[`, "]", `\]`, "'", `'\''`).Replace(s)
		},
	}).Parse(completions[shell])
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{"Flags": completedFlags(), "Commands": completedCommands()})
	return b.String(), err
}

func completedFlags() []completedFlag {
	var all []completedFlag
	for _, s := range slices.Concat(Settings(), otherFlags("")) {
		f := completedFlag{
			Name: s.Name, Short: s.short, Brief: s.line(60), Placeholder: s.placeholder, Path: pathOf(s.placeholder),
			Bare: s.Kind == Switch, Optional: s.alone, List: s.Kind == List,
		}
		if len(s.Enum) > 1 {
			f.Values = s.Enum
		}
		all = append(all, f)
		if s.Kind == Switch && !s.plain {
			all = append(all, completedFlag{Name: "no-" + s.Name, Brief: "switch " + s.Name + " off", Bare: true})
		}
	}
	return all
}

func completedCommands() []completedCommand {
	var all []completedCommand
	for _, c := range commands() {
		one := completedCommand{Name: c.name, Brief: c.line()}
		for _, a := range c.args {
			one.Values, one.Path = a.values, pathOf(strings.ToUpper(a.name))
			if a.name == "command" {
				one.Values = commandNames()
			}
		}
		all = append(all, one)
	}
	return all
}

// pathOf is file or dir for the placeholder of a value that is one, empty for others.
func pathOf(placeholder string) string {
	switch placeholder {
	case "FILE", "PATH", "PATTERN":
		return "file"
	case "DIR":
		return "dir"
	}
	return ""
}
