package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// show returns what prints the answer to a question about webpress itself, nil if there
// is none.
func (t *typedArgs) show() (func(Env) error, Mistakes) {
	verb, asked, behind := t.verb, t.asked, t.words
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
		return t.version(false), nil
	case asked == "--version":
		return t.version(true), nil
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
		return t.version(true), nil
	case verb == showShell:
		if len(behind) != 1 {
			return nil, usageMistake(verb)
		}
		script := completion(behind[0])
		if script == "" {
			return nil, Mistakes{{Where: string(verb), Message: fmt.Sprintf("%s is not one of %s", quote(behind[0]), strings.Join(commandNamed(string(verb)).args[0].values, ", "))}}
		}
		return printed(script), nil
	case verb == showManual:
		if len(behind) > 0 {
			return nil, usageMistake(verb)
		}
		return func(h Env) error { return printed(manual(h.Version, h.dated()))(h) }, nil
	}
	return nil, nil
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
func (t *typedArgs) version(libraries bool) func(Env) error {
	asJSON := t.settings["json"].value == true
	return func(h Env) error {
		all := []Library{{"webpress", h.Version}}
		if libraries && h.Libraries != nil {
			all = append(all, h.Libraries()...)
		}
		if h.Sandbox != nil && t.settings["verbose"].value == true {
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
