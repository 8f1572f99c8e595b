//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	goimage "image"
	"image/png"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A tab is a page in a browser that a test drives, by the DevTools protocol over pipes:
// https://chromedevtools.github.io/devtools-protocol/.
type tab struct {
	t       *testing.T
	in      *os.File
	session string

	mu      sync.Mutex
	next    int
	answers map[int]chan message
	// events are those that came, logged what the page logged and what it did wrong.
	events []message
	logged []string
}

// A message is one of the protocol.
type message struct {
	ID      int             `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// newTab starts a browser with an empty page.
func newTab(t *testing.T, flags ...string) *tab {
	t.Helper()
	name := browser(t)
	toRead, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, toWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--force-device-scale-factor=1", "--no-first-run",
		"--user-data-dir=" + t.TempDir(),
	}, flags...)...)
	cmd.ExtraFiles = []*os.File{toRead, toWrite}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	toRead.Close()
	toWrite.Close()
	b := &tab{t: t, in: in, answers: map[int]chan message{}}
	t.Cleanup(func() {
		in.Close() // which ends it
		_ = cmd.Wait()
		out.Close()
	})
	go b.read(out)
	var target struct{ TargetID, SessionID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
	b.session = target.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// read takes what the browser says until it ends.
func (b *tab) read(out *os.File) {
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		text, err := r.ReadString(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal([]byte(strings.TrimSuffix(text, "\x00")), &m) != nil {
			continue
		}
		b.mu.Lock()
		if m.ID != 0 {
			if answer := b.answers[m.ID]; answer != nil {
				answer <- m
			}
		} else {
			b.events = append(b.events, m)
			switch m.Method {
			case "Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening":
				b.logged = append(b.logged, m.Method+" "+string(m.Params))
			}
		}
		b.mu.Unlock()
	}
}

// call calls a method of the browser, and reads its result into one that may be nil.
func (b *tab) call(method string, params, result any) {
	b.t.Helper()
	b.mu.Lock()
	b.next++
	id := b.next
	answer := make(chan message, 1)
	b.answers[id] = answer
	b.mu.Unlock()
	data, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params, "sessionId": b.session})
	if params == nil {
		data, err = json.Marshal(map[string]any{"id": id, "method": method, "sessionId": b.session})
	}
	if b.session == "" {
		data, err = json.Marshal(map[string]any{"id": id, "method": method, "params": params})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(data, 0)); err != nil {
		b.t.Fatal(err)
	}
	select {
	case m := <-answer:
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
	case <-time.After(2 * time.Minute):
		b.t.Fatalf("%s: no answer", method)
	}
}

// size sets the size of the screen in CSS pixels, and whether it is dark.
func (b *tab) size(width, height int, dark bool) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// open opens a file, and waits until its script has run.
func (b *tab) open(file string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": (&url.URL{Scheme: "file", Path: file}).String()}, nil)
	b.wait(`document.readyState === 'complete' && document.getElementById('count')?.textContent !== ''`)
}

// eval is the value of an expression, as JSON has it. A promise is waited for.
func (b *tab) eval(expression string) any {
	b.t.Helper()
	var r struct {
		Result    struct{ Value any }
		Exception *struct {
			Text      string
			Exception struct{ Description string }
		} `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if r.Exception != nil {
		b.t.Fatalf("%s: %s %s", expression, r.Exception.Text, r.Exception.Exception.Description)
	}
	return r.Result.Value
}

// text is eval of what is a text, with ordinary spaces.
func (b *tab) text(expression string) string {
	b.t.Helper()
	return strings.ReplaceAll(fmt.Sprint(b.eval(expression)), "\u00a0", " ")
}

// number is eval of what is a number.
func (b *tab) number(expression string) float64 {
	b.t.Helper()
	n, ok := b.eval(expression).(float64)
	if !ok {
		b.t.Fatalf("%s is not a number", expression)
	}
	return n
}

// wait waits until an expression is true.
func (b *tab) wait(expression string) {
	b.t.Helper()
	for range 600 {
		if b.eval("Boolean("+expression+")") == true {
			return
		}
		b.eval(`new Promise((done) => setTimeout(done, 25))`)
	}
	b.t.Fatalf("%s did not come true\n%s", expression, strings.Join(b.problems(), "\n"))
}

// keys are what tells the browser which key is pressed, for those that are not characters.
var keys = map[string]int{
	"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Enter": 13, "Escape": 27, "Tab": 9, "Home": 36, "End": 35, " ": 32,
}

// press presses keys one after the other.
func (b *tab) press(names ...string) {
	b.t.Helper()
	for _, name := range names {
		modifiers := 0
		if rest, ok := strings.CutPrefix(name, "Shift+"); ok {
			name, modifiers = rest, 8
		}
		p := map[string]any{"type": "keyDown", "key": name, "modifiers": modifiers}
		code, special := keys[name]
		switch {
		case special:
			p["windowsVirtualKeyCode"], p["code"] = code, name
			if name == "Enter" {
				p["text"] = "\r"
			}
			if name == " " {
				p["text"], p["code"] = " ", "Space"
			}
		default:
			p["text"] = name
		}
		b.call("Input.dispatchKeyEvent", p, nil)
		delete(p, "text")
		p["type"] = "keyUp"
		b.call("Input.dispatchKeyEvent", p, nil)
	}
	b.settle()
}

// drag moves the mouse from one place to another with its button down.
func (b *tab) drag(x1, y1, x2, y2 float64) {
	b.t.Helper()
	at := func(kind string, x, y float64) {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}, nil)
	}
	at("mousePressed", x1, y1)
	at("mouseMoved", (x1+x2)/2, (y1+y2)/2)
	at("mouseMoved", x2, y2)
	at("mouseReleased", x2, y2)
	b.settle()
}

// wheel turns the wheel of the mouse.
func (b *tab) wheel(x, y, by float64) {
	b.t.Helper()
	b.call("Input.dispatchMouseEvent", map[string]any{"type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": by}, nil)
	b.settle()
}

// settle waits until what was done is on the screen.
func (b *tab) settle() {
	b.t.Helper()
	b.eval(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`)
}

// shot writes a screenshot to the folder WEBPRESS_SHOTS, if that is set.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("WEBPRESS_SHOTS")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), b.capture(), 0o644); err != nil {
		b.t.Error(err)
	}
}

// capture is a screenshot as PNG, and screen its pixels.
func (b *tab) capture() []byte {
	b.t.Helper()
	var r struct{ Data []byte } // which JSON has in base64
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &r)
	return r.Data
}

func (b *tab) screen() goimage.Image {
	b.t.Helper()
	m, err := png.Decode(bytes.NewReader(b.capture()))
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

// problems are what the page has logged or done wrong.
func (b *tab) problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.logged...)
}

// requests are the addresses that the page asked for, but for those that its policy blocked.
func (b *tab) requests() (all []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	addresses := map[string]string{} // by the id of the request
	for _, m := range b.events {
		var p struct {
			RequestID     string
			Request       struct{ URL string }
			BlockedReason string
		}
		if json.Unmarshal(m.Params, &p) != nil {
			continue
		}
		switch {
		case m.Method == "Network.requestWillBeSent":
			addresses[p.RequestID] = p.Request.URL
		case m.Method == "Network.loadingFailed" && p.BlockedReason == "csp":
			delete(addresses, p.RequestID)
		}
	}
	return slices.Sorted(maps.Values(addresses))
}
