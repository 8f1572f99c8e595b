package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// gitconfig is the configuration of the user in stories.
const gitconfig = `[user]
	name = Ann
	email = ann@example.org
[init]
	defaultBranch = main
`

// cmdRepo makes DIR a repository of a user who has a name, and changes into it. BARE are
// bare repositories to push to.
func cmdRepo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: repo DIR [BARE …]")
	}
	home := filepath.Join(ts.Getenv("WORK"), "home")
	ts.Check(os.MkdirAll(home, 0o755))
	ts.Check(os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(gitconfig), 0o644))
	ts.Setenv("HOME", home)
	for _, bare := range args[1:] {
		ts.Check(ts.Exec("git", "init", "--quiet", "--bare", bare))
	}
	ts.Check(ts.Exec("git", "init", "--quiet", args[0]))
	ts.Check(ts.Chdir(args[0]))
}

// cmdCommit commits everything in the repository.
func cmdCommit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: commit MESSAGE")
	}
	ts.Check(ts.Exec("git", "add", "--all"))
	ts.Check(ts.Exec("git", "commit", "--quiet", "--message="+args[0]))
}

// jsonKey matches a key in a path.
var jsonKey = regexp.MustCompile(`(?:\\.|[^.\\])+`)

// cmdJSON checks that a JSON file has a value at a path, and that one of the values there
// matches all of PATTERN. FILE may be stdout. A path is keys and indices, separated by dots,
// such as results.*.output: * is every element, ** every value inside. A dot in a key has a
// backslash before it.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: [!] json FILE PATH [PATTERN]")
	}
	pattern := ".*"
	if len(args) == 3 {
		pattern = args[2]
	}
	re, err := regexp.Compile("^(?s:" + pattern + ")$")
	ts.Check(err)
	text := ts.ReadFile(args[0])
	var document any
	ts.Check(json.Unmarshal([]byte(text), &document))
	var found []string
	for _, v := range valuesAt(document, jsonKey.FindAllString(args[1], -1)) {
		s, isString := v.(string)
		if !isString {
			encoded, err := json.Marshal(v)
			ts.Check(err)
			s = string(encoded)
		}
		found = append(found, s)
	}
	switch matches := slices.ContainsFunc(found, re.MatchString); {
	case matches && neg:
		ts.Fatalf("%s in %s is %q, want no value that matches %q", args[1], args[0], found, pattern)
	case !matches && !neg:
		ts.Fatalf("%s in %s is %q, want a value that matches %q\n%s", args[1], args[0], found, pattern, text)
	}
}

// valuesAt returns all values in v at a path.
func valuesAt(v any, path []string) []any {
	if len(path) == 0 {
		return []any{v}
	}
	children := map[string]any{}
	switch v := v.(type) {
	case map[string]any:
		children = v
	case []any:
		for i, child := range v {
			children[strconv.Itoa(i)] = child
		}
	}
	var found []any
	if path[0] == "**" {
		found = valuesAt(v, path[1:])
	}
	for key, child := range children {
		key = strings.ReplaceAll(key, ".", `\.`)
		switch path[0] {
		case "**":
			found = append(found, valuesAt(child, path)...)
		case key, "*":
			found = append(found, valuesAt(child, path[1:])...)
		}
	}
	return found
}
