package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestServing(t *testing.T) {
	dir := t.TempDir()
	c, err := Load([]string{"serve", "--listen=:0", "--data", "x/y", "--keep=7d", "--public-url=https://a.example/c/", "--allow-downloads", "-q70"}, Env{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	want := Serving{
		Listen: ":0", Data: filepath.Join(dir, "x", "y"), DataSet: true, PublicURL: "https://a.example/c", Queue: 256, Keep: 7 * 24 * time.Hour, AllowDownloads: true,
	}
	if diff := cmp.Diff(want, c.Serving); diff != "" || c.Verb != Serve || c.Quality.Look != 70 {
		t.Errorf("Serving (-want +got):\n%s", diff)
	}
	c, err = Load([]string{"key", "add", "shop", "--quota=5", "--options=format, max-width"}, Env{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	want = Serving{Listen: "127.0.0.1:8080", Data: filepath.Join(dir, DefaultData), Queue: 256, Keep: 24 * time.Hour, Quota: 5, Options: []string{"format", "maxWidth"}}
	if diff := cmp.Diff(want, c.Serving); diff != "" || c.KeyAction != "add" || c.KeyName != "shop" {
		t.Errorf("Serving (-want +got):\n%s", diff)
	}
}

func TestServingMistakes(t *testing.T) {
	for line, want := range map[string]string{
		"serve --listen=8080":                 "--listen: \"8080\" is not an address with a port",
		"serve --listen=:70000":               "port from 0 to 65535",
		"serve --public-url=convert":          "--public-url",
		"serve --cors-origins=shop.example":   "--cors-origins: \"shop.example\" is not an origin such as https://shop.example",
		"serve --cors-origins=https://a/,*":   "\"https://a/\" is not an origin",
		"serve --queue=0":                     "--queue: \"0\" is not a whole number from 1",
		"serve --keep=1s":                     "--keep",
		"serve --rate=3":                      "--rate: it belongs to a command: webpress key",
		"serve --listen":                      "--listen: it needs a value",
		"serve --allow-downloads=maybe":       "it takes no value",
		"serve photos":                        "usage: webpress serve",
		"--listen=:1":                         "--listen: it belongs to a command: webpress serve",
		"check --data=x":                      "--data: it belongs to a command: webpress serve",
		"key":                                 "key: ",
		"key make x":                          "\"make\" is not one of add, list, remove",
		"key add":                             "add needs the name of a key",
		"key list x":                          "list takes no name",
		"key add x --options=widht":           "did you mean width?",
		"key add x --concurrency=many":        "--concurrency: \"many\" is not a whole number",
		"serve --lisen=:1":                    "did you mean --listen?",
		"key add " + strings.Repeat("x", 101): "at most 100 characters",
	} {
		_, err := Load(strings.Fields(line), Env{Dir: t.TempDir()})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

func TestOptionNames(t *testing.T) {
	for name, want := range map[string]string{"maxWidth": "max-width", "max-width": "max-width", "format": "format", "qualityCap": "quality-cap", "output": "", "token": "", "MaxWidth": "", "": ""} {
		got := ""
		if s := OptionNamed(name); s != nil {
			got = s.Name
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if len(Options()) < 15 {
		t.Errorf("%d options", len(Options()))
	}
}

func TestOptionsFromJSON(t *testing.T) {
	got, err := OptionsFromJSON([]byte(`{"a": 1.0, "b": true, "c": "x", "d": null, "e": ["x", 2], "f": {"webp": 80, "avif": 60}, "g": {"x": {}}, "h": [], "i": [{}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "1.0", "b": "true", "c": "x", "e": "x,2", "f": "avif=60,webp=80", "g": `{"x": {}}`, "h": "", "i": "[{}]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	for _, text := range []string{"", "null", "[]", "{", `"x"`, "3"} {
		if _, err := OptionsFromJSON([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
