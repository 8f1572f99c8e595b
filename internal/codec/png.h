#ifndef WEBPRESS_PNG_H
#define WEBPRESS_PNG_H

#include <stddef.h>
#include <stdint.h>

enum { WP_PNG_OK, WP_PNG_DAMAGED, WP_PNG_SHORT, WP_PNG_LONG, WP_PNG_NO_MEMORY };

// wp_png_inflate unpacks a zlib stream of n bytes, which has to hold exactly out_n
// bytes. Nothing is read beyond in + n, nothing written beyond out + out_n.
int wp_png_inflate(const uint8_t* in, size_t n, uint8_t* out, size_t out_n);

// wp_png_unfilter undoes the filter of a row (PNG specification, third edition, 9):
// raw is the row without its first byte, up the row above as it came out of here,
// and n is the length of all three. bpp is the bytes a pixel, at least 1. filter is
// 0 to 4.
void wp_png_unfilter(int filter, const uint8_t* raw, const uint8_t* up, uint8_t* out, size_t n, int bpp);

#endif
