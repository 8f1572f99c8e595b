// Reads the artifact "pictures" of this run back with GitHub's client, and compares
// it with the work tree.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { DefaultArtifactClient } from '@actions/artifact';

const client = new DefaultArtifactClient();
const { artifact } = await client.getArtifact('pictures');
assert.equal(String(artifact.id), process.env.ID);
const { downloadPath, digestMismatch } = await client.downloadArtifact(artifact.id, {
  path: 'back',
  expectedHash: process.env.DIGEST,
});
assert.ok(!digestMismatch, 'the digest is not that of what was uploaded');
const names = (await readdir(downloadPath, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => path.relative(downloadPath, path.join(entry.parentPath, entry.name)))
  .sort();
assert.deepEqual(names, [
  'assets/card.webp',
  'assets/photo ünï.webp',
  'webpress-manifest.json',
  'webpress-report.html',
  'webpress-report.json',
]);
for (const name of names.slice(0, 2)) {
  assert.deepEqual(await readFile(path.join(downloadPath, name)), await readFile(name), name);
}
console.log('read back', names.length, 'files');
