#ifndef WEBPRESS_ICC_MAKE_H
#define WEBPRESS_ICC_MAKE_H

#include <stddef.h>
#include <stdint.h>

// wp_icc_make writes an RGB profile into icc, which has room for *size bytes, and sets
// *size. points are x and y of white, red, green and blue; gamma is the exponent from
// samples to light, or 0 for sRGB's curve. It returns 0, or 1 if there is no such
// profile.
int wp_icc_make(const double points[8], double gamma, uint8_t* icc, size_t* size);

#endif
