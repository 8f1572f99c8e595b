package config

import (
	"path"
	"path/filepath"
	"strings"
)

// A File is one that a setting has written.
type File struct {
	// Setting is the name of the setting, Path its value: Stdio is standard output.
	Setting, Path string
}

// IsPage reports whether the file of a report is a page to look at, by its name.
func IsPage(name string) bool {
	ext := path.Ext(filepath.ToSlash(name))
	return strings.EqualFold(ext, ".html") || strings.EqualFold(ext, ".htm")
}

// Files are the files that settings name. What JSON writes to standard output is one of
// them, unless Report does the same.
func (c Config) Files() (files []File) {
	json := ""
	if c.JSON && !IsStdout(c.Report) {
		json = Stdio
	}
	for _, f := range []File{
		{"report", c.Report}, {"dotenv", c.Dotenv}, {"code-quality", c.CodeQuality}, {"sarif", c.Sarif},
		{"manifest", c.Manifest}, {"json", json},
	} {
		if f.Path != "" {
			files = append(files, f)
		}
	}
	return files
}
