#include "jpeg.h"

#include <string.h>
#include <turbojpeg.h>

// surplus reports whether a warning is about bytes that no pixel depends on. libjpeg's
// warnings differ only in their text (jerror.h).
static int surplus(const char* text) { return strstr(text, "extraneous bytes before marker") != NULL; }

// harmless is surplus for what stands before the pixels.
static int harmless(const char* text) {
  return surplus(text) || strstr(text, "Unknown Adobe color transform code") != NULL ||
         strstr(text, "unknown JFIF revision number") != NULL;
}

static void copy(char* err, size_t err_size, const char* text) {
  strncpy(err, text, err_size - 1);
  err[err_size - 1] = 0;
}

int wp_jpeg_read_header(const uint8_t* data, size_t size, wp_jpeg_header* h, char* err, size_t err_size) {
  tjhandle t = tjInitDecompress();
  if (!t) {
    copy(err, err_size, tjGetErrorStr2(NULL));
    return WP_JPEG_ERROR;
  }
  int failed = tjDecompressHeader3(t, data, size, &h->width, &h->height, &h->samp, &h->colorspace);
  if (failed && tjGetErrorCode(t) == TJERR_WARNING && harmless(tjGetErrorStr2(t))) failed = 0;
  // A sampling without a name is an error there, but decodes to pixels.
  if (failed && strstr(tjGetErrorStr2(t), "subsampling type") != NULL) {
    h->samp = -1;
    failed = 0;
  }
  if (failed) copy(err, err_size, tjGetErrorStr2(t));
  tjDestroy(t);
  return failed ? WP_JPEG_ERROR : WP_JPEG_OK;
}

typedef struct {
  uint8_t* plane[3];
  int stride[3];
  int format;  // a TJPF_*, or -1 for planes
} target;

// decode stops at the first warning, since libjpeg fills what is missing with
// grey. Only when that warning was harmless does it go on past all of them, and
// then the last one must be harmless too. If it is strict, none is.
static int decode(const uint8_t* data, size_t size, target* to, int width, int height, int strict, char* err,
                  size_t err_size) {
  int flags = TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING;
  for (;;) {
    tjhandle t = tjInitDecompress();
    if (!t) {
      copy(err, err_size, tjGetErrorStr2(NULL));
      return WP_JPEG_ERROR;
    }
    int failed = to->format < 0
                     ? tjDecompressToYUVPlanes(t, data, size, to->plane, width, to->stride, height, flags)
                     : tjDecompress2(t, data, size, to->plane[0], width, to->stride[0], height,
                                     to->format, flags);
    int minor = failed && !strict && surplus(tjGetErrorStr2(t));
    int warning = failed && tjGetErrorCode(t) == TJERR_WARNING;
    if (failed) copy(err, err_size, tjGetErrorStr2(t));
    tjDestroy(t);
    if (!failed) return WP_JPEG_OK;
    if (minor && (flags & TJFLAG_STOPONWARNING)) {
      flags &= ~TJFLAG_STOPONWARNING;
      continue;
    }
    if (minor && warning) return WP_JPEG_OK;
    return warning ? WP_JPEG_DAMAGED : WP_JPEG_ERROR;
  }
}

int wp_jpeg_planes(const uint8_t* data, size_t size, uint8_t* y, uint8_t* cb, uint8_t* cr,
                   int y_stride, int c_stride, int width, int height, int strict, char* err, size_t err_size) {
  target to = {.plane = {y, cb, cr}, .stride = {y_stride, c_stride, c_stride}, .format = -1};
  return decode(data, size, &to, width, height, strict, err, err_size);
}

int wp_jpeg_pixels(const uint8_t* data, size_t size, uint8_t* pix, int width, int height, int cmyk,
                   char* err, size_t err_size) {
  target to = {.plane = {pix}, .stride = {4 * width}, .format = cmyk ? TJPF_CMYK : TJPF_RGBA};
  return decode(data, size, &to, width, height, 0, err, err_size);
}

int wp_jpeg_sequential(const uint8_t* data, size_t size, uint8_t** out, size_t* out_size) {
  unsigned char* jpeg = NULL;
  unsigned long n = 0;
  tjtransform none = {.op = TJXOP_NONE};
  tjhandle t = tjInitTransform();
  int failed = !t || tjTransform(t, data, size, 1, &jpeg, &n, &none, TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING);
  if (failed) {
    tjFree(jpeg);
    jpeg = NULL;
  }
  if (t) tjDestroy(t);
  *out = jpeg;
  *out_size = n;
  return failed;
}
