package config

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/testfiles"
)

// need skips a test whose program this machine lacks. End-to-end tests have them all.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("no %s: install it by scripts/deps e2e; this is NOT TESTED", program)
	}
}

// shellTest is a folder with files to complete, and the script for a shell in it.
func shellTest(t *testing.T, shell string) (dir string) {
	t.Helper()
	need(t, shell)
	dir = t.TempDir()
	for _, name := range []string{"photos/a.png", "photo list.txt"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		testfiles.Write(t, dir, name, "")
	}
	if err := os.WriteFile(filepath.Join(dir, "script"), []byte(shown(t, "completion", shell)), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// runShell returns the lines that a program prints.
func runShell(t *testing.T, dir string, argv ...string) []string {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "TERM=dumb", "LC_ALL=C.UTF-8")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Errorf("%s: %v\n%s", argv[0], err, errs.String())
	}
	return strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' || r == '\r' })
}

func TestCompletionBash(t *testing.T) {
	dir := shellTest(t, "bash")
	all := strings.Join(commandNames(), "\n")
	for _, tt := range []struct {
		// words are as bash splits a line, the last of them the one to complete.
		words []string
		want  string
	}{
		{[]string{"ch"}, "check"},
		{[]string{"--color=always", "ch"}, "check"},
		{[]string{"--quality", "80", "ch"}, "check"},
		{[]string{"--quality", "=", "80", "ch"}, "check"},
		{[]string{"--lossl"}, "--lossless="},
		{[]string{"--no-sum"}, "--no-summary"},
		{[]string{"--verif"}, "--verify"},
		{[]string{"--lossless", "="}, "auto\nalways\nnever"},
		{[]string{"--lossless", "=", "al"}, "always"},
		{[]string{"--lossless=al"}, "--lossless=always"}, // without = in COMP_WORDBREAKS
		{[]string{"--lossless", "al"}, "always"},
		{[]string{"--store", "=", "none,art"}, "none,artifact"},
		{[]string{"--quality", "="}, ""},
		{[]string{"-o", "ph"}, ""},
		{[]string{"--report", "=", "ph"}, "photo list.txt\nphotos"},
		{[]string{"--cache-dir", "=", "ph"}, "photos"},
		{[]string{"-C", "ph"}, "photos"},
		{[]string{"ph"}, "photo list.txt\nphotos"},
		{[]string{"check", "photos/"}, "photos/a.png"},
		{[]string{"check", "ch"}, ""},
		{[]string{"--", "ch"}, ""},
		{[]string{"apply", "ph"}, "photos"},
		{[]string{"help", "com"}, "completion"},
		{[]string{"help", ""}, all},
		{[]string{"completion", ""}, "bash\nzsh\nfish"},
		{[]string{"version", ""}, ""},
	} {
		argv := append([]string{"bash", "--norc", "-c", `
			source ./script
			COMP_WORDS=(webpress "$@") COMP_CWORD=$#
			_webpress
			((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
		`, "bash"}, tt.words...)
		got := runShell(t, dir, argv...)
		if strings.HasSuffix(tt.want, "photos") {
			slices.Sort(got)
		}
		if strings.Join(got, "\n") != tt.want {
			t.Errorf("%q: %q, want %q", tt.words, got, tt.want)
		}
	}
	if got := runShell(t, dir, "bash", "--norc", "-c", "source ./script; complete -p webpress"); !slices.Equal(got, []string{"complete -F _webpress webpress"}) {
		t.Errorf("complete -p: %q", got)
	}
}

func TestCompletionFish(t *testing.T) {
	dir := shellTest(t, "fish")
	for line, want := range map[string][]string{
		"ch":                     {"check"},
		"--quality=80 ch":        {"check"},
		"--lossl":                {"--lossless"},
		"--lossless=":            {"--lossless=auto", "--lossless=always", "--lossless=never"},
		"--lossless al":          {"always"},
		"--store=none,art":       {"--store=none,artifact"},
		"--report=ph":            {"--report=photo list.txt", "--report=photos/"},
		"--cache-dir=ph":         {"--cache-dir=photos/"},
		"check photos/":          {"photos/a.png"},
		"apply ph":               {"photos/"},
		"help com":               {"completion"},
		"completion ":            {"bash", "fish", "zsh"},
		"version ":               nil,
		"--verify=":              {"--verify=auto", "--verify=false", "--verify=true"},
		"-C ph":                  {"photos/"},
		"--no-summary --no-summ": {"--no-summary"},
	} {
		t.Setenv("LINE", line)
		got := runShell(t, dir, "fish", "--no-config", "-c", `source ./script; complete -C "webpress $LINE"`)
		for i := range got {
			got[i], _, _ = strings.Cut(got[i], "\t")
			got[i] = strings.ReplaceAll(got[i], `\ `, " ")
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// zshDriver types lines at a zsh in a terminal of its own, each with a tab at the end,
// and prints what is on the line then.
const zshDriver = `
zmodload zsh/zpty
zpty z env TERM=dumb zsh -f -i
zpty -w z "PS1= PS2= RPS1=; unsetopt zle_bracketed_paste beep; autoload -Uz compinit && compinit -u -D; source ./script"
zpty -w z 'show() { print -r -- "<<$BUFFER>>"; BUFFER=; }; zle -N show; bindkey "^X" show; print -r -- READ""Y'
zpty -r z seen '*READY*'
for line in "$@"; do
  zpty -w -n z "$line"$'\t\x18'
  zpty -r z seen '*<<*>>*'
  seen=${seen##*<<}
  print -r -- "${seen%%>>*}"
done
zpty -d z
`

func TestCompletionZsh(t *testing.T) {
	dir := shellTest(t, "zsh")
	tests := [][2]string{
		{"webpress chec", "webpress check "},
		{"webpress --quality=80 chec", "webpress --quality=80 check "},
		{"webpress --lossl", "webpress --lossless="},
		{"webpress --lossless=al", "webpress --lossless=always "},
		{"webpress --lossless al", "webpress --lossless always "},
		{"webpress --store=none,art", "webpress --store=none,artifact,"},
		{"webpress --report=photo\\ ", "webpress --report=photo\\ list.txt "},
		{"webpress --cache-dir=ph", "webpress --cache-dir=photos/"},
		{"webpress check photos/", "webpress check photos/a.png "},
		{"webpress apply ph", "webpress apply photos/"},
		{"webpress help com", "webpress help completion "},
		{"webpress completion z", "webpress completion zsh "},
		{"webpress -q80 --verif", "webpress -q80 --verify="}, // a space takes the = away
		{"webpress --verify=au", "webpress --verify=auto "},
		{"webpress -C ph", "webpress -C photos/"},
	}
	argv := []string{"zsh", "-f", "-c", zshDriver, "zsh"}
	for _, tt := range tests {
		argv = append(argv, tt[0])
	}
	got := runShell(t, dir, argv...)
	if len(got) != len(tests) {
		t.Fatalf("got %q", got)
	}
	for i, tt := range tests {
		if got[i] != tt[1] {
			t.Errorf("%q becomes %q, want %q", tt[0], got[i], tt[1])
		}
	}
}

// The page is the same whenever it is printed.
func TestManualDate(t *testing.T) {
	committed := time.Date(2026, 3, 9, 23, 0, 0, 0, time.FixedZone("", -3600))
	for want, h := range map[string]Env{
		".Dd January 1, 2026":  {Environ: []string{"SOURCE_DATE_EPOCH=1767225600"}, Committed: committed},
		".Dd March 10, 2026":   {Environ: []string{"SOURCE_DATE_EPOCH="}, Committed: committed},
		".Dd December 1, 2025": {Environ: []string{"SOURCE_DATE_EPOCH=now"}, Committed: time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)},
		".Dd":                  {},
	} {
		var out strings.Builder
		h.Dir, h.Stdout = t.TempDir(), &out
		if _, err := Load([]string{"man"}, h); !errors.Is(err, ErrShown) {
			t.Error(err)
		}
		if got, _, _ := strings.Cut(out.String(), "\n"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The page is one that groff and mandoc have nothing against.
func TestManual(t *testing.T) {
	page := shown(t, "man")
	for _, s := range Settings() {
		if !strings.Contains(page, `\-`+strings.ReplaceAll(s.Name, "-", `\-`)) {
			t.Errorf("no --%s in the manual page", s.Name)
		}
	}
	path := filepath.Join(t.TempDir(), "webpress.1")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, argv := range [][]string{{"mandoc", "-Tlint", "-Wstyle", path}, {"groff", "-mdoc", "-ww", "-z", "-Tutf8", path}} {
		t.Run(argv[0], func(t *testing.T) {
			need(t, argv[0])
			out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
			for line := range strings.Lines(string(out)) {
				// Which other pages are installed is not our concern.
				if !strings.Contains(line, "outdated mandoc.db") && !strings.Contains(line, "referenced manual not found") {
					t.Error(line)
				}
			}
			if _, failed := err.(*exec.ExitError); err != nil && !failed {
				t.Error(err)
			}
		})
	}
	t.Run("as text", func(t *testing.T) {
		need(t, "mandoc")
		out, err := exec.Command("mandoc", "-Tascii", path).Output()
		text := regexp.MustCompile(".\b").ReplaceAllString(string(out), "") // bold and underlined
		if err != nil || !strings.Contains(text, "--max-width=pixels") || !strings.Contains(text, "webpress 'assets/**/*.heic' --max-width=1200") {
			t.Errorf("%v\n%s", err, text)
		}
	})
}
