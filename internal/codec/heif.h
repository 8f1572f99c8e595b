#ifndef WEBPRESS_HEIF_H
#define WEBPRESS_HEIF_H

#include <libheif/heif.h>
#include <stddef.h>
#include <stdint.h>

// What is decoded: a still, or a frame of a sequence. Planes belong to image.
typedef struct {
  struct heif_context* context;
  struct heif_image_handle* handle;
  struct heif_track* track;
  struct heif_decoding_options* options;
  struct heif_color_profile_nclx* as_it_is;
  struct heif_image* image;

  int width, height, depth, alpha;
  int kind;  // 0 gray, 1 YCbCr, 2 interleaved RGB(A)
  int sub_w, sub_h;
  int matrix, primaries, transfer, full;
  const uint8_t* plane[4];
  size_t stride[4];
  int plane_width[4], plane_height[4];
} wp_heif;

// Why there is no image: a heif_error_code, a heif_suberror_code, and libheif's own
// words.
typedef struct {
  int code, subcode;
  char text[300];
} wp_heif_error;

// What bounds a decoder: the samples of the largest image in the file, all memory,
// threads. If libde265 is not 0, it decodes HEVC instead of what libheif prefers.
typedef struct {
  uint64_t max_pixels, max_memory;
  int threads, libde265;
} wp_heif_limits;

// WP_HEIF_SEQUENCES says that the headers are of a libheif that reads sequences.
#if LIBHEIF_NUMERIC_VERSION >= 0x01160000
#define WP_HEIF_SEQUENCES 1
#else
#define WP_HEIF_SEQUENCES 0
#endif

// The code of err is 0 if there is none. The caller calls wp_heif_free whatever
// the result. In a wp_heif, range is that of the bit stream if it is known: 0
// limited, 1 full, -1 not known.

// wp_heif_decode decodes the primary image of a file, whole or not at all.
void wp_heif_decode(wp_heif* h, const uint8_t* data, size_t size, const wp_heif_limits* limits,
                    int range, wp_heif_error* err);

// wp_heif_open opens the track of a file with an id, and wp_heif_next decodes its next
// frame, as planes, or as RGBA where rgb is not 0. It returns 0 at the end, and -1
// where the frame is no planes that are known.
void wp_heif_open(wp_heif* h, const uint8_t* data, size_t size, const wp_heif_limits* limits,
                  uint32_t track, int range, wp_heif_error* err);
int wp_heif_next(wp_heif* h, int rgb, wp_heif_error* err);

void wp_heif_free(wp_heif* h);

#endif
