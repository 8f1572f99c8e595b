#ifndef WEBPRESS_TRANSFORM_H
#define WEBPRESS_TRANSFORM_H

#include <stddef.h>
#include <stdint.h>

enum { WP_GRAY, WP_YUV, WP_RGBA, WP_RGB };

// wp_image mirrors pixel.Image for one call; the planes belong to the caller.
typedef struct {
  uint8_t* plane[4];
  ptrdiff_t stride[4];
  // Planar sizes are whole chroma samples; left to height is the part of the
  // source, in pixels, that the whole destination shows.
  unsigned width, height;
  double left, top, active_width, active_height;
  int kind, alpha, sub_w, sub_h, depth, full;
  int matrix, primaries, transfer;
} wp_image;

// wp_transform resizes and converts src into dst. It returns 0, or a zimg error
// code with a message in err.
int wp_transform(const wp_image* src, const wp_image* dst, char* err, size_t err_size);

// wp_turn writes the eight EXIF orientations of a plane: dst is width x height
// samples of size 1 or 4 bytes, after turning.
void wp_turn(const uint8_t* src, ptrdiff_t src_stride, uint8_t* dst, ptrdiff_t dst_stride,
             int width, int height, int orientation, int sample_size);

#endif
