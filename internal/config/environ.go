package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	githubactions "github.com/sethvargo/go-githubactions"
)

// A found is a value from one of the sources, parsed already, and where it is
// from, for a mistake that only shows later.
type found struct {
	value any
	text  string
	where Mistake // without a message
}

// A source holds what one source of settings says, by the setting's name.
type source map[string]found

// take parses text as the value of s, and returns the mistakes in it.
func (src source) take(s *Setting, text string, where Mistake) Mistakes {
	v, err := s.parse(text)
	if err != nil {
		where.Message = wrong(s, text, err)
		return Mistakes{where}
	}
	src[s.Name] = found{v, text, where}
	return nil
}

// inAction reports whether the environment has an input of the action: the runner sets
// one for every input, also if it is empty.
func inAction(env []string) bool {
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		if input, ok := strings.CutPrefix(name, "INPUT_"); ok && byName[strings.ToLower(input)] != nil {
			return true
		}
	}
	return false
}

// environ reads the settings in environment variables: action inputs before
// plugin settings before WEBPRESS_ variables. An empty one is none.
// warnings are variables that webpress ignores.
func environ(env []string) (src source, mistakes Mistakes, warnings []string) {
	vars := make(map[string]string, len(env))
	for _, e := range env {
		if name, value, ok := strings.Cut(e, "="); ok {
			vars[name] = value
		}
	}
	action := githubactions.New(githubactions.WithGetenv(func(name string) string { return vars[name] }))
	src = source{}
	for i := range table {
		s := &table[i]
		// The weakest first: a stronger one takes its place.
		for _, prefix := range []string{"WEBPRESS_", "PLUGIN_"} {
			if text := strings.TrimSpace(vars[prefix+s.Env()]); text != "" {
				mistakes = append(mistakes, src.take(s, text, Mistake{Where: prefix + s.Env()})...)
			}
		}
		if text := action.GetInput(s.Name); text != "" {
			mistakes = append(mistakes, src.take(s, text, Mistake{Where: "input " + s.Name})...)
		}
	}
	unknown, warnings := misspelt(vars)
	return src, append(mistakes, unknown...), warnings
}

// misspelt finds variables that were meant for webpress and that no setting
// has. A plugin's settings come from a file, and are
// mistakes there. A variable of the environment may be of another tool, or of the
// CI's own, such as WEBPRESS_VERSION: it is a warning. Unknown inputs are left
// alone: those of an enclosing action look the same, and GitHub warns of the others
// itself.
func misspelt(vars map[string]string) (mistakes Mistakes, warnings []string) {
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		for _, prefix := range []string{"PLUGIN_", "WEBPRESS_"} {
			rest, ok := strings.CutPrefix(name, prefix)
			if !ok || prefix == "WEBPRESS_" && (serviceLink.MatchString(rest) || isOutput(rest)) {
				continue
			}
			if s := byName[strings.ToLower(strings.ReplaceAll(rest, "_", "-"))]; s != nil && s.Env() == rest {
				continue
			}
			m := Mistake{
				Where:   name,
				Message: unknown(rest, func(name string) string { return prefix + byName[name].Env() }),
			}
			if prefix == "WEBPRESS_" {
				warnings = append(warnings, "variable "+m.String()+" (ignored)")
			} else {
				mistakes = append(mistakes, m)
			}
		}
	}
	return mistakes, warnings
}

// isOutput reports whether WEBPRESS_ with this behind it is a variable that the setting dotenv
// writes: GitLab gives it to all later jobs, and webpress may run in those again.
func isOutput(name string) bool {
	return slices.ContainsFunc(Outputs, func(o Output) bool {
		return strings.ToUpper(strings.ReplaceAll(o.Name, "-", "_")) == name
	})
}

// serviceLink matches what Kubernetes and Docker put into the environment where
// a service of theirs is called webpress.
var serviceLink = regexp.MustCompile(`^(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP)(_.*)?)?|NAME)$`)
