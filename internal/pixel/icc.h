#ifndef WEBPRESS_ICC_H
#define WEBPRESS_ICC_H

#include <stddef.h>
#include <stdint.h>

enum { WP_SPACE_BAD, WP_SPACE_RGB, WP_SPACE_GRAY, WP_SPACE_CMYK, WP_SPACE_OTHER };

// wp_icc_space returns what a profile's pixels are; *srgb says that its colours
// are sRGB's, but for rounding.
int wp_icc_space(const uint8_t* icc, size_t size, int* srgb);

// wp_icc_to_srgb converts n pixels of a profile in place: RGBA (alpha is kept),
// CMYK (255 means no ink) to RGBA, or grey, one byte a pixel.
int wp_icc_to_srgb(const uint8_t* icc, size_t size, int space, uint8_t* pix, size_t n);

#endif
