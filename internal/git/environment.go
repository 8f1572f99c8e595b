package git

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// passes are the variables that git and its children are given, and passesBy those
// of which the names begin so. Everything else stays behind: git starts other
// programs, and the environment of a CI holds tokens under names that cannot be
// listed (INPUT_TOKEN, PLUGIN_TOKEN, WEBPRESS_GITLAB_TOKEN, ACTIONS_RUNTIME_TOKEN,
// CI_JOB_TOKEN, and what users set for other tools).
var passes = []string{
	// Where programs and the user's own settings are.
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LD_LIBRARY_PATH", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
	"XDG_DATA_HOME", "XDG_RUNTIME_DIR", "SUDO_UID", "TMPDIR", "LANG", "LANGUAGE", "TZ", "TERM",
	// The way to a server: proxies, certificates, keys, and those who keep passwords.
	"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "NIX_SSL_CERT_FILE",
	"SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "KRB5CCNAME", "KRB5_CONFIG",
	"GNUPGHOME", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY",
	// git's own that name neither another repository, nor a program that has no part
	// in what is done here, nor change what paths mean.
	"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_PARAMETERS", "GIT_ATTR_NOSYSTEM",
	"GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_HTTP_PROXY_AUTHMETHOD",
	"GIT_HTTP_USER_AGENT", "GIT_ALLOW_PROTOCOL", "GIT_PROTOCOL_FROM_USER", "GIT_EXEC_PATH", "GIT_CURL_VERBOSE",
	"GIT_TEST_ASSUME_DIFFERENT_OWNER",
}

var passesBy = []string{
	"LC_", "GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_SSL_", "GIT_PROXY_SSL_", "GIT_TRACE", "GIT_LFS_",
	"GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_",
}

// inherit is what of an environment is given to git.
func inherit(base []string) []string {
	var env []string
	for _, kv := range base {
		name, value, _ := strings.Cut(kv, "=")
		by := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		// A value of GIT_CONFIG_COUNT that is not a number would end git.
		if n, err := strconv.Atoi(value); name == "GIT_CONFIG_COUNT" && err == nil && n > 0 ||
			slices.Contains(passes, name) || slices.ContainsFunc(passesBy, by) {
			env = append(env, kv)
		}
	}
	if lookup(env, "GIT_PROXY_COMMAND") == "" {
		// Or else the repository's core.gitProxy counts, which cannot be taken back: the
		// first one that fits is used.
		env = append(env, "GIT_PROXY_COMMAND=")
	}
	return append(env,
		"GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_EDITOR=:",
		"GIT_PAGER=cat",
		// An id stands for its content.
		"GIT_NO_REPLACE_OBJECTS=1",
		"LC_ALL=C",
	)
}

// A setting is one git configuration value.
type setting struct{ key, value string }

// configured adds settings to those that an environment has, which they outweigh.
// They are taken from there as from the user's own files; see "Protected
// configuration" in git-config(1).
func configured(env []string, add []setting) []string {
	count, _ := strconv.Atoi(lookup(env, "GIT_CONFIG_COUNT"))
	env = without(env, "GIT_CONFIG_COUNT")
	for _, s := range add {
		env = append(env,
			fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", count, s.key),
			fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", count, s.value))
		count++
	}
	return append(env, fmt.Sprintf("GIT_CONFIG_COUNT=%d", count))
}

// lookup is the value of a variable; the last one counts.
func lookup(env []string, name string) string {
	for _, kv := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	return ""
}

// without is a copy of an environment without some variables.
func without(env []string, names ...string) []string {
	kept := make([]string, 0, len(env)+4)
	for _, kv := range env {
		if name, _, _ := strings.Cut(kv, "="); !slices.Contains(names, name) {
			kept = append(kept, kv)
		}
	}
	return kept
}
