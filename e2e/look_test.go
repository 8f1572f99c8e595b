//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/app"
)

// look converts the images of a folder in this process, and returns the path of the report
// to look at.
func look(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	var out bytes.Buffer
	page := filepath.Join(dir, "report.html")
	code := app.Command{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Dir: dir, Version: "1.2.3", Getenv: func(string) string { return "" },
	}.Main(t.Context(), append([]string{".", "--report=report.html"}, flags...))
	if _, err := os.Stat(page); err != nil {
		t.Fatalf("exit code %d, %v\n%s", code, err, out.String())
	}
	return page
}

// demo is a folder with images of many kinds, one of which is damaged.
func demo(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop #1")
	for name, from := range map[string]string{
		"photos/dunes.jpg": "demo/photos/dunes.jpg", "photos/mountains.heic": "demo/photos/mountains.heic", "photos/print.jpg": "pictures/jpeg/cmyk.jpg",
		"photos/scan.tif": "pictures/tiff/rgb.tif", "photos/turned.jpg": "pictures/jpeg/orientation-6.jpg", "screens/editor.png": "demo/screens/editor.png",
		"icons/compass.png": "demo/icons/compass.png", "icons/spinner.gif": "demo/icons/spinner.gif", "icons/alpha.heic": "pictures/heic/alpha.heic",
	} {
		put(t, dir, name, picture(t, from))
	}
	put(t, dir, "photos/broken.jpg", []byte("not an image"))
	return dir
}

// change rewrites the data of a page.
func change(t *testing.T, page string, edit func(items []map[string]any)) {
	t.Helper()
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin = `<script type="application/json" id="data">`
	before, rest, _ := strings.Cut(string(html), begin)
	text, after, _ := strings.Cut(rest, "</script>")
	var data map[string]any
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatal(err)
	}
	var items []map[string]any
	for _, one := range data["items"].([]any) {
		items = append(items, one.(map[string]any))
	}
	edit(items)
	made, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(page, []byte(before+begin+string(made)+"</script>"+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// score gives results scores, worst last.
func score(items []map[string]any) {
	n := 95.0
	for _, one := range items {
		if one["output"] != nil {
			one["score"], one["tries"] = n, 2
			n -= 4.25
		}
	}
}

// quiet fails the test where the page has logged something, or asked for anything but files
// and its own data.
func quiet(t *testing.T, b *tab) {
	t.Helper()
	for _, one := range b.problems() {
		t.Errorf("the page has a problem: %s", one)
	}
	for _, address := range b.requests() {
		if !strings.HasPrefix(address, "file:") && !strings.HasPrefix(address, "data:") && address != "about:blank" {
			t.Errorf("the page asks for %s", address)
		}
	}
}

// show opens the result whose path ends so, with the keyboard, and waits for its images.
func (b *tab) show(end string) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`focusCell(shown.findIndex((item) => (item.output || item.source).endsWith(%q)))`, end))
	b.press("Enter")
	b.loaded()
}

// loaded waits for the images of the viewer.
func (b *tab) loaded() {
	b.t.Helper()
	b.wait(`viewer.open && [...stage.querySelectorAll('img')].length > 0 && [...stage.querySelectorAll('img')].every((img) => img.complete)`)
	b.settle()
}

// TestLook drives the report to look at with keys and mouse.
func TestLook(t *testing.T) {
	page := look(t, demo(t), "--format=webp,avif")
	change(t, page, score)
	b := newTab(t)
	b.size(1440, 900, false)
	b.open(page)
	b.shot("list-light")
	wantText(t, b.text(`document.body.innerText`), "shop #1", "saved", "1 failure", "is not an image", "webpress reads HEIC", "failed")
	if got := b.text(`document.querySelector('.cell .file').textContent`); got != "broken.jpg" {
		t.Errorf("the first result is %s, and not the one that failed", got)
	}
	if first, second := b.number(`shown[1].score`), b.number(`shown[2].score`); first >= second {
		t.Errorf("scores of %v and %v: the worst is not the first", first, second)
	}

	b.show("dunes.webp")
	b.shot("view-light")
	if got := b.text(`document.activeElement.id`); got != "stage" {
		t.Errorf("the focus is on %s", got)
	}
	same := func(when string) {
		t.Helper()
		if b.eval(`(() => { const [p, q] = ['before', 'after'].map((n) => panes[n].firstChild.getBoundingClientRect()); return p.x === q.x && p.y === q.y && p.width === q.width && p.height === q.height; })()`) != true {
			t.Errorf("%s: before and after are not at the same place", when)
		}
	}
	zoom := func() string { return b.text(`$('zoom').value`) }
	same("at first")
	if b.number(`panes.after.firstChild.naturalWidth`) != 1200 || b.eval(`panes.before.firstChild.src.endsWith('dunes.jpg') && panes.after.firstChild.src.startsWith('file:')`) != true {
		t.Error("the files beside the report are not shown")
	}
	wantText(t, b.text(`$('facts').innerText`), "1200 × 1600", "JPEG", "WebP", "lossy", "80", "Score")

	// The divider: keys, and the mouse.
	if got := b.text(`divider.getAttribute('aria-valuenow')`); got != "50" {
		t.Errorf("the divider is at %s %%", got)
	}
	b.press("]", "]")
	if got := b.text(`divider.getAttribute('aria-valuenow')`); got != "60" {
		t.Errorf("after two brackets, the divider is at %s %%", got)
	}
	b.eval(`divider.focus()`)
	b.press("ArrowLeft", "Shift+ArrowLeft")
	if got := b.text(`divider.getAttribute('aria-valuenow')`); got != "48" {
		t.Errorf("after arrows, the divider is at %s %%", got)
	}
	b.press("Home")
	if got := b.text(`divider.getAttribute('aria-valuetext')`); got != "0 % before, 100 % after" {
		t.Errorf("after Home, the divider says %s", got)
	}
	wide := b.number(`stage.clientWidth`)
	b.drag(200, 400, wide/4, 400)
	if got := b.text(`divider.getAttribute('aria-valuenow') + ' ' + panes.after.style.clipPath`); !strings.HasPrefix(got, "25 ") || !strings.Contains(got, fmt.Sprintf("%gpx", wide/4)) {
		t.Errorf("after the mouse, the divider is at %s", got)
	}

	// The flicker.
	b.eval(`stage.focus()`)
	b.press("f")
	if got := b.text(`[tags.before.hidden, tags.after.hidden, divider.hidden, $('flicker').getAttribute('aria-pressed')]`); got != "[false true true true]" {
		t.Errorf("F: %s", got)
	}
	b.press(" ")
	if got := b.text(`[tags.before.hidden, tags.after.hidden]`); got != "[true false]" {
		t.Errorf("space: %s", got)
	}
	b.press("s")
	if b.eval(`divider.hidden`) != false {
		t.Error("S does not show both")
	}

	// Zoom.
	b.press("1")
	b.wait(`$('zoom').value === '100 %'`)
	b.settle()
	same("at 100 %")
	if got := b.number(`panes.before.firstChild.getBoundingClientRect().width`); got != 1200 {
		t.Errorf("at 100 %% it is %v pixels wide", got)
	}
	b.shot("view-full")
	left := b.number(`panes.after.firstChild.getBoundingClientRect().left`)
	b.press("Shift+ArrowRight")
	top := b.number(`panes.after.firstChild.getBoundingClientRect().top`)
	b.eval(`setSplit(0.9)`)
	b.drag(400, 400, 300, 440)
	same("after a drag")
	if now := b.number(`panes.after.firstChild.getBoundingClientRect().top`); now == top && left == b.number(`panes.after.firstChild.getBoundingClientRect().left`) {
		t.Error("the image was not moved")
	}
	b.wheel(500, 400, -200)
	same("after the wheel")
	if got := zoom(); got == "100 %" {
		t.Errorf("after the wheel, the zoom is %s", got)
	}
	b.press("+", "+")
	if b.eval(`panes.after.firstChild.classList.contains('sharp')`) != true {
		t.Errorf("pixels are smoothed at %s", zoom())
	}
	// The same place of the other result.
	x, width := b.number(`view.x`), b.number(`extent()[0]`)
	b.press("ArrowDown")
	b.loaded()
	if got := b.text(`view.item.output`); got != "photos/dunes.avif" {
		t.Errorf("arrow down leads to %s", got)
	}
	if now := b.number(`view.x / extent()[0]`); now < x/width-0.01 || now > x/width+0.01 {
		t.Errorf("another place is in sight: %v, and before %v", now, x/width)
	}
	b.press("0")
	if b.eval(`view.fitted`) != true {
		t.Error("0 does not fit")
	}
	b.press("?")
	if got := b.text(`$('keys').hidden + $('help').getAttribute('aria-expanded')`); got != "falsetrue" {
		t.Errorf("? shows no keys: %s", got)
	}
	b.press("?")

	// Back in the gallery.
	output := b.text(`view.item.output`)
	b.press("ArrowRight")
	if got := b.text(`view.item.output`); got == output {
		t.Error("arrow right leads nowhere")
	}
	b.press("ArrowLeft", "Escape")
	if b.eval(`viewer.open`) != false || b.text(`document.activeElement.querySelector('.file').textContent`) != "dunes.avif" {
		t.Errorf("the focus is not on the image that was open, but on %s", b.text(`document.activeElement.innerText`))
	}
	b.press("Home", "ArrowRight")
	if got := b.text(`document.activeElement.parentElement.getAttribute('aria-posinset')`); got != "2" {
		t.Errorf("Home and an arrow lead to %s", got)
	}
	quiet(t, b)
}

// TestLookOriginals opens originals that no browser shows, and transparent and animated ones.
func TestLookOriginals(t *testing.T) {
	page := look(t, demo(t))
	b := newTab(t)
	b.size(1440, 900, true)
	b.open(page)
	b.shot("list-dark")
	for _, name := range []string{"mountains", "print", "scan", "alpha"} {
		b.show("/" + name + ".webp")
		if b.eval(`panes.before.firstChild.src.startsWith('data:image/webp;') && panes.before.firstChild.naturalWidth > 0`) != true {
			t.Errorf("%s: the original is not shown", name)
		}
		wantText(t, b.text(`$('message').textContent`), "Before is a preview of "+b.text(`panes.before.firstChild.naturalWidth`))
		b.press("Escape")
	}
	b.show("/turned.webp")
	if b.eval(`panes.before.firstChild.naturalWidth === panes.after.firstChild.naturalWidth && panes.before.firstChild.naturalHeight === panes.after.firstChild.naturalHeight`) != true {
		t.Error("an original that says how it is turned is not")
	}
	b.press("Escape")
	b.show("/compass.webp")
	b.shot("view-dark")
	if got := b.text(`getComputedStyle(board).backgroundImage`); !strings.Contains(got, "conic-gradient") {
		t.Errorf("behind what is transparent is %s", got)
	}
	b.press("b")
	if got := b.text(`getComputedStyle(board).backgroundColor + getComputedStyle(board).backgroundImage`); got != "rgb(255, 255, 255)none" {
		t.Errorf("B shows %s", got)
	}
	b.press("Escape")
	b.show("/spinner.webp")
	first := b.text(`panes.before.firstChild.src + ' ' + panes.after.firstChild.src`)
	b.press("r")
	b.loaded()
	if again := b.text(`panes.before.firstChild.src + ' ' + panes.after.firstChild.src`); again == first {
		t.Error("R does not begin animations again")
	}
	b.press("Escape")
	b.eval(`focusCell(shown.findIndex((item) => item.state === 'failed'))`)
	b.press("Enter")
	b.wait(`$('message').textContent`)
	wantText(t, b.text(`viewer.innerText`), "could not be converted", "is not an image")
	quiet(t, b)
}

// TestLookAlone opens a report that was moved to where no image is.
func TestLookAlone(t *testing.T) {
	page := look(t, demo(t))
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, dir, "report.html", html)
	b := newTab(t)
	b.size(390, 844, false)
	b.open(filepath.Join(dir, "report.html"))
	b.shot("phone-list")
	b.wait(`document.querySelectorAll('.cell img').length > 3 && [...document.querySelectorAll('.cell img')].every((img) => img.naturalWidth > 0)`)
	b.show("/dunes.webp")
	wantText(t, b.text(`$('message').textContent`), "The original is not beside this report", "The result is not beside this report: after is a preview of ")
	b.press("Escape")
	b.show("/mountains.webp")
	b.shot("phone-view")
	if b.eval(`document.documentElement.scrollWidth <= innerWidth`) != true {
		t.Error("the page is wider than a phone")
	}
}

// TestLookArtifact opens the report that lies in an artifact, where results are beside it and
// originals are not.
func TestLookArtifact(t *testing.T) {
	dir := demo(t)
	var out bytes.Buffer
	env := map[string]string{"GITLAB_CI": "true", "CI": "true", "CI_PROJECT_DIR": dir, "CI_PROJECT_PATH": "shop/site"}
	app.Command{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Dir: dir, Version: "1.2.3", Getenv: func(name string) string { return env[name] },
	}.Main(t.Context(), []string{".", "--store=artifact", "--artifact-dir=out", "--widths=600,1200"})
	moved := filepath.Join(t.TempDir(), "artifact") // as if it was downloaded
	if err := os.Rename(filepath.Join(dir, "out"), moved); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	b := newTab(t)
	b.size(1440, 900, false)
	b.open(filepath.Join(moved, "webpress-report.html"))
	b.shot("artifact")
	wantText(t, b.text(`document.body.innerText`), "shop/site", "1 failure")
	b.show("/dunes-1200.webp")
	b.shot("artifact-view")
	if got := b.text(`[panes.before.firstChild.src.slice(0, 16), panes.before.firstChild.naturalWidth, panes.after.firstChild.src.slice(0, 5), panes.after.firstChild.naturalWidth]`); got != "[data:image/webp; 1200 file: 1200]" {
		t.Errorf("before and after are %s", got)
	}
	b.press("ArrowUp")
	b.loaded()
	if got := b.text(`[view.item.output, panes.before.firstChild.naturalWidth, panes.after.firstChild.naturalWidth]`); got != "[photos/dunes-600.webp 1200 600]" {
		t.Errorf("the other result: %s", got)
	}
	quiet(t, b)
}

// TestLookFilters filters and sorts.
func TestLookFilters(t *testing.T) {
	page := look(t, demo(t), "--format=webp,avif")
	change(t, page, score)
	b := newTab(t)
	b.size(1200, 900, false)
	b.open(page)
	all := b.number(`items.length`)
	set := func(id, value string) {
		t.Helper()
		b.eval(fmt.Sprintf(`(() => { $(%q).value = %q; $(%q).dispatchEvent(new Event('input', { bubbles: true })); })()`, id, value, id))
	}
	reset := func() {
		t.Helper()
		b.eval(`(document.querySelector('button[type=reset]').click(), new Promise((done) => setTimeout(done, 20)))`)
		if b.number(`shown.length`) != all {
			t.Error("reset leaves a filter on")
		}
	}
	for _, tt := range []struct{ id, value, all string }{
		{"by-name", "DUNES", `item.source.includes('dunes')`},
		{"by-state", "failed", `item.state === 'failed'`},
		{"by-format", "after:avif", `item.after.format === 'avif'`},
		{"by-format", "before:heic", `item.before.format === 'heic'`},
		{"by-folder", "/icons", `item.folder === 'icons'`},
		{"by-size", "50000", `(item.after.bytes || 0) <= 50000`},
		{"by-score", "70", `item.score >= 50 && item.score < 70`},
	} {
		set(tt.id, tt.value)
		n := b.number(`shown.length`)
		if n == 0 || n == all || b.eval(`shown.every((item) => `+tt.all+`)`) != true {
			t.Errorf("%s %s shows %v of %v", tt.id, tt.value, n, all)
		}
		wantText(t, b.text(`$('count').textContent`), fmt.Sprintf("%v of %v results", n, all))
		reset()
	}
	for sort, ordered := range map[string]string{
		"worst": `shown.filter(hasScore).every((item, i, of) => i === 0 || of[i - 1].score <= item.score)`,
		"least": `shown.filter((item) => item.output).every((item, i, of) => i === 0 || saved(of[i - 1]) <= saved(item))`,
		"large": `shown.every((item, i, of) => i === 0 || weight(of[i - 1]) >= weight(item))`,
		"name":  `shown.every((item, i, of) => i === 0 || of[i - 1].source <= item.source)`,
	} {
		set("sort", sort)
		if b.eval(ordered) != true {
			t.Errorf("%s is not sorted", sort)
		}
	}
	set("by-name", "nothing is called like this")
	if b.eval(`$('none').hidden`) != false || b.number(`document.querySelectorAll('.cell').length`) != 0 {
		t.Error("it does not say that nothing matches")
	}
	reset()
	b.eval(`document.body.focus()`)
	b.press("/")
	if got := b.text(`document.activeElement.id`); got != "by-name" {
		t.Errorf("/ leads to %s", got)
	}
	quiet(t, b)
}

// TestLookAccessible holds the report against the rules of axe-core, light and dark.
func TestLookAccessible(t *testing.T) {
	tools := t.TempDir()
	npm(t, tools, "axe-core@4.11.0")
	axe, err := os.ReadFile(filepath.Join(tools, "node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	dir := demo(t)
	for i := range 30 {
		put(t, dir, fmt.Sprintf("broken/%d.png", i), []byte("not an image"))
	}
	page := look(t, dir, "--format=webp,avif")
	change(t, page, score)
	b := newTab(t)
	for _, screen := range []struct {
		width, height int
		dark          bool
	}{{1440, 900, false}, {1440, 900, true}, {390, 844, false}} {
		b.size(screen.width, screen.height, screen.dark)
		b.open(page)
		b.eval(string(axe) + "; 0")
		check := func(where string) {
			t.Helper()
			found := b.text(`axe.run(document, { resultTypes: ['violations'] }).then((all) => all.violations.map((one) =>
				one.id + ': ' + one.help + '\n' + one.nodes.map((node) => '  ' + node.target + ' ' + node.failureSummary).join('\n')).join('\n'))`)
			if found != "" {
				t.Errorf("%s, %v:\n%s", where, screen, found)
			}
		}
		check("gallery")
		b.show("/dunes.webp")
		check("viewer")
	}
}
