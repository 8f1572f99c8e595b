package config

import "testing"

func TestCheckTemplate(t *testing.T) {
	for _, good := range []string{
		"{dir}/{name}.webp", "{dir}/{name}.{ext}.webp", "web/{dir}/{name}.webp", "./{name}.WEBP", "{dir}/../web/{name}.webp",
		"one.webp", "{dir}/.hidden-{name}.webp", "..webp/{name}.webp", "{dir}/{name}@2x.webp",
	} {
		if err := checkTemplate(good); err != nil {
			t.Errorf("checkTemplate(%q): %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"{dir}/{name}.{ext}":      "it does not end in .webp, .avif, .jpg, .png or .{format}",
		"{dir}/{name}.gif":        "it does not end in .webp, .avif, .jpg, .png or .{format}",
		"web":                     `that is a directory; did you mean "web/{dir}/{name}.webp"?`,
		"web/":                    `that is a directory; did you mean "web/{dir}/{name}.webp"?`,
		"..":                      "it leads out of the working directory",
		"../{name}.webp":          "it leads out of the working directory",
		"a/../../{name}.webp":     "it leads out of the working directory",
		"{dir}/../../{name}.webp": "it leads out of the working directory",
		"/{name}.webp":            "it has to be relative to the working directory",
		"C:/{name}.webp":          "it has to be relative to the working directory",
		`{dir}\{name}.webp`:       "folders are separated by /, not by a backslash",
		"{dir}/{Name}.webp":       "there is no {Name}; did you mean {name}?",
		"{hash}/{name}.webp":      "{hash} must be in the file name, once",
		"{dir}/{hash}{hash}.webp": "{hash} must be in the file name, once",
		"{}.webp":                 "there is no {}",
		"{dir/{name}.webp":        "a brace is left open",
		"{dir}/{name.webp":        "a brace is left open",
		"dir}/{name}.webp":        "a brace is left open",
	} {
		if err := checkTemplate(bad); err == nil || err.Error() != want {
			t.Errorf("checkTemplate(%q) = %v, want %s", bad, err, want)
		}
	}
}
