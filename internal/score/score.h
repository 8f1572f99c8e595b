#ifndef WEBPRESS_SCORE_H
#define WEBPRESS_SCORE_H

#include <stddef.h>
#include <stdint.h>

enum { WP_LEVELS = 6, WP_SUMS = 6 };

// wp_source is an image to be scored: straight RGBA of 8 bits.
typedef struct {
  const uint8_t* pix;
  ptrdiff_t stride;
  int width, height;  // at least 1
  // light has the light of 4096 steps of a sample, 0 to 1; matrix makes the mixtures of
  // XYB of red, green and blue light.
  const float* light;
  float matrix[9];
  // background is that behind transparent pixels, 0 to 1 as samples are; below 0, alpha is
  // not read.
  float background;
} wp_source;

// wp_part is what of an image is scored.
typedef struct {
  int first, last;        // the levels: 0 is 1:1, 1 is 1:2
  int planes[WP_LEVELS];  // a bit for each of X, Y and B that counts
  int left, top, right, bottom;  // pixels whose differences are summed up
} wp_part;

// wp_score_size returns how many floats wp_score_prepare fills.
size_t wp_score_size(int width, int height, const wp_part* part);

// wp_score_prepare writes XYB of the levels of an image to out, which is aligned to 16
// bytes. It returns 0, or not if there is no memory.
int wp_score_prepare(const wp_source* src, const wp_part* part, float* out);

// wp_score_compare sums up the differences of an image from what wp_score_prepare has
// written of another. sums has those of each level and each of the planes X, Y, B:
// differences in structure and their fourth powers, the same of edges that are new, and of
// edges that are gone. counts has the number of pixels of each level. It returns 0, or
// not if there is no memory.
int wp_score_compare(const wp_source* src, const wp_part* part, const float* ref,
                     double sums[WP_LEVELS][3][WP_SUMS], double counts[WP_LEVELS]);

#endif
