// Converts files with sharp:
//   node sharp.cjs JSON FILE...
// JSON has atOnce (files), threads (0 keeps sharp's own choice), format, effort, out (a
// folder) and outputs, each with a Name, Width (0 keeps the size), Height and Quality.
// One that has a height is cut out; several have one decoder, as sharp's documentation of
// clone() shows it.
'use strict';
const path = require('node:path');
const sharp = require('sharp');

const [json, ...files] = process.argv.slice(2);
const { atOnce, threads, format, effort, out, outputs } = JSON.parse(json);
if (threads > 0) sharp.concurrency(threads);
sharp.cache(false); // no image comes twice

function make(image, file, { Name, Width, Height, Quality }) {
  if (Height > 0) image = image.resize(Width, Height, { fit: 'cover', position: sharp.strategy.attention });
  else if (Width > 0) image = image.resize({ width: Width, withoutEnlargement: true });
  const options = { quality: Quality, effort };
  if (format === 'avif') options.chromaSubsampling = '4:2:0';
  return image[format](options).toFile(path.join(out, path.parse(file).name + Name + '.' + format));
}

function convert(file) {
  const image = sharp(file);
  if (outputs.length === 1) return make(image, file, outputs[0]);
  return Promise.all(outputs.map((output) => make(image.clone(), file, output)));
}

async function worker(queue) {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) await convert(file);
}

const queue = files.slice();
Promise.all(Array.from({ length: atOnce }, () => worker(queue))).catch((err) => {
  console.error(err);
  process.exit(1);
});
