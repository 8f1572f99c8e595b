//go:build e2e

package e2e

import ("testing")

func TestLookX(t *testing.T) {
	b := newTab(t)
	b.size(1440, 900, false)
	b.open("/tmp/demo/report.html")
	b.eval(`new Promise((done) => setTimeout(done, 400))`)
	b.shot("list-light")
	b.eval(`openViewer(shown.findIndex((i) => i.source.includes('dunes')))`)
	b.eval(`new Promise((done) => setTimeout(done, 600))`)
	b.shot("view-light")
	b.press("1")
	b.eval(`new Promise((done) => setTimeout(done, 300))`)
	b.shot("view-full")
	b.press("Escape")
	b.size(1440, 900, true)
	b.settle()
	b.shot("list-dark")
	b.eval(`openViewer(shown.findIndex((i) => i.source.includes('compass')))`)
	b.eval(`new Promise((done) => setTimeout(done, 600))`)
	b.shot("view-dark")
	b.press("Escape")
	b.size(390, 844, false)
	b.settle()
	b.shot("phone-list")
	b.eval(`scrollTo(0, 700)`)
	b.settle()
	b.shot("phone-list2")
	b.eval(`openViewer(shown.findIndex((i) => i.source.includes('mountains')))`)
	b.eval(`new Promise((done) => setTimeout(done, 600))`)
	b.shot("phone-view")
	for _, p := range b.problems() { t.Log(p) }
}
