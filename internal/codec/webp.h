#ifndef WEBPRESS_WEBP_H
#define WEBPRESS_WEBP_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  float quality;
  int effort, lossless, exact, plain_alpha, sharp_yuv, threads;
  int detailed;       // lossless coding searches less for what repeats
  int near_lossless;  // 1 to 99 lets lossless coding change pixels, most at 1; 0 does not
} wp_webp_options;

// wp_webp_encode encodes one image: planes Y, U, V in 4:2:0, or, where u is
// NULL, interleaved straight RGBA in y. It returns 0 and malloced bytes for
// wp_webp_free, or a WebPEncodingError.
int wp_webp_encode(const wp_webp_options* o, int width, int height, const uint8_t* y,
                   const uint8_t* u, const uint8_t* v, int y_stride, int uv_stride, int alpha,
                   uint8_t** out, size_t* out_size);
void wp_webp_free(uint8_t* out);

// wp_webp_decode decodes a still image to straight RGBA, in n bytes of rows of stride bytes. It
// returns 0, or 1 where the file is damaged.
int wp_webp_decode(const uint8_t* data, size_t size, uint8_t* rgba, size_t n, int stride);
int wp_webp_encoder_version(void);
int wp_webp_decoder_version(void);

#endif
