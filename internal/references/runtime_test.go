package references

import (
	"strings"
	"testing"
)

// TestRunTime has images whose address, size or place a script or a template decides on, and their
// neighbours, for which nothing does.
func TestRunTime(t *testing.T) {
	const (
		all      = iota // becomes a <picture>, with width and height
		unsized         // without them
		named           // only references: update changes its name
		derived         // nothing changes
		original = ` src="a.jpg"`
	)
	for _, c := range []struct {
		file, attributes string
		want             int
	}{
		{"x.html", `alt="src of a.jpg" title="a.jpg" class="src" aria-label="a.jpg"`, all},
		{"x.html", `onclick="zoom(this)" onload="this.classList.add('shown')" onerror="this.style.display='none'"`, all},
		{"x.vue", `@click="show" :alt="x" @error="failed = true"`, all},
		{"x.svelte", `on:click={show} alt={x}`, all},
		{"x.html", `srcset="a.jpg 1x, img/a@2x.jpg 2x"`, all},
		{"x.html", `srcset=""`, all},
		{"x.html", `class="w-auto h-auto rounded-h-2" data-width="3"`, all},

		{"x.html", `style="{{ s }}"`, unsized}, {"x.php", `style="<?= $s ?>"`, unsized}, {"x.html", `style="height:2em"`, unsized},
		{"x.vue", `:style="s"`, unsized}, {"x.vue", `v-bind:style="s"`, unsized}, {"x.html", `[style]="s"`, unsized},
		{"x.html", `[style.width.px]="s"`, unsized}, {"x.html", `[ngStyle]="s"`, unsized}, {"x.html", `ng-style="s"`, unsized},
		{"x.svelte", `style:width={w}`, unsized}, {"x.html", `th:style="s"`, unsized}, {"x.html", `t-att-width="w"`, unsized},
		{"x.vue", `:height="h"`, unsized}, {"x.svelte", `bind:clientWidth={w}`, unsized}, {"x.svelte", `{width}`, named},
		{"x.html", `class="h-8 w-auto"`, unsized}, {"x.html", `class="rounded md:max-h-40"`, unsized}, {"x.html", `class="size-10"`, unsized},
		{"x.html", `class="d-block w-100"`, unsized}, {"x.html", `class="card-img-top"`, unsized}, {"x.html", `class="card-img-top img-fluid"`, all},
		{"x.html", `srcset="a.jpg 1200w"`, unsized},

		{"x.html", `srcset="/cdn?w=1 600w, /cdn?w=2 1200w" sizes="50vw"`, named}, {"x.html", `srcset="/cdn?w=2 2x"`, named},
		{"x.html", `srcset="x.svg"`, named}, {"x.html", `srcset="{{ x }}"`, named}, {"x.php", `srcset="<?= f('a 1x') ?>"`, named},
		{"x.html", `x-on:mouseover="$el.src = z"`, named}, {"x.html", `@mouseover="$el.src = z"`, named}, {"x.html", `(mouseover)="i.src = z"`, named},
		{"x.svelte", `on:mouseover={() => (src = z)}`, named}, {"x.html", `_="on mouseover set my.src to z"`, named},
		{"x.html", `onerror="fallback(this)"`, named}, {"x.vue", `@error="onError"`, named}, {"x.svelte", `on:error={failed}`, named},
		{"x.html", `onmouseenter="swap(event)"`, named},
		{"x.vue", `v-bind:src.prop="z"`, named}, {"x.vue", `.src="z"`, named}, {"x.svelte", `bind:src={z}`, named}, {"x.html", `[ngSrc]="z"`, named},
		{"x.html", `t-att-src="z"`, named}, {"x.html", `t-att="{'src': z}"`, named}, {"x.html", `wire:src="z"`, named}, {"x.html", `nv-src="z"`, named},
		{"x.html", `py:attrs="{'src': z}"`, named}, {"x.html", `src.bind="z"`, named},
		{"x.html", `data-lazy-src="/photo/1"`, named}, {"x.html", `data-src="/photo/1"`, named}, {"x.html", `data-srcset="/photo/1 2x"`, named},
		{"x.html", `data-interchange="[a.jpg, small], [b.png, large]"`, named}, {"x.html", `data-hover="b.png"`, named},
		{"x.html", `data-src-retina="img/a@2x.jpg"`, named}, {"x.html", `is="x-img"`, named}, {"x.html", `t-if="x"`, named},

		{"x.html", `onmouseover="this.src = this.src.replace('.jpg', '-over.jpg')"`, derived}, {"x.html", `data-rjs="2"`, derived},
		{"x.html", `onmouseover="this.setAttribute('src', this.getAttribute('src').slice(0, -4) + 'b.jpg')"`, derived},
		{"x.html", `@mouseover="$el.src = $el.src?.split('.')[0]"`, derived},
	} {
		t.Run(c.attributes, func(t *testing.T) {
			for _, mode := range []Mode{Update, Picture} {
				for _, src := range []string{`<p><img` + original + ` ` + c.attributes + `>`, `<p><img ` + c.attributes + original + `>`} {
					data, _, findings := rewrite(t, c.file, src, Options{Mode: mode, Dimensions: true})
					if mode == Picture && strings.Contains(data, "<picture>") != (c.want <= unsized) {
						t.Errorf("%s", data)
					}
					if mode == Picture && c.want == named && (data != src || len(findings) == 0 || findings[len(findings)-1].Problem != NotEdited) {
						t.Errorf("%s: %v", data, findings)
					}
					if strings.Contains(data, `width="1200"`) != (c.want == all) {
						t.Errorf("%s: dimensions", mode)
					}
					if mode == Update && strings.Contains(data, original) != (c.want == derived) {
						t.Errorf("update: %s", data)
					}
				}
			}
		})
	}
	for _, src := range []string{`<select><option><img src="a.jpg"></option></select>`, `<select><option><img src="a.jpg"><option>x</select>`} {
		if data, _, _ := rewrite(t, "x.html", src, Options{Mode: Picture}); data != src {
			t.Errorf("%s", data)
		}
	}
	if data, _, _ := rewrite(t, "x.html", `<select><option>x</select><img src="a.jpg">`, Options{Mode: Picture}); !strings.Contains(data, "<picture>") {
		t.Errorf("behind a list: %s", data)
	}
}
