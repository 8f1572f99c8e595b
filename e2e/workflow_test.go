//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	published "github.com/webpress/webpress/internal/project"
	"github.com/webpress/webpress/internal/testgit"
)

// actVersion is the nektos/act that runs the workflows. runner is the image
// that it runs jobs in.
const (
	actVersion = "v0.2.89"
	runner     = "act-runner:local"
)

// buildAct builds act, once, and returns its path or what went wrong.
var buildAct = sync.OnceValues(func() (path, trouble string) {
	bin := filepath.Join(os.TempDir(), "webpress-act-"+actVersion)
	cmd := exec.Command("go", "install", "github.com/nektos/act@"+actVersion)
	// The flags of webpress's own C code would only compile the library again.
	cmd.Env = append(os.Environ(), "GOBIN="+bin, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", string(out)
	}
	return filepath.Join(bin, "act"), ""
})

func act(t *testing.T) string {
	t.Helper()
	path, trouble := buildAct()
	if trouble != "" {
		t.Fatalf("build act:\n%s", trouble)
	}
	return path
}

// jobImage is the image for `runs-on: ubuntu-latest`.
func jobImage(t *testing.T) string {
	t.Helper()
	if name := os.Getenv("WEBPRESS_E2E_RUNNER"); name != "" {
		return name
	}
	if r := run(t, "", "docker", "image", "inspect", runner); r.code != 0 {
		t.Fatalf("there is no image %s for jobs; name one with git, node and jq in WEBPRESS_E2E_RUNNER", runner)
	}
	return runner
}

// project makes a repository with the workflow of that name from testdata/workflows and,
// in the folder webpress, with the action as a release has it, of the image under test.
func project(t *testing.T, workflow string) string {
	t.Helper()
	dir := t.TempDir()
	yml := string(picture(t, "workflows/"+workflow))
	used := regexp.MustCompile(`uses: \S+/webpress@v1`)
	if !used.MatchString(yml) {
		t.Fatalf("%s does not use webpress", workflow)
	}
	put(t, dir, ".github/workflows/"+workflow, []byte(used.ReplaceAllString(yml, "uses: ./webpress")))

	action, err := os.ReadFile(filepath.Join(root(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	const source = "\n  image: Dockerfile\n"
	if !strings.Contains(string(action), source) {
		t.Fatalf("action.yml has no line%s", source)
	}
	put(t, dir, "webpress/action.yml", []byte(strings.Replace(string(action), source, "\n  image: docker://"+image+"\n", 1)))
	return dir
}

// withSources puts the sources of the action in its place, which then is built as that of
// a branch is.
func withSources(t *testing.T, dir string) {
	t.Helper()
	must(t, root(t), "sh", "-c", `git ls-files -z | grep -zv '^testdata/' |
		tar -c --null -T - | tar -x -C "$0"`, filepath.Join(dir, "webpress"))
}

func mkdir(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// A workflowRun is what act reports about a run.
type workflowRun struct {
	result
	log     string // what the steps printed
	summary string // what the steps wrote to their summaries
}

// push commits everything in dir and runs its workflows as for a push.
func push(t *testing.T, dir string) workflowRun {
	t.Helper()
	commit(t, dir, "https://example.invalid/someone/pictures.git")
	return runWorkflow(t, dir)
}

// commit makes dir a repository whose origin is at url, with all files in it.
func commit(t *testing.T, dir, url string) {
	t.Helper()
	must(t, dir, "git", "init", "-q", "-b", "main")
	must(t, dir, "git", "remote", "add", "origin", url)
	record(t, dir, "Pictures")
}

// record commits all that has changed in dir.
func record(t *testing.T, dir, message string) {
	t.Helper()
	must(t, dir, "git", "add", "-A")
	must(t, dir, "git", "-c", "user.name=e2e", "-c", "user.email=e2e@example.invalid", "commit", "-q", "-m", message)
}

// runWorkflow runs the workflow in dir as for a push, with flags for act. It has to
// succeed.
func runWorkflow(t *testing.T, dir string, flags ...string) workflowRun {
	t.Helper()
	w := runEvent(t, "push", dir, flags...)
	if w.code != 0 {
		t.Errorf("the workflow ended with exit code %d:\n%s", w.code, w.log)
	}
	return w
}

// runEvent runs the workflow in dir for an event, with flags for act.
func runEvent(t *testing.T, event, dir string, flags ...string) workflowRun {
	t.Helper()
	r := run(t, dir, act(t), append([]string{
		event, "--json", "--pull=false", "--network", "host",
		"--container-daemon-socket", "-", "-P", "ubuntu-latest=" + jobImage(t),
	}, flags...)...)
	w := workflowRun{result: r}
	lines := bufio.NewScanner(strings.NewReader(r.out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct {
			Command, Content, Msg string
			Raw                   bool `json:"raw_output"`
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue
		}
		if line.Command == "summary" {
			w.summary += line.Content
		}
		w.log += line.Msg + "\n"
	}
	return w
}

// TestExampleWorkflow runs the workflow that README shows, but for the API: there
// is no GitHub, so that git has to push. It alone builds the action's image.
func TestExampleWorkflow(t *testing.T) {
	bare, url := testgit.NewServer(t, token).Repository("someone/pictures.git")
	dir := project(t, "push.yml")
	withSources(t, dir)
	const last = "          max-width: 1200\n"
	yml := string(picture(t, "workflows/push.yml"))
	if !strings.Contains(yml, last) {
		t.Fatalf("%q is not in the workflow", last)
	}
	yml = strings.ReplaceAll(yml, published.Repository+"@v"+published.Major, "./webpress")
	put(t, dir, ".github/workflows/push.yml", []byte(strings.Replace(yml, last, last+"          commit-method: push\n          sandbox: require\n", 1)))
	put(t, dir, "assets/dunes.jpg", picture(t, "demo/photos/dunes.jpg"))
	put(t, dir, "assets/mountains.heic", picture(t, "demo/photos/mountains.heic"))
	put(t, dir, "elsewhere/card.png", picture(t, "pictures/png/card.png"))
	commit(t, dir, url)
	must(t, dir, "git", "push", "-q", bare, "main")
	got := runWorkflow(t, dir, append(asServer(url), "-s", "GITHUB_TOKEN="+token)...)
	wantText(t, got.summary, "assets/dunes.jpg", "assets/mountains.heic", "|")
	wantText(t, got.log, "% saved")
	if files := must(t, bare, "git", "ls-tree", "-r", "--name-only", "main", "assets"); strings.Count(files, ".webp") != 2 {
		t.Errorf("on the branch are\n%s", files)
	}
	if strings.Contains(got.summary, "elsewhere") {
		t.Errorf("the summary has files that were not asked for:\n%s", got.summary)
	}
}

// TestHostileNames runs a workflow on files whose names try to do harm.
func TestHostileNames(t *testing.T) {
	dir := project(t, "hostile.yml")
	data := picture(t, "pictures/png/photo.png")
	for _, name := range hostile {
		put(t, dir, name, data)
	}
	put(t, dir, "::error::broken.png", data[:len(data)/2])
	got := push(t, dir)
	// Between backquotes a name is only text.
	outside := regexp.MustCompile("``.*?``|`[^`\n]*`").ReplaceAllString(got.summary, "")
	for _, bad := range []string{"<img", "javascript:", "touch stolen", "*bold*"} {
		if strings.Contains(outside, bad) {
			t.Errorf("%s is not quoted in the summary:\n%s", bad, got.summary)
		}
	}
	wantText(t, got.summary, "日本語")
}
