package forge

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// GitHub's published descriptions: see testdata/README.md.
var (
	//go:embed testdata/github-rest.json
	restDescription []byte
	//go:embed testdata/github.graphql
	graphDescription string
)

// An operation is what GitHub says of one of its requests.
type operation struct {
	ID, Method, Path string
	Query            map[string]any
	Body             any
	Responses        map[string]any

	at   string // where it is in the description
	path *regexp.Regexp
}

// A description checks requests and answers.
type description struct {
	operations []operation
	compiler   *jsonschema.Compiler
	graph      *ast.Schema
}

func describe(t *testing.T) *description {
	t.Helper()
	var d struct{ Operations []operation }
	if err := json.Unmarshal(restDescription, &d); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(restDescription))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("github.json", doc); err != nil {
		t.Fatal(err)
	}
	for i := range d.Operations {
		o := &d.Operations[i]
		o.at = fmt.Sprintf("github.json#/operations/%d/", i)
		pattern := regexp.QuoteMeta(o.Path)
		pattern = strings.ReplaceAll(pattern, `\{ref\}`, `.+`) // a ref has slashes
		pattern = regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(pattern, `[^/]+`)
		o.path = regexp.MustCompile("^" + pattern + "$")
	}
	graph, err := gqlparser.LoadSchema(&ast.Source{Name: "github.graphql", Input: graphDescription})
	if err != nil {
		t.Fatal(err)
	}
	return &description{operations: d.Operations, compiler: c, graph: graph}
}

// valid checks JSON against the schema at a place of the description.
func (d *description) valid(at string, data []byte) error {
	s, err := d.compiler.Compile(at)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// request checks a request to the REST API, and finds its operation.
func (d *description) request(method string, u *url.URL, header http.Header, body []byte) (operation, error) {
	if header.Get("Accept") != "application/vnd.github+json" || header.Get("X-Github-Api-Version") == "" {
		return operation{}, fmt.Errorf("headers %v", header)
	}
	for _, o := range d.operations {
		if o.Method != method || !o.path.MatchString(u.Path) {
			continue
		}
		for name, values := range u.Query() {
			if o.Query[name] == nil {
				return o, fmt.Errorf("%s has no parameter %s", o.ID, name)
			}
			value, _ := json.Marshal(values[0])
			if n := json.Number(values[0]); name == "per_page" || name == "page" {
				value = []byte(n)
			}
			if err := d.valid(o.at+"query/"+name, value); err != nil {
				return o, err
			}
		}
		switch {
		case o.Body == nil && len(body) > 0:
			return o, fmt.Errorf("%s takes no body", o.ID)
		case o.Body == nil:
			return o, nil
		case header.Get("Content-Type") != "application/json":
			return o, fmt.Errorf("content type %q", header.Get("Content-Type"))
		}
		return o, d.valid(o.at+"body", body)
	}
	return operation{}, errors.New("GitHub knows no such request")
}

// answer checks an answer to an operation.
func (d *description) answer(o operation, status int, body []byte) error {
	if o.Responses[fmt.Sprint(status)] != nil {
		return d.valid(o.at+"responses/"+fmt.Sprint(status), body)
	}
	if status < 400 {
		return fmt.Errorf("%s does not answer %d", o.ID, status)
	}
	return d.valid("github.json#/error", body)
}

// A graphRequest is the body of a request to the GraphQL API.
type graphRequest struct {
	Query     string
	Variables map[string]any
}

// graphQL checks a request to the GraphQL API, and the data of the answer.
func (d *description) graphQL(request, answer []byte) error {
	var r graphRequest
	strict := json.NewDecoder(bytes.NewReader(request))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&r); err != nil {
		return err
	}
	doc, list := gqlparser.LoadQueryWithRules(d.graph, r.Query, nil)
	if len(list) > 0 {
		return list
	}
	op := doc.Operations[0]
	variables, err := validator.VariableValues(d.graph, op, r.Variables)
	if err != nil {
		return err
	}
	// What the scalars stand for is not in the schema.
	input := variables["input"].(map[string]any)
	if !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(input["expectedHeadOid"].(string)) {
		return fmt.Errorf("GitObjectID %v", input["expectedHeadOid"])
	}
	if changes, ok := input["fileChanges"].(map[string]any); ok {
		for _, a := range changes["additions"].([]any) {
			if _, err := base64.StdEncoding.Strict().DecodeString(a.(map[string]any)["contents"].(string)); err != nil {
				return err
			}
		}
	}
	var out struct {
		Data   map[string]any
		Errors []map[string]any
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return err
	}
	for _, e := range out.Errors { // the GraphQL specification, section 7.1.2
		if _, ok := e["message"].(string); !ok {
			return errors.New("an error without a message")
		}
	}
	if out.Data == nil {
		return nil
	}
	return d.selected(op.SelectionSet, out.Data)
}

// selected checks that data is what a selection brings.
func (d *description) selected(set ast.SelectionSet, data map[string]any) error {
	if len(set) != len(data) {
		return fmt.Errorf("%d fields for a selection of %d", len(data), len(set))
	}
	for _, s := range set {
		f := s.(*ast.Field)
		value, ok := data[f.Alias]
		switch {
		case !ok:
			return fmt.Errorf("no field %s", f.Alias)
		case value == nil:
			if f.Definition.Type.NonNull {
				return fmt.Errorf("%s is null", f.Alias)
			}
		case len(f.SelectionSet) > 0:
			object, ok := value.(map[string]any)
			if !ok {
				return fmt.Errorf("%s is no object", f.Alias)
			}
			if err := d.selected(f.SelectionSet, object); err != nil {
				return err
			}
		default:
			if _, ok := value.(string); !ok {
				return fmt.Errorf("%s is no string", f.Alias)
			}
		}
	}
	return nil
}

// The descriptions refuse what is wrong: else they would prove nothing.
func TestDescriptionsRefuse(t *testing.T) {
	t.Parallel()
	d := describe(t)
	header := http.Header{"Accept": {"application/vnd.github+json"}, "X-Github-Api-Version": {apiVersion}, "Content-Type": {"application/json"}}
	for _, test := range []struct{ method, url, body string }{
		{"GET", "/repos/o/r/git/trees", ""},
		{"POST", "/repos/o/r/git/trees", `{"tree":[{"path":"a","mode":"100600","type":"blob","sha":"x"}]}`},
		{"POST", "/repos/o/r/git/trees", `{"base":"x","tree":[]}`},
		{"POST", "/repos/o/r/git/blobs", `{"encoding":"base64"}`},
		{"PATCH", "/repos/o/r/git/refs/heads/a/b", `{"sha":"x","force":"no"}`},
		{"POST", "/repos/o/r/git/commits", `{"message":"m","tree":"x","author":{"name":"n"}}`},
		{"GET", "/repos/o/r/pulls?state=opened", ""},
		{"GET", "/repos/o/r/pulls?limit=1", ""},
		{"POST", "/repos/o/r/issues/1/comments", `{"text":"x"}`},
	} {
		u, err := url.Parse(test.url)
		if err != nil {
			t.Fatal(err)
		}
		if o, err := d.request(test.method, u, header, []byte(test.body)); err == nil {
			t.Errorf("%s %s %s: taken for %s", test.method, test.url, test.body, o.ID)
		}
	}
	head := strings.Repeat("a", 40)
	for _, variables := range []string{
		`{"input":{"branch":{},"message":{"headline":"h"}}}`,
		`{"input":{"branch":{"name":"x"},"message":{"headline":"h"},"expectedHeadOid":"` + head + `"}}`,
		`{"input":{"branch":{},"message":{},"expectedHeadOid":"` + head + `"}}`,
		`{"input":{"branch":{},"message":{"headline":"h"},"expectedHeadOid":"HEAD"}}`,
		`{"input":{"branch":{},"message":{"headline":"h"},"expectedHeadOid":"` + head + `","fileChanges":{"additions":[{"path":"a","contents":"*"}]}}}`,
	} {
		if d.graphQL([]byte(`{"query":"`+createCommit+`","variables":`+variables+`}`), []byte(`{"data":null}`)) == nil {
			t.Errorf("taken: %s", variables)
		}
	}
}

func body(r *http.Request) []byte {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	return data
}
