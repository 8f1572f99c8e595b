#include "icc.h"

#include <lcms2.h>
#include <stdlib.h>
#include <string.h>

static int space_of(cmsHPROFILE p) {
  switch (cmsGetColorSpace(p)) {
    case cmsSigRgbData: return WP_SPACE_RGB;
    case cmsSigGrayData: return WP_SPACE_GRAY;
    case cmsSigCmykData: return WP_SPACE_CMYK;
    default: return WP_SPACE_OTHER;
  }
}

// convert runs one transform to sRGB. Every call has a context of its own: the
// global one of Little CMS is shared by all threads.
static int convert(const uint8_t* icc, size_t size, cmsUInt32Number from, cmsUInt32Number to,
                   int intent, const void* in, void* out, size_t n) {
  int failed = 1;
  cmsContext c = cmsCreateContext(NULL, NULL);
  cmsHPROFILE p = cmsOpenProfileFromMemTHR(c, icc, (cmsUInt32Number)size);
  cmsHPROFILE s = cmsCreate_sRGBProfileTHR(c);
  if (p && s) {
    // Since 2.16, Little CMS refuses to copy an alpha that one side has not.
    cmsUInt32Number flags = cmsFLAGS_BLACKPOINTCOMPENSATION;
    if (T_EXTRA(from) && T_EXTRA(to)) flags |= cmsFLAGS_COPY_ALPHA;
    cmsHTRANSFORM t = cmsCreateTransformTHR(c, p, from, s, to, intent, flags);
    if (t) {
      // A pixel count is 32 bits there.
      const size_t step = 1 << 20;
      for (size_t at = 0; at < n; at += step) {
        size_t some = n - at < step ? n - at : step;
        cmsDoTransform(t, (const uint8_t*)in + at * T_BYTES(from) * (T_CHANNELS(from) + T_EXTRA(from)),
                       (uint8_t*)out + at * T_BYTES(to) * (T_CHANNELS(to) + T_EXTRA(to)),
                       (cmsUInt32Number)some);
      }
      cmsDeleteTransform(t);
      failed = 0;
    }
  }
  if (s) cmsCloseProfile(s);
  if (p) cmsCloseProfile(p);
  cmsDeleteContext(c);
  return failed;
}

// same_as_srgb compares what a profile makes of a grid of colors with sRGB, both
// colorimetrically and perceptually: profiles with tables, such as "sRGB v4
// preference", may be sRGB by one and not by the other. It returns -1 if the
// profile makes nothing of them.
static int same_as_srgb(const uint8_t* icc, size_t size) {
  enum { side = 6, tolerance = 2 };
  uint8_t in[side * side * side * 3], out[sizeof in];
  for (int i = 0; i < side * side * side; i++) {
    in[3 * i] = i % side * 51;
    in[3 * i + 1] = i / side % side * 51;
    in[3 * i + 2] = i / side / side * 51;
  }
  static const int intents[] = {INTENT_PERCEPTUAL, INTENT_RELATIVE_COLORIMETRIC};
  for (size_t k = 0; k < sizeof intents / sizeof *intents; k++) {
    if (convert(icc, size, TYPE_RGB_8, TYPE_RGB_8, intents[k], in, out, side * side * side)) return -1;
    for (size_t i = 0; i < sizeof in; i++)
      if (abs(in[i] - out[i]) > tolerance) return 0;
  }
  return 1;
}

int wp_icc_space(const uint8_t* icc, size_t size, int* srgb) {
  *srgb = 0;
  cmsContext c = cmsCreateContext(NULL, NULL);
  cmsHPROFILE p = cmsOpenProfileFromMemTHR(c, icc, (cmsUInt32Number)size);
  int space = WP_SPACE_BAD;
  if (p) {
    space = space_of(p);
    cmsCloseProfile(p);
  }
  cmsDeleteContext(c);
  // A profile whose tables are missing or damaged can be opened, but not be used.
  uint8_t one[4] = {0};
  int usable = 1;
  if (space == WP_SPACE_RGB) {
    int same = same_as_srgb(icc, size);
    usable = same >= 0;
    *srgb = same > 0;
  } else if (space == WP_SPACE_GRAY || space == WP_SPACE_CMYK) {
    usable = !wp_icc_to_srgb(icc, size, space, one, 1);
  }
  return usable ? space : WP_SPACE_BAD;
}

int wp_icc_to_srgb(const uint8_t* icc, size_t size, int space, uint8_t* pix, size_t n) {
  switch (space) {
    case WP_SPACE_RGB:
      return convert(icc, size, TYPE_RGBA_8, TYPE_RGBA_8, INTENT_PERCEPTUAL, pix, pix, n);
    case WP_SPACE_CMYK: {
      if (convert(icc, size, TYPE_CMYK_8_REV, TYPE_RGBA_8, INTENT_PERCEPTUAL, pix, pix, n)) return 1;
      for (size_t i = 0; i < n; i++) pix[4 * i + 3] = 255;
      return 0;
    }
    case WP_SPACE_GRAY: {
      uint8_t in[256], table[256];
      for (int i = 0; i < 256; i++) in[i] = i;
      // Through RGB: sRGB has no grey profile of its own.
      uint8_t rgb[3 * 256];
      if (convert(icc, size, TYPE_GRAY_8, TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC, in, rgb, 256)) return 1;
      for (int i = 0; i < 256; i++) table[i] = rgb[3 * i + 1];
      for (size_t i = 0; i < n; i++) pix[i] = table[pix[i]];
      return 0;
    }
  }
  return 1;
}
