package config

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/term"
)

// The widths of help texts in characters. The whole help follows the terminal.
const (
	shortWidth = 80
	widest     = 100
	// textColumn is where the text behind a flag or a command starts.
	textColumn = 30
)

// width is that of the terminal that w is, within bounds.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			return min(max(columns, 40), widest)
		}
	}
	return shortWidth
}

const usageLine = "Usage: webpress [COMMAND] [PATH ...] [FLAGS]\n"

const examples = `  webpress photos/
  webpress 'assets/**/*.heic' --max-width=1200
  webpress photo.heic -o photo.jpg
  webpress --variant 'thumb:max-width=300,quality=70'
  webpress --output='web/{dir}/{name}.webp' --dry-run
`

const aboutCommands = "If a file or folder has the same name as a command, write ./check, or put it after --."

const aboutSettings = "Every setting can be a flag (--max-width=1200), an input of the action (max-width), " +
	"an environment variable (WEBPRESS_MAX_WIDTH, or PLUGIN_MAX_WIDTH in Woodpecker) or a key in webpress.yml (max-width: 1200). " +
	"Flags override inputs, then plugin settings, variables, webpress.yml and the default."

// exitCodes are what the codes mean, for the help and the man page.
var exitCodes = [][2]string{
	{"0", "Everything is done."},
	{"1", "An image failed, or a check found an error; see --fail-on."},
	{"2", "A setting is wrong. Nothing was done."},
	{"3", "The images are done, but not delivered."},
	{"130", "Interrupted. Finished results are kept."},
}

// ShortHelp is the help of one screen: at most 24 lines of 80 characters.
func ShortHelp() string { return shortHelp("") }

// shortHelp is the short help of a command, or of webpress.
func shortHelp(name string) string {
	var b strings.Builder
	var names, texts, others []string
	c := commandNamed(name)
	flags := func(s Setting) bool { return s.top }
	more := "All flags: webpress --help. A command: webpress help COMMAND."
	if c == nil {
		b.WriteString(usageLine + "\nCommands\n")
		for _, c := range commands() {
			if c.brief == "" {
				if c.of == "" {
					others = append(others, c.name)
				}
				continue
			}
			names, texts = append(names, c.name), append(texts, c.brief)
		}
		entries(&b, append(names, "more"), append(texts, strings.Join(others, ", ")))
	} else {
		b.WriteString("Usage: " + c.usage() + "\n\n")
		wrap(&b, c.help, 0, shortWidth)
		flags = func(s Setting) bool { return s.brief != "" && slices.Contains(c.settings, s.Name) }
		more = "More: webpress help " + c.name
	}
	names, texts = nil, nil
	for _, s := range table {
		if flags(s) {
			names, texts = append(names, s.spelling()), append(texts, s.brief)
		}
	}
	if len(names) > 0 {
		b.WriteString("\nFlags\n")
		entries(&b, names, texts)
	}
	b.WriteString("\n" + more + "\n")
	return b.String()
}

// entries writes a line each, with the texts in one column.
func entries(b *strings.Builder, names, texts []string) {
	longest := 0
	for _, name := range names {
		longest = max(longest, len(name))
	}
	for i, name := range names {
		entry(b, name, texts[i], 2+longest+2, shortWidth)
	}
}

// longHelp is the whole help of a command, or of webpress, in lines of a width.
func longHelp(name string, width int) string {
	var b strings.Builder
	heading := func(title string) { b.WriteString("\n" + title + "\n") }
	flags := func(title string, which func(s Setting) bool) {
		first := true
		for _, s := range table {
			if !which(s) {
				continue
			}
			if first {
				heading(title)
				first = false
			}
			entry(&b, s.spelling(), s.described(), textColumn, width)
		}
	}
	c := commandNamed(name)
	if c != nil {
		b.WriteString("Usage: " + c.usage() + "\n\n")
		wrap(&b, c.help, 0, width)
		if len(c.args) > 0 {
			heading("Arguments")
		}
		for _, a := range c.args {
			entry(&b, a.usage, a.help, textColumn, width)
		}
		of := map[string]bool{}
		for _, name := range c.settings {
			of[name] = true
		}
		for _, key := range c.groups() {
			flags(groupTitle(key), func(s Setting) bool { return s.Group == key && of[s.Name] })
		}
		for _, f := range otherFlags(name) {
			entry(&b, f.spelling(), f.Help, textColumn, width)
		}
		b.WriteString("\n")
		wrap(&b, "All settings: webpress --help", 0, width)
		return b.String()
	}
	b.WriteString(usageLine + "\n")
	wrap(&b, description, 0, width)
	heading("Examples")
	b.WriteString(examples)
	heading("Commands")
	for _, c := range commands() {
		usage := strings.TrimSuffix(strings.TrimPrefix(c.usage(), "webpress "), " [FLAGS]")
		entry(&b, usage, c.help, textColumn, width)
	}
	b.WriteString("\n")
	wrap(&b, aboutCommands, 2, width)
	heading("Settings")
	wrap(&b, aboutSettings, 2, width)
	for _, g := range Groups {
		flags(g.Title, func(s Setting) bool { return s.Group == g.Key })
	}
	for _, f := range otherFlags("") {
		entry(&b, f.spelling(), f.Help, textColumn, width)
	}
	heading("Exit codes")
	for _, code := range exitCodes {
		entry(&b, code[0], code[1], 7, width)
	}
	return b.String()
}

const description = "Convert the images of a repository to WebP: HEIC, JPEG, PNG, GIF, TIFF and BMP, and AVIF if a pattern or a path names it."

// groups are the keys of the groups that the command's settings are in, in the order
// of the command's settings.
func (c *command) groups() []string {
	var keys []string
	for _, name := range c.settings {
		if key := byName[name].Group; !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

func groupTitle(key string) string {
	return Groups[slices.IndexFunc(Groups, func(g Group) bool { return g.Key == key })].Title
}

// otherFlags are the flags that are not settings: all, or those that belong to a command.
func otherFlags(command string) []Setting {
	var all []Setting
	for _, f := range reflect.VisibleFields(reflect.TypeFor[grammar]()) {
		of := strings.Split(f.Tag.Get("of"), ",")
		if f.Type.Kind() == reflect.Struct || command != "" && !slices.Contains(of, command) {
			continue
		}
		help := f.Tag.Get("help")
		if command != "" {
			_, help, _ = strings.Cut(help, ": ")
			help = strings.ToUpper(help[:1]) + help[1:]
		}
		s := Setting{Name: hyphenated(f.Name), Help: help, short: f.Tag.Get("short"), placeholder: f.Tag.Get("placeholder"), plain: true}
		if f.Type.Kind() == reflect.Bool {
			s.Kind = Switch
		}
		all = append(all, s)
	}
	return all
}

// spelling is the flag as the help shows it, such as "-q, --quality=N".
func (s Setting) spelling() string {
	text := "    --"
	if s.short != "" {
		text = "-" + s.short + ", --"
	}
	switch {
	case s.plain && s.Kind == Switch:
		return text + s.Name
	case s.Kind == Switch && s.Default == "true":
		return text + "[no-]" + s.Name
	case s.Kind == List:
		return text + s.Name + "=" + s.placeholder + ",..."
	case s.Kind == Switch:
		return text + s.Name
	case s.alone:
		return text + s.Name + "[=" + s.placeholder + "]"
	}
	return text + s.Name + "=" + s.placeholder
}

// described is the help of a setting with its values and its default.
func (s Setting) described() string {
	var notes []string
	if len(s.Enum) > 1 {
		notes = append(notes, strings.Join(s.Enum, ", "))
	}
	switch {
	case s.DefaultNote != "":
		notes = append(notes, "default: "+s.DefaultNote)
	case s.Kind != Switch && s.Default != "" && s.Default != "0" && !strings.Contains(s.Help, "default"):
		notes = append(notes, "default: "+s.Default)
	case s.Kind == Switch && s.Default == "true":
		notes = append(notes, "default: yes")
	}
	if len(notes) == 0 {
		return s.Help
	}
	return s.Help + " [" + strings.Join(notes, "; ") + "]"
}

// entry writes a flag or a command, and its text in a column.
func entry(b *strings.Builder, name, text string, column, width int) {
	line := "  " + name
	if len(line)+2 > column {
		b.WriteString(line + "\n")
		line = ""
	}
	var lines strings.Builder
	wrap(&lines, text, column, width)
	fmt.Fprintf(b, "%-*s%s", column, line, strings.TrimLeft(lines.String(), " "))
}

// noBreak is a space in a help text that is not the end of a line: commands are pasted.
const noBreak = "\u00a0"

// wrap writes text in lines of a width, with so many spaces in front.
func wrap(b *strings.Builder, text string, indent, width int) {
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		word = strings.ReplaceAll(word, noBreak, " ")
		if line != "" && indent+len(line)+1+len(word) > width {
			fmt.Fprintf(b, "%*s%s\n", indent, "", line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	fmt.Fprintf(b, "%*s%s\n", indent, "", line)
}
