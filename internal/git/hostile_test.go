package git_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// A trap is a folder in which each program that a repository names leaves its mark,
// and what it saw of the environment.
type trap struct {
	t   *testing.T
	dir string
}

func newTrap(t *testing.T) trap {
	t.Helper()
	return trap{t, t.TempDir()}
}

// program is a command that leaves the mark of name. It takes any arguments.
func (p trap) program(name string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, "run-"+name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\nenv >>'"+filepath.Join(p.dir, "ran-"+name)+"'\ncat\n"), 0o755); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// sprung are the names of the programs that were run.
func (p trap) sprung() []string {
	p.t.Helper()
	ran, err := filepath.Glob(filepath.Join(p.dir, "ran-*"))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range ran {
		ran[i] = strings.TrimPrefix(filepath.Base(ran[i]), "ran-")
	}
	return ran
}

// hostile sets every key of the repository's own that names a program.
func (p trap) hostile(dir string) {
	p.t.Helper()
	set := func(key, value string) { testgit.Run(p.t, dir, "config", "--add", key, value) }
	for _, key := range []string{
		"core.fsmonitor", "core.sshCommand", "core.askPass", "core.editor", "core.pager", "core.gitProxy", "core.alternateRefsCommand",
		"sequence.editor", "credential.helper", "diff.external", "diff.evil.command", "diff.evil.textconv", "merge.evil.driver",
		"gpg.program", "gpg.ssh.program", "gpg.ssh.defaultKeyCommand", "interactive.diffFilter", "uploadpack.packObjectsHook", "gc.recentObjectsHook",
		"filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "filter.lfs.clean", "filter.lfs.smudge", "filter.lfs.process",
		"remote.origin.uploadpack", "remote.origin.receivepack", "trailer.x.command", "trailer.x.cmd", "difftool.x.cmd", "mergetool.x.cmd",
		"lfs.customtransfer.evil.path", "lfs.extension.evil.clean", "lfs.extension.evil.smudge", "pager.diff", "pager.ls-files", "man.x.cmd",
		"hook.evil.command", "sendemail.sendmailCmd", "browser.x.cmd", "tar.x.command", "web.browser", "help.browser",
	} {
		name := strings.ToLower(strings.ReplaceAll(key, ".", "-"))
		command := p.program(name)
		switch {
		case strings.HasPrefix(key, "credential."), strings.HasPrefix(key, "alias."):
			command = "!" + command
		}
		set(key, command)
	}
	for _, event := range []string{"post-index-change", "reference-transaction", "pre-push", "post-commit", "pre-auto-gc", "fsmonitor-watchman"} {
		set("hook.evil.event", event)
		testfiles.Write(p.t, dir, ".git/hooks/"+event, "#!/bin/sh\nenv >>'"+filepath.Join(p.dir, "ran-hook-"+event)+"'\n")
		if err := os.Chmod(filepath.Join(dir, ".git/hooks", event), 0o755); err != nil {
			p.t.Fatal(err)
		}
	}
	set("core.hooksPath", filepath.Join(dir, ".git", "hooks"))
	for _, command := range []string{"lfs", "ls-files", "config", "rev-parse", "cat-file"} {
		set("alias."+command, "!"+p.program("alias-"+command))
	}
	for key, value := range map[string]string{
		"filter.evil.required": "true", "filter.lfs.required": "true", "commit.gpgSign": "true", "push.gpgSign": "if-asked", "tag.gpgSign": "true",
		"log.showSignature": "true", "protocol.allow": "always", "protocol.ext.allow": "always", "gc.auto": "1", "gc.autoPackLimit": "1",
		"maintenance.auto": "true", "submodule.recurse": "true", "push.recurseSubmodules": "on-demand", "fetch.recurseSubmodules": "true",
		"lfs.standalonetransferagent": "evil", "lfs.extension.evil.priority": "0", "core.worktree": p.dir,
		"trace2.eventTarget": filepath.Join(p.dir, "ran-trace2"), "trace2.normalTarget": filepath.Join(p.dir, "ran-trace2"),
	} {
		set(key, value)
	}
}

// TestNoProgramOfTheRepository goes through all that is asked of git in a repository
// whose configuration and hooks are traps, and pushes with a token.
func TestNoProgramOfTheRepository(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	dir := s.start()
	testfiles.Write(t, dir, ".gitattributes", "*.webp filter=evil diff=evil merge=evil\n*.big filter=lfs\n")
	testfiles.Write(t, dir, "b.webp", "webp of b")
	testfiles.Write(t, dir, "c.webp", "webp of c")
	testgit.CommitAll(t, dir, "more")
	testgit.Run(t, dir, "push", "--quiet", s.bare, "main")
	testgit.Run(t, dir, "remote", "add", "origin", s.url)
	p := newTrap(t)
	p.hostile(dir)
	testfiles.Write(t, dir, "b.webp", "webp of b, changed")
	testfiles.Write(t, dir, "a.webp", "webp of a")

	ctx := t.Context()
	r := open(t, dir, "INPUT_TOKEN=of the environment")
	head, err := r.CheckedOut(ctx)
	must(t, err)
	_, err = r.Files(ctx)
	must(t, err)
	_, err = r.Ignored(ctx, "a.webp")
	must(t, err)
	_, err = r.Tracked(ctx, []string{"b.webp"})
	must(t, err)
	_, _, err = r.Base(ctx, git.BaseOptions{Ref: head})
	must(t, err)
	changed, err := r.Changed(ctx, head)
	must(t, err)
	if len(changed) != 1 || changed[0].Path != "b.webp" {
		t.Errorf("changed: %v", changed)
	}
	_, err = r.Sizes(ctx, head)
	must(t, err)
	_, err = r.Hash(ctx, []string{"a.webp", "b.webp", "c.webp"})
	must(t, err)
	_, _, err = r.CleanFilter(ctx, "a.webp", []byte("x"))
	must(t, err)
	_, err = r.InCommit(ctx, head, []string{"b.webp", "c.webp"}, nil)
	must(t, err)
	filters, err := r.Filtered(ctx, []string{"a.webp", "x.big"})
	must(t, err)
	if filters["a.webp"] != "evil" || !r.SkipsFilter("evil") || r.SkipsFilter("lfs") {
		t.Errorf("filters: %v, skips evil %v, lfs %v", filters, r.SkipsFilter("evil"), r.SkipsFilter("lfs"))
	}
	tree, err := r.Tree(ctx, head)
	must(t, err)
	_, err = r.Content(ctx, s.remote(), "c.webp", tree.Blob("c.webp"), true)
	must(t, err)
	origin, err := r.Origin(ctx)
	must(t, err)
	if origin.URL != s.url {
		t.Errorf("origin: %v", origin)
	}
	_, err = r.RemoteHead(ctx, s.remote(), "main")
	must(t, err)
	commit, err := push(t, r, s, "main")
	must(t, err)
	moved, err := r.FastForward(ctx, "main", head, commit, []git.Change{{Path: "a.webp"}})
	if !moved {
		t.Error("the branch did not follow:", err)
	}
	other := filepath.Join(t.TempDir(), "other")
	testgit.Run(t, dir, "clone", "--quiet", s.bare, other)
	testfiles.Write(t, other, "d.png", "picture d")
	testgit.CommitAll(t, other, "more")
	testgit.Run(t, other, "push", "--quiet", s.bare, "HEAD:main")
	must(t, r.Fetch(ctx, s.remote(), "main", testgit.Run(t, other, "rev-parse", "HEAD")))
	if got := p.sprung(); len(got) > 0 {
		t.Errorf("these were run: %q", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What the user has set for the same is run all the same.
func TestProgramsOfTheUser(t *testing.T) {
	t.Parallel()
	dir := testgit.Init(t)
	testfiles.Write(t, dir, ".gitattributes", "*.txt filter=rot13\n*.md filter=half\n")
	testfiles.Write(t, dir, "a.txt", "abc")
	testfiles.Write(t, dir, "a.md", "abc")
	user := filepath.Join(t.TempDir(), "gitconfig")
	p := newTrap(t)
	for _, key := range []string{"filter.rot13.clean", "filter.half.process"} {
		testgit.Run(t, dir, "config", key, p.program("evil"))
	}
	testgit.Run(t, dir, "config", "--file", user, "filter.rot13.clean", "tr a-z n-za-m")
	r := open(t, dir, "GIT_CONFIG_GLOBAL="+user)
	got, err := r.Hash(t.Context(), []string{"a.txt", "a.md"})
	must(t, err)
	if got["a.txt"] != hash(t, dir, "nop") || got["a.md"] != hash(t, dir, "abc") {
		t.Errorf("Hash = %v", got)
	}
	if r.SkipsFilter("rot13") || !r.SkipsFilter("half") {
		t.Error("the wrong filters are skipped")
	}
	if got := p.sprung(); len(got) > 0 {
		t.Errorf("these were run: %q", got)
	}
}

// An alias is not what is meant by git lfs.
func TestNoAliasForLFS(t *testing.T) {
	t.Parallel()
	dir := testgit.Init(t)
	p := newTrap(t)
	testgit.Run(t, dir, "config", "alias.lfs", "!"+p.program("alias"))
	bin := t.TempDir()
	for _, name := range []string{"git", "sh", "env", "cat"} {
		must(t, os.Symlink(look(t, name), filepath.Join(bin, name)))
	}
	if _, err := open(t, dir, "PATH="+bin).WithLFS(t.Context()); err == nil {
		t.Error("there is no git-lfs")
	}
	if got := p.sprung(); len(got) > 0 {
		t.Errorf("these were run: %q", got)
	}
}

// TestTokenStays has the repository's configuration send git elsewhere: to another
// server, by another name, by a proxy, with a header of its own.
func TestTokenStays(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var received []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		for _, name := range []string{"Authorization", "Proxy-Authorization"} {
			if a := r.Header.Get(name); a != "" {
				received = append(received, r.Method+" "+r.URL.String()+" "+a)
			}
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
	}))
	defer other.Close()
	evil := other.URL + "/r.git"
	for _, tc := range []struct {
		name   string
		config func(s *server, root string) []string
	}{
		{"insteadOf", func(s *server, root string) []string { return []string{"url." + other.URL + "/.insteadOf", root} }},
		{"insteadOf of it all", func(s *server, _ string) []string { return []string{"url." + evil + ".insteadOf", s.url} }},
		{"insteadOf of nothing", func(*server, string) []string { return []string{"url." + evil + ".insteadOf", ""} }},
		{"pushInsteadOf", func(s *server, root string) []string { return []string{"url." + other.URL + "/.pushInsteadOf", root} }},
		{"pushInsteadOf of nothing", func(*server, string) []string { return []string{"url." + evil + ".pushInsteadOf", ""} }},
		{"a remote called so", func(s *server, _ string) []string { return []string{"remote." + s.url + ".url", evil} }},
		{"a remote called so, to push", func(s *server, _ string) []string { return []string{"remote." + s.url + ".pushurl", evil} }},
		{"a remote of another kind", func(s *server, _ string) []string { return []string{"remote." + s.url + ".vcs", "evil"} }},
		{"a proxy", func(*server, string) []string { return []string{"http.proxy", other.URL} }},
		{"a proxy for it", func(s *server, root string) []string { return []string{"http." + root + ".proxy", other.URL} }},
		{"a proxy of the remote", func(s *server, _ string) []string { return []string{"remote." + s.url + ".proxy", other.URL} }},
		{"a header", func(s *server, _ string) []string {
			return []string{"http." + s.url + "/info.extraheader", "Authorization: Basic d3Jvbmc6d3Jvbmc="}
		}},
		{"a cookie jar", func(s *server, _ string) []string {
			return []string{"http." + s.url + ".cookieFile", "/etc/passwd", "http.saveCookies", "true"}
		}},
		{"another place for the host", func(s *server, root string) []string {
			host := strings.TrimSuffix(strings.TrimPrefix(root, "http://"), "/")
			return []string{"http.curloptResolve", host + ":192.0.2.1"}
		}},
		{"options for the server", func(*server, string) []string { return []string{"push.pushOption", "ci.skip"} }},
		{"helpers", func(s *server, root string) []string {
			return []string{"credential.helper", "!false", "credential." + root + ".helper", "!false", "credential." + s.url + ".helper", "!false", "credential." + s.url + ".username", "evil"}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			dir := s.start()
			testfiles.Write(t, dir, "a.webp", "webp of a")
			config := tc.config(s, strings.TrimSuffix(s.url, "r.git"))
			for i := 0; i < len(config); i += 2 {
				testgit.Run(t, dir, "config", "--add", config[i], config[i+1])
			}
			commit, err := push(t, open(t, dir), s, "main")
			if err != nil {
				t.Error(err)
			}
			if got := testgit.Run(t, s.bare, "rev-parse", "main"); got != commit {
				t.Errorf("main is %s", got)
			}
			for _, a := range s.Authorizations() {
				if a != "" && a != "Basic "+base64.StdEncoding.EncodeToString([]byte("x-access-token:"+secret)) {
					t.Errorf("Authorization: %s", a)
				}
			}
		})
	}
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if len(received) > 0 {
			t.Errorf("the other server received %q", received)
		}
	})
}

// TestRepositoryInTheClone opens a folder that looks like a repository from inside.
func TestRepositoryInTheClone(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	p := newTrap(t)
	testgit.Run(t, top, "init", "--quiet", "--bare", "assets")
	testfiles.Write(t, top, "assets/config", fmt.Sprintf(
		"[core]\n\trepositoryformatversion = 0\n\tworktree = ..\n\tfsmonitor = %[1]s\n[filter \"x\"]\n\tclean = %[1]s\n", p.program("evil")))
	testfiles.Write(t, top, "assets/.gitattributes", "* filter=x\n")
	testfiles.Write(t, top, ".gitattributes", "* filter=x\n")
	testfiles.Write(t, top, "assets/a.png", "a")
	for _, sub := range []string{"assets", "assets/refs"} {
		r := open(t, filepath.Join(top, sub))
		if r.Top() != resolved(t, top) {
			t.Errorf("%s: the top is %s", sub, r.Top())
		}
		_, err := r.Files(t.Context())
		must(t, err)
		_, err = r.AtTop().Hash(t.Context(), []string{"assets/a.png"})
		must(t, err)
	}
	if got := p.sprung(); len(got) > 0 {
		t.Errorf("these were run: %q", got)
	}
}

// TestSomebodyElses has the repository above belong to another user.
func TestSomebodyElses(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of somebody else's")
	}
	const them = 12345
	give := func(t *testing.T, paths ...string) {
		t.Helper()
		for _, path := range paths {
			must(t, filepath.WalkDir(path, func(path string, _ os.DirEntry, err error) error {
				if err == nil {
					err = os.Lchown(path, them, them)
				}
				return err
			}))
		}
	}
	top := testgit.Init(t)
	testfiles.Write(t, top, "ours/a.png", "a")
	user := filepath.Join(t.TempDir(), "gitconfig")
	testgit.Run(t, top, "config", "--file", user, "safe.directory", resolved(t, top))

	give(t, top)
	_, err := git.Open(t.Context(), filepath.Join(top, "ours"), options())
	must(t, err) // all of it is theirs: the runner's files, and we are root in a container
	must(t, os.Chown(filepath.Join(top, "ours"), 0, 0))
	if _, err = git.Open(t.Context(), filepath.Join(top, "ours"), options()); err == nil || !strings.Contains(err.Error(), "dubious ownership") {
		t.Errorf("Open: %v", err)
	}
	_, err = git.Open(t.Context(), filepath.Join(top, "ours"), options("GIT_CONFIG_GLOBAL="+user))
	must(t, err)
	o := options()
	o.Workspace = top
	_, err = git.Open(t.Context(), filepath.Join(top, "ours"), o)
	must(t, err)
	o.Workspace = filepath.Join(top, "ours")
	if _, err = git.Open(t.Context(), filepath.Join(top, "ours"), o); err == nil {
		t.Error("a repository above the workspace was opened")
	}
}

// A remote that came with the files would have its hooks run by a push.
func TestOriginInTheWorkTree(t *testing.T) {
	t.Parallel()
	dir := testgit.Init(t)
	testgit.Run(t, dir, "init", "--quiet", "--bare", "assets")
	for _, address := range []string{"./assets", "assets", filepath.Join(resolved(t, dir), "assets"), "file://" + filepath.Join(resolved(t, dir), "assets")} {
		testgit.Run(t, dir, "config", "remote.origin.url", address)
		if got, err := open(t, dir).Origin(t.Context()); err == nil || !strings.Contains(err.Error(), "inside of the work tree") {
			t.Errorf("%s: %v, %v", address, got, err)
		}
	}
}

// TestLFSElsewhere hands the token to no other repository of the same server, which
// .lfsconfig or the repository's configuration names for Git LFS.
func TestLFSElsewhere(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	root := strings.TrimSuffix(s.url, "r.git")
	bin := t.TempDir()
	testfiles.Write(t, bin, "git-lfs", "#!/bin/sh\ntest \"$1\" = version && exit 0\nenv >>'"+bin+"/ran'\n")
	must(t, os.Chmod(filepath.Join(bin, "git-lfs"), 0o755))
	const config = ".lfsconfig"
	for _, tc := range []struct {
		name     string
		file     string // what .lfsconfig has
		settings []string
		refused  bool
	}{
		{name: "nothing is named"},
		{name: "itself", file: "[lfs]\n\turl = " + s.url + "/info/lfs\n"},
		{name: "itself without .git", file: "[lfs]\n\turl = " + strings.TrimSuffix(s.url, ".git") + "/info/lfs\n"},
		{name: "another host", file: "[lfs]\n\turl = https://other.example/r.git/info/lfs\n"},
		{name: "another repository", file: "[lfs]\n\turl = " + root + "evil.git/info/lfs\n", refused: true},
		{name: "one that begins so", file: "[lfs]\n\turl = " + root + "r.git.evil/info/lfs\n", refused: true},
		{name: "by dots", file: "[lfs]\n\turl = " + s.url + "/%2e%2e/evil/info/lfs\n", refused: true},
		{name: "to push", file: "[lfs]\n\tpushurl = " + root + "evil\n", refused: true},
		{name: "of a remote", file: "[remote \"origin\"]\n\tlfsurl = " + root + "evil\n", refused: true},
		{name: "in the configuration", settings: []string{"lfs.url", root + "evil"}, refused: true},
		{name: "rewritten", file: "[lfs]\n\turl = x:evil\n", settings: []string{"url." + root + ".insteadOf", "x:"}, refused: true},
	} {
		dir := testgit.Init(t)
		testfiles.Write(t, dir, "a.png", "image a")
		testgit.CommitAll(t, dir, "more")
		if tc.file != "" {
			testfiles.Write(t, dir, config, tc.file)
		}
		for i := 0; i < len(tc.settings); i += 2 {
			testgit.Run(t, dir, "config", tc.settings[i], tc.settings[i+1])
		}
		for _, where := range []string{"tree", "index", "HEAD"} {
			switch {
			case where == "index" && tc.file != "":
				testgit.Run(t, dir, "add", config)
				must(t, os.Remove(filepath.Join(dir, config)))
			case where == "HEAD" && tc.file != "":
				testgit.Run(t, dir, "commit", "--quiet", "--message=lfs")
				testgit.Run(t, dir, "rm", "--quiet", "--cached", config)
			}
			r, err := open(t, dir, "PATH="+bin+":"+os.Getenv("PATH")).WithLFS(t.Context())
			must(t, err)
			err = r.PushLFS(t.Context(), s.remote(), []string{digest("x")})
			_, ran := os.Stat(bin + "/ran")
			if (err != nil) != tc.refused || (ran == nil) == tc.refused {
				t.Errorf("%s, in the %s: %v, ran: %v", tc.name, where, err, ran == nil)
			}
			if err = os.RemoveAll(bin + "/ran"); err != nil {
				t.Fatal(err)
			}
		}
	}
}
