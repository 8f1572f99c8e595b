package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// grammar is the command line. The tags of a command are kong's, and:
//
//	brief     its line in the short help; without it, only the name is there
//	settings  what matters to it, for its own help: settings, and groups of them
//	          behind group:
//	values    the values that an argument may have
//	of        the commands that a flag which is no setting belongs to; a command that
//	          belongs to another is not named in the short help
//
// Help, Version and the commands for people are answered before kong parses: see
// show.go.
type grammar struct {
	Settings   Config         `embed:""`
	Help       bool           `group:"run" short:"h" help:"Show the help: -h shows one screen, --help all of it."`
	Version    bool           `group:"run" short:"V" help:"Show the version: -V shows that of webpress, --version also those of its libraries."`
	NoConfig   bool           `group:"run" help:"Do not read webpress.yml."`
	Unused     bool           `group:"check" of:"references" help:"With references: list the images that no page names."`
	Missing    bool           `group:"check" of:"references" help:"With references: list only references that lead to no file, or to one whose name differs in case."`
	Serving    servingFlags   `embed:""`
	Convert    convertArgs    `cmd:"" default:"withargs" brief:"convert images to WebP (the default)" settings:"group:which,group:image,group:result,group:limits,group:incremental" help:"Convert images to WebP. This is the default: the word convert can be left out."`
	Check      checkedArgs    `cmd:"" brief:"report outdated results and images over a budget" settings:"group:check,group:which,base,changed-only,report,code-quality,summary,json,quiet,verbose" help:"Report results that are not up to date and images that break a budget, with the commands that fix it. Changes no file. Exits with 1 if there is an error."`
	Init       struct{}       `cmd:"" brief:"set webpress up in this repository" settings:"dry-run" help:"Set webpress up in this repository: write webpress.yml, a workflow for its CI and a line in .gitattributes. Existing files are left alone."`
	Accept     acceptArgs     `cmd:"" brief:"keep results that were edited by hand" help:"Keep results that were edited by hand, or made by another program, as they are."`
	Apply      applyArgs      `cmd:"" settings:"verify,group:store,group:commit,token,summary,comment,dry-run" help:"Verify the artifact of a run that could not commit, such as one for a pull request from a fork, and commit it."`
	Merge      mergeArgs      `cmd:"" settings:"uploads,verify,group:store,group:commit,token,summary,comment,dry-run" help:"Join the artifacts of a run's shards (see --shard) into one result."`
	References referencesArgs `cmd:"" brief:"list where pages name images" settings:"group:pages,dry-run,json,quiet,verbose" help:"List which files name which images. With --dry-run it shows, as a diff, what references would change."`
	RepairLock struct{}       `cmd:"" help:"Repair webpress.lock: after a merge conflict, or if it is damaged."`
	Serve      struct{}       `cmd:"" settings:"group:image,max-pixels,max-file-size,memory-limit,timeout,sandbox,jobs,allow-private-hosts,webhook-url,webhook-secret,quiet,verbose" help:"Convert images for others by an HTTP API, with a page to try it. Settings of images are the defaults of its options."`
	Key        keyArgs        `cmd:"" of:"serve" help:"Add, list or remove the keys of webpress\u00a0serve. add prints the key, which is stored nowhere."`
	HelpOf     helpArgs       `cmd:"" name:"help" help:"Show the help of webpress or of a command."`
	VersionOf  struct{}       `cmd:"" name:"version" settings:"json" help:"Show the versions of webpress and of the libraries that it uses."`
	Completion completionArgs `cmd:"" help:"Print the completion script for a shell. Load it with: source\u00a0<(webpress\u00a0completion\u00a0bash)"`
	Man        struct{}       `cmd:"" help:"Print the manual page. Read it with: webpress\u00a0man\u00a0|\u00a0man\u00a0-l\u00a0-"`
}

type convertArgs struct {
	Paths []string `arg:"" optional:"" name:"path" help:"Files, folders and quoted patterns to convert. A folder means everything below it."`
}

type checkedArgs struct {
	Paths []string `arg:"" optional:"" name:"path" help:"Files, folders and quoted patterns to check. A folder means everything below it."`
}

type referencesArgs struct {
	Paths []string `arg:"" optional:"" name:"path" help:"Images, pages and folders to list; all by default."`
}

type acceptArgs struct {
	Paths []string `arg:"" name:"path" help:"Results, or their sources."`
}

type mergeArgs struct {
	Uploads []string `arg:"" optional:"" name:"dir" help:"Directories of the unpacked artifacts, or one that contains them all."`
}

type applyArgs struct {
	Upload string `arg:"" name:"dir" help:"Directory of the unpacked artifact."`
}

type keyArgs struct {
	Action string `arg:"" name:"action" values:"add,list,remove" help:"What to do."`
	Name   string `arg:"" optional:"" name:"name" help:"Name of the key, such as shop."`
}

type completionArgs struct {
	Shell string `arg:"" name:"shell" values:"bash,zsh,fish" help:"The shell."`
}

type helpArgs struct {
	Command string `arg:"" optional:"" name:"command" help:"One of the commands."`
}

func (l *loader) parser(g *grammar) (*kong.Kong, error) {
	options := []kong.Option{
		kong.Name("webpress"),
		kong.NoDefaultHelp(),
		kong.KindMapper(reflect.String, kong.MapperFunc(takeText)),
		kong.WithBeforeResolve(func(ctx *kong.Context) error {
			l.once.Do(func() { l.addFileAndEnv(ctx) }) // kong calls it for every flag
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

// takeText reads a text as it was typed. kong's own way is through JSON, which has no
// room for the bytes of a file name that is not UTF-8.
func takeText(ctx *kong.DecodeContext, target reflect.Value) error {
	t, err := ctx.Scan.PopValue("text")
	if err == nil {
		target.SetString(t.String())
	}
	return err
}

// checkArgs finds what kong would stop at, so that every mistake is reported and
// not just the first. It returns the arguments without the wrong ones, and flags
// first: kong takes no paths on both sides of one. asked is the first flag that asks
// for the help or the version, as it was typed.
func checkArgs(app *kong.Application, args []string) (_ []string, asked string, _ Mistakes) {
	long, short := map[string]*kong.Flag{}, map[rune]*kong.Flag{}
	for _, f := range app.AllFlags(false)[0] {
		long[f.Name], short[f.Short] = f, f
		if f.Tag.Negatable != "" {
			long["no-"+f.Name] = f
		}
		if f.Name == variantsKey {
			long["variant"] = f // of which each is one
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
		if asked == "" {
			asked = askedBy(arg, short)
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
			where.Message = "give the value after =, as in --" + flag.Name + "=" + next
			mistakes = append(mistakes, where)
			i++
		case hasValue && (byName[flag.Name] == nil && flag.IsBool() || spelt == "--no-"+flag.Name):
			where.Message = "it takes no value"
			mistakes = append(mistakes, where)
		case flag.Name == variantsKey && hasValue:
			flags = append(flags, "--"+flag.Name+arg[len(spelt):])
		case flag.IsBool() || hasValue:
			flags = append(flags, arg)
		case i+1 == len(args), isFlag(next, long, short):
			where.Message = "it needs a value"
			if s := byName[flag.Name]; s != nil {
				where.Message += ": " + s.Allowed()
			}
			mistakes = append(mistakes, where)
		default: // with =, a value may start with a hyphen
			if before := strings.TrimSuffix(arg, spelt[1:]); arg[1] != '-' && before != "-" {
				flags = append(flags, before) // the -v of -vq 80
			}
			flags = append(flags, "--"+flag.Name+"="+next)
			i++
		}
	}
	return append(flags, others...), asked, mistakes
}

// askedBy is the flag in arg that asks for the help or the version: -h, --help, -V or
// --version.
func askedBy(arg string, short map[rune]*kong.Flag) string {
	if strings.HasPrefix(arg, "--") {
		if arg == "--help" || arg == "--version" {
			return arg
		}
		return ""
	}
	for _, r := range arg[1:] {
		switch flag := short[r]; {
		case flag == nil, r == 0, !flag.IsBool():
			return ""
		case r == 'h', r == 'V':
			return "-" + string(r)
		}
	}
	return ""
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
