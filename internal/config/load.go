package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"github.com/webpress/webpress/internal/tree"
)

// ErrShown is returned by Load where all that was asked for was to show the help
// or the version, and that is done.
var ErrShown = errors.New("shown")

// An Env is what Load may know of the world.
type Env struct {
	// Environ is the environment, as os.Environ has it.
	Environ []string
	// Dir is the absolute path of the folder that webpress was started in.
	Dir string
	// Stdout takes the help and the version.
	Stdout io.Writer
	// Version is that of webpress, Libraries returns those of what it is built with.
	Version   string
	Libraries func() []Library
	// Sandbox says how decoders are confined; nil is not known.
	Sandbox func() string
	// Committed is when the commit was made that webpress is built from; zero is not known.
	Committed time.Time
}

// Load reads the settings from all their sources. If several have a setting,
// the first of these wins: the flags in args, action inputs (INPUT_), plugin
// settings (PLUGIN_), WEBPRESS_ variables, webpress.yml, the default. args has
// no program name.
//
// The error is ErrShown, or Mistakes with everything that is wrong in any of
// the sources, those that lose included. With Mistakes, the settings say no more than
// where and how to print them.
func Load(args []string, h Env) (Config, error) {
	env, mistakes, warnings := environ(h.Environ)
	l := &loader{host: h, env: env, mistakes: mistakes, cli: source{}}
	c, err := l.run(args)
	switch {
	case err != nil:
		return Config{}, err
	case len(l.mistakes) > 0:
		return Config{JSON: c.JSON, Report: c.Report, Color: c.Color}, l.mistakes
	}
	c.Warnings = warnings
	return c, nil
}

// A loader gathers the mistakes of one Load on the way through kong.
type loader struct {
	host     Env
	cli, env source
	once     sync.Once
	// dir is the working directory, yml the path of the file of settings as seen from
	// there, file what was read of it.
	dir, yml string
	noConfig bool
	file     *file
	// said are the settings in file.
	said source
	// flags are the mistakes in flags, which are reported first.
	flags, mistakes Mistakes
}

func (l *loader) run(args []string) (Config, error) {
	var g grammar
	bare := len(args) == 0
	k, err := l.parser(&g)
	if err != nil {
		return Config{}, fmt.Errorf("build the command line: %w", err) // a mistake of ours
	}
	args, asked, wrong := checkArgs(k.Model, args)
	if i := slices.Index(args, "--no-config"); i >= 0 {
		end := slices.Index(args, "--")
		l.noConfig = end < 0 || i < end
	}
	verb, behind := verbIn(args)
	if show, mistakes := showFor(asked, verb, behind, args); show != nil || mistakes != nil {
		if mistakes == nil && asked == "" {
			mistakes = wrong
		}
		if mistakes != nil {
			return Config{}, mistakes
		}
		return Config{}, show(l.host)
	}
	if verb == "" && slices.Contains(args, "--") {
		args = append([]string{string(Convert)}, args...) // or kong takes commands behind it
	}
	_, err = k.Parse(args)
	l.flags = append(wrong, l.flags...)
	if err != nil {
		m := Mistake{Message: err.Error()}
		if c := commandNamed(string(verb)); c != nil && strings.HasPrefix(m.Message, "unexpected argument") {
			m = Mistake{Where: c.name, Message: m.Message + "; usage: " + c.usage()}
		}
		l.flags = append(l.flags, m)
	}
	l.mistakes = append(l.flags, l.mistakes...)

	c := g.Settings
	c.Bare = bare && l.yml == "" && len(l.env) == 0 && !slices.ContainsFunc(l.host.Environ, func(e string) bool {
		return strings.HasPrefix(e, "CI=") && e != "CI="
	})
	c.File, c.WorkingDirectory = l.yml, l.dir
	c.Action = inAction(l.host.Environ)
	c.chooseVerb(verb, &g)
	l.mistakes = append(l.mistakes, c.readServing(g.Serving)...)
	l.mistakes = append(l.mistakes, emptyNames(c)...)
	l.mistakes = append(l.mistakes, l.noColumns(c)...)
	l.mistakes = append(l.mistakes, l.typed(&c)...)
	if len(l.mistakes) == 0 {
		if err := l.notThere(c, verb, commandNames()); err != nil {
			return Config{}, err
		}
	}
	l.mistakes = append(l.mistakes, validate(c)...)
	stronger := func(name string) bool {
		_, typed := l.cli[name]
		_, set := l.env[name]
		return typed || set || name == "format" && c.Target == ToFile // its name says it
	}
	_, c.LockSet = l.said["lock"]
	c.LockSet = c.LockSet || stronger("lock")
	c.moveToFile(stronger)
	c.leadsOut()
	c.Given = given(c, stronger)
	if l.file != nil {
		c.Budgets = l.file.budgetsRead()
		c.Rules = l.file.rulesFor(c, stronger)
		for _, rule := range c.Rules {
			if _, err := rule.Settings.Each(); err != nil && !c.oneFile() { // whose rule is not known yet
				l.mistakes = append(l.mistakes, Mistake{
					Where: fmt.Sprintf("%s:%d: rules", filepath.ToSlash(l.yml), rule.Line), Message: err.Error(), File: filepath.ToSlash(l.yml), Line: rule.Line,
				})
			}
		}
		c.FromFile = map[string]Mistake{}
		for name, one := range l.said {
			if !stronger(name) {
				c.FromFile[name] = one.where
			}
		}
	}
	return c, nil
}

// addFileAndEnv finds the working directory, and opens the sources below the flags.
func (l *loader) addFileAndEnv(ctx *kong.Context) {
	pick := func(name string) *found {
		if f, ok := l.cli[name]; ok {
			return &f
		}
		if f, ok := l.env[name]; ok {
			return &f
		}
		return nil
	}
	l.dir = l.host.Dir
	if f := pick("working-directory"); f != nil {
		l.dir = within(l.dir, f.value.(string))
		if info, err := os.Stat(l.dir); err != nil || !info.IsDir() {
			m, why := f.where, "not a directory"
			if err != nil {
				why = tree.Cause(err).Error()
			}
			m.Message = fmt.Sprintf("%s cannot be used: %s", quote(f.text), why)
			l.mistakes = append(l.mistakes, m)
			return
		}
	}
	asked := pick("config")
	if l.noConfig && asked != nil {
		m := asked.where
		m.Message = "--no-config is also given"
		l.mistakes = append(l.mistakes, m)
	}
	var name string
	var data []byte
	if !l.noConfig {
		var mistakes Mistakes
		name, data, mistakes = openFile(l.dir, asked)
		l.mistakes = append(l.mistakes, mistakes...)
	}
	l.yml = name
	yml, f := parseFile(filepath.ToSlash(name), data)
	l.file, l.said, l.mistakes = f, yml, append(l.mistakes, f.mistakes...)
	ctx.AddResolver(resolver(yml)) // kong takes the last that has a value
	ctx.AddResolver(resolver(l.env))
}

// resolver hands what a source says to kong.
func resolver(src source) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if f, ok := src[flag.Name]; ok {
			return f, nil
		}
		return nil, nil
	})
}

// A mapper is how kong reads the values of one setting. It never fails: what is
// wrong is noted, so that kong goes on to the next.
type mapper struct {
	*Setting
	l *loader
	// zero stands in for a value that was wrong.
	zero reflect.Value
}

// Decode sets target from the next token: one of a flag, a default, or what a
// resolver found.
func (m mapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	f := found{value: true, where: Mistake{Where: "--" + m.Name}}
	if m.alone {
		f.value = Always
	}
	if !m.IsBool() || ctx.Scan.Peek().Type == kong.FlagValueToken {
		switch v := ctx.Scan.Pop().Value.(type) {
		case found:
			m.set(target, v)
			return nil
		case bool: // of --no-x
			f.value = v
		default:
			one := source{}
			if text := fmt.Sprint(v); m.check == "template" && text != "" {
				f.value, f.text = text, text // see typed
				break
			}
			if wrong := one.take(m.Setting, fmt.Sprint(v), f.where); wrong != nil {
				m.l.flags = append(m.l.flags, wrong...)
				target.Set(m.zero) // or kong stops at it
				return nil
			}
			f = one[m.Name]
		}
	}
	m.set(target, f)
	if target != ctx.Value.Target { // that is where kong puts defaults
		m.l.cli[m.Name] = f
	}
	return nil
}

func (m mapper) set(target reflect.Value, f found) {
	v := reflect.ValueOf(f.value)
	if m.Kind == List {
		v = reflect.AppendSlice(target, v)
	}
	target.Set(v)
}

// IsBool reports whether the flag stands alone.
func (m mapper) IsBool() bool { return m.Kind == Switch || m.alone }
