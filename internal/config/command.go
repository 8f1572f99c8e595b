package config

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// A command is one row of the table of commands: the fields of grammar with a cmd tag.
type command struct {
	// name is what is typed, help the whole text, brief a line for the short help.
	name, help, brief string
	// of is the command that this one belongs to, empty for none.
	of string
	// settings are the names of those that matter to it, in the order of its help.
	settings []string
	args     []argument
}

// An argument is what may be typed behind a command.
type argument struct {
	// usage is how it is written in a usage, such as [PATH ...].
	usage, help string
	name        string
	values      []string
	// many is set where it can be typed several times, optional where it can be left out.
	many, optional bool
}

// commands are all commands, in the order of the help. They are made when they are
// first needed, which is not in every run.
var commands = sync.OnceValue(func() []command {
	var all []command
	for f := range reflect.TypeFor[grammar]().Fields() {
		if _, ok := f.Tag.Lookup("cmd"); !ok {
			continue
		}
		c := command{name: f.Tag.Get("name"), help: f.Tag.Get("help"), brief: f.Tag.Get("brief"), of: f.Tag.Get("of")}
		if c.name == "" {
			c.name = hyphenated(f.Name)
		}
		for key := range strings.SplitSeq(f.Tag.Get("settings"), ",") {
			group, isGroup := strings.CutPrefix(key, "group:")
			for _, s := range table {
				if isGroup && s.Group == group || s.Name == key {
					c.settings = append(c.settings, s.Name)
				}
			}
		}
		for field := range f.Type.Fields() {
			c.args = append(c.args, argumentOf(field))
		}
		all = append(all, c)
	}
	return all
})

func argumentOf(f reflect.StructField) argument {
	a := argument{name: f.Tag.Get("name"), help: f.Tag.Get("help"), many: f.Type.Kind() == reflect.Slice}
	if values := f.Tag.Get("values"); values != "" {
		a.values = strings.Split(values, ",")
	}
	a.usage = strings.ToUpper(a.name)
	if len(a.values) > 0 {
		a.usage = strings.Join(a.values, "|")
	}
	if a.many {
		a.usage += " ..."
	}
	if _, a.optional = f.Tag.Lookup("optional"); a.optional {
		a.usage = "[" + a.usage + "]"
	}
	return a
}

// commandNamed returns the command of that name, nil if there is none.
func commandNamed(name string) *command {
	all := commands()
	if i := slices.IndexFunc(all, func(c command) bool { return c.name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

// IsCommand reports whether a word is a command, and not a file, where it is typed first.
func IsCommand(word string) bool { return commandNamed(word) != nil }

// commandNames are the names of all commands.
func commandNames() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

// line is what the command does in one line.
func (c *command) line() string {
	if c.brief != "" {
		return c.brief
	}
	text, _, _ := strings.Cut(strings.TrimSuffix(c.help, "."), ". ")
	return strings.ToLower(text[:1]) + text[1:]
}

// usage is how the command is typed.
func (c *command) usage() string {
	words := []string{"webpress", c.name}
	for _, a := range c.args {
		words = append(words, a.usage)
	}
	return strings.Join(append(words, "[FLAGS]"), " ")
}

// check finds what is wrong with the number of words behind the command.
func (c *command) check(words []string) Mistakes {
	for i, a := range c.args {
		if i == len(words) && !a.optional {
			return Mistakes{{Where: c.name, Message: strings.ToUpper(a.name) + " is missing; usage: " + c.usage()}}
		}
		if a.many {
			return nil
		}
	}
	if len(words) > len(c.args) {
		return Mistakes{{Where: c.name, Message: "unexpected argument " + words[len(c.args)] + "; usage: " + c.usage()}}
	}
	return nil
}
