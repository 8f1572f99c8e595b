#ifndef WEBPRESS_PNG_ENCODE_H
#define WEBPRESS_PNG_ENCODE_H

#include <stddef.h>
#include <stdint.h>

// An image, straight RGBA, and how to encode it. no_gray and no_color forbid types that
// do not fit its color profile.
typedef struct {
  int width, height;
  const uint8_t* pixels;
  size_t stride;
  int alpha, no_gray, no_color;
  int effort;  // 0 to 6
} wp_png_job;

// What came of it: the fields of IHDR, the palette as RGBA, and the zlib stream, which
// is malloced.
typedef struct {
  int color, depth;
  int colors;
  uint8_t palette[256][4];
  uint8_t* data;
  size_t size;
} wp_png_result;

// wp_png_encode returns 0, or why there is nothing.
enum { WP_PNG_ENC_MEMORY = 1, WP_PNG_ENC_COLORED };
int wp_png_encode(const wp_png_job* job, wp_png_result* result);
void wp_png_encode_free(uint8_t* data);

#endif
