export default function (eleventyConfig) {
  eleventyConfig.addPassthroughCopy("src/img");
  eleventyConfig.addPassthroughCopy("src/css");
  eleventyConfig.addPassthroughCopy({
    "media/print": "downloads",
    "public/": "/",
  });
  return { dir: { input: "src", includes: "_includes", output: "_site" } };
}
