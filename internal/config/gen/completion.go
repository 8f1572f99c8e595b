package main

import (
	"bytes"
	"embed"
	"strings"
	"text/template"

	"github.com/webpress/webpress/internal/config"
)

//go:embed completion
var completionTemplates embed.FS

// completions are the completion scripts of all shells.
func completions() ([]file, error) {
	var all []file
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t, err := template.New(shell+".tmpl").Funcs(template.FuncMap{
			"join": strings.Join,
			// fish knows \' and \\ inside of quotes, and zsh reads \: in a specification.
			"fish": func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'" },
			"spec": func(s string) string {
				return strings.NewReplacer(`\`, `\\`, ":", `\:`, "[", `\[`, "]", `\]`, "'", `'\''`).Replace(s)
			},
		}).ParseFS(completionTemplates, "completion/"+shell+".tmpl")
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, map[string]any{"Flags": config.CompletedFlags(), "Commands": config.CompletedCommands()}); err != nil {
			return nil, err
		}
		all = append(all, file{"internal/config/completion/webpress." + shell, b.Bytes()})
	}
	return all, nil
}
