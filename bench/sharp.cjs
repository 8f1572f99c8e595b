// Converts files to WebP with sharp, so many at once:
//   node sharp.cjs AT_ONCE THREADS WIDTH QUALITY EFFORT OUT FILE...
// WIDTH 0 keeps the size; THREADS 0 keeps sharp's own choice.
'use strict';
const path = require('node:path');
const sharp = require('sharp');

const [atOnce, threads, width, quality, effort, out, ...files] = process.argv.slice(2);
if (Number(threads) > 0) sharp.concurrency(Number(threads));
sharp.cache(false); // no picture comes twice

async function convert(file) {
  let picture = sharp(file);
  if (Number(width) > 0) picture = picture.resize({ width: Number(width), withoutEnlargement: true });
  const name = path.parse(file).name + '.webp';
  await picture.webp({ quality: Number(quality), effort: Number(effort) }).toFile(path.join(out, name));
}

async function worker(queue) {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) await convert(file);
}

const queue = files.slice();
Promise.all(Array.from({ length: Number(atOnce) }, () => worker(queue))).catch((err) => {
  console.error(err);
  process.exit(1);
});
