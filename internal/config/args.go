package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// typedArgs are the arguments of webpress, read. Libraries for command lines stop at the
// first mistake; here all are found.
type typedArgs struct {
	// verb is the command, empty if none is typed: it is the first word, unless that is
	// behind --. words are the arguments behind it that are not flags.
	verb  Verb
	words []string
	// settings are the flags that are settings, plain the others, by their names.
	settings source
	plain    map[string]string
	// asked is the first flag that asks for the help or the version, as it was typed.
	asked    string
	mistakes Mistakes
}

// word is the i-th of words, empty if there are not as many.
func (t *typedArgs) word(i int) string {
	if i < len(t.words) {
		return t.words[i]
	}
	return ""
}

// A flagName is what can be typed for a flag.
type flagName struct {
	*Setting
	// negated is set for --no-lock, which sets lock to false.
	negated bool
}

// bare reports whether the flag can stand without a value.
func (f flagName) bare() bool { return f.Kind == Switch || f.alone }

// flagNames are all flags, by --name, --no-name and -n.
func flagNames() map[string]flagName {
	all := map[string]flagName{}
	plain := otherFlags("")
	for i := range plain {
		all["--"+plain[i].Name] = flagName{Setting: &plain[i]}
	}
	for i := range table {
		s := &table[i]
		all["--"+s.Name] = flagName{Setting: s}
		if s.Kind == Switch {
			all["--no-"+s.Name] = flagName{s, true}
		}
	}
	for _, f := range slices.Collect(maps.Values(all)) {
		if f.short != "" && !f.negated {
			all["-"+f.short] = f
		}
	}
	all["--variant"] = all["--"+variantsKey] // of which each is one
	return all
}

// readArgs reads arguments without a program name.
func readArgs(args []string) *typedArgs {
	t := &typedArgs{settings: source{}, plain: map[string]string{}}
	names := flagNames()
	first := true
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			t.words = append(t.words, args[i+1:]...)
			return t
		case len(arg) < 2 || arg[0] != '-':
			if first && commandNamed(arg) != nil {
				t.verb = Verb(arg)
			} else {
				t.words = append(t.words, arg)
			}
			first = false
		default:
			if t.flags(arg, args[i+1:], names) {
				i++
			}
		}
	}
	return t
}

// flags reads the flags in arg, and reports whether the last of them took the first of
// the arguments behind it.
func (t *typedArgs) flags(arg string, behind []string, names map[string]flagName) bool {
	if strings.HasPrefix(arg, "--") {
		spelt, text, hasValue := strings.Cut(arg, "=")
		return t.flag(spelt, text, hasValue, behind, names)
	}
	for letters := arg[1:]; letters != ""; { // -vq80 is -v and then -q with a value
		_, n := utf8.DecodeRuneInString(letters)
		spelt := "-" + letters[:n]
		letters = letters[n:]
		if f, ok := names[spelt]; ok && !f.bare() {
			return t.flag(spelt, letters, letters != "", behind, names)
		} else if t.flag(spelt, "", false, behind, names); !ok {
			return false
		}
	}
	return false
}

// flag reads one flag, and reports whether it took the first of the arguments behind it.
func (t *typedArgs) flag(spelt, text string, hasValue bool, behind []string, names map[string]flagName) bool {
	wrong := func(message string) {
		t.mistakes = append(t.mistakes, Mistake{Where: spelt, Message: message})
	}
	f, ok := names[spelt]
	switch {
	case !ok:
		var known []string
		for name := range names {
			if name, long := strings.CutPrefix(name, "--"); long {
				known = append(known, name)
			}
		}
		slices.Sort(known)
		wrong(unknown(strings.TrimPrefix(spelt, "--"), func(name string) string { return "--" + name }, known...))
		return false
	case hasValue && (f.negated || f.plain && f.bare()):
		wrong("it takes no value")
		return false
	case hasValue:
		t.set(f, text)
		return false
	case f.bare() && len(behind) > 0 && (behind[0] == "true" || behind[0] == "false"):
		wrong("give the value after =, as in --" + f.Name + "=" + behind[0])
		return true
	case f.bare():
		t.setBare(f, spelt)
		return false
	case len(behind) == 0 || isFlag(behind[0], names): // with =, a value may start with a hyphen
		if f.plain {
			wrong("it needs a value")
		} else {
			wrong("it needs a value: " + f.Allowed())
		}
		return false
	}
	t.set(f, behind[0])
	return true
}

// isFlag reports whether an argument is a flag, or was meant for one.
func isFlag(arg string, names map[string]flagName) bool {
	if len(arg) < 2 || arg[0] != '-' {
		return false
	}
	_, n := utf8.DecodeRuneInString(arg[1:])
	_, ok := names[arg[:1+n]]
	return ok || strings.HasPrefix(arg, "--")
}

// set takes the value of a flag. A list is made of all of them, of others the last counts.
func (t *typedArgs) set(f flagName, text string) {
	if f.plain {
		t.plain[f.Name] = text
		return
	}
	where := Mistake{Where: "--" + f.Name}
	if f.check == "template" && text != "" {
		t.settings[f.Name] = found{text, text, where} // see typedOnly
		return
	}
	before, again := t.settings[f.Name]
	wrong := t.settings.take(f.Setting, text, where)
	t.mistakes = append(t.mistakes, wrong...)
	if wrong == nil && again && f.Kind == List {
		both := reflect.AppendSlice(reflect.ValueOf(before.value), reflect.ValueOf(t.settings[f.Name].value))
		t.settings[f.Name] = found{both.Interface(), before.text + "\n" + text, where}
	}
}

// setBare takes a flag without a value.
func (t *typedArgs) setBare(f flagName, spelt string) {
	switch {
	case f.plain:
		t.plain[f.Name] = "true"
		if t.asked == "" && (f.Name == "help" || f.Name == "version") {
			t.asked = spelt
		}
	case f.alone:
		t.settings[f.Name] = found{value: Always, where: Mistake{Where: "--" + f.Name}}
	default:
		t.settings[f.Name] = found{value: !f.negated, where: Mistake{Where: "--" + f.Name}}
	}
}
