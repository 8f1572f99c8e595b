#ifndef WEBPRESS_AVIF_H
#define WEBPRESS_AVIF_H

#include "heif.h"

// An image and how to encode it. RGBA is made planes of the layout that sub_w, sub_h
// and depth say, in full range by the matrix of BT.601; planes have that layout
// already. Blocks of metadata are NULL if there are none.
typedef struct {
  int width, height;
  int kind;  // 0 gray, 1 YCbCr, 2 interleaved straight RGBA
  int alpha, sub_w, sub_h, depth;
  int matrix, primaries, transfer, full;  // code points of ITU-T H.273
  const uint8_t* plane[4];
  size_t stride[4];

  int quality, speed, threads;
  int alpha_quality;  // 100 is without loss
  const uint8_t *icc, *exif, *xmp;
  size_t icc_size, exif_size, xmp_size;
} wp_avif_job;

// wp_avif_can_encode says whether libheif has libaom's encoder.
int wp_avif_can_encode(void);

// wp_avif_encode encodes one image: malloced bytes for wp_avif_free, or an error.
void wp_avif_encode(const wp_avif_job* job, uint8_t** out, size_t* out_size, wp_heif_error* err);
void wp_avif_free(uint8_t* out);

#endif
