// Cuts github-rest.json and github.graphql out of GitHub's published
// descriptions. See README.md.
//
//	npm install --no-save @octokit/openapi@23.0.2 @octokit/graphql-schema@15.26.1
//	node cut.mjs
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";

const require = createRequire(process.cwd() + "/");
const read = (name) => readFileSync("node_modules/" + name, "utf8");

const user = { login: 1, type: 1 };
const branch = { ref: 1, sha: 1, repo: { full_name: 1 } };
const pull = { number: 1, html_url: 1, state: 1, title: 1, body: 1, head: branch, base: branch };
const comment = { id: 1, html_url: 1, body: 1, user };
const commit = { sha: 1, html_url: 1, message: 1, tree: { sha: 1 }, parents: { sha: 1 } };
const ref = { ref: 1, object: { type: 1, sha: 1 } };

// What is read of the answers of each operation.
const operations = {
  "repos/get": { full_name: 1, default_branch: 1, archived: 1, fork: 1 },
  "git/get-ref": ref,
  "git/create-ref": ref,
  "git/update-ref": ref,
  "git/create-blob": { sha: 1 },
  "git/create-tree": { sha: 1 },
  "git/create-commit": commit,
  "git/get-commit": commit,
  "pulls/list": pull,
  "pulls/create": pull,
  "pulls/update": pull,
  "pulls/get": { number: 1, changed_files: 1 },
  "pulls/list-files": { filename: 1, status: 1, previous_filename: 1, sha: 1 },
  "issues/add-labels": { name: 1 },
  "issues/list-comments": comment,
  "issues/create-comment": comment,
  "issues/update-comment": comment,
};

const api = JSON.parse(read("@octokit/openapi/generated/api.github.com.json"));
const follow = (x) => (x && x.$ref ? follow(x.$ref.slice(2).split("/").reduce((at, name) => at[name], api)) : x);

// schema turns OpenAPI 3.0's form into JSON Schema's. closed forbids properties
// that are not named; keep, where given, names those that stay.
function schema(from, closed, keep) {
  const s = follow(from);
  const to = {};
  for (const name of ["type", "enum", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern", "format"]) {
    if (s[name] !== undefined) to[name] = s[name];
  }
  for (const name of ["oneOf", "anyOf", "allOf"]) {
    // An answer may fit several of the alternatives.
    if (s[name]) to[closed || name === "allOf" ? name : "anyOf"] = s[name].map((one) => schema(one, closed, keep));
  }
  if (s.items) to.items = schema(s.items, closed, keep);
  if (s.properties) {
    to.properties = {};
    for (const [name, value] of Object.entries(s.properties)) {
      if (!keep || keep[name]) to.properties[name] = schema(value, closed, keep && keep[name] !== 1 ? keep[name] : undefined);
    }
    const required = (s.required || []).filter((name) => to.properties[name]);
    if (required.length) to.required = required;
    if (closed) to.additionalProperties = false;
  }
  if (s.nullable) {
    if (to.enum) to.enum = [...to.enum, null];
    if (to.type) to.type = [to.type, "null"];
    else if (Object.keys(to).length) return { anyOf: [{ type: "null" }, to] };
  }
  return to;
}

const json = (content) => content && content["application/json"] && content["application/json"].schema;
const out = [];
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, op] of Object.entries(methods)) {
    const keep = operations[op.operationId];
    if (!keep) continue;
    const one = { id: op.operationId, method: method.toUpperCase(), path, query: {}, responses: {} };
    for (const p of op.parameters.map(follow)) if (p.in === "query") one.query[p.name] = schema(p.schema, true);
    if (op.requestBody) one.body = schema(json(op.requestBody.content), true);
    for (const [status, response] of Object.entries(op.responses)) {
      const body = json(follow(response).content);
      one.responses[status] = body ? schema(body, false, status < 300 ? keep : undefined) : {};
    }
    out.push(one);
  }
}
const error = schema({ $ref: "#/components/schemas/basic-error" }, false);
writeFileSync("github-rest.json", JSON.stringify({ error, operations: out }, null, 1) + "\n");

// GraphQL: the types and the fields of theirs that are used.
const types = {
  Query: ["id"],
  Mutation: ["createCommitOnBranch"],
  CreateCommitOnBranchPayload: ["commit"],
  Commit: ["oid", "url"],
  CreateCommitOnBranchInput: null, // all
  CommittableBranch: null,
  CommitMessage: null,
  FileChanges: null,
  FileAddition: null,
  FileDeletion: null,
  Base64String: null,
  GitObjectID: null,
  URI: null,
};
const { parse, print, visit } = require("graphql");
const all = parse(read("@octokit/graphql-schema/schema.graphql"));
const kept = all.definitions
  .filter((d) => d.name && d.name.value in types)
  .map((d) => {
    const fields = types[d.name.value];
    return { ...d, interfaces: [], directives: [], fields: fields ? d.fields.filter((f) => fields.includes(f.name.value)) : d.fields };
  });
const bare = visit({ kind: "Document", definitions: kept }, {
  enter: (node) => (node.description || node.directives ? { ...node, description: undefined, directives: [] } : undefined),
});
writeFileSync("github.graphql", print(bare) + "\n");
