package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

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
	l := &loader{host: h, env: env, mistakes: mistakes}
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

// A loader gathers the mistakes of one Load.
type loader struct {
	host  Env
	env   source
	typed *typedArgs
	// dir is the working directory, yml the path of the file of settings as seen from
	// there, file what was read of it.
	dir, yml string
	file     *file
	// said are the settings in file.
	said source
	// mistakes are all but those in flags, which are reported first.
	mistakes Mistakes
}

func (l *loader) run(args []string) (Config, error) {
	t := readArgs(args)
	l.typed = t
	if show, mistakes := t.show(); show != nil || mistakes != nil {
		if mistakes == nil && t.asked == "" {
			mistakes = t.mistakes
		}
		if mistakes != nil {
			return Config{}, mistakes
		}
		return Config{}, show(l.host)
	}
	l.readFile()
	l.mistakes = slices.Concat(t.mistakes, commandNamed(string(cmp.Or(t.verb, Convert))).check(t.words), l.mistakes)

	c, err := l.settings()
	if err != nil {
		return Config{}, err // a mistake of ours
	}
	verb, bare := t.verb, len(args) == 0
	c.Bare = bare && l.yml == "" && len(l.env) == 0 && !slices.ContainsFunc(l.host.Environ, func(e string) bool {
		return strings.HasPrefix(e, "CI=") && e != "CI="
	})
	c.File, c.WorkingDirectory = l.yml, l.dir
	c.Action = inAction(l.host.Environ)
	c.chooseVerb(t)
	l.mistakes = append(l.mistakes, c.readServing(t.serving())...)
	l.mistakes = append(l.mistakes, emptyNames(c)...)
	l.mistakes = append(l.mistakes, l.noColumns(c)...)
	l.mistakes = append(l.mistakes, l.typedOnly(&c)...)
	if len(l.mistakes) == 0 {
		if err := l.notThere(c, verb, commandNames()); err != nil {
			return Config{}, err
		}
	}
	l.mistakes = append(l.mistakes, validate(c)...)
	stronger := func(name string) bool {
		_, typed := t.settings[name]
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
	l.mistakes = append(l.mistakes, idleLook(c, func(name string) bool {
		_, said := l.said[name]
		return said || stronger(name)
	})...)
	return c, nil
}

// readFile finds the working directory, and reads the file of settings.
func (l *loader) readFile() {
	_, noFile := l.typed.plain["no-config"]
	pick := func(name string) *found {
		if f, ok := l.typed.settings[name]; ok {
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
	if noFile && asked != nil {
		m := asked.where
		m.Message = "--no-config is also given"
		l.mistakes = append(l.mistakes, m)
	}
	var name string
	var data []byte
	if !noFile {
		var mistakes Mistakes
		name, data, mistakes = openFile(l.dir, asked)
		l.mistakes = append(l.mistakes, mistakes...)
	}
	l.yml = name
	yml, f := parseFile(filepath.ToSlash(name), data)
	l.file, l.said, l.mistakes = f, yml, append(l.mistakes, f.mistakes...)
}

// settings takes each setting from the strongest source that has it.
func (l *loader) settings() (c Config, err error) {
	fields := reflect.ValueOf(&c).Elem()
	for i := range table {
		s := &table[i]
		value, err := l.value(s)
		if err != nil {
			return Config{}, fmt.Errorf("default of %s: %s", s.Name, wrong(s, s.Default, err))
		}
		if value != nil {
			fields.Field(s.field).Set(reflect.ValueOf(value))
		}
	}
	return c, nil
}

// value is what the strongest source says of a setting, else its default, nil if it has
// none. The error is one of the table.
func (l *loader) value(s *Setting) (any, error) {
	for _, src := range []source{l.typed.settings, l.env, l.said} {
		if f, ok := src[s.Name]; ok {
			return f.value, nil
		}
	}
	if s.Default == "" {
		return nil, nil
	}
	return s.parse(s.Default)
}
