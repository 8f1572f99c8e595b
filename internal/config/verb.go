package config

import (
	"slices"

	"github.com/alecthomas/kong"
)

// verbIn returns the verb that is typed: the first argument that is no flag, where
// it is a command. Behind -- there is none. kong tells a typed convert and none at all apart in nothing.
func verbIn(args []string, app *kong.Application) Verb {
	for _, arg := range args {
		if arg != "--" && len(arg) > 1 && arg[0] == '-' { // checkArgs puts values behind =
			continue
		}
		if slices.ContainsFunc(app.Children, func(n *kong.Node) bool { return n.Name == arg }) {
			return Verb(arg)
		}
		break
	}
	return ""
}

// chooseVerb takes the verb that was typed, or else the one that is set, with what
// was typed behind it.
func (c *Config) chooseVerb(typed Verb, g *grammar) {
	c.Verb = typed
	if typed == "" {
		c.Verb = Verb(c.Command)
	}
	behind := slices.Concat(g.Convert.Paths, g.Check.Paths) // one of them is empty
	switch c.Verb {
	case Convert, Check:
		c.Paths = behind
	case Accept:
		c.Paths = g.Accept.Paths
	case Apply:
		c.Upload = g.Apply.Upload
	case Merge:
		if c.Merged = slices.Concat(behind, g.Merge.Uploads); len(c.Merged) == 0 {
			c.Merged = c.Uploads
		}
	}
}

// emptyNames finds arguments that are nothing, as $VARIABLE in quotes may be.
func emptyNames(c Config) Mistakes {
	var all Mistakes
	for _, p := range c.Paths {
		if p == "" {
			all = append(all, Mistake{Where: "path", Message: `"" is not a file, a folder or a pattern`})
		}
	}
	for _, dir := range c.Merged {
		if dir == "" {
			all = append(all, Mistake{Where: "dir", Message: `"" is not a folder`})
		}
	}
	return all
}
