package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
)

// A Library is what webpress is built with, and its version.
type Library struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// The commands that only print. They look at no file, no variable and no CI.
const (
	showHelp    Verb = "help"
	showVersion Verb = "version"
	showShell   Verb = "completion"
	showManual  Verb = "man"
)

// showFor returns what prints the answer to a question about webpress itself, nil
// if there is none. asked is the flag that asks, as checkArgs returns it; behind
// are the arguments behind verb, args all of them.
func showFor(asked string, verb Verb, behind, args []string) (func(Env) error, Mistakes) {
	behind = slices.DeleteFunc(slices.Clone(behind), func(arg string) bool { return arg == "--" })
	switch {
	case asked == "-h" || asked == "--help":
		name := string(verb)
		if verb == showHelp && len(behind) > 0 {
			name = behind[0]
		}
		if name = topic(name); asked == "-h" {
			return printed(shortHelp(name)), nil
		}
		return help(name), nil
	case asked == "-V":
		return version(false), nil
	case asked == "--version":
		return version(true, args...), nil
	case verb == showHelp:
		switch {
		case len(behind) == 0:
			return help(""), nil
		case len(behind) > 1:
			return nil, usageMistake(verb)
		case commandNamed(behind[0]) == nil:
			message := fmt.Sprintf("there is no command %s", quote(behind[0]))
			if near := nearest(behind[0], commandNames()); near != "" {
				message += "; did you mean " + near + "?"
			}
			return nil, Mistakes{{Where: "help", Message: message}}
		}
		return help(behind[0]), nil
	case verb == showVersion:
		if len(behind) > 0 {
			return nil, usageMistake(verb)
		}
		return version(true, args...), nil
	case verb == showShell:
		if len(behind) != 1 {
			return nil, usageMistake(verb)
		}
		if completions[behind[0]] == "" {
			return nil, Mistakes{{Where: string(verb), Message: fmt.Sprintf("%s is not one of %s", quote(behind[0]), strings.Join(commandNamed(string(verb)).args[0].values, ", "))}}
		}
		return made(func(Env) (string, error) { return completion(behind[0]) }), nil
	case verb == showManual:
		if len(behind) > 0 {
			return nil, usageMistake(verb)
		}
		return made(func(h Env) (string, error) { return manual(h.Version, h.dated()), nil }), nil
	}
	return nil, nil
}

// made writes what is made first to standard output.
func made(text func(Env) (string, error)) func(Env) error {
	return func(h Env) error {
		s, err := text(h)
		if err != nil {
			return err
		}
		return printed(s)(h)
	}
}

// topic is the name of a command, or empty for webpress as a whole.
func topic(name string) string {
	if commandNamed(name) == nil {
		return ""
	}
	return name
}

// usageMistake is for arguments that a command does not have.
func usageMistake(verb Verb) Mistakes {
	return Mistakes{{Where: string(verb), Message: "usage: " + commandNamed(string(verb)).usage()}}
}

// printed writes text to standard output.
func printed(text string) func(Env) error {
	return func(h Env) error {
		_, err := io.WriteString(h.Stdout, text)
		// Who reads the help through head has seen what they wanted.
		if err == nil || errors.Is(err, syscall.EPIPE) {
			return ErrShown
		}
		return fmt.Errorf("write to standard output: %w", err)
	}
}

// help writes the whole help of a command, or of webpress.
func help(name string) func(Env) error {
	return func(h Env) error { return printed(longHelp(name, width(h.Stdout)))(h) }
}

// version writes the version of webpress, as one line, and those of its libraries; with
// --verbose also how decoders are confined.
func version(libraries bool, args ...string) func(Env) error {
	asJSON := slices.Contains(args, "--json")
	return func(h Env) error {
		all := []Library{{"webpress", h.Version}}
		if libraries && h.Libraries != nil {
			all = append(all, h.Libraries()...)
		}
		if h.Sandbox != nil && slices.Contains(args, "--verbose") {
			all = append(all, Library{"sandbox:", h.Sandbox()})
		}
		if asJSON {
			data, err := json.MarshalIndent(all, "", "  ")
			if err != nil {
				return err
			}
			return printed(string(data) + "\n")(h)
		}
		var b strings.Builder
		for _, one := range all {
			fmt.Fprintln(&b, strings.TrimSpace(one.Name+" "+one.Version))
		}
		return printed(b.String())(h)
	}
}
