package main

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/app"
)

var (
	docSection = regexp.MustCompile(`(?ms)^## (.+?)\n(.*?)(?:\z|^## )`)
	docGives   = regexp.MustCompile("(?:`([^`]+)`|One that is ([0-9]+) pixels wide) gives ")
	docName    = regexp.MustCompile("`([^`]+)`")
	docRow     = regexp.MustCompile(`(?m)^\| (.+?) \| (.+?) \|`)
	docBox     = regexp.MustCompile(`of ([0-9]+x[0-9]+) pixels`)
	docCount   = map[string]int{"two": 2, "three": 3, "four": 4, "six": 6}
)

// madeOf runs webpress with settings on one source, which is wide pixels wide, and returns
// the files that it makes and webpress.lock.
func madeOf(t *testing.T, settings, source string, wide int, flags ...string) (names []string, lock string) {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, filepath.FromSlash(source))
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	picture := at
	if path.Ext(source) == ".heic" { // of which there are small ones alone
		picture = filepath.Join(t.TempDir(), "a.jpg")
	}
	if err := writePicture("photo", picture, wide, wide*3/4); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(picture, at); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "webpress.yml"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := app.Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Dir: dir}
	if code := c.Main(t.Context(), append([]string{".", "--lock", "--effort=0"}, flags...)); code != 0 {
		t.Fatalf("exit code %d of %q\n%s\n%s", code, source, settings, &out)
	}
	if err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir() || name == source || name == "webpress.yml":
			return err
		case name == "webpress.lock":
			data, err := os.ReadFile(filepath.Join(dir, name))
			lock = string(data)
			return err
		}
		names = append(names, name)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return names, lock
}

// TestDocOutputs compares the names of files that docs/outputs.md promises with those that
// webpress makes of the settings there: in the sentences "… gives …" and in the tables.
func TestDocOutputs(t *testing.T) {
	data, err := os.ReadFile("docs/outputs.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for text := string(data); ; {
		m := docSection.FindStringSubmatchIndex(text)
		if m == nil {
			break
		}
		sections[text[m[2]:m[3]]], text = text[m[4]:m[5]], text[m[5]:]
	}
	sentences := 0
	for title, text := range sections {
		settings := docBlock.FindStringSubmatch(text)
		var source string
		for _, m := range docGives.FindAllStringSubmatchIndex(text, -1) {
			wide := 2000
			if m[2] >= 0 {
				source = text[m[2]:m[3]]
			} else {
				wide, _ = strconv.Atoi(text[m[4]:m[5]])
			}
			sentences++
			t.Run(title+"/"+source+"/"+strconv.Itoa(wide), func(t *testing.T) {
				// Without what is in backquotes, the sentence ends at the first full stop.
				said := text[m[1]:]
				plain := docName.ReplaceAllStringFunc(said, func(s string) string { return strings.Repeat("x", len(s)) })
				said = said[:strings.Index(plain, ".")]
				made, lock := madeOf(t, settings[2], source, wide)
				promised := 0
				stem := strings.TrimSuffix(path.Base(source), path.Ext(source))
				for _, name := range docName.FindAllStringSubmatch(said, -1) {
					if !strings.HasPrefix(path.Base(name[1]), stem) {
						continue // not a file
					}
					there := slices.ContainsFunc(made, func(file string) bool {
						return file == name[1] || strings.TrimSuffix(file, path.Ext(file)) == name[1] // of every format
					})
					if not := strings.Contains(said, "no "+name[0]); there == not {
						t.Errorf("%s is made: %t; all that is: %q", name[0], there, made)
					}
					promised++
				}
				if box := docBox.FindStringSubmatch(said); box != nil && !strings.Contains(lock, "\t"+box[1]+"\t") {
					t.Errorf("no output of %s in\n%s", box[1], lock)
				}
				for word, n := range docCount {
					if strings.Contains(said, word+" outputs") {
						promised = n
					}
				}
				if wide == 2000 && len(made) != promised {
					t.Errorf("%d are promised, and these are made: %q", promised, made)
				}
			})
		}
	}
	if sentences < 5 {
		t.Errorf("only %d sentences were found", sentences)
	}

	for format, file := range rows(t, sections["Formats"]) {
		made, _ := madeOf(t, "format: ["+format+"]\nmin-savings: 0\n", "a.bmp", 200)
		if !slices.Equal(made, []string{file}) {
			t.Errorf("format %s makes %q, want %q", format, made, file)
		}
	}

	const source = "shop/img/chair.jpg"
	names := sections["Names and folders"]
	if !strings.Contains(names, "Of `"+source+"`") {
		t.Fatalf("the table of parts is not about %s", source)
	}
	table := rows(t, names)
	values := strings.Split(table["{dir}, {name}, {ext}"], ", ")
	if len(values) != 3 {
		t.Fatalf("parts are %q", values)
	}
	parts := strings.NewReplacer("{dir}", values[0], "{name}", values[1], "{ext}", values[2], "{width}", "480", "{variant}", "thumb", "{format}", "webp")
	table["output"] = "x/{dir}/{name}-{ext}.{format}"
	for which, settings := range map[string]string{
		"one output": "", "widths": "widths: [480]", "variants": "variants: { thumb: { max-width: 480 } }", "output": "output: " + strconv.Quote(table["output"]),
	} {
		made, _ := madeOf(t, settings+"\n", source, 600)
		if want := parts.Replace(table[which]); !slices.Equal(made, []string{want}) {
			t.Errorf("%s: %q is made, want %q", which, made, want)
		}
	}
	made, _ := madeOf(t, docBlock.FindStringSubmatch(names)[2], source, 2000)
	if want := []string{"social/chair.jpg", "web/shop/img/chair-thumb.webp"}; !slices.Equal(made, want) {
		t.Errorf("%q are made, want %q", made, want)
	}
}

// rows are the first two cells of each row in the tables of a text, without backquotes.
func rows(t *testing.T, text string) map[string]string {
	t.Helper()
	found := map[string]string{}
	clean := strings.NewReplacer("`", "")
	for _, m := range docRow.FindAllStringSubmatch(text, -1) {
		found[clean.Replace(m[1])] = clean.Replace(m[2])
	}
	delete(found, "Format")
	if len(found) == 0 {
		t.Error("no table was found")
	}
	return found
}
