package config

import "slices"

// verbIn returns the command that is typed, which is the first argument that is not a
// flag, and the arguments behind it. There is no command behind --. kong does not
// distinguish an explicit convert from no command.
func verbIn(args []string) (verb Verb, behind []string) {
	for i, arg := range args {
		if arg != "--" && len(arg) > 1 && arg[0] == '-' { // checkArgs puts values behind =
			continue
		}
		if commandNamed(arg) != nil {
			return Verb(arg), args[i+1:]
		}
		break
	}
	return "", nil
}

// chooseVerb takes the verb that was typed, or else the one that is set, with what
// was typed behind it.
func (c *Config) chooseVerb(typed Verb, g *grammar) {
	c.Verb = typed
	if typed == "" {
		c.Verb = Verb(c.Command)
	}
	c.Unused, c.Missing = g.Unused, g.Missing
	behind := slices.Concat(g.Convert.Paths, g.Check.Paths) // one of them is empty
	switch c.Verb {
	case Convert, Check:
		for _, name := range behind {
			if IsAddress(name) {
				c.Addresses = append(c.Addresses, name)
			} else {
				c.Paths = append(c.Paths, name)
			}
		}
	case References:
		c.Paths = g.References.Paths
	case Key:
		c.KeyAction, c.KeyName = g.Key.Action, g.Key.Name
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
			all = append(all, Mistake{Where: "dir", Message: `"" is not a directory`})
		}
	}
	return all
}
