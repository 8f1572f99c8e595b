package app

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/project"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/shell"
)

// fixes gathers the commands that fix what a check has found: those for one kind of
// finding together, each about the files of its findings and no others, what loses
// something last and behind a remark.
type fixes struct {
	*run
	// lock is the path of the lock file.
	lock string
	// accept are results that are to be kept as they are, again the sources of results
	// that are not what webpress makes, convert those of results that are missing,
	// prune the sources that are gone.
	accept, again, convert, prune []string
	// outputs are templates for the setting output.
	outputs []string
	// add are files for git add, gone those that the commands delete, which are to be
	// added where git has them, force those that git ignores.
	add, gone, force []string
	// untried reports whether it is not known what comes of some of convert, and so what there
	// will be to add.
	untried bool
	// rerun asks for any run, which updates the manifest.
	rerun bool
	// lost are the commands that are an alternative to accept.
	lost []string
}

// perCommand is how many files a command names, and manyCommands how many of them
// there are before one is for all of the run.
const (
	perCommand   = 20
	manyCommands = 10
)

// commands are what to type, one a line, empty if there is nothing to fix. Lines that
// begin with # are remarks.
func (f *fixes) commands() string {
	var lines []string
	say := func(remark string, commands ...string) {
		if len(commands) == 0 {
			return
		}
		if remark != "" {
			lines = append(lines, "# "+remark)
		}
		lines = append(lines, commands...)
	}
	for _, output := range unique(f.outputs) {
		lines = append(lines, "# in webpress.yml, for sources of one result:", "#   output: "+strconv.Quote(output))
	}
	say("keep these files as they are:", f.webpress(f.accept, "accept")...)
	if len(f.lost) > 0 {
		lines = append(lines, "# or make them again, and lose the changes:")
		for _, command := range f.lost {
			lines = append(lines, "#   "+command)
		}
	}
	say("make these again, and replace the files in the place of their results:", f.webpress(f.again, "--verify", "--overwrite")...)
	say("", f.webpress(f.convert)...)
	if f.rerun && len(f.accept)+len(f.again)+len(f.convert)+len(f.prune) == 0 {
		say("", f.everything())
	}
	gone := make([]string, len(f.prune)) // which mean themselves no longer
	for i, name := range f.prune {
		gone[i] = scan.Literal(name)
	}
	say("delete results that are not needed any more, of these sources:", f.webpress(gone, "--prune")...)
	if f.repo != nil {
		if f.untried {
			lines = append(lines, "# not all of these were tried: `webpress check` says then what there is to add besides:")
		}
		say("", f.git(f.add, "add")...)
		say("add what .gitignore leaves out:", f.git(f.force, "add", "--force")...)
	}
	// Who reads this in the log of a CI may not have it.
	if f.ci.Name() != "" && slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, "# "), "webpress ") }) {
		lines = append([]string{"# without webpress, first type: " + f.container()}, lines...)
	}
	return strings.Join(lines, "\n")
}

// container is a function of the shell, so that the commands work with it as they are.
// git finds its folder where it is, also in linked work trees and submodules.
func (f *fixes) container() string {
	mount := `-v "$PWD:$PWD" -w "$PWD"`
	before := ""
	if f.repo != nil {
		before = "t=$(git rev-parse --show-toplevel) g=$(git rev-parse --path-format=absolute --git-common-dir); "
		mount = `-v "$t:$t" -v "$g:$g" -w "$(pwd -P)"`
	}
	return "webpress() (" + before + "docker run --rm " + mount + " " + project.Image + ":" + project.Major + ` "$@")`
}

// git are commands of git for files.
func (f *fixes) git(names []string, words ...string) []string {
	start := append(append([]string{"git"}, f.at()...), append(words, "--")...)
	var lines []string
	for some := range slices.Chunk(unique(names), perCommand) {
		some = slices.Clone(some)
		for i := range some {
			some[i] = shell.Pathspec(some[i])
		}
		lines = append(lines, command(start, some))
	}
	return lines
}

// webpress are commands of webpress for files, or one for all of the run where there
// would be too many.
func (f *fixes) webpress(names []string, words ...string) []string {
	var verb []string
	if len(words) > 0 && words[0] == string(config.Accept) {
		verb, words = words[:1], words[1:]
	}
	start := append(f.start(verb...), words...)
	names = unique(names)
	if len(names) > perCommand*manyCommands && len(words) == 0 {
		return []string{f.everything()}
	}
	var lines []string
	for some := range slices.Chunk(names, perCommand) {
		some = slices.Clone(some)
		for i := range some {
			some[i] = asPath(some[i])
		}
		lines = append(lines, command(start, some))
	}
	return lines
}

// start is how commands of webpress begin.
func (f *fixes) start(verb ...string) []string {
	words := slices.Concat([]string{"webpress"}, f.at(), verb)
	for _, flag := range f.settings.Given {
		words = append(words, shell.Quote(flag))
	}
	return words
}

// everything is the command for all of the run.
func (f *fixes) everything() string {
	start := f.start()
	if f.confined != nil {
		start = append(start, "--changed-only=true")
		if f.settings.Base != "" {
			start = append(start, shell.Quote("--base="+f.settings.Base))
		}
	}
	paths := slices.Clone(f.settings.Paths)
	for i, p := range paths {
		if !strings.HasPrefix(p, "!") { // takes away
			paths[i] = asPath(p)
		}
	}
	return command(start, paths)
}

// asPath is a name that webpress takes for neither a flag, a command nor what takes away.
func asPath(name string) string {
	if strings.HasPrefix(name, "-") || strings.HasPrefix(name, "!") || config.IsCommand(name) {
		return "./" + name
	}
	return name
}

// at lets a command work where the run does, for the user who types it where that was
// started.
func (f *fixes) at() []string {
	rel, err := filepath.Rel(f.Dir, f.settings.WorkingDirectory)
	if err != nil || rel == "." {
		return nil
	}
	return []string{"-C", shell.Quote(filepath.ToSlash(rel))}
}

func command(start, names []string) string {
	words := slices.Clone(start)
	for _, name := range names {
		words = append(words, shell.Quote(name))
	}
	return strings.Join(words, " ")
}

func unique(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// one is the fix of a single finding, in one line.
func (f *fixes) one(of fixes) string {
	of.run, of.lock = f.run, f.lock
	var commands []string
	for line := range strings.Lines(of.commands()) {
		if !strings.HasPrefix(line, "#") {
			commands = append(commands, strings.TrimSpace(line))
		}
	}
	return strings.Join(commands, " && ")
}

// needs adds the fix of a finding to those of all.
func (f *fixes) needs(finding *asset.Finding, of fixes) {
	finding.Fix = f.one(of)
	f.outputs = append(f.outputs, of.outputs...)
	f.accept, f.again, f.convert, f.prune = append(f.accept, of.accept...), append(f.again, of.again...), append(f.convert, of.convert...), append(f.prune, of.prune...)
	f.add, f.force, f.lost = append(f.add, of.add...), append(f.force, of.force...), append(f.lost, of.lost...)
	f.untried, f.rerun = f.untried || of.untried, f.rerun || of.rerun
}
