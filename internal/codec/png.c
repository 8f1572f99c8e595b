#include "png.h"

#include <libdeflate.h>
#include <string.h>

int wp_png_inflate(const uint8_t* in, size_t n, uint8_t* out, size_t out_n) {
  struct libdeflate_decompressor* d = libdeflate_alloc_decompressor();
  if (!d) return WP_PNG_NO_MEMORY;
  // What follows the stream is no pixels; every decoder lets it pass.
  size_t read;
  enum libdeflate_result r = libdeflate_zlib_decompress_ex(d, in, n, out, out_n, &read, NULL);
  libdeflate_free_decompressor(d);
  switch (r) {
    case LIBDEFLATE_SUCCESS:
      return WP_PNG_OK;
    case LIBDEFLATE_SHORT_OUTPUT:
      return WP_PNG_SHORT;
    case LIBDEFLATE_INSUFFICIENT_SPACE:
      return WP_PNG_LONG;
    default:
      return WP_PNG_DAMAGED;
  }
}

// A pixel is up to 8 bytes in 16 bits each, so that sums and differences fit and
// all channels are worked on at once. The types are vectors of GCC's and Clang's.
typedef uint8_t bytes __attribute__((vector_size(8)));
typedef int16_t pixel __attribute__((vector_size(16)));

// load and store put a pixel together in a register: three bytes that are written
// to memory and read as eight would wait for each other. Which channel is in which
// lane does not matter.
static inline pixel load(const uint8_t* p, size_t bpp) {
  uint32_t word;
  uint16_t low, high;
  uint64_t v;
  switch (bpp) {
    case 1: v = p[0]; break;
    case 2: memcpy(&low, p, 2), v = low; break;
    case 3: memcpy(&low, p, 2), v = low | (uint32_t)p[2] << 16; break;
    case 4: memcpy(&word, p, 4), v = word; break;
    case 6: memcpy(&word, p, 4), memcpy(&high, p + 4, 2), v = word | (uint64_t)high << 32; break;
    default: memcpy(&v, p, 8);
  }
  return __builtin_convertvector((bytes)v, pixel);
}

static inline pixel store(uint8_t* p, pixel sum, size_t bpp) {
  sum &= 255;
  uint64_t v = (uint64_t)__builtin_convertvector(sum, bytes);
  uint32_t word = (uint32_t)v;
  uint16_t low = (uint16_t)v, high = (uint16_t)(v >> 32);
  switch (bpp) {
    case 1: p[0] = (uint8_t)v; break;
    case 2: memcpy(p, &low, 2); break;
    case 3: memcpy(p, &low, 2), p[2] = (uint8_t)(v >> 16); break;
    case 4: memcpy(p, &word, 4); break;
    case 6: memcpy(p, &word, 4), memcpy(p + 4, &high, 2); break;
    default: memcpy(p, &v, 8);
  }
  return sum;
}

static inline pixel distance(pixel v) {
  pixel sign = v >> 15;
  return (v ^ sign) - sign;
}

// paeth is the one of left, above and corner that is nearest to left + above -
// corner; of equals, the first.
static inline pixel paeth(pixel left, pixel above, pixel corner) {
  pixel to_left = above - corner, to_above = left - corner;
  pixel to_corner = distance(to_left + to_above);
  to_left = distance(to_left);
  to_above = distance(to_above);
  pixel is_left = (to_left <= to_above) & (to_left <= to_corner);
  pixel is_above = to_above <= to_corner;
  return (is_left & left) | (~is_left & ((is_above & above) | (~is_above & corner)));
}

// unfilter is inlined once for every bpp, which the compiler then knows.
static inline __attribute__((always_inline)) void unfilter(int filter, const uint8_t* raw, const uint8_t* up,
                                                           uint8_t* out, size_t n, size_t bpp) {
  pixel left = {0}, corner = {0};
  switch (filter) {
    case 1:
      for (size_t i = 0; i < n; i += bpp) left = store(out + i, load(raw + i, bpp) + left, bpp);
      break;
    case 3:
      for (size_t i = 0; i < n; i += bpp)
        left = store(out + i, load(raw + i, bpp) + ((left + load(up + i, bpp)) >> 1), bpp);
      break;
    case 4:
      for (size_t i = 0; i < n; i += bpp) {
        pixel above = load(up + i, bpp);
        left = store(out + i, load(raw + i, bpp) + paeth(left, above, corner), bpp);
        corner = above;
      }
      break;
  }
}

void wp_png_unfilter(int filter, const uint8_t* raw, const uint8_t* up, uint8_t* restrict out,
                     size_t n, int bpp) {
  switch (filter) {
    case 0:
      memcpy(out, raw, n);
      return;
    case 2:
      for (size_t i = 0; i < n; i++) out[i] = raw[i] + up[i];
      return;
  }
  switch (bpp) {
    case 1: unfilter(filter, raw, up, out, n, 1); return;
    case 2: unfilter(filter, raw, up, out, n, 2); return;
    case 3: unfilter(filter, raw, up, out, n, 3); return;
    case 4: unfilter(filter, raw, up, out, n, 4); return;
    case 6: unfilter(filter, raw, up, out, n, 6); return;
    case 8: unfilter(filter, raw, up, out, n, 8); return;
  }
}
