#ifndef WEBPRESS_HEIF_H
#define WEBPRESS_HEIF_H

#include <libheif/heif.h>
#include <stddef.h>
#include <stdint.h>

// What a decoded picture is. Planes belong to image.
typedef struct {
  struct heif_context* context;
  struct heif_image_handle* handle;
  struct heif_image* image;

  int width, height, depth, alpha;
  int kind;  // 0 grey, 1 YCbCr, 2 interleaved RGB(A)
  int sub_w, sub_h;
  int matrix, primaries, transfer, full;
  const uint8_t* plane[4];
  size_t stride[4];
  int plane_width[4], plane_height[4];
  size_t icc_size;
} wp_heif;

// Why there is no picture: a heif_error_code, a heif_suberror_code, and libheif's
// own words.
typedef struct {
  int code, subcode;
  char text[300];
} wp_heif_error;

// What the boxes of a file say, read without decoding.
typedef struct {
  int width, height, depth, alpha;
  int images;     // top-level images; one of them is the primary one
  int sequences;  // tracks of an image sequence
} wp_heif_info;

// The code of err is 0 where there is none; so it is in wp_heif_decode.
void wp_heif_probe(wp_heif_info* info, const uint8_t* data, size_t size, wp_heif_error* err);

// wp_heif_open finds the primary image of a file, for wp_heif_metadata alone. It
// returns 0 where there is none. The caller calls wp_heif_free whatever the result.
int wp_heif_open(wp_heif* h, const uint8_t* data, size_t size);

// wp_heif_metadata returns the length of the first Exif item, or XMP item (xmp
// not 0), of an opened or decoded picture, and copies it to out unless that is NULL.
size_t wp_heif_metadata(const wp_heif* h, int xmp, uint8_t* out);

// wp_heif_decode decodes the primary image of a file, whole or not at all. The
// caller calls wp_heif_free whatever the result.
void wp_heif_decode(wp_heif* h, const uint8_t* data, size_t size, uint64_t max_pixels,
                    uint64_t max_memory, int threads, wp_heif_error* err);
int wp_heif_icc(const wp_heif* h, uint8_t* icc);
void wp_heif_free(wp_heif* h);

#endif
