package sources

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

var settings = []string{"quality", "max-width"}

// parse is Parse of what has no mistakes.
func parse(t *testing.T, name, text string) *List {
	t.Helper()
	l, err := Parse(name, []byte(text), settings)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, f := range l.Failed {
		t.Errorf("failed: %v", f)
	}
	return l
}

// The same two images in every format.
func TestFormats(t *testing.T) {
	want := &List{
		Columns: []string{"url", "path", "quality", "title"},
		Rows: []Row{
			{
				URL: "https://shop.example/p/1.heic?a=1,2", Path: "products/1.heic",
				Fields:   []Field{{"url", "https://shop.example/p/1.heic?a=1,2"}, {"path", "products/1.heic"}, {"quality", "70"}, {"title", "A “shoe”; red"}},
				Settings: map[string]string{"quality": "70"},
			},
			{
				URL: "s3://bucket/2.jpg", Path: "2",
				Fields: []Field{{"url", "s3://bucket/2.jpg"}, {"path", "2"}, {"title", "007"}},
			},
		},
	}
	for name, text := range map[string]string{
		"a.csv":       "url,path,quality,title\n\"https://shop.example/p/1.heic?a=1,2\",products/1.heic,70,A “shoe”; red\ns3://bucket/2.jpg,2,,007\n",
		"crlf.csv":    "URL, Path ,quality,title\r\n\"https://shop.example/p/1.heic?a=1,2\",products/1.heic,70,A “shoe”; red\r\n\r\ns3://bucket/2.jpg,2,,007",
		"cr.csv":      "url,path,quality,title\r\"https://shop.example/p/1.heic?a=1,2\",products/1.heic,70,A “shoe”; red\rs3://bucket/2.jpg,2,,007\r",
		"bom.csv":     "\ufeff\"url\",path,quality,title\n\"https://shop.example/p/1.heic?a=1,2\",products/1.heic,70,A “shoe”; red\n s3://bucket/2.jpg ,2,,007\n,,,\n",
		"excel.csv":   "url;path;quality;title\nhttps://shop.example/p/1.heic?a=1,2;products/1.heic;70;\"A “shoe”; red\"\ns3://bucket/2.jpg;2;;007\n",
		"a.tsv":       "url\tpath\tquality\ttitle\nhttps://shop.example/p/1.heic?a=1,2\tproducts/1.heic\t70\tA “shoe”; red\ns3://bucket/2.jpg\t2\t\t007\n",
		"unnamed.csv": "url,path,quality,title,,\n\"https://shop.example/p/1.heic?a=1,2\",./products/./1.heic,70,A “shoe”; red,x,\ns3://bucket/2.jpg,2,,007",
		"A.JSONL":     `{"url":"https://shop.example/p/1.heic?a=1,2","path":"products/1.heic","quality":70,"title":"A “shoe”; red"}` + "\n\n" + `{"url":"s3://bucket/2.jpg","path":2,"quality":null,"title":"007"}`,
		"a.ndjson":    `{"url":"https://shop.example/p/1.heic?a=1,2","path":"products/1.heic","quality":70,"title":"A “shoe”; red"} {"url":"s3://bucket/2.jpg","path":"2","title":"007"}`,
		"a.json":      "\ufeff [\n" + `{"URL":"https:\/\/shop.example\/p\/1.heic?a=1,2", "path":"products/1.heic","quality":70.0e0,"title":"A “shoe”; red"},` + "\n" + `{"url":"s3://bucket/2.jpg","path":"2","title":"007"}]`,
		"a.yml":       "# remark\n---\n- url: https://shop.example/p/1.heic?a=1,2\n  path: products/1.heic\n  quality: 70\n  title: A “shoe”; red\n# remark\n-\n  url: s3://bucket/2.jpg\n  path: 2\n  quality:\n  title: 007\n",
		"indent.yaml": "  - url: https://shop.example/p/1.heic?a=1,2\n    path: products/1.heic\n    quality: 70\n    title: \"A “shoe”; red\"\n  - {url: 's3://bucket/2.jpg', path: 2, title: 007}\n",
		"flow.yml":    "[{url: 'https://shop.example/p/1.heic?a=1,2', path: products/1.heic, quality: 70, title: A “shoe”; red},\n {url: s3://bucket/2.jpg, path: 2, title: 007}]",
	} {
		t.Run(name, func(t *testing.T) {
			got := parse(t, name, text)
			for i := range got.Rows {
				got.Rows[i].Line = 0
				for k, f := range got.Rows[i].Fields {
					switch f.Value {
					case "70.0e0":
						got.Rows[i].Fields[k].Value, got.Rows[i].Settings["quality"] = "70", "70"
					case "./products/./1.heic":
						got.Rows[i].Fields[k].Value = "products/1.heic"
					}
				}
			}
			if len(got.Columns) > 0 && name == "indent.yaml" || name == "flow.yml" {
				got.Columns = want.Columns
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAddressesOnly(t *testing.T) {
	want := []Row{
		{Line: 2, URL: "https://shop.example/p/1.heic#x", Path: "shop.example/p/1.heic"},
		{Line: 3, URL: "gs://bucket/a%20b.jpg", Path: "bucket/a b.jpg"},
	}
	for i := range want {
		want[i].Fields = []Field{{"url", want[i].URL}}
	}
	for name, text := range map[string]string{
		"a.txt":  "# remark\n  https://shop.example/p/1.heic#x  # remark\r\ngs://bucket/a%20b.jpg\n\n",
		"a.json": "[\n\"https://shop.example/p/1.heic#x\",\n\"gs://bucket/a%20b.jpg\"]",
		"a.yml":  "# remark\n- https://shop.example/p/1.heic#x\n- 'gs://bucket/a%20b.jpg'\n-\n",
	} {
		if diff := cmp.Diff(want, parse(t, name, text).Rows); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPaths(t *testing.T) {
	for row, want := range map[string]string{
		"https://shop.example/p/1.HEIC,17":          "17.heic",
		"https://shop.example/p/1.heic,shoes/17":    "shoes/17.heic",
		"https://shop.example/image?id=17,17":       "17",
		"https://shop.example/image.php,17":         "17",
		"https://shop.example/image.php,17.5":       "17.5.image",
		"https://shop.example/a.tar/1.jpg?x=.png,a": "a.jpg",
	} {
		if got := parse(t, "a.csv", "url,id\n"+row).Rows[0].Path; got != want {
			t.Errorf("%s: %q, want %q", row, got, want)
		}
	}
	for address, want := range map[string]string{
		"https://Shop.Example":                   "shop.example/index",
		"https://shop.example:8443/p/":           "shop.example-8443/p/index",
		"https://shop.example/p/..%2f..%2fx.jpg": "shop.example/p/x.jpg",
		"https://shop.example/../../x.jpg":       "shop.example/x.jpg",
		"https://shop.example/%2e%2e/x.jpg":      "shop.example/x.jpg",
		"https://shop.example/a%5c..%5cb%00.jpg": "shop.example/a-..-b-.jpg",
		"https://shop.example/CON/.git/nul.jpg":  "shop.example/_CON/_.git/_nul.jpg",
		"https://[::1]/a.jpg":                    "--1/a.jpg",
		"https://shop.example/..../x.jpg":        "shop.example/x.jpg",
	} {
		got := parse(t, "a.txt", address).Rows[0].Path
		if got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

func TestPlace(t *testing.T) {
	r := Row{Line: 3, Fields: []Field{
		{"id", "17"}, {"category", "shoes/red"}, {"up", "../x"}, {"root", "/etc/x"}, {"drive", `C:\x`}, {"nul", "nul.txt"},
		{"git", "a/.git/x"}, {"folder", "a/"}, {"line", "a\nb"}, {"dot", "."}, {"double", "a//b"},
	}}
	for column, want := range map[string]string{"id": "17", "category": "shoes/red"} {
		if got, err := r.Place(column); err != nil || got != want {
			t.Errorf("%s: %q, %v", column, got, err)
		}
	}
	for column, want := range map[string]string{
		"up": "leads to another folder", "root": "begins at the root", "drive": "backslash", "nul": "device", "git": "git's own",
		"folder": "ends as a folder", "line": "control character", "dot": "no name", "double": "two slashes", "none": "has no value",
	} {
		got, err := r.Place(column)
		if err == nil || got != "" || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "{"+column+"} of line 3: ") || asset.HintOf(err) == "" {
			t.Errorf("%s: %q, %v", column, got, err)
		}
	}
}

func TestBadLists(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"a.csv", "", "a.csv: it is empty"},
		{"a.csv", "link,id\nx,1\n", "a.csv:1: there is no column `url`; there are \"link\", \"id\""},
		{"a.csv", "url\nhttps://a.example/1\n", "a.csv:1: there is neither a column `path` nor a column `id`; there are \"url\""},
		{"a.csv", "https://a.example/1,1\n", "a.csv:1: the first line does not have the names of the columns"},
		{"a.csv", "url,id,URL\n", "a.csv:1: two columns are called \"url\""},
		{"a.csv", "url,id\nhttps://a.example/1,a\"b\n", "a.csv:2:22: invalid CSV: a double quote is inside"},
		{"a.csv", "url,id\nhttps://a.example/1,\"a\n\n", "invalid CSV: the double quote in line 2 is not closed"},
		{"a.csv", "\"url", "invalid CSV: the double quote in line 1 is not closed"},
		{"a.csv", "url,id\nhttps://a.example/1,\xe4\n", "a.csv:2:21: a character that is not UTF-8"},
		{"a.csv", "url,id\na\x00", "a.csv:2:2: a zero byte"},
		{"a.csv", "\xff\xfeu\x00", "a.csv: it is UTF-16"},
		{"a.json", "[{\"url\": \"https://a.example/1\",\n \"id\": }]", "a.json:2:8: invalid JSON: invalid character '}'"},
		{"a.json", `[{"url": "https://a.example/1", "id": 1}`, "invalid JSON: it ends in the middle"},
		{"a.json", `["https://a.example/1"] 1`, "a.json:1:25: something follows the array"},
		{"a.jsonl", "{\"url\": \"https://a.example/1\", \"id\": 1}\n{\"url\"", "a.jsonl:2"},
		{"a.yml", "url: https://a.example/1\n", "a.yml:1:1: it is not a list"},
		{"a.yml", "# x\n\nhello", "a.yml:3:1: it is not a list"},
		{"a.yml", "[" + strings.Repeat("[", 100), "a.yml:1: the row is nested too deeply"},
		{"a.xlsx", "PK", "a.xlsx: its format is not known by its name"},
		{"list", "", "list: its format is not known by its name"},
	} {
		l, err := Parse(tc.name, []byte(tc.text), settings)
		if err == nil || l != nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q: %v, want %s", tc.text, err, tc.want)
		}
		if e, ok := errors.AsType[*Error](err); !ok || e.Hint == "" && !strings.Contains(tc.want, "JSON") && !strings.Contains(tc.name, ".jsonl") {
			t.Errorf("%.60q: %#v", tc.text, err)
		}
	}
}

func TestBadRows(t *testing.T) {
	const good = "https://a.example/ok.jpg,ok\n"
	for _, tc := range []struct{ row, want string }{
		{",1", "a.csv:3: the row has no `url`"},
		{"https://a.example/1,", "a.csv:3: the row has neither a `path` nor an `id`"},
		{"https://a.example/1,1,2", "a.csv:3:23: the row has 3 fields, and the header 2"},
		{"https://a.example/1,../1", "a.csv:3:21: `id` \"../1\": it leads to another folder"},
		{"https://a.example/1,/1", "`id` \"/1\": it begins at the root"},
		{`https://a.example/1,C:\1`, "it has a slash or a backslash"},
		{"https://a.example/1,con", "it is that of a device on Windows"},
		{"https://a.example/1,.git/x", "it is that of git's own folder"},
		{"https://a.example/1,\"a\nb\"", "it has a control character"},
		{"https://a.example/1," + strings.Repeat("a/", 600) + "a", "it has 1201 bytes"},
		{"https://user:secret@a.example/1,1", "a.csv:3:1: the address has a user or a password in it"},
		{"https://secret@a.example/1,1", "a user or a password"},
		{"file:///etc/secret,1", "a list has no files of this machine"},
		{"ftp://a.example/secret,1", "\"ftp\" is not a scheme that webpress knows"},
		{"javascript:secret,1", "does not begin with https://"},
		{`C:\secret.jpg,1`, "does not begin with https://"},
		{"a.example/secret.jpg,1", "does not begin with https://"},
		{"//a.example/secret.jpg,1", "does not begin with https://"},
		{"https:///secret,1", "the address has no host"},
		{"https://a.example/%zzsecret,1", "the address is not a URL"},
		{"s3://bucket/,1", "names a bucket and no object"},
		{"https://a.example/" + strings.Repeat("secret", 2000) + ",1", "the address has 12018 bytes, more than the limit of 8192"},
	} {
		l, err := Parse("a.csv", []byte("url,id\n"+good+tc.row+"\n"), settings)
		if err != nil {
			t.Errorf("%.60q: %v", tc.row, err)
			continue
		}
		if len(l.Rows) != 1 || l.Rows[0].Path != "ok.jpg" || len(l.Failed) != 1 {
			t.Errorf("%.60q: rows %v, failed %v", tc.row, l.Rows, l.Failed)
			continue
		}
		e := l.Failed[0]
		if all := e.Error() + e.Hint; !strings.Contains(all, tc.want) || strings.Contains(all, "secret") || e.Hint == "" || e.Line != 3 || strings.Contains(all, "\n") || len(all) > 400 {
			t.Errorf("%.60q: %v (%s)", tc.row, e, e.Hint)
		}
		if asset.HintOf(e) != e.Hint {
			t.Errorf("%v has no hint", e)
		}
	}
}

// Rows of JSON and YAML, where more can be wrong. None keeps others from being read.
func TestBadRowsInOtherFormats(t *testing.T) {
	for _, tc := range []struct{ name, row, want string }{
		{"a.jsonl", `{"url": ["https://a.example/1"], "id": 1}`, "a.jsonl:2:9: `url` is not a text or a number"},
		{"a.jsonl", `{"url": "https://a.example/1", "id": {"a": [1]}}`, "a.jsonl:2:38: `id` is not a text or a number"},
		{"a.jsonl", `{"url": "https://a.example/1", "id": 1, "ID": 2}`, "a.jsonl:2:47: the row has \"id\" twice"},
		{"a.jsonl", `["https://a.example/1"]`, "a.jsonl:2:1: an array is not an image"},
		{"a.jsonl", `17`, "a.jsonl:2:1: 17 is not an image"},
		{"a.jsonl", `{}`, "a.jsonl:2: the row has no `url`"},
		{"a.yml", "- url: [https://a.example/1]\n  id: 1", "a.yml:2:8: `url` is not a text or a number"},
		{"a.yml", "- url: *x\n  id: 1", "a.yml:2:8: `url` is not a text or a number"},
		{"a.yml", "- url: https://a.example/1\n  id: 1\n  url: b", "a.yml:4:3: invalid YAML"},
		{"a.yml", "- [https://a.example/1]", "a.yml:2:3: the row is neither an address nor a mapping"},
		{"a.yml", "- id: 1", "a.yml:2: the row has no `url`"},
		{"a.yml", "- url: \"x", "a.yml:2:8: invalid YAML"},
		{"a.yml", "- ? [a]\n  : b", "a.yml:3:3: invalid YAML"},
		{"a.yml", "- url: ftp://a.example/1\n  id: 1", "a.yml:2:8: \"ftp\" is not a scheme"},
		{"a.yml", "- ftp://a.example/1", "a.yml:2:3: \"ftp\" is not a scheme"},
		{"a.yml", "- a: " + strings.Repeat("[", 60), "a.yml:2: the row is nested too deeply"},
		{"a.yml", "- a: " + strings.Repeat("x", maxRow), "a.yml:2: the row has more than 64 kB"},
	} {
		first, last := `{"url": "https://a.example/a", "id": "a"}`, `{"url": "https://a.example/z", "id": "z", "other": [{"url": 1}]}`
		if tc.name == "a.yml" {
			first, last = "- {url: https://a.example/a, id: a}", "- url: https://a.example/z\n  id: z\n  other: [1]"
		}
		l, err := Parse(tc.name, []byte(first+"\n"+tc.row+"\n"+last+"\n"), settings)
		if err != nil {
			t.Errorf("%.60q: %v", tc.row, err)
			continue
		}
		if len(l.Rows) != 2 || l.Rows[0].Path != "a" || l.Rows[1].Path != "z" || len(l.Failed) != 1 || !strings.HasPrefix(l.Failed[0].Error(), tc.want) {
			t.Errorf("%.60q: rows %v, failed %v, want %s", tc.row, l.Rows, l.Failed, tc.want)
		}
	}
}

func TestDuplicates(t *testing.T) {
	l, err := Parse("a.csv", []byte("url,path\nhttps://a.example/1,Ä.jpg\nhttps://a.example/2,b.jpg\nhttps://a.example/3,ä.JPG\nhttps://a.example/1,./Ä.jpg\n"), nil)
	if err != nil || len(l.Rows) != 1 || l.Rows[0].Path != "b.jpg" {
		t.Fatalf("rows %v, %v", l, err)
	}
	var got []string
	for _, f := range l.Failed {
		got = append(got, f.Error()+" "+fmt.Sprint(strings.HasPrefix(f.Hint, "remove")))
	}
	want := []string{
		`a.csv:2: line 4 would be called "Ä.jpg" as well false`,
		`a.csv:4: line 2 would be called "ä.JPG" as well false`,
		`a.csv:5: line 2 would be called "Ä.jpg" as well true`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	if _, err := Read(file, nil); !errors.Is(err, os.ErrNotExist) || asset.HintOf(err) == "" {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(file, []byte("url,id\nhttps://a.example/1,1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := Read(file, nil); err != nil || len(l.Rows) != 1 {
		t.Errorf("%v, %v", l, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"url,id\nhttps://a.example/1,1\n", "url;path\r\nhttps://a.example/1;\"a\"\"b\"\r\n", "\ufeffurl\tid\tquality\ns3://b/1\t1\t7",
		`{"url": "https://a.example/1", "id": 1}`, `[{"url": "https://a.example/1", "path": "a/b", "x": [{}]}, "gs://a/b"]`,
		"- url: https://a.example/1\n  id: 1\n- az://a/b/c\n", "[{url: a, id: 1}]", "- &a b\n- *a\n", "- ? a\n  : b\n- !!str a\n- |\n  x\n",
		"# x\nhttps://a.example/1 # y\n", "- a: b\n  <<: {c: d}\n", "-\n  -\n- {}\n", "- : a\n", "- {? a}\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"a.csv", "a.json", "a.yml", "a.txt"} {
			l, err := Parse(name, []byte(text), settings)
			if err != nil {
				if e, ok := errors.AsType[*Error](err); !ok || e.Message == "" {
					t.Errorf("%s: %#v", name, err)
				}
				continue
			}
			seen := map[string]bool{}
			for _, r := range l.Rows {
				for part := range strings.SplitSeq(r.Path, "/") {
					if why := tree.NotPortable(part); why != "" {
						t.Errorf("%s: path %q: %s", name, r.Path, why)
					}
				}
				if u, err := url.Parse(r.URL); err != nil || u.User != nil || r.Line < 1 || seen[tree.Fold(r.Path)] {
					t.Errorf("%s: %+v", name, r)
				}
				seen[tree.Fold(r.Path)] = true
			}
			for _, e := range l.Failed {
				if e.Line < 1 || e.Message == "" || strings.ContainsAny(e.Message, "\n\x1b") {
					t.Errorf("%s: %#v", name, e)
				}
			}
		}
	})
}

// BenchmarkParse reads 100,000 rows.
func BenchmarkParse(b *testing.B) {
	texts := map[string]*strings.Builder{"csv": {}, "jsonl": {}, "yml": {}, "txt": {}}
	texts["csv"].WriteString("url,path,quality,title\n")
	for i := range 100_000 {
		fmt.Fprintf(texts["csv"], "https://shop.example/p/%d.heic,products/%d.heic,80,\"A shoe\"\n", i, i)
		fmt.Fprintf(texts["jsonl"], "{\"url\":\"https://shop.example/p/%d.heic\",\"path\":\"products/%d.heic\",\"quality\":80,\"title\":\"A shoe\"}\n", i, i)
		fmt.Fprintf(texts["yml"], "- url: https://shop.example/p/%d.heic\n  path: products/%d.heic\n  quality: 80\n  title: A shoe\n", i, i)
		fmt.Fprintf(texts["txt"], "https://shop.example/p/%d.heic\n", i)
	}
	for ext, text := range texts {
		b.Run(ext, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if l, err := Parse("a."+ext, []byte(text.String()), settings); err != nil || len(l.Rows) != 100_000 {
					b.Fatal(err)
				}
			}
		})
	}
}
