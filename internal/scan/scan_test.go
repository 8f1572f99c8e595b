package scan_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// The beginnings of files are all that scan reads.
const (
	png  = "\x89PNG\r\n\x1A\n\x00\x00\x00\rIHDR"
	jpeg = "\xFF\xD8\xFF\xE0\x00\x10JFIF"
	gif  = "GIF89a\x01\x00\x01\x00"
	heic = "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
	avif = "\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif"
	webp = "RIFF\x24\x00\x00\x00WEBPVP8 "
	tiff = "II*\x00\x08\x00\x00\x00"
	bmp  = "BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00"
)

// files are names and contents. A name that ends in / is an empty folder, a
// content that starts with "-> " a symbolic link.
type files map[string]string

// pngs are files that are all PNGs.
func pngs(names ...string) files {
	all := files{}
	for _, name := range names {
		all[name] = png
	}
	return all
}

func plant(t *testing.T, dir string, all files) {
	t.Helper()
	for name, content := range all {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			try(t, os.MkdirAll(p, 0o755))
			continue
		}
		try(t, os.MkdirAll(filepath.Dir(p), 0o755))
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			try(t, os.Symlink(target, p))
			continue
		}
		testfiles.Write(t, dir, name, content)
	}
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, o scan.Options) scan.Found {
	t.Helper()
	if o.Git.Env == nil {
		o.Git.Env = testgit.Env()
	}
	found, err := scan.Find(t.Context(), o)
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	return found
}

func paths(sources []asset.Source) []string {
	var all []string
	for _, s := range sources {
		all = append(all, s.Path)
	}
	return all
}

// faults returns the messages, and the hints behind an arrow.
func faults(results []asset.Result) []string {
	var all []string
	for _, r := range results {
		s := r.Err.Message
		if r.Err.Hint != "" {
			s += " => " + r.Err.Hint
		}
		all = append(all, s)
	}
	return all
}

func diff(t *testing.T, what string, want, got []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// In a folder and in a git repository, patterns mean the same.
func TestPatterns(t *testing.T) {
	tree := pngs(
		"a.png", "B.PNG", "photos/c.png", "photos/2024/d.png", "photos/2024/raw/e.png",
		"docs/f.png", "vendor/h.png", "lib/vendor/i.png",
		"node_modules/x/j.png", "photos/[1].png", "photos/1.png", "!bang.png",
		"with space/k l.png", "other.vendor/m.png", "{x}/n.png",
	)
	tree["notes.txt"], tree["photos/readme.txt"], tree["o.webp"] = "hello", "hello", webp
	everything := []string{
		"!bang.png", "B.PNG", "a.png", "docs/f.png", "other.vendor/m.png",
		"photos/1.png", "photos/2024/d.png", "photos/2024/raw/e.png", "photos/[1].png",
		"photos/c.png", "with space/k l.png", "{x}/n.png",
	}
	less := func(names ...string) []string {
		return slices.DeleteFunc(slices.Clone(everything), func(s string) bool { return slices.Contains(names, s) })
	}
	photos := []string{"photos/1.png", "photos/2024/d.png", "photos/2024/raw/e.png", "photos/[1].png", "photos/c.png"}

	tests := map[string]struct {
		paths, globs, ignore []string
		want                 []string
		notices              []string
	}{
		"nothing said":                {want: everything},
		"blank lines":                 {globs: []string{"", " "}, want: everything},
		"the tree":                    {globs: []string{"."}, want: everything},
		"the tree, by ./":             {globs: []string{"./"}, want: everything},
		"a file":                      {globs: []string{"a.png"}, want: []string{"a.png"}},
		"a file, by ./":               {globs: []string{"./photos//c.png"}, want: []string{"photos/c.png"}},
		"a file, by ..":               {globs: []string{"docs/../a.png"}, want: []string{"a.png"}},
		"a folder":                    {globs: []string{"photos"}, want: photos},
		"a folder with a slash":       {globs: []string{"photos/"}, want: photos},
		"a folder with a space":       {globs: []string{"with space"}, want: []string{"with space/k l.png"}},
		"a star stays in its folder":  {globs: []string{"photos/*.png"}, want: []string{"photos/1.png", "photos/[1].png", "photos/c.png"}},
		"two stars do not":            {globs: []string{"photos/**/*.png"}, want: photos},
		"two stars, doubled":          {globs: []string{"photos/**/**/*.png"}, want: photos},
		"a star is for folders, too":  {globs: []string{"*/c.png"}, want: []string{"photos/c.png"}},
		"folders by a slash":          {globs: []string{"photos/*/"}, want: []string{"photos/2024/d.png", "photos/2024/raw/e.png"}},
		"braces":                      {globs: []string{"{photos,docs}/{c,f}.png"}, want: []string{"docs/f.png", "photos/c.png"}},
		"braces with slashes":         {globs: []string{"{photos/2024,docs}/*.png"}, want: []string{"docs/f.png", "photos/2024/d.png"}},
		"a class":                     {globs: []string{"photos/[0-9].png"}, want: []string{"photos/1.png"}},
		"a name that looks like one":  {globs: []string{"photos/[1].png"}, want: []string{"photos/[1].png"}},
		"an escaped name":             {globs: []string{`photos/\[1\].png`}, want: []string{"photos/[1].png"}},
		"in an escaped folder":        {globs: []string{`\{x\}/*.png`, `\other.vendor/*.png`}, want: []string{"other.vendor/m.png", "{x}/n.png"}},
		"below an escaped folder":     {globs: []string{`with\ space/`, `\{x\}/**`}, want: []string{"with space/k l.png", "{x}/n.png"}},
		"escaped dots":                {globs: []string{`docs/\.\./a.png`}, want: []string{"a.png"}},
		"ignored, escaped":            {globs: []string{"photos"}, ignore: []string{`\[1\].png`, `photos/\2024/`}, want: []string{"photos/1.png", "photos/c.png"}},
		"a name that starts with !":   {globs: []string{"./!bang.png"}, want: []string{"!bang.png"}},
		"upper case counts":           {globs: []string{"*.PNG"}, want: []string{"B.PNG"}},
		"taken away":                  {globs: []string{"photos", "!photos/2024"}, want: []string{"photos/1.png", "photos/[1].png", "photos/c.png"}},
		"taken away and back":         {globs: []string{"photos", "!**/2024", "**/d.png"}, want: []string{"photos/1.png", "photos/2024/d.png", "photos/[1].png", "photos/c.png"}},
		"taken away, then all":        {globs: []string{"!photos", "**/*.png"}, want: less("B.PNG")},
		"only taken away":             {globs: []string{"!photos/**", "!*.png"}, want: less(append(photos, "a.png", "!bang.png")...)},
		"taken away by a folder":      {globs: []string{"!photos/"}, want: less(photos...)},
		"a named file taken away":     {globs: []string{"a.png", "docs/f.png", "!a.png"}, want: []string{"docs/f.png"}},
		"vendor named":                {globs: []string{"vendor/**"}, want: []string{"vendor/h.png"}},
		"vendor as a folder":          {globs: []string{"vendor"}, want: []string{"vendor/h.png"}},
		"vendor in between":           {globs: []string{"**/vendor/*.png"}, want: []string{"lib/vendor/i.png", "vendor/h.png"}},
		"a file in node_modules":      {globs: []string{"node_modules/x/j.png"}, want: []string{"node_modules/x/j.png"}},
		"vendor does not open others": {globs: []string{"**", "!vendor"}, want: slices.Insert(slices.Clone(everything), 4, "o.webp"), notices: []string{"2 files left out: no image by content or name"}},
		"a wide pattern":              {globs: []string{"photos/**"}, want: photos, notices: []string{"1 file left out: no image by content or name"}},
		"WebP, named":                 {globs: []string{"*.webp"}, want: []string{"o.webp"}},
		"nothing matches":             {globs: []string{"*.tiff", "docs"}, want: []string{"docs/f.png"}, notices: []string{`no image matches "*.tiff"; "**/*.tiff" would look into folders as well`}},
		"only lower case is missed":   {globs: []string{"**/b.png"}, notices: []string{`no image matches "**/b.png": upper and lower case differ, and there is "B.PNG"`}},
		"an overruled pattern":        {globs: []string{"a.png", "*.png", "**/a.png"}, want: []string{"!bang.png", "a.png"}},
		"ignored name":                {ignore: []string{"2024"}, want: less("photos/2024/d.png", "photos/2024/raw/e.png")},
		"ignored name, slash":         {ignore: []string{"raw/"}, want: less("photos/2024/raw/e.png")},
		"ignored path":                {ignore: []string{"photos/2024"}, want: less("photos/2024/d.png", "photos/2024/raw/e.png")},
		"ignored at the top":          {ignore: []string{"/*.png"}, want: less("a.png", "!bang.png")},
		"ignored everywhere":          {ignore: []string{"*.png"}, want: []string{"B.PNG"}},
		"ignored but for one":         {ignore: []string{"*.png", "!f.png"}, want: []string{"B.PNG", "docs/f.png"}},
		"ignored, though named":       {globs: []string{"a.png", "docs/f.png"}, ignore: []string{"docs"}, want: []string{"a.png"}, notices: []string{`"docs/f.png" is left out: ` + "`ignore` has " + `"docs"`}},
		"ignored, odd name":           {globs: []string{"photos/*.png"}, ignore: []string{"photos/[1].png"}, want: []string{"photos/1.png", "photos/c.png"}},
		"ignored and missing":         {globs: []string{"gone.png"}, ignore: []string{"gone.png"}, notices: []string{`"gone.png" is left out: ` + "`ignore` has " + `"gone.png"`}},
		"a path in place of globs":    {paths: []string{"docs/f.png"}, globs: []string{"photos/**"}, want: []string{"docs/f.png"}},
		"a folder keeps to globs":     {paths: []string{"photos"}, globs: []string{"**/c.png", "**/f.png"}, want: []string{"photos/c.png"}},
		"a folder without globs":      {paths: []string{"photos/2024"}, want: []string{"photos/2024/d.png", "photos/2024/raw/e.png"}},
		"a path that globs take away": {paths: []string{"docs/f.png", "a.png"}, globs: []string{"!docs"}, want: []string{"a.png"}},
		"vendor by a path":            {paths: []string{"vendor"}, want: []string{"vendor/h.png"}},
		"a path that starts with !":   {paths: []string{"!bang.png"}, want: []string{"!bang.png"}},
		"no path but one taken away":  {paths: []string{"!photos"}, want: less(photos...)},
	}
	for _, place := range []string{"folder", "repository"} {
		dir := t.TempDir()
		plant(t, dir, tree)
		if place == "repository" {
			testgit.Run(t, dir, "init", "--quiet")
			testgit.Run(t, dir, "add", "photos", "vendor", "node_modules")
		}
		for name, tt := range tests {
			t.Run(place+"/"+name, func(t *testing.T) {
				found := find(t, scan.Options{Dir: dir, Paths: tt.paths, Globs: tt.globs, Ignore: tt.ignore})
				diff(t, "Sources", tt.want, paths(found.Sources))
				diff(t, "Failed", nil, faults(found.Failed))
				diff(t, "Notices", tt.notices, found.Notices)
			})
		}
	}
}

func TestAbsolutePatterns(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "work tree")
	plant(t, dir, pngs("a.png", "sub/b.png"))
	try(t, os.Symlink(dir, filepath.Join(top, "link")))
	link := filepath.Join(top, "link")

	for name, o := range map[string]scan.Options{
		"a file":                   {Dir: dir, Globs: []string{dir + "/sub/b.png"}},
		"a folder":                 {Dir: dir, Globs: []string{dir + "/sub"}},
		"a glob":                   {Dir: dir, Globs: []string{dir + "/*/*.png"}},
		"taken away":               {Dir: dir, Globs: []string{"!" + dir + "/a.png"}},
		"ignored":                  {Dir: dir, Ignore: []string{dir + "/a.png"}},
		"Dir by a link":            {Dir: link, Globs: []string{link + "/sub"}},
		"Dir by a link, resolved":  {Dir: link, Globs: []string{dir + "/sub"}},
		"Dir by a link, all below": {Dir: link + "/sub/..", Globs: []string{"sub"}},
	} {
		t.Run(name, func(t *testing.T) {
			diff(t, "Sources", []string{"sub/b.png"}, paths(find(t, o).Sources))
		})
	}
}

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("assets/a.png"))
	found, err := scan.Find(t.Context(), scan.Options{
		Dir:    dir,
		Paths:  []string{"../up.png"},
		Globs:  []string{"a[.png", "assets/*/../*.png", "/assets/*.png", "/etc/passwd", "!../x/**", "nul\x00.png", "assets/*.png", "!"},
		Ignore: []string{"{a,b", "../.."},
	})
	if len(found.Sources) > 0 {
		t.Errorf("Sources = %v, want none", found.Sources)
	}
	stay := "patterns start from the working directory " + quote(dir) + " and stay in it; working-directory says where that is"
	want := []string{
		`path "../up.png": leaves the working directory => ` + stay,
		`glob "a[.png": malformed pattern`,
		`glob "assets/*/../*.png": pattern with wildcards may not contain a .. folder`,
		`glob "/assets/*.png": leaves the working directory => patterns start from the working directory ` + quote(dir) + `: write assets/*.png`,
		`glob "/etc/passwd": leaves the working directory => ` + stay,
		`glob "!../x/**": leaves the working directory => ` + stay,
		`glob "nul\x00.png": pattern contains a NUL byte`,
		`glob "!": pattern is empty`,
		`ignore "{a,b": malformed pattern`,
		`ignore "../..": leaves the working directory => ` + stay,
	}
	diff(t, "mistakes", want, mistakes(err))
}

func TestNoWorkingDirectory(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("a.png"))
	try(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	for name, want := range map[string]string{
		"gone": "no such file or directory", "a.png": "not a directory", "pipe": "not a directory",
	} {
		_, err := scan.Find(t.Context(), scan.Options{Dir: filepath.Join(dir, name)})
		diff(t, name, []string{"open working directory " + quote(filepath.Join(dir, name)) + ": " + want + " => check working-directory"}, mistakes(err))
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	for name, repo := range map[string]bool{"folder": false, "repository": true} {
		dir := t.TempDir()
		plant(t, dir, pngs("a.png", "b/c.png"))
		if repo {
			testgit.Run(t, dir, "init", "--quiet")
		}
		if _, err := scan.Find(ctx, scan.Options{Dir: dir, Git: git.Options{Env: testgit.Env()}}); !errors.Is(err, stop) {
			t.Errorf("Find in a %s: %v, want %v", name, err, stop)
		}
	}
}

// mistakes returns the faults joined in err as faults does.
func mistakes(err error) []string {
	var all []asset.Result
	var walk func(error)
	walk = func(err error) {
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range many.Unwrap() {
				walk(e)
			}
			return
		}
		var f *asset.Fault
		if errors.As(err, &f) {
			all = append(all, asset.Result{Err: f})
		}
	}
	walk(err)
	return faults(all)
}

func quote(s string) string { return `"` + s + `"` }
