package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/project"
)

// An input is one of the component's inputs. GitLab has no input that may be
// left unset, so every setting is a text whose default is empty: webpress takes an
// empty variable as unset, and webpress.yml keeps its say.
type input struct {
	name, def, help string
	options         []string
}

// componentDefaults are settings that the component has to know itself, since the
// job's keywords name the same paths.
var componentDefaults = map[string]string{
	"artifact-dir": "webpress",
	"cache-dir":    ".webpress-cache",
	"dotenv":       "webpress.env",
	"code-quality": "webpress-quality.json",
}

// componentInputs are the settings that the component offers: all but secrets, which
// belong into masked variables, and what only GitHub can fill in.
func componentInputs() []input {
	var all []input
	for _, s := range config.Settings() {
		if s.Secret || s.InputDefault != "" {
			continue
		}
		in := input{name: s.Name, def: componentDefaults[s.Name], help: describe(s)}
		switch {
		case s.Kind == config.Switch:
			in.options = []string{"", "true", "false"}
		case s.Kind == config.Text && len(s.Enum) > 0:
			in.options = append([]string{""}, s.Enum...)
		}
		all = append(all, in)
	}
	return all
}

// componentYAML is GitLab's CI/CD component. GitLab replaces $[[ … ]] in the text of
// the file before it reads it as YAML, so each value stands in a block of its own,
// with its indentation stated: there it needs no quotes and can hold any character but
// a line break, which the regex of its input refuses.
func componentYAML() []byte {
	var b bytes.Buffer
	b.WriteString(`# Made by go generate ./internal/config from the settings there. Do not edit.
#
# A GitLab CI/CD component:
#
#   include:
#     - component: $CI_SERVER_FQDN/` + project.Repository + `/webpress@` + project.Major + `
#       inputs:
#         glob: assets/**
#         max-width: "1200"
#
# To commit, set store to commit, and the masked variable WEBPRESS_TOKEN to a token that
# may push. For a note on the merge request, set comment to "true", and the masked
# variable WEBPRESS_GITLAB_TOKEN to a token with the scope api.
spec:
  inputs:
    stage:
      default: build
      description: Stage of the job.
    job-name:
      default: webpress
      regex: '^[^"\\\r\n]+$'
      description: Name of the job.
    image:
      default: ` + project.Image + ":" + project.Major + `
      description: Container image of webpress.
    git-depth:
      type: number
      default: 0
      description: Commits of history to fetch. 0 is all, which check and changed-only compare with.
    rules:
      type: array
      default:
        - if: $CI_PIPELINE_SOURCE == "merge_request_event"
        - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      description: When the job runs.
`)
	for _, in := range componentInputs() {
		fmt.Fprintf(&b, "    %s:\n      default: %s\n", in.name, strconv.Quote(in.def))
		if len(in.options) > 0 {
			b.WriteString("      options: [")
			for i, o := range in.options {
				if i > 0 {
					b.WriteString(", ")
				}
				b.WriteString(strconv.Quote(o))
			}
			b.WriteString("]\n")
		} else {
			b.WriteString("      regex: '^[^\\r\\n]*$'\n")
		}
		fmt.Fprintf(&b, "      description: %s\n", strconv.Quote(in.help))
	}
	b.WriteString(`---
"$[[ inputs.job-name ]]":
  stage: |2-
    $[[ inputs.stage ]]
  image:
    name: |2-
      $[[ inputs.image ]]
    entrypoint: [""]
  variables:
    GIT_DEPTH: "$[[ inputs.git-depth ]]"
`)
	for _, s := range config.Settings() {
		if slices.ContainsFunc(componentInputs(), func(in input) bool { return in.name == s.Name }) {
			fmt.Fprintf(&b, "    WEBPRESS_%s: |2-\n      $[[ inputs.%s ]]\n", s.Env(), s.Name)
		}
	}
	b.WriteString(`  script:
    - webpress
  cache:
    - key: webpress-$CI_COMMIT_REF_SLUG
      fallback_keys:
        - webpress-$CI_DEFAULT_BRANCH
      when: always
      paths:
        - |2-
          $[[ inputs.cache-dir ]]
  artifacts:
    when: always
    paths:
      - |2-
        $[[ inputs.artifact-dir ]]
    reports:
      dotenv: |2-
        $[[ inputs.dotenv ]]
      codequality: |2-
        $[[ inputs.code-quality ]]
  rules: $[[ inputs.rules ]]
`)
	return b.Bytes()
}
