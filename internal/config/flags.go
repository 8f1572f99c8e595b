package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// grammar is the command line.
type grammar struct {
	Settings Config           `embed:""`
	Help     helpFlag         `group:"run" short:"h" help:"Show this help."`
	Version  kong.VersionFlag `group:"run" help:"Show the version."`
	NoConfig bool             `group:"run" help:"Read no file of settings."`
	Convert  convertArgs      `cmd:"" default:"withargs" help:"Convert pictures. This is done where no command is named."`
	Check    lookArgs         `cmd:"" help:"Say which results are not up to date, and which pictures break a budget. Nothing is written."`
	Apply    applyArgs        `cmd:"" help:"Check an artifact that a run without rights has made, such as one for a fork's pull request, and commit it."`
	Merge    mergeArgs        `cmd:"" help:"Join what the parts of a run (see --shard) have made into one."`
	Accept   acceptArgs       `cmd:"" help:"Take results that were changed by hand, or that somebody else has made, as they are."`
	Relock   struct{}         `cmd:"" help:"Make webpress.lock whole after a merge that left it in conflict, or where it is damaged."`
}

type convertArgs struct {
	Paths []string `arg:"" optional:"" name:"path" help:"Files, folders and quoted patterns to convert; a folder means everything below it."`
}

type lookArgs struct {
	Paths []string `arg:"" optional:"" name:"path" help:"Files, folders and quoted patterns to look at; a folder means everything below it."`
}

type acceptArgs struct {
	Paths []string `arg:"" name:"path" help:"Files of results, or of their sources."`
}

type mergeArgs struct {
	Uploads []string `arg:"" optional:"" name:"dir" help:"Folders of the artifacts, unpacked, or one that holds them all."`
}

type applyArgs struct {
	Upload string `arg:"" name:"dir" help:"Folder of the artifact, unpacked."`
}

// A helpFlag shows the help of the command it is given to. It stands in for
// kong's, which cannot be put into a group.
type helpFlag bool

// IgnoreDefault keeps --help from choosing the default command.
func (helpFlag) IgnoreDefault() {}

// BeforeReset shows the help, before any setting is looked at.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	o := helpOptions
	if o.NoAppSummary = ctx.Selected() == nil; o.NoAppSummary { // kong's would hide that no command is needed
		fmt.Fprintln(ctx.Stdout, "Usage: webpress [PATH ...] [FLAGS]")
	}
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
		return err
	}
	ctx.Exit(0)
	return nil
}

var helpOptions = kong.HelpOptions{NoAppDescFormat: true, WrapUpperBound: 100, ValueFormatter: helpOf}

const description = `Converts HEIC, JPEG, PNG, TIFF, BMP, GIF and AVIF pictures to WebP.

  webpress photos/
  webpress 'assets/**/*.heic' --max-width=1200
  webpress --output='web/{dir}/{name}.webp' --dry-run

Every setting can also be given as an action's input (max-width), as a variable
(WEBPRESS_MAX_WIDTH, or PLUGIN_MAX_WIDTH in Woodpecker) or in webpress.yml
(max-width: 1200). A flag beats an input, then come plugin settings, variables,
the file and the default.

The first word that is no flag may be a command, named below. A file or folder
that is called like one is meant with ./ in front, ./check, and behind --.

Exit codes: 0 done, 1 a picture failed or a check has found an error, 2 a setting
is wrong and nothing was done, 3 the pictures are done but not delivered, 130
interrupted.`

func (l *loader) parser(g *grammar, exit func(int)) (*kong.Kong, error) {
	var groups []kong.Group
	for _, gr := range Groups {
		groups = append(groups, kong.Group{Key: gr.Key, Title: gr.Title + ":"})
	}
	options := []kong.Option{
		kong.Name("webpress"),
		kong.Description(description),
		kong.Vars{"version": l.host.Version},
		kong.Writers(l.host.Stdout, l.host.Stdout),
		kong.Exit(exit),
		kong.ExplicitGroups(groups),
		kong.NoDefaultHelp(),
		kong.WithBeforeResolve(func(ctx *kong.Context) error {
			l.once.Do(func() { l.lower(ctx) }) // kong calls it for every flag
			return nil
		}),
	}
	fields := reflect.ValueOf(&g.Settings).Elem()
	for i := range table {
		s := &table[i]
		field := fields.Field(s.field)
		zero := reflect.Zero(field.Type())
		if s.Default != "" {
			v, err := s.parse(s.Default)
			if err != nil {
				return nil, fmt.Errorf("default of %s: %s", s.Name, wrong(s, s.Default, err))
			}
			zero = reflect.ValueOf(v)
		}
		options = append(options, kong.ValueMapper(field.Addr().Interface(), mapper{s, l, zero}))
	}
	return kong.New(g, options...)
}

// helpOf is the help of a flag with what it may be.
func helpOf(v *kong.Value) string {
	s := byName[v.Name]
	if s == nil || v.Flag == nil {
		return v.Help
	}
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
		return v.Help
	}
	return strings.TrimSuffix(v.Help, ".") + " (" + strings.Join(notes, "; ") + ")."
}

// checkArgs finds what kong would stop at, so that every mistake is told and
// not just the first. It returns the arguments without the wrong ones, and flags
// first: kong takes no paths on both sides of one.
func checkArgs(app *kong.Application, args []string) ([]string, Mistakes) {
	long, short := map[string]*kong.Flag{}, map[rune]*kong.Flag{}
	for _, f := range app.AllFlags(false)[0] {
		long[f.Name], short[f.Short] = f, f
		if f.Tag.Negatable != "" {
			long["no-"+f.Name] = f
		}
	}
	var flags, others []string
	var mistakes Mistakes
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			others = append(others, args[i:]...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			others = append(others, arg)
			continue
		}
		flag, spelt, hasValue := lookUp(arg, long, short)
		where := Mistake{Where: spelt}
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch {
		case flag == nil:
			where.Message = unknown(strings.TrimPrefix(spelt, "--"), func(name string) string { return "--" + name }, slices.Sorted(maps.Keys(long))...)
			mistakes = append(mistakes, where)
		case flag.IsBool() && !hasValue && (next == "true" || next == "false"):
			where.Message = "a value follows behind =, as in --" + flag.Name + "=" + next
			mistakes = append(mistakes, where)
			i++
		case hasValue && (byName[flag.Name] == nil || spelt == "--no-"+flag.Name):
			where.Message = "it takes no value"
			mistakes = append(mistakes, where)
		case flag.IsBool() || hasValue:
			flags = append(flags, arg)
		case i+1 == len(args), isFlag(next, long, short):
			where.Message = "it has no value; it takes " + byName[flag.Name].Allowed()
			mistakes = append(mistakes, where)
		default: // with =, a value may start with a hyphen
			if before := strings.TrimSuffix(arg, spelt[1:]); arg[1] != '-' && before != "-" {
				flags = append(flags, before) // the -v of -vq 80
			}
			flags = append(flags, "--"+flag.Name+"="+next)
			i++
		}
	}
	return append(flags, others...), mistakes
}

func isFlag(arg string, long map[string]*kong.Flag, short map[rune]*kong.Flag) bool {
	if len(arg) < 2 || arg[0] != '-' {
		return false
	}
	f, _, _ := lookUp(arg, long, short)
	return f != nil || strings.HasPrefix(arg, "--")
}

// lookUp finds the flag that arg ends with: -vq80 is -v and then -q with a
// value. It is nil for an unknown one, and spelt is then the wrong part.
func lookUp(arg string, long map[string]*kong.Flag, short map[rune]*kong.Flag) (flag *kong.Flag, spelt string, hasValue bool) {
	if name, ok := strings.CutPrefix(arg, "--"); ok {
		name, _, hasValue = strings.Cut(name, "=")
		return long[name], "--" + name, hasValue
	}
	for i, r := range arg[1:] {
		flag = short[r]
		spelt = "-" + string(r)
		if flag == nil || r == 0 {
			return nil, spelt, false
		}
		if rest := arg[1+i+len(string(r)):]; !flag.IsBool() {
			return flag, spelt, rest != ""
		}
	}
	return flag, spelt, false
}
