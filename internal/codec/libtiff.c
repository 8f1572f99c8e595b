#include "libtiff.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

struct wp_tiff {
  TIFF* tiff;
  const uint8_t* data;
  uint64_t size, at;
  // decoding says that chunks are being decoded: some warnings count then.
  int decoding, failed;
  char text[200];
};

// Handlers that print are the default. Those of a file, below, come first; these
// are for the few messages that libtiff has no file for.
__attribute__((constructor)) static void be_silent(void) {
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
}

static void record(wp_tiff* t, const char* format, va_list args) {
  if (t->failed++) return;
  vsnprintf(t->text, sizeof t->text, format, args);
}

// missing_pixels reports whether the warnings of a decoder are about pixels that it had
// to invent: Group 3 and 4, both kinds of JPEG, JBIG.
static int missing_pixels(const char* module) {
  return module && (!strncmp(module, "Fax", 3) || !strncmp(module, "JPEG", 4) || !strcmp(module, "LibJpeg") ||
                    !strcmp(module, "JBIG"));
}

static void on_warning(wp_tiff* t, const char* module, const char* format, va_list args) {
  if (!t->decoding || !missing_pixels(module) || strstr(format, "without EOL")) return;
  record(t, format, args);
}

#if TIFFLIB_VERSION >= 20221213  // 4.5.0: handlers and limits of a file's own
#define OPTIONS 1
static int error_handler(TIFF* tiff, void* user, const char* module, const char* format, va_list args) {
  record(user, format, args);
  return 1;
}

static int warning_handler(TIFF* tiff, void* user, const char* module, const char* format, va_list args) {
  on_warning(user, module, format, args);
  return 1;
}
#else
static void error_handler(thandle_t user, const char* module, const char* format, va_list args) {
  if (user) record(user, format, args);
}

static void warning_handler(thandle_t user, const char* module, const char* format, va_list args) {
  if (user) on_warning(user, module, format, args);
}

__attribute__((constructor)) static void set_handlers(void) {
  TIFFSetErrorHandlerExt(error_handler);
  TIFFSetWarningHandlerExt(warning_handler);
}
#endif

static tmsize_t read_proc(thandle_t handle, void* out, tmsize_t n) {
  wp_tiff* t = handle;
  uint64_t left = t->at < t->size ? t->size - t->at : 0;
  if (n < 0) return 0;
  if ((uint64_t)n > left) n = (tmsize_t)left;
  memcpy(out, t->data + t->at, (size_t)n);
  t->at += (uint64_t)n;
  return n;
}

static tmsize_t write_proc(thandle_t handle, void* in, tmsize_t n) { return 0; }

static toff_t seek_proc(thandle_t handle, toff_t offset, int whence) {
  wp_tiff* t = handle;
  switch (whence) {
    case SEEK_SET: break;
    case SEEK_CUR: offset += t->at; break;
    case SEEK_END: offset += t->size; break;
    default: return (toff_t)-1;
  }
  return t->at = offset;
}

static int close_proc(thandle_t handle) { return 0; }

static toff_t size_proc(thandle_t handle) { return ((wp_tiff*)handle)->size; }

// The file is in memory already: libtiff reads it there, and copies only chunks
// whose bits are in reverse order.
static int map_proc(thandle_t handle, void** base, toff_t* size) {
  wp_tiff* t = handle;
  *base = (void*)t->data;
  *size = t->size;
  return 1;
}

static void unmap_proc(thandle_t handle, void* base, toff_t size) {}

static TIFF* open_tiff(wp_tiff* t, int64_t max_memory) {
#ifdef OPTIONS
  TIFFOpenOptions* o = TIFFOpenOptionsAlloc();
  if (!o) return NULL;
  TIFFOpenOptionsSetErrorHandlerExtR(o, error_handler, t);
  TIFFOpenOptionsSetWarningHandlerExtR(o, warning_handler, t);
  TIFFOpenOptionsSetMaxSingleMemAlloc(o, (tmsize_t)max_memory);
#if TIFFLIB_VERSION >= 20240911  // 4.7.0
  TIFFOpenOptionsSetMaxCumulatedMemAlloc(o, (tmsize_t)max_memory);
#endif
  TIFF* tiff = TIFFClientOpenExt("TIFF", "r", t, read_proc, write_proc, seek_proc, close_proc, size_proc,
                                 map_proc, unmap_proc, o);
  TIFFOpenOptionsFree(o);
  return tiff;
#else
  return TIFFClientOpen("TIFF", "r", t, read_proc, write_proc, seek_proc, close_proc, size_proc, map_proc,
                        unmap_proc);
#endif
}

// describe fills in info, and sets what libtiff is to decode to.
static void describe(TIFF* tiff, wp_tiff_info* info) {
  uint16_t* extra = NULL;
  uint32_t rows = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &info->width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &info->height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &info->bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &info->samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &info->format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &info->planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &info->compression);
  TIFFGetField(tiff, TIFFTAG_ORIENTATION, &info->orientation);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_INKSET, &info->ink_set);
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &info->photometric)) {
    // What libtiff's own conversion takes it for.
    int bilevel = info->compression >= COMPRESSION_CCITTRLE && info->compression <= COMPRESSION_CCITTFAX4;
    info->photometric = bilevel              ? PHOTOMETRIC_MINISWHITE
                        : info->samples >= 3 ? PHOTOMETRIC_RGB
                                             : PHOTOMETRIC_MINISBLACK;
  }
  if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &info->extras, &extra))
    for (int i = 0; i < info->extras && i < WP_TIFF_EXTRA; i++) info->extra[i] = extra[i];
  info->known = TIFFIsCODECConfigured(info->compression);

  // Baseline JPEG is decoded to red, green and blue; its chroma is then as large
  // as its luma.
  if (info->compression == COMPRESSION_JPEG && info->photometric == PHOTOMETRIC_YCBCR &&
      info->planar == PLANARCONFIG_CONTIG)
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);

#ifdef DEFLATE_SUBCODEC_ZLIB
  // By libdeflate, libtiff takes a stream that breaks off for one that is longer than
  // the strip, now and then, and fills the rest with zeros.
  if (info->compression == COMPRESSION_ADOBE_DEFLATE || info->compression == COMPRESSION_DEFLATE)
    TIFFSetField(tiff, TIFFTAG_DEFLATE_SUBCODEC, DEFLATE_SUBCODEC_ZLIB);
#endif

  if (info->photometric == PHOTOMETRIC_PALETTE && info->bits <= 16 &&
      TIFFGetField(tiff, TIFFTAG_COLORMAP, &info->colors[0], &info->colors[1], &info->colors[2]))
    info->palette = 1 << info->bits;

  if ((info->tiled = TIFFIsTiled(tiff))) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &info->chunk_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &info->chunk_height);
    info->chunks = TIFFNumberOfTiles(tiff);
    info->chunk_size = TIFFTileSize(tiff);
    info->row_size = TIFFTileRowSize(tiff);
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    info->chunk_width = info->width;
    info->chunk_height = rows < info->height ? rows : info->height;
    info->chunks = TIFFNumberOfStrips(tiff);
    info->chunk_size = TIFFVStripSize(tiff, info->chunk_height);
    info->row_size = TIFFScanlineSize(tiff);
  }
}

wp_tiff* wp_tiff_open(const uint8_t* data, size_t size, int64_t max_memory, wp_tiff_info* info,
                      char* err, size_t err_size) {
  memset(info, 0, sizeof *info);
  snprintf(err, err_size, "out of memory");
  wp_tiff* t = calloc(1, sizeof *t);
  if (!t) return NULL;
  t->data = data;
  t->size = size;
  if (!(t->tiff = open_tiff(t, max_memory))) {
    if (t->failed) snprintf(err, err_size, "%s", t->text);
    free(t);
    return NULL;
  }
  describe(t->tiff, info);
  // What it complained of so far is in info, or does not matter.
  t->failed = 0;
  return t;
}

int wp_tiff_read(wp_tiff* t, uint32_t chunk, uint8_t* out, int64_t size) {
  t->decoding = 1;
  tmsize_t got = TIFFIsTiled(t->tiff) ? TIFFReadEncodedTile(t->tiff, chunk, out, (tmsize_t)size)
                                      : TIFFReadEncodedStrip(t->tiff, chunk, out, (tmsize_t)size);
  t->decoding = 0;
  if (got != size && !t->failed) {
    t->failed = 1;
    snprintf(t->text, sizeof t->text, "Not enough data");
  }
  return t->failed != 0;
}

int wp_tiff_rgba(wp_tiff* t, uint32_t width, uint32_t height, uint8_t* out) {
  t->decoding = 1;
  // As it lies there: the orientation is for later.
  TIFFSetField(t->tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  int ok = TIFFReadRGBAImageOriented(t->tiff, width, height, (uint32_t*)(void*)out, ORIENTATION_TOPLEFT, 1);
  t->decoding = 0;
  if (!ok && !t->failed) {
    t->failed = 1;
    snprintf(t->text, sizeof t->text, "The image cannot be converted");
  }
  if (t->failed) return 1;
  for (uint64_t i = 0; i < (uint64_t)width * height; i++) {
    uint32_t v;
    memcpy(&v, out + 4 * i, 4);
    out[4 * i] = TIFFGetR(v);
    out[4 * i + 1] = TIFFGetG(v);
    out[4 * i + 2] = TIFFGetB(v);
    out[4 * i + 3] = 255;
  }
  return 0;
}

const char* wp_tiff_message(const wp_tiff* t) { return t->text; }

void wp_tiff_close(wp_tiff* t) {
  TIFFClose(t->tiff);
  free(t);
}
