#include "icc_make.h"

#include <lcms2.h>

int wp_icc_make(const double points[8], double gamma, uint8_t* icc, size_t* size) {
  // IEC 61966-2-1: the curve from samples to light.
  static const cmsFloat64Number srgb[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  cmsContext c = cmsCreateContext(NULL, NULL);
  cmsCIExyY white = {points[0], points[1], 1};
  cmsCIExyYTRIPLE primaries = {
      {points[2], points[3], 1}, {points[4], points[5], 1}, {points[6], points[7], 1}};
  cmsToneCurve* curve = gamma > 0 ? cmsBuildGamma(c, gamma) : cmsBuildParametricToneCurve(c, 4, srgb);
  cmsToneCurve* curves[3] = {curve, curve, curve};
  cmsHPROFILE p = curve ? cmsCreateRGBProfileTHR(c, &white, &primaries, curves) : NULL;
  cmsUInt32Number n = (cmsUInt32Number)*size;
  int ok = 0;
  if (p) {
    cmsUInt32Number need = 0;
    // It says how many bytes it needs only if it is given no memory.
    ok = cmsSaveProfileToMem(p, NULL, &need) && need <= n && cmsSaveProfileToMem(p, icc, &n);
    n = need;
    cmsCloseProfile(p);
  }
  if (curve) cmsFreeToneCurve(curve);
  cmsDeleteContext(c);
  *size = n;
  return !ok;
}
