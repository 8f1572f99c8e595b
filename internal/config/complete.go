package config

import (
	"embed"
	"slices"
	"strings"
)

// completions are files that need neither webpress nor a library of a shell. They are
// made by gen, and not when they are asked for: text/template in the binary keeps the
// linker from leaving out the methods that nothing calls.
//
//go:embed completion
var completions embed.FS

// completion is the script for a shell, empty if there is none.
func completion(shell string) string {
	data, _ := completions.ReadFile("completion/webpress." + shell)
	return string(data)
}

// A CompletedFlag is a flag as the templates of gen see it.
type CompletedFlag struct {
	Name, Short, Brief, Placeholder string
	// Values are those that it may have; Path is file or dir where it is one of them.
	Values []string
	Path   string
	// Bare flags have no value, Optional ones may have none, and a List has several.
	Bare, Optional, List bool
}

// A CompletedCommand is a command as those templates see it.
type CompletedCommand struct {
	Name, Brief string
	// Values are those of its argument, Path is file or dir where it is one of them.
	Values []string
	Path   string
}

// CompletedFlags are all flags that can be typed.
func CompletedFlags() []CompletedFlag {
	var all []CompletedFlag
	for _, s := range slices.Concat(Settings(), otherFlags("")) {
		f := CompletedFlag{
			Name: s.Name, Short: s.short, Brief: s.line(60), Placeholder: s.placeholder, Path: pathOf(s.placeholder),
			Bare: s.Kind == Switch, Optional: s.alone, List: s.Kind == List,
		}
		if len(s.Enum) > 1 {
			f.Values = s.Enum
		}
		all = append(all, f)
		if s.Kind == Switch && !s.plain {
			all = append(all, CompletedFlag{Name: "no-" + s.Name, Brief: "switch " + s.Name + " off", Bare: true})
		}
	}
	return all
}

// CompletedCommands are all commands.
func CompletedCommands() []CompletedCommand {
	var all []CompletedCommand
	for _, c := range commands() {
		one := CompletedCommand{Name: c.name, Brief: c.line()}
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
