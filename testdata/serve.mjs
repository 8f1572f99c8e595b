// The functions before this are those of docs/serve-javascript.md. This calls them, and writes
// what they have come to as one line of JSON.
import { createServer } from "node:http";
import { readFileSync, statSync } from "node:fs";
import assert from "node:assert/strict";

const job = await convert("photo.jpg", { format: "webp", quality: 80, maxWidth: 120 });
assert.equal(job.status, "completed");
assert.deepEqual([job.outputs[0].width, job.outputs[0].type], [120, "image/webp"]);
await download(job.downloadUrl, "photo.webp");
assert.equal(readFileSync("photo.webp").subarray(8, 12).toString(), "WEBP");
assert.equal(statSync("photo.webp").size, job.outputs[0].bytes);

// What is wrong is said, and not tried again.
await assert.rejects(convertWithRetry("photo.jpg", { maxWith: 3 }), /did you mean maxWidth\?/);

// A job that is asked for later.
const form = new FormData();
form.append("file", await openAsBlob("photo.jpg"), "photo.jpg");
form.append("format", "avif");
const later = await fetch(`${API}/convert`, { method: "POST", headers: { ...headers, Prefer: "respond-async" }, body: form });
assert.equal(later.status, 202);
const done = await finished(await later.json());
assert.equal(done.outputs[0].format, "avif");

// The shop has an image at an address.
const shop = createServer((request, response) => {
  if (request.url !== "/chair.jpg") return response.writeHead(404).end();
  response.end(readFileSync("photo.jpg"));
}).listen(0, "127.0.0.1");
await new Promise((resolve) => shop.once("listening", resolve));
const base = `http://127.0.0.1:${shop.address().port}`;
const sizes = await importProduct(`${base}/chair.jpg`);
assert.deepEqual(Object.keys(sizes).sort(), ["large", "thumb"]);
for (const [name, url] of Object.entries(sizes)) await download(url, `chair-${name}.webp`);
assert.ok(statSync("chair-thumb.webp").size > 0);
await assert.rejects(importProduct(`${base}/none.jpg`), /404/);
shop.close();

await download(await avatar("photo.jpg", 64), "avatar.webp");

// More than the rate of the key allows: all of them are converted, and some had to wait.
let refused = 0;
const plain = globalThis.fetch;
globalThis.fetch = async (...args) => {
  const response = await plain(...args);
  if (response.status === 429) refused++;
  return response;
};
const jobs = await Promise.all(Array.from({ length: 58 }, (_, n) => convertWithRetry("photo.jpg", { quality: n, effort: 0 }, 9)));
assert.equal(new Set(jobs.map((one) => one.jobId)).size, 58);
assert.ok(refused > 0, "the rate was not reached");
console.log(JSON.stringify({ refused }));
