//go:build e2e

package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/gallery"
	"github.com/webpress/webpress/internal/report"
)

// TestLookMany opens a report on 2,000 results.
func TestLookMany(t *testing.T) {
	dir := t.TempDir()
	data := picture(t, "pictures/webp/lossy.webp")
	var results []asset.Result
	for i := range 2000 {
		name := fmt.Sprintf("%02d/%04d", i/100, i)
		put(t, dir, name+".webp", data)
		results = append(results, asset.Result{
			Source: asset.Source{Path: name + ".jpg", Format: asset.JPEG}, Status: asset.Converted, Output: name + ".webp", Format: asset.WebP,
			Before: int64(100_000 + i), After: int64(20_000 + i*7%9000), Width: 192, Height: 128, SourceWidth: 192, SourceHeight: 128, Frames: 1,
		})
	}
	page := gallery.New(gallery.Options{Dir: dir, Jobs: 2, Memory: 1 << 30, MaxPixels: 1 << 28}).Page(t.Context(), gallery.Input{
		Report: report.New(report.Input{Results: results, Version: "1.2.3"}), Title: "many", Output: gallery.Address,
	})
	if len(page) > gallery.MaxBytes {
		t.Errorf("%d bytes", len(page))
	}
	put(t, dir, "report.html", page)
	b := newTab(t)
	b.size(1440, 900, false)
	b.open(filepath.Join(dir, "report.html"))
	b.settle()
	t.Logf("%d bytes, first paint after %.0f ms", len(page), b.number(`performance.getEntriesByName('first-contentful-paint')[0].startTime`))
	few := func() {
		t.Helper()
		if n := b.number(`document.querySelectorAll('.cell').length`); n < 10 || n > 80 {
			t.Errorf("%v of 2,000 results are elements", n)
		}
	}
	few()
	t.Logf("the longest of 60 frames of scrolling took %.0f ms", b.number(`new Promise((done) => {
		let n = 0, last = performance.now(), most = 0;
		const step = () => {
			const now = performance.now();
			most = Math.max(most, now - last);
			last = now;
			if (++n === 60) return done(most);
			scrollBy(0, 700);
			requestAnimationFrame(step);
		};
		requestAnimationFrame(step);
	})`))
	few()
	b.eval(`focusCell(0)`)
	b.press("End")
	if got := b.text(`document.activeElement.parentElement.getAttribute('aria-posinset') + ' ' + document.activeElement.parentElement.getAttribute('aria-setsize')`); got != "2000 2000" {
		t.Errorf("End leads to %s", got)
	}
	if b.eval(`(() => { const box = document.activeElement.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; })()`) != true {
		t.Error("the last result is not in sight")
	}
	few()
	b.eval(`$('by-name').value = '19/'; $('by-name').dispatchEvent(new Event('input', { bubbles: true }))`)
	if n := b.number(`shown.length`); n != 100 {
		t.Errorf("%v results of 100", n)
	}
	quiet(t, b)
}

// TestLookHostile opens a report whose names try to be something else.
func TestLookHostile(t *testing.T) {
	dir := t.TempDir()
	names := slices.Concat(hostile, []string{
		"</script><script>window.stolen = 1</script>.png", "<!--<script>.png", "\"><img src=x onerror=\"window.stolen=1\">.png", "javascript:window.stolen=1.png",
		"data:text/html,<script>window.stolen=1<\\script>.png", "a\u2028window.stolen=1.png", "${window.stolen=1}.png", "%3Cscript%3E#?.png",
	})
	var results []asset.Result
	for _, name := range names {
		for _, file := range []string{name, "out/" + name} {
			put(t, dir, file, picture(t, "pictures/png/rgba.png"))
		}
		results = append(results,
			asset.Result{
				Source: asset.Source{Path: name, Format: asset.PNG}, Status: asset.Converted, Output: "out/" + name, Variant: name, Notes: []string{name}, Format: asset.PNG,
				Before: 10, After: 9, Width: 192, Height: 128,
			},
			asset.Result{Source: asset.Source{Path: "failed/" + name}, Status: asset.Failed, Err: &asset.Fault{Message: name, Hint: name}},
			asset.Result{Source: asset.Source{Path: "skipped/" + name}, Status: asset.Skipped, Reason: asset.NotSmaller},
		)
	}
	in := report.Input{Results: results, Version: "1.2.3", Notices: names}
	for _, name := range names {
		in.Findings = append(in.Findings, asset.Finding{Rule: name, Severity: asset.Error, Path: name, Message: name, Hint: name})
	}
	page := gallery.New(gallery.Options{Dir: dir, Jobs: 2, Memory: 1 << 30, MaxPixels: 1 << 28}).Page(t.Context(), gallery.Input{
		Report: report.New(in), Title: names[0], Source: gallery.Address, Output: gallery.Address,
	})
	put(t, dir, "report.html", page)
	b := newTab(t)
	b.size(1200, 900, false)
	b.open(filepath.Join(dir, "report.html"))
	b.eval(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`)
	b.settle()
	made := 0
	for i := range int(b.number(`shown.length`)) {
		b.eval(fmt.Sprintf(`openViewer(%d)`, i))
		if b.eval(`Boolean(view.item.output)`) == true {
			b.loaded()
			made++
			if b.eval(`panes.before.firstChild?.naturalWidth === 192 && panes.after.firstChild?.naturalWidth === 192`) != true {
				t.Errorf("%s: the files are not shown", b.text(`view.item.source`))
			}
		}
		b.eval(`viewer.close()`)
	}
	if made < len(names) {
		t.Errorf("%d of %d results were opened", made, len(names))
	}
	if b.eval(`window.stolen === undefined && document.scripts.length === 2 && document.querySelectorAll('[onerror]').length === 0`) != true {
		t.Error("a name was run")
	}
	// What a name might add would not run either.
	b.eval(`window.blocked = []; document.addEventListener('securitypolicyviolation', (event) => { blocked.push(event.effectiveDirective); })`)
	b.eval(`(() => {
		const script = document.createElement('script');
		script.textContent = 'window.stolen = 1';
		const far = new Image();
		far.src = 'https://example.invalid/a.png';
		document.body.append(script, far, Object.assign(document.createElement('iframe'), { src: 'https://example.invalid/' }));
		document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.stolen = 1"><b style="color: red">x</b>');
		return fetch('https://example.invalid/').catch(() => {});
	})()`)
	b.wait(`blocked.length >= 6`)
	got := b.text(`[...new Set(blocked)].sort().join(' ')`)
	for _, want := range []string{"connect-src", "frame-src", "img-src", "script-src-attr", "script-src-elem", "style-src-attr"} {
		if !strings.Contains(got, want) {
			t.Errorf("the policy blocks %s, and not %s", got, want)
		}
	}
	if b.eval(`window.stolen === undefined`) != true {
		t.Error("the policy lets scripts run")
	}
	for _, address := range b.requests() {
		if strings.Contains(address, "example.invalid") {
			t.Errorf("the page asks for %s", address)
		}
	}
}
