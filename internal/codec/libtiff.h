#ifndef WEBPRESS_LIBTIFF_H
#define WEBPRESS_LIBTIFF_H

#include <stddef.h>
#include <stdint.h>

enum { WP_TIFF_EXTRA = 8 };

// What the first directory of a file says, as libtiff reads it. Numbers are those
// of the TIFF tags of that name.
typedef struct {
  uint32_t width, height;
  uint16_t bits, samples, format, photometric, planar, compression, orientation, ink_set;
  uint16_t extras, extra[WP_TIFF_EXTRA];  // how many extra samples, and what the first are
  int known;                              // this libtiff has the codec

  // The file is cut into strips or tiles, chunks for short: so many pixels and
  // bytes each, and bytes a row.
  int tiled;
  uint32_t chunk_width, chunk_height, chunks;
  int64_t chunk_size, row_size;

  int palette;  // colors of the palette: red, green and blue of so many 16-bit values
  const uint16_t* colors[3];
} wp_tiff_info;

// An open file.
typedef struct wp_tiff wp_tiff;

// wp_tiff_open opens the TIFF of size bytes at data, which must stay where they are
// until wp_tiff_close, and reads its first directory. A single allocation of
// libtiff is limited to max_memory. It returns NULL for an error, with its text.
wp_tiff* wp_tiff_open(const uint8_t* data, size_t size, int64_t max_memory, wp_tiff_info* info,
                      char* err, size_t err_size);

// wp_tiff_read decodes a chunk to the size bytes at out, samples above 8 bits in
// the machine's order. It returns 0, or 1 for an error: also where a decoder would
// fill in what the file does not have.
int wp_tiff_read(wp_tiff* t, uint32_t chunk, uint8_t* out, int64_t size);

// wp_tiff_rgba decodes the whole image by libtiff's own conversion to red, green,
// blue and opaque alpha.
int wp_tiff_rgba(wp_tiff* t, uint32_t width, uint32_t height, uint8_t* out);

// wp_tiff_message is the text of the error that was first.
const char* wp_tiff_message(const wp_tiff* t);

void wp_tiff_close(wp_tiff* t);

#endif
