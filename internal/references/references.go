// Package references finds where the text files of a repository name images, and makes
// them name the results instead. It has no files and no git of its own: it works on the
// bytes of one text file at a time and on a list of paths.
//
// The way of a page: Find lists the references of its bytes by its language, a Resolver
// says which file of the repository each of them names, and Rewrite replaces the spans of
// those whose file has results. Every other byte stays as it is. What is not certain (a
// template expression, a joined string) is reported as a finding and never edited.
package references

// A Kind says in what form a reference is written.
type Kind string

// The kinds. A finding prints them.
const (
	Image     Kind = "image"     // <img src>, Markdown's ![](), AsciiDoc's image::
	Srcset    Kind = "srcset"    // a candidate of srcset, imagesrcset, data-srcset
	Media     Kind = "source"    // <source src>, <video poster>, <input type=image>, <object>, <embed>, SVG's <image href>
	Link      Kind = "link"      // <a href>, Markdown's []() and definitions
	Preload   Kind = "preload"   // <link rel=preload>
	CSS       Kind = "css"       // url() and image-set()
	Import    Kind = "import"    // import, require(), new URL()
	String    Kind = "string"    // a whole string literal of a script
	Data      Kind = "data"      // a value of front matter, YAML, TOML, JSON
	Shortcode Kind = "shortcode" // Hugo's figure, Jekyll's picture and include
	Social    Kind = "social"    // og:image, twitter:image, JSON-LD, feeds, icons, web app manifests, e-mail
)

// A Reference is one place of a text file that names, or seems to name, an image.
type Reference struct {
	// Off and End are where its address is, as written, in bytes of the file, without
	// quotes and white space around it.
	Off, End int
	// Line and Column are where Off is, from 1; Column counts Unicode code points.
	Line, Column int
	Kind         Kind
	// Address is the address that is meant: entities and escapes of the language are
	// decoded. Percent encoding, query and fragment are still there.
	Address string
	// Base is the href of the <base> of its page, which it is relative to. It is empty where
	// the page has none.
	Base string
	// Uncertain says in a few words why this must not be edited. It is empty for a
	// reference that is certain.
	Uncertain string

	// at is what Find knows about its place. It is nil for a Reference that Find did not make.
	at *place
}
