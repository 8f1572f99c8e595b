package references

// A Lang is a language that references are found in.
type Lang string

// The languages, each with what is close enough to it.
const (
	LangHTML     Lang = "html"     // also PHP, ERB, Liquid, Go templates, SVG
	LangVue      Lang = "vue"      // HTML with script, style and bound attributes
	LangSvelte   Lang = "svelte"   // HTML with {expressions}
	LangAstro    Lang = "astro"    // the same, with a script between --- at its top
	LangCSS      Lang = "css"      // also SCSS and Less
	LangMarkdown Lang = "markdown" // with front matter
	LangMDX      Lang = "mdx"      // Markdown with JSX and imports
	LangScript   Lang = "script"   // JavaScript and TypeScript
	LangJSX      Lang = "jsx"      // both with elements
	LangYAML     Lang = "yaml"
	LangTOML     Lang = "toml"
	LangJSON     Lang = "json"
	LangXML      Lang = "xml" // feeds
	LangAsciiDoc Lang = "asciidoc"
	LangRST      Lang = "rst"
	LangOrg      Lang = "org"
	LangLaTeX    Lang = "latex"
)
