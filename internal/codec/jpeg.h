#ifndef WEBPRESS_JPEG_H
#define WEBPRESS_JPEG_H

#include <stddef.h>
#include <stdint.h>

// What TurboJPEG's header says. samp is a TJSAMP_*, or -1 if the sampling has
// no name there; colorspace is a TJCS_*.
typedef struct {
  int width, height, samp, colorspace;
} wp_jpeg_header;

enum { WP_JPEG_OK, WP_JPEG_ERROR, WP_JPEG_DAMAGED };

int wp_jpeg_read_header(const uint8_t* data, size_t size, wp_jpeg_header* h, char* err, size_t err_size);

// wp_jpeg_planes, if strict, takes no bytes that no pixel depends on, and decodes to Y, Cb, Cr as they are coded, at width x height, which
// is the full size or that of an IDCT of 1/2, 1/4 or 1/8.
int wp_jpeg_planes(const uint8_t* data, size_t size, uint8_t* y, uint8_t* cb, uint8_t* cr,
                   int y_stride, int c_stride, int width, int height, int strict, char* err, size_t err_size);

// wp_jpeg_pixels decodes to interleaved RGBA, or CMYK (cmyk != 0), four bytes a pixel.
int wp_jpeg_pixels(const uint8_t* data, size_t size, uint8_t* pix, int width, int height, int cmyk,
                   char* err, size_t err_size);

// wp_jpeg_sequential makes a JPEG of one scan with the same coefficients, which is to be
// freed by wp_jpeg_free. It fails at the first warning.
int wp_jpeg_sequential(const uint8_t* data, size_t size, uint8_t** out, size_t* out_size);

#endif
