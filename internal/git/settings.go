package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// ErrTooOld says that git does not know what keeps it from running programs that a
// repository names: GIT_CONFIG_COUNT, since 2.31.
var ErrTooOld = errors.New("git is too old: webpress needs 2.31 or later")

// fixed are settings that hold for every command, whatever is configured. None of
// what webpress does with git is meant to start anything of the user's: a hook, a
// watcher, a repack in the background, a visit to submodules.
var fixed = []setting{
	{"core.hooksPath", "/dev/null"},
	{"core.fsmonitor", "false"},
	{"core.alternateRefsCommand", "true"},
	{"safe.bareRepository", "explicit"},
	{"submodule.recurse", "false"},
	{"gc.auto", "0"}, {"maintenance.auto", "false"},
	{"log.showSignature", "false"},
	{"http.saveCookies", "false"}, // would write to any file
}

// A value is one of git's configuration, and where it is from.
type value struct {
	setting
	// own reports whether it is of the repository itself: not of the user, the system or the
	// environment, which git calls protected.
	own bool
}

// section, name are the first and the last part of a key, in lower case as git
// prints them; sub is what is between, as it was written.
func (v setting) split() (section, sub, name string) {
	section, rest, _ := strings.Cut(v.key, ".")
	if i := strings.LastIndexByte(rest, '.'); i >= 0 {
		return section, rest[:i], rest[i+1:]
	}
	return section, "", rest
}

// configuration is everything that git is configured for here, files that are
// included too.
func (r *Repo) configuration(ctx context.Context) ([]value, error) {
	soon := *r
	soon.timeout = 2 * r.patience
	out, err := soon.run(ctx, nil, "config", "--list", "--includes", "--show-scope", "-z")
	if _, late := errors.AsType[*overdue](err); late {
		err = &asset.Fault{
			Message: fmt.Sprintf("read git's configuration: %s", err), Hint: "look for an include in .git/config that is not a file",
		}
	}
	if exitCode(err) == 129 {
		return nil, ErrTooOld
	}
	if err != nil {
		return nil, err
	}
	var all []value
	heard := false
	// scope NUL key LF value NUL
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		key, val, _ := strings.Cut(fields[i+1], "\n")
		own := fields[i] == "local" || fields[i] == "worktree"
		all = append(all, value{setting{key, val}, own})
		heard = heard || !own && key == "core.hookspath" && val == "/dev/null"
	}
	if !heard {
		return nil, ErrTooOld
	}
	return all, nil
}

// lfsFilter is Git LFS's filter as `git lfs install` sets it up.
var lfsFilter = []setting{
	{"filter.lfs.clean", "git-lfs clean -- %f"}, {"filter.lfs.smudge", "git-lfs smudge -- %f"},
	{"filter.lfs.process", "git-lfs filter-process"}, {"filter.lfs.required", "true"},
}

// disarm returns what takes back each setting of the repository's own that names a
// program, or lets one be named: whoever could write to .git/config, or made the
// archive that it came in, is not to run anything here. What the user, the system or
// the environment has set for the same counts again, else git's default. skipped are
// the filters that are gone by this.
//
// The keys are those of git-config(1) and of git-lfs-config(5) whose values are run,
// also of commands that are not called here.
func disarm(all []value) (add []setting, skipped map[string]bool) {
	skipped = map[string]bool{}
	done := map[string]bool{}
	helpers := false
	for _, v := range all {
		section, sub, name := v.split()
		if section == "hook" && sub != "" && !done["hook."+sub] {
			// Since 2.54; whoever has set it up.
			done["hook."+sub] = true
			add = append(add, setting{"hook." + sub + ".event", ""}, setting{"hook." + sub + ".command", "true"})
		}
		if !v.own || done[v.key] {
			continue
		}
		instead, ok := harmless(section, sub, name)
		if !ok {
			continue
		}
		done[v.key] = true
		protected := protectedValues(all, v.key)
		switch {
		case section == "credential":
			helpers = true
			add = append(add, setting{v.key, ""})
		case section == "push":
			add = append(add, setting{v.key, ""})
			for _, one := range protected {
				add = append(add, setting{v.key, one})
			}
		case section == "filter":
			if len(protected) > 0 {
				instead = protected[len(protected)-1]
			} else if sub != "lfs" && name != "required" {
				skipped[sub] = true
			}
			add = append(add, setting{v.key, instead})
		case len(protected) > 0:
			add = append(add, setting{v.key, protected[len(protected)-1]})
		default:
			add = append(add, setting{v.key, instead})
		}
	}
	if helpers {
		// An empty one has forgotten all before it, also of other keys.
		for _, v := range all {
			if section, _, name := v.split(); !v.own && section == "credential" && name == "helper" {
				add = append(add, v.setting)
			}
		}
	}
	for name := range skipped {
		// A filter that has another program of the user's own is not gone.
		for _, v := range all {
			section, sub, last := v.split()
			if !v.own && section == "filter" && sub == name && last != "required" && v.value != "" {
				delete(skipped, name)
			}
		}
	}
	return append(add, setting{"protocol.ext.allow", cmp.Or(last(protectedValues(all, "protocol.ext.allow")), "never")}), skipped
}

func protectedValues(all []value, key string) []string {
	var values []string
	for _, v := range all {
		if !v.own && v.key == key {
			values = append(values, v.value)
		}
	}
	return values
}

func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// harmless is the value that a setting is given which a repository must not have.
// ok says that it is such a one.
func harmless(section, sub, name string) (instead string, ok bool) {
	switch section {
	case "core":
		instead, ok = map[string]string{
			"sshcommand": "ssh", "askpass": "", "editor": ":", "pager": "cat",
		}[name]
		return instead, ok
	case "filter":
		for _, s := range lfsFilter {
			if sub == "lfs" && s.key == "filter.lfs."+name {
				return s.value, true
			}
		}
		if name == "required" {
			return "false", true
		}
		return "", name == "clean" || name == "smudge" || name == "process"
	case "remote":
		// Of the other side where that is a folder of this machine, or by SSH.
		instead, ok = map[string]string{
			"uploadpack": "git-upload-pack", "receivepack": "git-receive-pack", "vcs": "",
		}[name]
		return instead, ok
	case "push":
		return "", name == "pushoption" // sent to the server, which may act on it
	case "protocol":
		if name != "allow" {
			return "", false
		}
		instead, ok = map[string]string{
			"http": "always", "https": "always", "git": "always", "ssh": "always", "ext": "never",
		}[sub]
		if !ok {
			instead = "user"
		}
		return instead, true
	case "lfs":
		// A program for transfers, one that changes every file on its way, and a folder
		// that objects are written to.
		return "", slices.Contains([]string{"path", "args", "clean", "smudge", "standalonetransferagent", "storage"}, name)
	case "gpg":
		return "false", name == "program" || name == "defaultkeycommand"
	case "fetch":
		return "", name == "bundleuri"
	}
	return "", slices.Contains([]string{
		"command", "cmd", "driver", "textconv", "external", "helper", "program", "process", "editor", "pager",
		"difffilter", "sendmailcmd", "tocmd", "cccmd", "headercmd", "recentobjectshook", "packobjectshook",
	}, name)
}

// arm readies r for the repository that it is in.
func (r *Repo) arm(ctx context.Context) error {
	all, err := r.configuration(ctx)
	if err != nil {
		return err
	}
	add, skipped := disarm(all)
	r.env, r.skipped, r.values = configured(r.env, add), skipped, all
	return nil
}

// SkipsFilter reports whether the repository's own configuration sets up a filter of this
// name, which is not run: what git would have of a file that has it is not known.
func (r *Repo) SkipsFilter(name string) bool { return r.skipped[name] }
