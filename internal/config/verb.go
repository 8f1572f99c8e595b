package config

import "cmp"

// chooseVerb takes the verb that was typed, or else the one that is set, with what
// was typed behind it.
func (c *Config) chooseVerb(t *typedArgs) {
	c.Verb = cmp.Or(t.verb, Verb(c.Command))
	_, c.Unused = t.plain["unused"]
	_, c.Missing = t.plain["missing"]
	switch c.Verb {
	case Convert, Check:
		for _, name := range t.words {
			if IsAddress(name) {
				c.Addresses = append(c.Addresses, name)
			} else {
				c.Paths = append(c.Paths, name)
			}
		}
	case View:
		if len(t.words) == 1 && IsPage(t.words[0]) {
			c.Page = t.words[0]
		} else {
			c.Paths = t.words
		}
	case References, Accept:
		c.Paths = t.words
	case Key:
		c.KeyAction, c.KeyName = t.word(0), t.word(1)
	case Apply:
		c.Upload = t.word(0)
	case Merge:
		if c.Merged = t.words; len(c.Merged) == 0 {
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
