package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

const (
	// pageCount is how many text files the case pages has, of about pageBytes bytes each,
	// pageImages how many images.
	pageCount, pageImages = 10_000, 2_000
	pageBytes             = 8_000
)

// pages measures what searching text files for references adds to a run in which nothing is
// left to do.
func (b bench) pages(ctx context.Context) (string, error) {
	dir, err := b.repository(ctx, pageImages)
	if err == nil {
		err = writePages(dir)
	}
	if err == nil {
		err = git(ctx, dir, "add", "--all")
	}
	if err == nil {
		err = git(ctx, dir, "commit", "-qm", "pages")
	}
	var rows []row
	if err == nil {
		rows, err = b.turns(ctx, dir, []command{
			{name: "`references: off`", argv: []string{b.webpress, "--references=off"}},
			{name: "`references: report`", argv: []string{b.webpress, "--references=report"}},
			{name: "`references: picture`, a dry run", argv: []string{b.webpress, "--references=picture", "--dry-run"}},
		})
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err != nil {
		return "", err
	}
	var t strings.Builder
	fmt.Fprintf(&t, "### References in %d text files of %.0f MB to %d images, nothing to convert\n\n", pageCount, pageCount*pageBytes/1e6, pageImages)
	t.WriteString("| | wall (min to max) | more | peak memory |\n|---|--:|--:|--:|\n")
	for _, r := range rows {
		walls := of(r, wall)
		fmt.Fprintf(&t, "| %s | %s (%s to %s) | %s | %s |\n", r.name, span(median(walls)), span(walls[0]), span(walls[len(walls)-1]),
			span(median(walls)-median(of(rows[0], wall))), bytesOf(median(of(r, memory))))
	}
	return t.String(), nil
}

// writePages writes text files in four languages that name images of repository.
func writePages(dir string) error {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("a page has many words and few images which is why most of it is read once and never parsed twice")
	for i := range pageCount {
		var text strings.Builder
		for text.Len() < pageBytes {
			for range 14 {
				text.WriteString(words[r.IntN(len(words))] + " ")
			}
			text.WriteString("\n\n")
		}
		n := r.IntN(pageImages)
		image := fmt.Sprintf("../p%03d/img%06d.png", n/500, n)
		var page, ext string
		switch i % 4 {
		case 0:
			page, ext = "<!doctype html><body><p>"+strings.ReplaceAll(text.String(), "\n\n", "</p>\n<p>")+`</p><img src="`+image+`" alt="x">`, "html"
		case 1:
			page, ext = "---\nimage: "+image+"\n---\n\n"+text.String()+"![x]("+image+")\n", "md"
		case 2:
			page, ext = "/* "+text.String()+" */\n.a { background: url("+image+") }\n", "css"
		case 3:
			page, ext = "/* "+text.String()+" */\nimport a from \""+image+"\";\n", "ts"
		}
		name := filepath.Join(dir, fmt.Sprintf("pages%02d", i%100), fmt.Sprintf("page%05d.%s", i, ext))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(page), 0o644); err != nil {
			return err
		}
	}
	return nil
}
