package gallery

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
)

// The parts of the page.
var (
	//go:embed web/page.html
	shell string
	//go:embed web/page.css
	style string
	//go:embed web/list.js
	listScript string
	//go:embed web/viewer.js
	viewerScript string
)

// dataMark is where the data belongs in the page.
const dataMark = "@data@"

// around is the page before and behind the data.
var around = sync.OnceValue(func() [2]string {
	script := "'use strict';\n" + listScript + viewerScript
	policy := strings.Join([]string{
		"default-src 'none'",
		"script-src '" + digest(script) + "'",
		"style-src '" + digest(style) + "'",
		"img-src 'self' file: data:", // 'self' is not the files beside a page from file://
		"base-uri 'none'",
		"form-action 'none'",
	}, "; ")
	before, behind, _ := strings.Cut(shell, dataMark)
	fill := strings.NewReplacer("@policy@", policy, "@style@", style, "@script@", script).Replace
	return [2]string{fill(before), fill(behind)}
})

// digest is the source expression of a Content-Security-Policy for inline text.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// page is the page with data, which is JSON without <.
func page(data []byte) []byte {
	a := around()
	return bytes.Join([][]byte{[]byte(a[0]), data, []byte(a[1])}, nil)
}

// Relative is the address of a file as seen from the folder of a page. Both are absolute
// paths. It is empty where no address leads there, as from one drive of Windows to another.
func Relative(folder, file string) string {
	rel, err := filepath.Rel(folder, file)
	if err != nil {
		return ""
	}
	return Address(filepath.ToSlash(rel))
}

// Address is the address of a file whose path, with forward slashes, begins at the folder of
// the page. Whatever the name is, it is no other kind of address.
func Address(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return "./" + strings.Join(parts, "/")
}
