#ifndef WEBPRESS_JPEG_ENCODE_H
#define WEBPRESS_JPEG_ENCODE_H

#include <stddef.h>
#include <stdint.h>

// An image and how to encode it.
typedef struct {
  int width, height;
  int kind;  // 0 gray, 1 YCbCr, 2 interleaved straight RGBA
  int sub_w, sub_h;
  int full;   // gray and YCbCr have the full range
  int alpha;  // RGBA is laid on the background
  uint8_t background[3];
  const uint8_t* plane[3];
  size_t stride[3];
  int quality;
} wp_jpeg_job;

// wp_jpeg_encode encodes a progressive JPEG: bytes for wp_jpeg_free, or not 0 and a
// text in err.
int wp_jpeg_encode(const wp_jpeg_job* job, uint8_t** out, size_t* out_size, char* err, size_t err_size);
void wp_jpeg_free(uint8_t* out);

#endif
