import { readFileSync } from "node:fs";
import { thumbHashToDataURL } from "thumbhash";

export default function (config) {
  config.addPassthroughCopy("photos");
  config.addShortcode("image", (source, alt, sizes = "100vw") => {
    const { images } = JSON.parse(readFileSync("_data/images.json", "utf8"));
    const image = images[source];
    if (!image) throw new Error(`${source} is not in _data/images.json: run webpress`);

    const url = (path) => "/" + path.split("/").map(encodeURIComponent).join("/");
    const types = [...new Set(image.outputs.map((output) => output.type))];
    const sources = types.map((type) => {
      const set = image.outputs.filter((output) => output.type === type).map((output) => `${url(output.path)} ${output.width}w`);
      return `<source type="${type}" srcset="${set.join(", ")}" sizes="${sizes}">`;
    });
    // Every browser of today shows WebP; what has no results is used as it is.
    const fallback = image.outputs.findLast((output) => output.type === "image/webp")?.path ?? source;
    const placeholder = image.placeholder ? thumbHashToDataURL(Buffer.from(image.placeholder, "base64")) : "";
    return `<picture>${sources.join("")}<img src="${url(fallback)}" alt="${alt}" width="${image.width}" height="${image.height}"
      loading="lazy" style="background: ${image.color ?? "none"} url('${placeholder}') center / cover"></picture>`;
  });
  return { dir: { output: "public" } };
}
