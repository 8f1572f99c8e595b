package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/project"
)

// actionYAML is action.yml. No input has a default there that webpress.yml could
// set: GitHub hands defaults over like values, and they would then beat it.
func actionYAML() []byte {
	var b bytes.Buffer
	b.WriteString(`# Made by go generate ./internal/config from the settings there. Do not edit.
# The action of ` + project.URL + `, where a release puts its image in the place of the Dockerfile.
name: webpress
description: Convert HEIC, JPEG, PNG and other images to WebP, and report the savings
author: The webpress authors
branding:
  icon: image
  color: green
runs:
  using: docker
  image: Dockerfile
inputs:
`)
	for _, s := range config.Settings() {
		fmt.Fprintf(&b, "  %s:\n    description: %s\n    required: false\n", s.Name, strconv.Quote(describe(s)))
		if s.InputDefault != "" {
			fmt.Fprintf(&b, "    default: %s\n", s.InputDefault)
		}
	}
	b.WriteString("outputs:\n")
	for _, o := range config.Outputs {
		fmt.Fprintf(&b, "  %s:\n    description: %s\n", o.Name, strconv.Quote(o.Help))
	}
	return b.Bytes()
}

// describe is the help of a setting with what it may be, as one text.
func describe(s config.Setting) string {
	d := s.Help
	switch {
	case s.Kind == config.List && len(s.Enum) > 0:
		d += " " + sentence(s.Allowed()) + " One per line, or separated by commas."
	case len(s.Enum) > 1, s.Kind == config.Switch:
		d += " " + sentence(s.Allowed())
	case s.Kind == config.List:
		d += " One per line, or separated by commas."
	}
	switch {
	case s.DefaultNote != "":
		d += " Default: " + s.DefaultNote + "."
	case s.Default != "":
		d += " Default: " + s.Default + "."
	}
	return d
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// settingsTable is the table of settings in docs/settings.md.
func settingsTable() []byte {
	var b bytes.Buffer
	for _, g := range config.Groups {
		fmt.Fprintf(&b, "\n## %s\n\n| Setting | Default | Values | What it does |\n|---|---|---|---|\n", g.Title)
		for _, s := range config.Settings() {
			if s.Group != g.Key {
				continue
			}
			def := s.DefaultNote
			if def == "" && s.Default != "" {
				def = "`" + s.Default + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, cell(def), cell(values(s)), cell(s.Help))
		}
	}
	b.WriteString("\n")
	return b.Bytes()
}

// values says briefly what a setting may be.
func values(s config.Setting) string {
	switch {
	case len(s.Enum) > 0:
		return "`" + strings.Join(s.Enum, "`, `") + "`"
	case s.Kind == config.Switch:
		return "`true`, `false`"
	case s.Unit == "bytes":
		return "a size: `20MB`, `64MiB`"
	case s.Unit == "pixels":
		return "a number: `50MP`, `12000000`"
	case s.Unit == "percent":
		return fmt.Sprintf("%g to %g percent", s.Min, s.Max)
	case s.Kind == config.PerFormat:
		return fmt.Sprintf("%s to %s, `auto`, or `avif=60,webp=80`", number(s.Min), number(s.Max))
	case s.Kind == config.Whole, s.Kind == config.Fraction:
		return fmt.Sprintf("%s to %s", number(s.Min), number(s.Max))
	case s.Kind == config.List:
		return "a list"
	case s.Name == "output":
		return "a path"
	}
	return strings.TrimPrefix(s.Allowed(), "the path of ")
}

// number writes n without an exponent.
func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func outputsTable() []byte {
	var b bytes.Buffer
	b.WriteString("\n| Output | What it is |\n|---|---|\n")
	for _, o := range config.Outputs {
		fmt.Fprintf(&b, "| `%s` | %s |\n", o.Name, cell(o.Help))
	}
	b.WriteString("\n")
	return b.Bytes()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// schemaJSON is the JSON schema (draft 2020-12) of webpress.yml, for editors.
func schemaJSON() []byte {
	properties := map[string]any{}
	for _, s := range config.Settings() {
		if !s.NotInFile {
			p := shape(s)
			p["description"] = describe(s)
			properties[s.Name] = p
		}
	}
	rule := section(config.RuleSettings())
	rule["required"], rule["minProperties"] = []string{"glob"}, 2
	properties["rules"] = list(rule, "Settings for some of the files. The first rule whose glob matches a file applies.")
	budget, limits := section(config.BudgetSettings()), []any{}
	for _, s := range config.BudgetSettings() {
		if s.Limit {
			limits = append(limits, map[string]any{"required": []string{s.Name}})
		}
	}
	budget["anyOf"] = limits
	properties["budgets"] = list(budget, "Limits that webpress check enforces.")
	data, err := json.MarshalIndent(map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"$id":                  project.Schema("webpress"),
		"title":                "webpress.yml",
		"type":                 "object",
		"additionalProperties": false,
		"properties":           properties,
	}, "", "  ")
	if err != nil {
		panic(err) // maps of texts and numbers cannot fail
	}
	return append(data, '\n')
}

// section is the schema of one section with those keys.
func section(keys []config.Setting) map[string]any {
	properties := map[string]any{}
	for _, s := range keys {
		p := shape(s)
		p["description"] = describe(s)
		properties[s.Name] = p
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}

// list is the schema of a list of sections.
func list(of map[string]any, help string) map[string]any {
	return map[string]any{"type": "array", "items": of, "maxItems": config.MaxSections, "description": help}
}

// rulesTable, variantsTable and budgetsTable are in the documentation for the keys in those
// sections.
func rulesTable() []byte {
	return maySet("A rule", slices.DeleteFunc(config.RuleSettings(), func(s config.Setting) bool { return s.Name == "glob" }))
}

func variantsTable() []byte { return maySet("A variant", config.VariantSettings()) }

func maySet(what string, settings []config.Setting) []byte {
	var names []string
	for _, s := range settings {
		names = append(names, "`"+s.Name+"`")
	}
	last := len(names) - 1
	return []byte("\n" + what + " may set " + strings.Join(names[:last], ", ") + " and " + names[last] + ".\n\n")
}

func budgetsTable() []byte {
	var b bytes.Buffer
	b.WriteString("\n| Key | Default | Values | What it does |\n|---|---|---|---|\n")
	for _, s := range config.BudgetSettings() {
		def := s.DefaultNote
		if def == "" && s.Default != "" {
			def = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, cell(def), cell(values(s)), cell(s.Help))
	}
	b.WriteString("\n")
	return b.Bytes()
}

// shape is the schema of one setting's value.
func shape(s config.Setting) map[string]any {
	switch {
	case s.Kind == config.List && len(s.Enum) > 0:
		one := map[string]any{"enum": append(slices.Clone(s.Enum), slices.Sorted(maps.Keys(s.Aliases))...)}
		if s.TakesBuckets() {
			one = map[string]any{"anyOf": []any{one, map[string]any{"const": config.Auto}, map[string]any{"type": "string", "pattern": "^(s3|gs|az)://."}}}
		}
		return map[string]any{"anyOf": []any{map[string]any{"type": "array", "items": one}, one}}
	case slices.Contains(s.Enum, config.Always): // a switch with one more place
		enum := []any{true, false}
		for _, e := range s.Enum {
			enum = append(enum, e)
		}
		return map[string]any{"enum": enum}
	case len(s.Enum) > 0:
		return map[string]any{"enum": s.Enum}
	case s.Kind == config.Switch:
		return map[string]any{"type": "boolean"}
	case s.Unit != "":
		return map[string]any{"type": []string{"number", "string"}, "minimum": s.Min, "maximum": s.Max}
	case s.Kind == config.PerFormat:
		one, each := map[string]any{"type": "integer", "minimum": s.Min, "maximum": s.Max}, map[string]any{}
		for _, format := range slices.Concat(s.Formats, slices.Sorted(maps.Keys(s.Aliases))) {
			each[format] = one
		}
		return map[string]any{"anyOf": []any{one, map[string]any{
			"type": "object", "properties": each, "additionalProperties": false, "minProperties": 1,
		}}}
	case s.Kind == config.Whole:
		return map[string]any{"type": "integer", "minimum": s.Min, "maximum": s.Max}
	case s.Kind == config.Fraction:
		return map[string]any{"type": "number", "minimum": s.Min, "maximum": s.Max}
	case s.Kind == config.List:
		return map[string]any{"type": []string{"array", "string"}, "items": map[string]any{"type": "string"}}
	}
	return map[string]any{"type": "string", "minLength": 1}
}
